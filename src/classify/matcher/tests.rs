//! The catalogue against its own examples, and the matcher's promises.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;

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
fn the_embedded_catalogue_keeps_its_promises() {
    let problems: Vec<String> = Catalog::embedded().prove().iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(Catalog::embedded().signatures().iter().all(|signature| !signature.overrides && signature.file.is_none()));
}

#[test]
fn causes_have_advice() {
    let catalog = Catalog::embedded();
    for signature in catalog.signatures() {
        let advice = signature.advice();
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
