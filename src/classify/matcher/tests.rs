//! The catalogue against its own examples, and the matcher's promises.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::signature::Scope;
use super::*;

/// A platform and a stream on which the signature applies.
fn home_of(signature: &Signature) -> (Platform, Stream) {
    let platform = match signature.scope {
        Scope::Any | Scope::CloudRun => Platform::CloudRun,
        Scope::CloudRunJob => Platform::CloudRunJob,
        Scope::CloudFunctions => Platform::CloudFunctions,
        Scope::CloudBuild => Platform::CloudBuild,
        Scope::AzureContainerApps => Platform::AzureContainerApps,
    };
    let any = if signature.mark.is_platforms_word() { Stream::System } else { Stream::Stderr };
    (platform, signature.streams.first().copied().unwrap_or(any))
}

#[test]
fn every_embedded_file_passes_the_strict_loader() {
    let mut problems = String::new();
    for signature in Catalog::embedded().signatures() {
        if let Err(error) = Signature::parse(&signature.id, signature.source()) {
            let _ = writeln!(problems, "{error}");
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn ids_are_unique_and_only_one_names_the_container_exit() {
    let catalog = Catalog::embedded();
    let ids: BTreeSet<&str> = catalog.signatures().iter().map(|signature| signature.id.as_str()).collect();
    assert_eq!(ids.len(), catalog.signatures().len());
    assert!(ids.len() > 200, "{}", ids.len());
    for id in ids.iter().filter(|id| **id != "cloud-run/container-exit") {
        assert!(!["exit-", "exit_", "exit(", "container-exit"].iter().any(|word| id.contains(word)), "{id}");
    }
}

#[test]
fn every_example_finds_its_signature_or_a_declared_overlap() {
    let catalog = Catalog::embedded();
    let mut problems = String::new();
    for signature in catalog.signatures() {
        let (platform, stream) = home_of(signature);
        for example in signature.examples() {
            let all = catalog.find_all(platform, stream, &example.text);
            let own = all.iter().find(|found| found.signature.id == signature.id);
            if own.is_some() != example.matches {
                let _ = writeln!(problems, "{}: match = {} fails: {}", signature.id, example.matches, example.text);
            }
            let Some(best) = all.first().filter(|_| example.matches) else { continue };
            let other = best.signature;
            let declared =
                signature.advice().overlaps.contains(&other.id) || other.advice().overlaps.contains(&signature.id);
            if other.id != signature.id && !declared {
                let _ = writeln!(problems, "{}: best match is {} for: {}", signature.id, other.id, example.text);
            }
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn every_signature_is_the_best_match_of_one_of_its_examples() {
    let catalog = Catalog::embedded();
    for signature in catalog.signatures() {
        let (platform, stream) = home_of(signature);
        let wins = signature.examples().iter().filter(|example| example.matches).any(|example| {
            catalog.find(platform, stream, &example.text).is_some_and(|best| best.signature.id == signature.id)
        });
        assert!(wins, "{} never wins", signature.id);
    }
}

#[test]
fn overlaps_name_signatures_and_causes_have_advice() {
    let catalog = Catalog::embedded();
    for signature in catalog.signatures() {
        let advice = signature.advice();
        for id in &advice.overlaps {
            assert!(catalog.get(id).is_some(), "{}: {id} does not exist", signature.id);
        }
        if signature.role == crate::model::Role::Cause {
            assert!(!advice.check.is_empty() && !advice.fix.is_empty(), "{} has no advice", signature.id);
        }
    }
}

#[test]
fn near_words_do_not_name_a_cause() {
    let harmless = [
        "Successfully connected after retry",
        "0 errors, 12 warnings",
        "error handler registered for ValidationError",
        "INFO tables: users, orders, invoices; relation cache warmed",
        "Database tables created successfully (or already existed)",
        "Memory limit of 512 MiB configured, 40 MiB used",
        "timeout set to 30 s, retries 3, connection pool size 5",
        "permission check passed for user 12",
        "GET /api/errors/memory-limit 200 12ms",
        "Loaded SECRET_KEY from environment",
        "health: redis ok, postgres ok, dns ok",
        "Failed logins today: 0",
    ];
    let catalog = Catalog::embedded();
    for text in harmless {
        let found = catalog.find(Platform::CloudRun, Stream::Stdout, text);
        let role = found.as_ref().map(|found| found.signature.role);
        assert!(
            !matches!(role, Some(crate::model::Role::Cause | crate::model::Role::Failure)),
            "{text}: {:?}",
            found.map(|found| found.signature.id.clone())
        );
    }
}

#[test]
fn a_title_is_filled_bounded_and_free_of_control_characters() {
    let catalog = Catalog::embedded();
    let text = "Container called exit(3).";
    let found = catalog.find(Platform::CloudRun, Stream::System, text).unwrap();
    assert_eq!((found.title().as_str(), found.identity().as_str()), ("Container exited with code 3", "code=3"));
    let text = "Cloud SQL instance \"shop:eu:db\r\" is not reachable.";
    let found = catalog.find(Platform::CloudRun, Stream::System, text).unwrap();
    assert_eq!(found.title(), "Cloud SQL instance name ends with a line break: shop:eu:db\\r");
    let long = format!("ModuleNotFoundError: No module named '{}'", "a".repeat(5_000));
    let title = catalog.find(Platform::Other, Stream::Stderr, &long).unwrap().title();
    assert!(title.chars().count() <= TITLE_CHARS_MAX && title.contains('…'), "{title}");
}

#[test]
fn an_optional_part_of_a_title_is_dropped_when_its_capture_is_absent() {
    let text = "Default STARTUP TCP probe failed 1 time consecutively for container \"a-1\" on port 8080. The instance was not started.";
    let catalog = Catalog::embedded();
    let bare = catalog.find(Platform::CloudRun, Stream::System, text).unwrap();
    assert_eq!(bare.title(), "Startup probe failed on port 8080");
    let text = format!("{text}\nConnection failed with status CANCELLED.");
    let with_status = catalog.find(Platform::CloudRun, Stream::System, &text).unwrap();
    assert_eq!(with_status.title(), "Startup probe failed on port 8080 with status CANCELLED");
}

#[test]
fn the_stream_and_the_platform_limit_a_signature() {
    let catalog = Catalog::embedded();
    let text = "Container called exit(3).";
    assert!(catalog.find(Platform::CloudRun, Stream::Stdout, text).is_none());
    assert!(catalog.find(Platform::AzureContainerApps, Stream::System, text).is_none());
}

#[test]
fn only_the_first_part_of_a_huge_text_is_read() {
    let catalog = Catalog::embedded();
    let behind = format!("{}\nNo module named 'late'", "é".repeat(TEXT_BYTES_MAX));
    assert!(catalog.find(Platform::Other, Stream::Stderr, &behind).is_none());
}

#[test]
fn exit_codes_are_known_with_what_they_mean() {
    let catalog = Catalog::embedded();
    assert!(catalog.exit_code(3).is_some_and(|code| code.is_boot_failure && !code.is_ordinary_stop));
    assert!(catalog.exit_code(143).is_some_and(|code| code.is_ordinary_stop && code.signal == Some(15)));
    assert!(catalog.exit_code(99).is_none());
    assert!(catalog.exit_codes().all(|code| !code.usual_causes.is_empty() && !code.meaning.is_empty()));
}

#[test]
fn a_user_folder_overrides_by_id_and_a_broken_file_is_named() {
    let dir = std::env::temp_dir().join(format!("whydown-rules-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("gunicorn")).unwrap();
    let path = dir.join("gunicorn/worker-failed-to-boot.toml");
    let original = Catalog::embedded().get("gunicorn/worker-failed-to-boot").unwrap().source();
    std::fs::write(&path, original.replace("priority = 70", "priority = 71")).unwrap();
    let merged = Catalog::embedded().with(Catalog::from_dir(&dir).unwrap());
    assert_eq!(merged.get("gunicorn/worker-failed-to-boot").unwrap().priority, 71);
    assert_eq!(merged.signatures().len(), Catalog::embedded().signatures().len());
    std::fs::write(&path, original.replace("priority = 70", "priority = 710")).unwrap();
    let error = Catalog::from_dir(&dir).unwrap_err().to_string();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(error.contains(path.to_str().unwrap()) && error.contains("`priority`"), "{error}");
    assert!(matches!(Catalog::from_dir(&dir), Err(CatalogError::Read { .. })));
}
