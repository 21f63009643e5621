//! Lines that mean nothing, however many there are: they are rejected with numbers and are no findings.

use serde_json::{Value, json};
use whydown::model::Verdict;
use whydown::model::report::Report;

use crate::simulation::dice::Dice;
use crate::support::{analyze, incidents};

/// Exports of one run. At the level of 1 % about one of them may take a line for a cause.
const EXPORTS: u64 = 120;

/// More than so many are not chance: with a hundredth of 120 expected, that is one run in two hundred.
const FALSE_MAX: usize = 4;

/// The same for new lines, which are called possible at the level of 5 %: six are expected of 120.
const NAMED_MAX: usize = 13;

fn told(name: &str) -> Report {
    let incident = incidents().into_iter().find(|incident| incident.name == name).expect("the fixture");
    analyze(&incident.inputs(), &incident.state_files(), 2)
}

/// The reports of one export for each seed.
fn reports(export: fn(u64) -> String) -> impl Iterator<Item = (u64, Report)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    (1..=EXPORTS).map(move |seed| {
        let path = folder.path().join("export.ndjson");
        std::fs::write(&path, export(seed)).expect("a writable folder");
        (seed, analyze(&[path], &[], 1))
    })
}

#[test]
fn the_loud_lines_stand_among_what_was_ruled_out_with_their_numbers() {
    let report = told("one-of-many-lines-beside-a-failure");
    assert_eq!(report.findings.len(), 1);
    let lines: Vec<_> = report.ruled_out.iter().filter(|one| one.hypothesis.starts_with('“')).collect();
    assert_eq!(lines.len(), 5, "the strongest few");
    assert!(lines[0].hypothesis.contains("export of ledger page"), "{}", lines[0].hypothesis);
    let reason = &lines[0].reason;
    assert!(reason.contains("1 of 12 failed requests") && reason.contains("one of 14 lines tested"), "{reason}");
    assert!(lines.iter().all(|one| one.evidence.len() == 1));
    assert!(report.ruled_out.iter().any(|one| one.hypothesis.starts_with("9 other lines")));

    let report = told("lines-of-failed-and-healthy-instances");
    assert_eq!(report.findings.len(), 1);
    let decoy = report.ruled_out.iter().find(|one| one.hypothesis.contains("metadata of picture")).expect("the decoy");
    assert!(
        decoy.reason.contains("2 of 3 failed and 2 of 11 healthy instances show it (one of 10 lines tested"),
        "{}",
        decoy.reason
    );
}

#[test]
fn random_lines_are_taken_for_causes_no_more_often_than_the_level_allows() {
    let mut taken = Vec::new();
    for (seed, report) in reports(export) {
        assert!(!report.findings.is_empty(), "the failed requests of seed {seed} are told");
        let is_decoy = |text: &str| text.contains("decoy");
        if let Some(finding) = report.findings.iter().find(|finding| is_decoy(&finding.title)) {
            assert!(finding.verdict <= Verdict::Possible, "seed {seed}: {} {}", finding.verdict.word(), finding.title);
            taken.push(seed);
        }
        assert!(report.ruled_out.iter().any(|one| is_decoy(&one.hypothesis)), "seed {seed} rejects nothing");
    }
    assert!(taken.len() <= FALSE_MAX, "{} of {EXPORTS}: seeds {taken:?}", taken.len());
}

#[test]
fn a_line_that_is_new_is_named_with_its_family_and_novelty_is_not_judged_without_time_before() {
    let report = told("new-line-before-silent-failures");
    let finding = &report.findings[0];
    assert!(finding.cause.summary.contains("the only new one tested"), "{}", finding.cause.summary);
    assert!(finding.title.starts_with("New just before: “switching reads"), "{}", finding.title);
    let sum: f64 = finding.score_parts.iter().map(|part| part.value).sum();
    assert!((sum - finding.score).abs() < 1e-9, "the parts give the score");

    let report = told("new-lines-all-the-time");
    let decoy = report.ruled_out.iter().find(|one| one.hypothesis.contains("synonyms")).expect("the nearest line");
    assert!(decoy.reason.contains("one of 7 new ones tested; p = 0.3"), "{}", decoy.reason);

    let report = told("nothing-covered-before-the-failures");
    let missing = report.findings[0].missing.join(" ");
    assert!(missing.contains("whether a line is new cannot be judged"), "{missing}");
}

#[test]
fn random_new_lines_are_named_no_more_often_than_the_level_allows() {
    let mut named = Vec::new();
    for (seed, report) in reports(quiet_lines) {
        let finding = &report.findings[0];
        if finding.title.contains("decoy") {
            named.push((seed, finding.verdict));
        }
    }
    let likely = named.iter().filter(|(_, verdict)| *verdict > Verdict::Possible).count();
    assert!(named.len() <= NAMED_MAX && likely <= FALSE_MAX, "of {EXPORTS}: {named:?}");
}

/// Two hours of one instance: unremarkable lines at moments of their own, and failures from a random moment on.
fn quiet_lines(seed: u64) -> String {
    let mut dice = Dice::new(seed, "new lines");
    let onset = dice.range(1_800_000, 6_600_000);
    let mut lines: Vec<Value> = (0..120).map(|minute| request(60_000 * minute, 200, "/api/cart")).collect();
    lines.extend((0..12).map(|number| request(onset + 15_000 * number, 500, "/api/pay")));
    for number in 0..dice.range(1, 25) {
        let kind = format!("decoy {} {} done", dice.word("abcdefgh", 5), dice.word("klmnop", 5));
        let first = dice.range(60_000, 7_100_000);
        for copy in 0..dice.range(1, 6) {
            let moment = if copy == 0 { first } else { dice.range(first, 7_199_000) };
            let mut line = entry(moment, "stdout", &format!("{seed}-{number}-{copy}"), &[("textPayload", json!(kind))]);
            line["severity"] = json!("INFO");
            lines.push(line);
        }
    }
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n"
}

/// Two hours of one instance: failed requests, and lines at moments of their own.
fn export(seed: u64) -> String {
    let mut dice = Dice::new(seed, "many lines");
    let words = ["mail", "cache", "stock", "index", "voucher", "ledger", "label", "queue", "parcel", "shelf"];
    let ends = ["late", "empty", "refused", "twice there", "out of order", "too large"];
    let mut lines: Vec<Value> = (0..120).map(|minute| request(60_000 * minute, 200, "/api/cart")).collect();
    for _ in 0..dice.range(6, 40) {
        lines.push(request(dice.range(5_000, 7_190_000), 500, "/api/pay"));
    }
    for number in 0..dice.range(4, 30) {
        let kind = format!("decoy {} {} is {}", dice.word("abcdefgh", 5), dice.pick(&words), dice.pick(&ends));
        for copy in 0..dice.range(1, 12) {
            let place = format!("{seed}-{number}-{copy}");
            lines.push(entry(dice.range(1_000, 7_199_000), "stderr", &place, &[("textPayload", json!(kind))]));
        }
    }
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n"
}

fn request(millis: i64, status: u16, path: &str) -> Value {
    let url = format!("https://shop-x4p2qmd7ka-ew.a.run.app{path}");
    let http = json!({ "requestMethod": "GET", "requestUrl": url, "status": status, "latency": "0.3s" });
    entry(millis, "requests", &format!("{status}-{millis}"), &[("httpRequest", http)])
}

fn entry(millis: i64, log: &str, id: &str, rest: &[(&str, Value)]) -> Value {
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (hour, minute, second) = (6 + seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut entry = json!({
        "insertId": format!("{log}-{id}"),
        "timestamp": format!("2026-06-02T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"),
        "severity": "ERROR",
        "logName": format!("projects/acme-shop/logs/run.googleapis.com%2F{log}"),
        "labels": { "instanceId": "00c527f46d4b" },
        "resource": { "type": "cloud_run_revision", "labels": {
            "service_name": "shop", "revision_name": "shop-00004-xuf", "location": "europe-west1",
            "project_id": "acme-shop" } },
    });
    for (name, value) in rest {
        entry[*name] = value.clone();
    }
    entry
}
