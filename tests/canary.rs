//! Every canary of `fixtures/canary` against the truth that a person wrote beside it, and the command itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde::Deserialize;
use whydown::model::canary::{Canary, CanaryReport};
use whydown::pipeline::{self, Options};
use whydown::reason::canary::Wanted;
use whydown::report::{Options as Rendering, PlainFormat, canary};

use crate::support::root;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    #[allow(dead_code, reason = "for the reader of the file")]
    title: String,
    #[allow(dead_code, reason = "for the reader of the file")]
    why: String,
    files: Vec<String>,
    #[serde(default)]
    state: Vec<String>,
    /// `none` where nothing is to be compared.
    verdict: String,
    #[serde(default)]
    candidate: String,
    #[serde(default)]
    baseline: String,
    #[serde(default)]
    next_stage: Option<u32>,
    /// Requests of users compared: candidate, baseline.
    #[serde(default)]
    requests: Option<[u64; 2]>,
    /// Status of each gate that is asked for.
    #[serde(default)]
    gates: std::collections::BTreeMap<String, String>,
    /// Parts that some command must have.
    #[serde(default)]
    commands: Vec<String>,
    /// Parts that no command may have.
    #[serde(default)]
    no_commands: Vec<String>,
}

fn fixtures() -> Vec<(String, PathBuf, Truth)> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("fixtures/canary"))
        .expect("fixtures/canary exists")
        .map(|entry| entry.expect("readable").path())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .map(|folder| {
            let path = folder.join("truth.toml");
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let truth = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (folder.file_name().expect("a name").to_string_lossy().into_owned(), folder, truth)
        })
        .collect()
}

fn compare(folder: &Path, truth: &Truth, threads: usize) -> CanaryReport {
    let paths = |names: &[String]| names.iter().map(|name| folder.join(name)).collect();
    let options = Options {
        inputs: paths(&truth.files),
        state_files: paths(&truth.state),
        ingest: whydown::ingest::Options { threads, ..whydown::ingest::Options::default() },
        ..Options::default()
    };
    pipeline::canary(&options, &Wanted::default()).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).expect("a word").as_str().expect("a word").to_owned()
}

fn problems(canary: &Canary, truth: &Truth) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |holds: bool, problem: String| problems.extend((!holds).then_some(problem));
    expect(word(canary.verdict) == truth.verdict, format!("{}: {}", word(canary.verdict), canary.reason));
    expect(canary.candidate.revision == truth.candidate, format!("candidate {}", canary.candidate.revision));
    expect(canary.baseline.revision == truth.baseline, format!("baseline {}", canary.baseline.revision));
    expect(canary.next_stage == truth.next_stage, format!("next stage {:?}", canary.next_stage));
    if let Some(requests) = truth.requests {
        let seen = [canary.candidate.requests, canary.baseline.requests];
        expect(seen == requests, format!("requests {seen:?}"));
    }
    for (name, status) in &truth.gates {
        let gate = canary.gates.iter().find(|gate| gate.name == *name);
        let seen = gate.map_or_else(|| "no gate".to_owned(), |gate| word(gate.status));
        expect(seen == *status, format!("{name}: {seen}, {}", gate.map_or("", |gate| &gate.why)));
    }
    let commands: Vec<&str> = canary.actions.iter().map(|action| action.command.as_str()).collect();
    for part in &truth.commands {
        expect(commands.iter().any(|command| command.contains(part)), format!("no command with {part}: {commands:?}"));
    }
    for part in &truth.no_commands {
        expect(!commands.iter().any(|command| command.contains(part)), format!("a command with {part}"));
    }
    problems
}

#[test]
fn every_canary_is_judged_as_its_truth_file_says() {
    let mut wrong = String::new();
    for (name, folder, truth) in fixtures() {
        let report = compare(&folder, &truth, 2);
        let problems = match &report.canaries[..] {
            [] if truth.verdict == "none" => Vec::new(),
            [canary] => problems(canary, &truth),
            more => vec![format!("{} canaries", more.len())],
        };
        if !problems.is_empty() {
            wrong.push_str(&format!("\n{name}\n  {}\n", problems.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_thread_count_gives_the_same_comparison() {
    for (name, folder, truth) in fixtures() {
        assert_eq!(compare(&folder, &truth, 1), compare(&folder, &truth, 7), "{name}");
    }
}

#[test]
fn the_order_of_the_lines_does_not_matter() {
    let (_, folder, truth) = fixtures().into_iter().find(|(name, _, _)| name == "out-of-memory").expect("the fixture");
    let text = std::fs::read_to_string(folder.join(&truth.files[0])).expect("NDJSON");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    let scratch = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(scratch.path().join(&truth.files[0]), lines.join("\n")).expect("a writable folder");
    let without_places = |mut report: CanaryReport| {
        for evidence in report.canaries.iter_mut().flat_map(|canary| canary.evidence.iter_mut()) {
            evidence.file.clear();
            evidence.line = 0;
        }
        report
    };
    assert_eq!(without_places(compare(&folder, &truth, 2)), without_places(compare(scratch.path(), &truth, 2)));
}

#[test]
fn every_form_says_the_verdict_and_none_is_broken_by_log_text() {
    for (name, folder, truth) in fixtures() {
        let report = compare(&folder, &truth, 2);
        let form = |format| {
            let mut bytes = Vec::new();
            let options = Rendering { width: 80, color: false, full: false };
            canary::render(&report, format, options, &mut bytes).expect("a vector takes everything");
            String::from_utf8(bytes).expect("UTF-8")
        };
        let back: CanaryReport = serde_json::from_str(&form(PlainFormat::Json)).expect("the contract");
        // The last bit of a printed number may differ when it is read back.
        assert_eq!(format!("{:?}", back.without), format!("{:?}", report.without), "{name}");
        let verdicts = |report: &CanaryReport| -> Vec<_> { report.canaries.iter().map(|one| one.verdict).collect() };
        assert_eq!(verdicts(&back), verdicts(&report), "{name}");
        let heading = match truth.verdict.as_str() {
            "rollback" => "Roll back: ",
            "hold" => "Hold: ",
            "promote" => "Promote: ",
            "inconclusive" => "Inconclusive: ",
            _ => "No canary",
        };
        assert!(form(PlainFormat::Text).starts_with(heading), "{name}");
        assert!(form(PlainFormat::Markdown).starts_with(&format!("## {heading}")), "{name}");
        assert!(
            form(PlainFormat::Text).lines().all(|line| line.chars().count() <= 80 || line.starts_with("    ")),
            "{name}"
        );
    }
}

#[test]
fn hostile_names_reach_no_command_and_no_terminal() {
    let (_, folder, truth) = fixtures().into_iter().find(|(name, _, _)| name == "out-of-memory").expect("the fixture");
    let text = std::fs::read_to_string(folder.join(&truth.files[0])).expect("NDJSON");
    let scratch = tempfile::tempdir().expect("a temporary folder");
    for name in
        ["$(touch x)-00018-hmx", "a;reboot-00018-hmx", "\\u001b[2J-00018-hmx", "</td><b>-00018-hmx", "`id`-00018-hmx"]
    {
        let hostile = text.replace("pictures-api-00018-hmx", name);
        std::fs::write(scratch.path().join(&truth.files[0]), hostile).expect("a writable folder");
        let report = compare(scratch.path(), &truth, 2);
        assert_eq!(report.canaries.len(), 1, "{name}");
        for action in &report.canaries[0].actions {
            for line in [&action.command, &action.undo] {
                assert!(!line.contains("00018-hmx"), "{name}: {line}");
            }
        }
        for format in [PlainFormat::Text, PlainFormat::Markdown, PlainFormat::Json] {
            let mut bytes = Vec::new();
            let options = Rendering { width: 100, color: false, full: false };
            canary::render(&report, format, options, &mut bytes).expect("a vector takes everything");
            let shown = String::from_utf8(bytes).expect("UTF-8");
            assert!(!shown.contains('\u{1b}'), "{name}");
            assert!(format != PlainFormat::Markdown || !shown.contains("<b>"), "{shown}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_never_panic(number in 0usize..64, flips in proptest::collection::vec((any::<u32>(), any::<u8>()), 0..60)) {
        let plain: Vec<_> =
            fixtures().into_iter().filter(|(_, _, truth)| truth.files == ["logs.ndjson"]).collect();
        let (_, folder, _) = &plain[number % plain.len()];
        let mut bytes = std::fs::read(folder.join("logs.ndjson")).expect("the fixture");
        let size = bytes.len();
        for (at, value) in flips {
            bytes[at as usize % size] = value;
        }
        let scratch = tempfile::tempdir().expect("a temporary folder");
        let path = scratch.path().join("logs.ndjson");
        std::fs::write(&path, bytes).expect("a writable folder");
        let options = Options { inputs: vec![path], ..Options::default() };
        // An error is an answer, a panic is not.
        let _ = pipeline::canary(&options, &Wanted::default());
        let _ = pipeline::timeline(&options);
    }
}

#[test]
fn times_far_apart_are_compared_without_overflow() {
    let (_, folder, truth) = fixtures().into_iter().find(|(name, _, _)| name == "rollover").expect("the fixture");
    let text = std::fs::read_to_string(folder.join(&truth.files[0])).expect("NDJSON");
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let years = ["1990", "2261", "2026"];
    let spread: String = text
        .lines()
        .enumerate()
        .map(|(number, line)| {
            line.replace("\"timestamp\":\"2026-10", &format!("\"timestamp\":\"{}-10", years[number % 3])) + "\n"
        })
        .collect();
    std::fs::write(scratch.path().join(&truth.files[0]), spread).expect("a writable folder");
    let report = compare(scratch.path(), &truth, 2);
    assert_eq!(report.canaries.len(), 1, "both revisions span all years");
    let options = Options { inputs: vec![scratch.path().join(&truth.files[0])], ..Options::default() };
    assert!(!pipeline::timeline(&options).expect("a timeline").services[0].events.is_empty());
}

#[test]
fn the_examples_are_what_the_program_prints() {
    for (arguments, example) in [
        (&["canary", SICK, "--width", "80"][..], "canary-sick.txt"),
        (&["canary", "fixtures/canary/healthy/logs.ndjson.gz", "--format", "markdown"], "canary-healthy.md"),
        (
            &["timeline", "fixtures/incidents/connection-slots-two-live-revisions/logs.ndjson.gz", "--width", "120"],
            "timeline.txt",
        ),
    ] {
        let (code, text, _) = run(arguments);
        assert_eq!(code, Some(0));
        expect_test::expect_file![root().join("reports/examples").join(example)].assert_eq(&text);
    }
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_whydown"))
        .args(arguments)
        .current_dir(root())
        .env_remove("WHYDOWN_THREADS")
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const SICK: &str = "fixtures/canary/sick/logs.ndjson.gz";
const FEW: &str = "fixtures/canary/too-few-requests/logs.ndjson";

#[test]
fn fail_on_turns_a_verdict_into_code_3() {
    assert_eq!(run(&["canary", SICK]).0, Some(0));
    assert_eq!(run(&["canary", SICK, "--fail-on", "rollback"]).0, Some(3));
    assert_eq!(run(&["canary", FEW, "--fail-on", "rollback"]).0, Some(0));
    assert_eq!(run(&["canary", FEW, "--fail-on", "inconclusive"]).0, Some(3));
}

#[test]
fn limits_come_from_flags() {
    let (_, text, _) = run(&["canary", SICK, "--max-error-rate", "30", "--min-requests", "50"]);
    assert!(!text.starts_with("Roll back"), "{text}");
    let (_, text, _) = run(&["canary", FEW, "--max-error-rate", "40", "--min-requests", "5", "--max-latency", "4000"]);
    assert!(text.contains("pass samples"), "{text}");
    for wrong in [["--max-error-rate", "0"], ["--max-latency", "fast"], ["--stages", "5,200"]] {
        assert_eq!(run(&["canary", SICK, wrong[0], wrong[1]]).0, Some(2), "{wrong:?}");
    }
}

#[test]
fn revisions_that_cannot_be_compared_are_refused_with_their_names() {
    let (code, _, message) = run(&["canary", SICK, "--candidate", "pictures-api-00099-xxx"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("pictures-api-00099-xxx") && message.contains("pictures-api-00018-hmx"), "{message}");
    let own = "pictures-api-00018-hmx";
    assert_eq!(run(&["canary", SICK, "--candidate", own, "--baseline", own]).0, Some(2));
    // Named the other way round, the sick one is the baseline and the other one is not rolled back to it.
    let (code, text, _) = run(&["canary", SICK, "--baseline", own, "--candidate", "pictures-api-00017-dqv"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("Candidate pictures-api-00017-dqv") && !text.starts_with("Roll back"), "{text}");
}
