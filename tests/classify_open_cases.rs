//! What the labels of the open cases say about single entries, where this machine has them: the text of each cause
//! stands in a cluster of role cause, and each effect is recognised, with its stated count, as anything but a cause
//! of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;
use whydown::classify::matcher::Catalog;
use whydown::classify::{Classifier, Strength};
use whydown::ingest;
use whydown::model::{Entry, Role};

use crate::support::{analyze, shared};

/// One entry as the labels see it.
struct Read {
    insert_id: String,
    key: String,
    identity: String,
    text: String,
    role: Role,
    strength: Strength,
}

/// The text that the labels' expressions are counted against (`cases/README.md`, section 2).
fn text_of(entry: &Entry<'_>) -> String {
    let mut facets = vec![entry.text.to_string(), entry.reason.to_string()];
    if let Some(json) = &entry.json {
        let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
        let message = value.get("message").or_else(|| value.get("msg"));
        facets.push(message.and_then(|message| message.as_str()).unwrap_or_default().to_owned());
        facets.push(value.to_string());
    }
    if let Some(http) = &entry.http {
        let path = whydown::classify::path_of(&http.url);
        let status = http.status.map_or_else(String::new, |status| status.to_string());
        facets.push(format!("{} HTTP {status} {} {path}", entry.resource.revision, http.method));
    }
    facets.extend(entry.audit.as_deref().map(str::to_owned));
    facets.join("\n")
}

fn read(paths: &[PathBuf]) -> Vec<Read> {
    let worker = || (Classifier::new(Catalog::embedded()), Vec::new());
    let options = ingest::Options { threads: 1, ..ingest::Options::default() };
    let read = ingest::read(paths, &options, worker, |(classifier, found), entries| {
        for entry in entries {
            let class = classifier.classify(entry);
            found.push(Read {
                insert_id: entry.insert_id.to_string(),
                key: format!("{:?}", class.key),
                identity: format!("{}|{:?}|{}", entry.insert_id, entry.timestamp, entry.log_name),
                text: text_of(entry),
                role: class.role,
                strength: class.strength,
            });
        }
    });
    let mut found: Vec<Read> =
        read.expect("an open case is readable").partials.into_iter().flat_map(|(_, found)| found).collect();
    let mut known = BTreeSet::new();
    found.retain(|entry| entry.identity.starts_with('|') || known.insert(entry.identity.clone()));
    found
}

fn tables<'a>(case: &'a toml::Table, key: &str) -> impl Iterator<Item = &'a toml::Table> {
    case.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table)
}

fn word<'a>(table: &'a toml::Table, key: &str) -> &'a str {
    table.get(key).and_then(toml::Value::as_str).unwrap_or_default()
}

fn cases() -> Vec<(PathBuf, toml::Table)> {
    let Some(folder) = shared("cases/open") else { return Vec::new() };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .map(|folder| {
            let case = std::fs::read_to_string(folder.join("case.toml")).expect("labels").parse().expect("TOML");
            (folder, case)
        })
        .collect()
}

fn paths(folder: &Path, case: &toml::Table, key: &str) -> Vec<PathBuf> {
    let names = case.get(key).and_then(toml::Value::as_array).into_iter().flatten();
    names.filter_map(toml::Value::as_str).map(|name| folder.join(name)).collect()
}

#[test]
fn every_effect_is_recognised_with_its_count_and_is_no_named_cause() {
    let mut wrong = Vec::new();
    for (folder, case) in cases() {
        let entries = read(&paths(&folder, &case, "files"));
        for effect in tables(&case, "effect") {
            let expression = Regex::new(word(effect, "text")).unwrap();
            let matching: Vec<&Read> = entries.iter().filter(|entry| expression.is_match(&entry.text)).collect();
            let stated = effect.get("count").and_then(toml::Value::as_integer).unwrap_or(-1);
            let place = format!("{} “{}”", word(&case, "id"), word(effect, "text"));
            if i64::try_from(matching.len()) != Ok(stated) {
                wrong.push(format!("{place}: {} entries, stated {stated}", matching.len()));
            }
            // A message that nothing knows may be an unknown error; a platform cause it may not be.
            let causes = matching
                .iter()
                .filter(|entry| entry.role == Role::Cause && entry.strength == Strength::PlatformCause)
                .count();
            if causes > 0 {
                wrong.push(format!("{place}: {causes} of {} are named causes", matching.len()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_text_of_every_logged_cause_stands_in_a_cluster_of_role_cause_or_in_a_finding() {
    let mut wrong = Vec::new();
    for (folder, case) in cases() {
        let report = analyze(&paths(&folder, &case, "files"), &paths(&folder, &case, "snapshots"), 2);
        for cause in tables(&case, "cause").filter(|cause| word(cause, "basis") == "log") {
            let expression = Regex::new(word(cause, "text")).unwrap();
            let is_found = report.clusters.iter().any(|cluster| {
                cluster.role == Role::Cause
                    && (expression.is_match(&cluster.title)
                        || cluster.samples.iter().any(|sample| expression.is_match(&sample.text)))
            });
            // Where no entry names the cause (a probe failed and nothing says why), the finding tells the failure.
            let is_told = report.findings.iter().any(|finding| {
                expression.is_match(&finding.title)
                    || expression.is_match(&finding.cause.summary)
                    || finding.revisions.iter().any(|revision| expression.is_match(revision))
                    || finding.chain.iter().any(|link| {
                        expression.is_match(&link.title)
                            || link.evidence.iter().any(|evidence| expression.is_match(&evidence.text))
                    })
            });
            if !is_found && !is_told {
                wrong.push(format!("{} “{}”", word(&case, "id"), word(cause, "text")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ids of Error Reporting's groups by insertId, from the raw records of one JSON array.
fn error_groups(path: &Path) -> BTreeMap<String, String> {
    let bytes = std::fs::read(path).expect("readable");
    let text = encoding_rs::UTF_8.decode(&bytes).0;
    let Ok(serde_json::Value::Array(records)) = serde_json::from_str(&text) else { return BTreeMap::new() };
    let group_of = |record: &serde_json::Value| {
        let id = record.get("errorGroups")?.get(0)?.get("id")?.as_str()?.to_owned();
        Some((record.get("insertId")?.as_str()?.to_owned(), id))
    };
    records.iter().filter_map(group_of).collect()
}

#[test]
fn entries_that_error_reporting_puts_in_one_group_are_one_cluster() {
    let (mut groups, mut apart) = (0, Vec::new());
    for (folder, case) in cases() {
        for path in paths(&folder, &case, "files") {
            let group_of = error_groups(&path);
            let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
            for entry in read(std::slice::from_ref(&path)) {
                if let Some(group) = group_of.get(&entry.insert_id) {
                    keys.entry(group).or_default().insert(entry.key);
                }
            }
            groups += keys.len();
            let split = keys.into_iter().filter(|(_, keys)| keys.len() > 1);
            apart.extend(split.map(|(group, keys)| format!("{} {group}: {keys:?}", path.display())));
        }
    }
    assert!(groups >= 10 || cases().is_empty(), "only {groups} groups of errors were found");
    // The service sees frames that a message of one line lacks, so a few groups may fall apart.
    assert!(apart.len() * 20 <= groups, "{} of {groups}:\n{}", apart.len(), apart.join("\n"));
}
