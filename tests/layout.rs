//! The shape of the tree: who may import whom, how long a file may be, what opens it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Longest file of `src`, in lines; a longer one is two rooms.
const LINES_MAX: usize = 400;

/// Longest `main.rs`.
const MAIN_LINES_MAX: usize = 40;

/// Folders of `src` that each folder may import. Data flows one way.
const MAY_IMPORT: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("stats", &[]),
    ("ingest", &["model"]),
    ("classify", &["model"]),
    ("facts", &["model", "classify"]),
    ("state", &["model", "stats", "classify", "facts"]),
    ("shard", &["durable", "model", "ingest", "classify", "facts", "state"]),
    ("reason", &["model", "stats", "classify", "facts", "state"]),
    ("advise", &["model", "classify", "facts", "state", "reason"]),
    ("compare", &["durable", "model", "stats"]),
    ("report", &["model", "stats", "classify", "facts", "state", "ingest", "compare"]),
    ("eval", &["model", "ingest", "pipeline"]),
    (
        "cli",
        &["model", "ingest", "pipeline", "report", "classify", "advise", "state", "reason", "shard", "compare", "eval"],
    ),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("src"), &mut found);
    found.sort();
    found
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

#[test]
fn data_flows_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let inside = path.strip_prefix(root().join("src")).expect("below src").to_owned();
        let Some(folder) = inside.iter().next().and_then(|part| part.to_str()) else { continue };
        let Some(allowed) = allowed.get(folder) else { continue };
        if is_test(&path) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            for found in code.split("crate::").skip(1) {
                let target: String = found.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !target.is_empty() && target != folder && !allowed.contains(&target.as_str()) {
                    wrong.push(format!("{}:{} imports {target}", inside.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn polars_is_imported_in_one_file() {
    let importers: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().any(|line| line.trim_start().starts_with("use polars")))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(importers, [root().join("src/facts/columns.rs")]);
}

#[test]
fn every_file_is_one_room_and_says_what_it_is() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        let most = if path.ends_with("src/main.rs") { MAIN_LINES_MAX } else { LINES_MAX };
        if lines > most {
            wrong.push(format!("{} has {lines} lines, more than {most}", path.display()));
        }
        if !text.starts_with("//!") && !is_test(&path) {
            wrong.push(format!("{} does not open with //!", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_visible_root_is_as_asked() {
    let mut names: Vec<String> = std::fs::read_dir(root())
        .expect("the root")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    names.sort();
    assert_eq!(names, ["Cargo.lock", "Cargo.toml", "README.md", "fixtures", "reports", "src", "tests"]);
}
