//! Every open case is read to the number of entries that its labels state.
//!
//! In go the case folders of the workplace (`WHYDOWN_SHARED`, else `../shared` beside the project);
//! where neither exists the test says so and passes.

use std::path::{Path, PathBuf};

use whydown::ingest::{Options, read, read_state_file};

fn open_cases() -> Option<Vec<PathBuf>> {
    let shared = std::env::var_os("WHYDOWN_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = shared.join("cases/open");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        crate::support::skip(&format!("{} is absent; the open cases were not read", folder.display()));
        return None;
    };
    let mut cases: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.join("case.toml").exists()).collect();
    cases.sort();
    Some(cases)
}

fn strings(case: &toml::Table, key: &str) -> Vec<String> {
    let values = case.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
    values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

#[test]
fn every_open_case_has_the_entries_that_its_labels_state() {
    let Some(cases) = open_cases() else { return };
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for folder in cases {
        let case: toml::Table = std::fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
        let paths: Vec<PathBuf> = strings(&case, "files").iter().map(|file| folder.join(file)).collect();
        let facts = case.get("facts").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        let fact = |name: &str| facts.get(name).cloned();
        let result = read(
            &paths,
            &Options::default(),
            || (0i64, Vec::new(), std::collections::BTreeSet::new(), std::collections::BTreeSet::new()),
            |(count, times, instances, revisions), entries| {
                for entry in entries {
                    *count += 1;
                    times.push(entry.timestamp);
                    instances.insert(entry.instance.to_string());
                    revisions.insert(entry.resource.revision.to_string());
                }
            },
        );
        let Ok(result) = result else {
            wrong.push(format!("{}: {}", folder.display(), result.unwrap_err()));
            continue;
        };
        let count: i64 = result.partials.iter().map(|part| part.0).sum();
        let times: Vec<_> = result.partials.iter().flat_map(|part| part.1.iter().copied()).collect();
        let distinct = |sets: Vec<&std::collections::BTreeSet<String>>| {
            let all: std::collections::BTreeSet<&String> =
                sets.into_iter().flatten().filter(|name| !name.is_empty()).collect();
            i64::try_from(all.len()).unwrap()
        };
        let mut compare = |name: &str, found: String| {
            if let Some(expected) = fact(name)
                && expected.as_str().map_or_else(|| expected.to_string(), str::to_owned) != found
            {
                wrong.push(format!(
                    "{}: {name} is {found}, labelled {expected}; damage {:?}",
                    folder.display(),
                    result.damage
                ));
            }
        };
        compare("entries", count.to_string());
        compare("distinct_instances", distinct(result.partials.iter().map(|part| &part.2).collect()).to_string());
        compare("revisions", distinct(result.partials.iter().map(|part| &part.3).collect()).to_string());
        for (name, time) in [("first", times.iter().flatten().min()), ("last", times.iter().flatten().max())] {
            if let Some(expected) = fact(name).and_then(|value| whydown::model::Timestamp::parse(value.as_str()?))
                && time != Some(&expected)
            {
                wrong.push(format!("{}: {name} is {time:?}, labelled {expected:?}", folder.display()));
            }
        }
        if times.iter().any(Option::is_none) {
            wrong.push(format!("{}: an entry without a time", folder.display()));
        }
        for file in strings(&case, "snapshots") {
            if let Err(error) = read_state_file(&folder.join(file)) {
                wrong.push(error.to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
