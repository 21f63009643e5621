//! The same entries give the same bytes: any thread count, any order of files and lines, any split.

use std::path::PathBuf;

use proptest::prelude::*;
use whydown::model::report::Report;

use crate::support::{analyze, incidents, root};

/// The report without what names the files themselves.
fn without_places(mut report: Report) -> String {
    report.export.files.clear();
    report
        .export
        .notices
        .retain(|notice| !matches!(notice.code.as_str(), "export-cut-by-limit" | "capped-per-severity"));
    let clusters = report.clusters.iter_mut().flat_map(|cluster| cluster.samples.iter_mut());
    let chains = report
        .findings
        .iter_mut()
        .flat_map(|finding| finding.chain.iter_mut())
        .flat_map(|link| link.evidence.iter_mut());
    let rejected = report.ruled_out.iter_mut().flat_map(|one| one.evidence.iter_mut());
    for evidence in clusters.chain(chains).chain(rejected) {
        evidence.file.clear();
        evidence.line = 0;
    }
    serde_json::to_string_pretty(&report).expect("a report is JSON")
}

/// The first line in which two reports differ.
fn first_difference<'r>(one: &'r str, other: &'r str) -> Option<(&'r str, &'r str)> {
    let differing = one.lines().zip(other.lines()).find(|(a, b)| a != b);
    differing.or_else(|| (one != other).then_some(("the end", "more")))
}

/// The NDJSON lines of a fixture that is stored as NDJSON.
fn lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("fixtures/incidents").join(name).join("logs.ndjson"))
        .expect("the fixture is NDJSON");
    text.lines().map(str::to_owned).collect()
}

fn write_split(name: &str, parts: &[Vec<String>]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::Builder::new().prefix(name).tempdir().expect("a temporary folder");
    let paths = parts
        .iter()
        .enumerate()
        .map(|(number, lines)| {
            let path = folder.path().join(format!("part-{number}.ndjson"));
            std::fs::write(&path, lines.join("\n")).expect("a writable folder");
            path
        })
        .collect();
    (folder, paths)
}

/// Some of the fixtures that are stored as NDJSON.
fn ndjson_fixtures(seed: u64) -> Vec<String> {
    let names: Vec<String> = incidents()
        .into_iter()
        .filter(|incident| incident.truth.files == ["logs.ndjson"] && incident.truth.state.is_empty())
        .map(|incident| incident.name)
        .collect();
    assert!(!names.is_empty(), "no NDJSON fixture");
    shuffled(&names, seed).into_iter().take(6).collect()
}

#[test]
fn every_thread_count_gives_the_same_bytes() {
    for incident in incidents() {
        let reports: Vec<String> = [1, 2, 8]
            .into_iter()
            .map(|threads| {
                let report = analyze(&incident.inputs(), &incident.state_files(), threads);
                serde_json::to_string(&report).expect("a report is JSON")
            })
            .collect();
        assert!(reports.windows(2).all(|pair| pair[0] == pair[1]), "{} depends on the thread count", incident.name);
    }
}

#[test]
fn the_order_of_the_input_files_does_not_matter() {
    let mut inputs: Vec<PathBuf> = incidents().into_iter().take(4).flat_map(|incident| incident.inputs()).collect();
    let forward = analyze(&inputs, &[], 2);
    inputs.reverse();
    assert_eq!(forward, analyze(&inputs, &[], 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_split_of_the_lines_gives_the_same_report(seed in any::<u64>(), parts in 1usize..5) {
        for name in ndjson_fixtures(seed) {
            let whole = lines(&name);
            let (_kept, paths) = write_split(&name, std::slice::from_ref(&whole));
            let expected = without_places(analyze(&paths, &[], 2));
            let mut split = vec![Vec::new(); parts];
            let mut state = seed | 1;
            for line in shuffled(&whole, seed) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                split[(state >> 33) as usize % parts].push(line);
            }
            split.retain(|lines| !lines.is_empty());
            let (_also_kept, paths) = write_split(&name, &split);
            let told = without_places(analyze(&paths, &[], 3));
            prop_assert_eq!(first_difference(&expected, &told), None, "{}", name);
        }
    }
}

/// Names get their numbers in the order in which they are met. Which of two groups of as many failures is asked for new
/// lines must not hang on those numbers.
#[test]
fn equal_groups_are_told_alike_whichever_of_them_is_read_first() {
    let request = |minute: usize, second: usize, revision: &str, status: u16| {
        format!(
            r#"{{"insertId":"{revision}-{minute}-{second}","timestamp":"2026-06-02T{:02}:{:02}:{second:02}Z","logName":"projects/acme-shop/logs/run.googleapis.com%2Frequests","httpRequest":{{"requestMethod":"GET","requestUrl":"https://shop-x4p2qmd7ka-ew.a.run.app/api/pay","status":{status},"latency":"0.3s"}},"labels":{{"instanceId":"00c5{revision}"}},"resource":{{"type":"cloud_run_revision","labels":{{"service_name":"shop","revision_name":"shop-{revision}","location":"europe-west1","project_id":"acme-shop"}}}}}}"#,
            6 + minute / 60,
            minute % 60
        )
    };
    let line = |minute: usize, text: &str| {
        let request = request(minute, 30, "00004-xuf", 200);
        let start = request.find(r#""httpRequest""#).expect("a request");
        let end = request.find(r#","labels":{"instanceId""#).expect("labels");
        format!(r#"{}"severity":"INFO","textPayload":"{text}"{}"#, &request[..start], &request[end..])
            .replace("Frequests", "Fstdout")
    };
    let mut lines: Vec<String> = (0..120).map(|minute| request(minute, 10, "00004-xuf", 200)).collect();
    lines.extend((0..6).map(|number| request(60, 20 + 5 * number, "00005-bam", 500)));
    lines.extend((0..6).map(|number| request(90, 20 + 5 * number, "00004-xuf", 500)));
    lines.push(line(5, "cache is warm"));
    lines.push(line(59, "reading prices from the second table"));
    lines.push(line(89, "switching carts to the new format"));
    let (_kept, paths) = write_split("equal", std::slice::from_ref(&lines));
    let expected = without_places(analyze(&paths, &[], 1));
    assert!(expected.contains("reading prices"), "new lines are asked for");
    for seed in 0..6 {
        let lines = if seed == 0 { lines.iter().rev().cloned().collect() } else { shuffled(&lines, seed) };
        let (_kept, paths) = write_split("equal", &[lines]);
        assert_eq!(first_difference(&without_places(analyze(&paths, &[], 1)), &expected), None, "seed {seed}");
    }
}

fn shuffled(lines: &[String], seed: u64) -> Vec<String> {
    let mut lines = lines.to_vec();
    let mut state = seed;
    for i in (1..lines.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        lines.swap(i, (state >> 33) as usize % (i + 1));
    }
    lines
}
