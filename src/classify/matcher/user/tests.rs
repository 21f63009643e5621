//! A user's folder beside the built-in catalogue.

use std::path::Path;

use super::*;

const BOOT: &str = "gunicorn/worker-failed-to-boot";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn join(folder: &Path) -> Result<Catalog, CatalogError> {
    Catalog::embedded().with(Catalog::from_dir(folder)?)
}

/// A rule of our own: one literal, one capture.
const LEDGER: &str = r#"
title = "Ledger {name} is locked"
platform = "any"
role = "cause"
category = "database"
priority = 60

[match]
literals = ["ledger locked"]
regex = 'ledger locked (?P<name>\w+)'

[advice]
meaning = "Another writer holds it."

[[example]]
match = true
text = "ledger locked north"

[[example]]
match = false
text = "ledger unlocked"
"#;

#[test]
fn a_rule_replaces_a_built_in_one_only_when_it_says_so() {
    let original = Catalog::embedded().get(BOOT).unwrap().source();
    let silent = original.replace("priority = 70", "priority = 71");
    let path = format!("{BOOT}.toml");
    let error = join(folder(&[(&path, &silent)]).path()).unwrap_err().to_string();
    assert!(error.contains(&path) && error.contains("`override`") && error.contains("override = true"), "{error}");
    let aloud = format!("override = true\n{silent}");
    let said = folder(&[(&path, &aloud)]);
    let merged = join(said.path()).unwrap();
    let signature = merged.get(BOOT).unwrap();
    assert_eq!((signature.priority, signature.file.as_deref()), (71, Some(said.path().join(&path).as_path())));
    assert_eq!(merged.signatures().len(), Catalog::embedded().signatures().len());
    let error = join(folder(&[("gunicorn/worker-failed-to-bot.toml", &aloud)]).path()).unwrap_err().to_string();
    assert!(error.contains("no signature `gunicorn/worker-failed-to-bot`"), "{error}");
}

#[test]
fn an_exit_code_follows_the_same_rule() {
    let text = "code = 3\nname = \"ledger refused\"\nmeaning = \"Ours.\"\nusual_causes = [\"The ledger\"]\n\
                is_boot_failure = true\nis_ordinary_stop = false\n";
    assert!(join(folder(&[("exit-codes/3.toml", text)]).path()).unwrap_err().to_string().contains("exit code 3"));
    let said = folder(&[("exit-codes/3.toml", &format!("override = true\n{text}"))]);
    assert_eq!(join(said.path()).unwrap().exit_code(3).unwrap().name, "ledger refused");
    let new = text.replace("code = 3", "code = 77");
    assert!(join(folder(&[("exit-codes/77.toml", &new)]).path()).unwrap().exit_code(77).is_some());
    let twice = folder(&[("exit-codes/77.toml", &new), ("exit-codes/other.toml", &new)]);
    assert!(join(twice.path()).unwrap_err().to_string().contains("other.toml"));
}

#[test]
fn every_broken_file_is_named_with_key_and_remedy() {
    let folder = folder(&[
        ("shop/a-priority.toml", &LEDGER.replace("priority = 60", "priority = 600")),
        ("shop/b-unknown.toml", &LEDGER.replace("role =", "rolle =")),
        ("shop/c-near-miss.toml", &LEDGER.replace("ledger unlocked", "ledger locked south")),
        ("shop/d-look-around.toml", &LEDGER.replace("(?P<name>", "(?!x)(?P<name>")),
        ("shop/fine.toml", LEDGER),
    ]);
    let (catalog, problems) = Catalog::read_dir(folder.path());
    assert_eq!(catalog.signatures().len(), 1);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for (message, words) in told.iter().zip([
        ["a-priority.toml", "`priority`", "600"],
        ["b-unknown.toml", "rolle", "line"],
        ["c-near-miss.toml", "`example.text`", "south"],
        ["d-look-around.toml", "`match.regex`", "look-around"],
    ]) {
        assert!(words.iter().all(|word| message.contains(word)) && message.contains("remedy"), "{message}");
    }
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(matches!(Catalog::from_dir(&folder.path().join("nowhere")), Err(CatalogError::Read { .. })));
}

#[test]
fn a_rule_that_takes_a_built_in_example_is_told() {
    let thief = LEDGER
        .replace("priority = 60", "priority = 99")
        .replace("[\"ledger locked\"]", "[\"ledger locked\", \"Container called exit\"]")
        .replace("regex = '", "regex = 'Container called exit|");
    let joined = join(folder(&[("shop/thief.toml", &thief)]).path()).unwrap();
    let told: Vec<String> = joined.prove().iter().map(ToString::to_string).collect();
    let taken = "takes an example of `cloud-run/container-exit`";
    assert!(told.iter().any(|message| message.contains("thief.toml") && message.contains(taken)), "{told:?}");
    let honest = join(folder(&[("shop/ledger.toml", LEDGER)]).path()).unwrap();
    assert!(honest.prove().is_empty());
}
