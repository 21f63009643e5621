//! Shards: any split, order, nesting and repetition gives the bytes of one process over all of the input.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use whydown::pipeline::{self, Options};
use whydown::shard;

use crate::support::root;

/// A generator of small numbers; the same seed gives the same numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Lines of several services and streams: requests, exits, stack traces line by line, deploys. Some lack an insertId
/// or a time.
fn lines(dice: &mut Dice) -> Vec<String> {
    let mut all = Vec::new();
    for name in ["bad-revision-with-rollback-target", "one-line-per-entry-node-stack", "healthy-rollout", "wrong-port"]
    {
        let folder = root().join("fixtures/incidents").join(name);
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)
            .expect("a readable folder")
            .map(|entry| entry.expect("a readable folder").path())
            .collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.file_stem().is_some_and(|stem| stem == "logs")) {
            let text = fs::read_to_string(path).expect("readable");
            let entries: Vec<serde_json::Value> = serde_json::from_str(&text)
                .unwrap_or_else(|_| text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect());
            for mut entry in entries {
                let fields = entry.as_object_mut().expect("a readable folder");
                match dice.roll(12) {
                    0 => drop(fields.remove("insertId")),
                    1 if dice.roll(4) == 0 => drop(fields.remove("timestamp")),
                    _ => {}
                }
                all.push(entry.to_string());
            }
        }
    }
    assert!(all.len() > 200, "{} entries", all.len());
    all
}

/// Deals the lines to files; some go to several, so that copies lie in one file, in two, and in two shards.
fn deal(folder: &Path, dice: &mut Dice) -> Vec<PathBuf> {
    let count = 2 + dice.roll(5);
    let mut files = vec![Vec::new(); count];
    for line in lines(dice) {
        for _ in 0..=usize::from(dice.roll(5) == 0) {
            files[dice.roll(count)].push(line.clone());
        }
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for (number, lines) in files.iter().enumerate() {
        // Both forms: lines, and an array on one line.
        let damage = r#"{"insertId":"yy", broken"#;
        let text = if number % 3 == 1 { format!("[{}]", lines.join(",")) } else { lines.join("\n") + "\n" + damage };
        paths.push(folder.join(format!("part-{number}.json")));
        fs::write(&paths[number], text).expect("a writable folder");
    }
    for (name, text) in [
        ("notes.html", "<!DOCTYPE html><html><body>Sign in</body></html>".to_owned()),
        ("cut.ndjson", format!("{}\n{{\"insertId\":\"zz\",\"textPayload\":\"password=hunter2", lines(dice)[0])),
        ("service.json", r#"{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"cart-api","namespace":"acme","generation":3},"spec":{"traffic":[{"percent":100,"latestRevision":true}],"template":{"spec":{"containers":[{"image":"reg/x"}]}}},"status":{"observedGeneration":3}}"#.to_owned()),
    ] {
        paths.push(folder.join(name));
        fs::write(&paths[paths.len() - 1], text).expect("a writable folder");
    }
    paths
}

fn options(inputs: &[PathBuf], threads: usize) -> Options {
    let ingest = whydown::ingest::Options { threads, ..whydown::ingest::Options::default() };
    Options { inputs: inputs.to_vec(), ingest, ..Options::default() }
}

fn scan(inputs: &[PathBuf], output: &Path, threads: usize) {
    shard::save(pipeline::scan_part(&options(inputs, threads), None).expect("readable"), output).expect("readable");
}

fn merge(shards: &[PathBuf]) -> String {
    let scan = pipeline::whole(pipeline::join(shards, &[]).expect("readable shards")).expect("logs");
    let report = pipeline::conclude(scan, &pipeline::Policy::default()).expect("a report");
    serde_json::to_string_pretty(&report).expect("JSON")
}

/// Scans groups of the files, some of them twice, and nests random groups of shards until few are left.
fn shards(folder: &Path, files: &[PathBuf], dice: &mut Dice) -> Vec<PathBuf> {
    let mut left: Vec<PathBuf> = Vec::new();
    let mut add = |inputs: &[PathBuf], dice: &mut Dice| {
        let path = folder.join(format!("{}.facts", left.len()));
        scan(inputs, &path, 1 + dice.roll(3));
        left.push(path);
    };
    for file in files {
        let mut group = vec![file.clone()];
        if dice.roll(3) == 0 {
            group.push(files[dice.roll(files.len())].clone());
        }
        add(&group, dice);
    }
    let total = left.len();
    for number in 0..dice.roll(5) {
        let mut group: Vec<PathBuf> = (0..=dice.roll(3)).map(|_| left[dice.roll(left.len())].clone()).collect();
        if dice.roll(2) == 0 {
            group.push(group[0].clone());
        }
        let path = folder.join(format!("nested-{}.facts", total + number));
        shard::save(pipeline::join(&group, &[]).expect("it can be read and written"), &path)
            .expect("it can be read and written");
        // The parts stay as well, so that the same shard comes alone and inside others.
        left.push(path);
    }
    for at in (1..left.len()).rev() {
        left.swap(at, dice.roll(at + 1));
    }
    left
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_order_nesting_and_repetition_gives_the_same_bytes(seed in any::<u64>()) {
        let dice = &mut Dice(seed);
        let folder = tempfile::tempdir().expect("a writable folder");
        let files = deal(folder.path(), dice);
        let expected = serde_json::to_string_pretty(&pipeline::analyze(&options(&files, 1)).expect("JSON")).expect("JSON");
        prop_assert!(!expected.contains("hunter2"));
        let shards = shards(folder.path(), &files, dice);
        prop_assert_eq!(merge(&shards), expected);
        let (joined, whole) = (folder.path().join("joined"), folder.path().join("whole"));
        shard::save(pipeline::join(&shards, &[]).expect("it can be read and written"), &joined).expect("it can be read and written");
        scan(&files, &whole, 2);
        prop_assert!(fs::read(joined).expect("readable") == fs::read(whole).expect("readable"), "Facts files differ");
    }
}

#[test]
fn nothing_but_other_files_is_the_same_error_as_in_one_process() {
    let folder = tempfile::tempdir().expect("a writable folder");
    let page = folder.path().join("page.html");
    fs::write(&page, "<!DOCTYPE html><html><body>Sign in</body></html>").expect("a writable folder");
    let alone = pipeline::analyze(&options(std::slice::from_ref(&page), 1)).unwrap_err().to_string();
    let output = folder.path().join("page.facts");
    scan(&[page], &output, 1);
    let merged = pipeline::join(&[output], &[]).and_then(pipeline::whole).map(|_| ()).unwrap_err().to_string();
    assert_eq!(merged, alone);
}
