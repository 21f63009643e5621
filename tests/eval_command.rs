//! `whydown eval`: it scores as the labels say, as the reference scorer does, and says what is wrong with a label.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use whydown::eval::{self, Error};
use whydown::model::Verdict;

use crate::support::{root, shared, skip};

/// Writes a case whose log is that of a fixture.
fn case(folder: &Path, id: &str, fixture: &str, label: &str) {
    let folder = folder.join(id);
    std::fs::create_dir_all(&folder).expect("a writable folder");
    let log = root().join("fixtures/incidents").join(fixture).join("logs.json");
    std::fs::copy(log, folder.join("logs.json")).expect("the fixture has a log");
    let head = format!("id = \"{id}\"\ntitle = \"{id}\"\nfiles = [\"logs.json\"]\n");
    std::fs::write(folder.join("case.toml"), head + label).expect("a writable folder");
}

/// One fixture under five labels: told right, at another rank, in another category, wrongly, and as quiet.
fn cases() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cause = |category: &str, text: &str| {
        format!("outcome = \"incident\"\n[[cause]]\ncategory = [\"{category}\"]\ntext = '{text}'\nservice = \"\"\n")
    };
    let memory = "out-of-memory";
    case(folder.path(), "a-right", memory, &cause("memory", "(?i)memory limit"));
    case(folder.path(), "b-other-category", memory, &cause("network", "(?i)memory limit"));
    case(folder.path(), "c-wrong", memory, &cause("memory", "(?i)certificate"));
    case(folder.path(), "d-quiet", memory, "outcome = \"quiet\"\n");
    let effect = "[[effect]]\ntext = '(?i)memory limit'\n[forbidden]\ncauses = ['(?i)memory']\n";
    case(folder.path(), "e-effect", memory, &(cause("unknown", "never said") + effect));
    let tolerated = "outcome = \"quiet\"\n[tolerated]\ncauses = ['(?i)memory']\n";
    case(folder.path(), "f-tolerated", memory, tolerated);
    folder
}

#[test]
fn scores_are_what_the_labels_say() {
    let folder = cases();
    let scores = eval::evaluate(folder.path(), 1).expect("all labels are right");
    let of = |id: &str| scores.cases.iter().find(|score| score.id == id).expect("a score");
    assert_eq!(of("a-right").rank, Some(1));
    assert!(of("a-right").false_confident.is_empty());
    assert_eq!((of("b-other-category").rank, of("b-other-category").other_category), (None, true));
    assert_eq!(of("c-wrong").rank, None);
    for id in ["c-wrong", "d-quiet", "e-effect"] {
        assert_eq!(of(id).findings[0].0, Verdict::Confirmed);
        assert!(!of(id).false_confident.is_empty(), "{id}");
    }
    assert_eq!(of("e-effect").effects_as_causes.len(), 1);
    assert!(of("f-tolerated").false_confident.is_empty());
    assert_eq!((scores.totals.quiet, scores.totals.quiet_silent, scores.totals.quiet_empty), (2, 1, 0));
    assert!((scores.totals.ac_1 - 0.25).abs() < 1e-9, "{}", scores.totals.ac_1);
    assert_eq!(scores.kinds["memory"].cases, 2);
    assert!(of("a-right").chance[0] > 0.0 && of("a-right").chance[0] <= of("a-right").chance[1]);
}

/// Case by case as `score.py` says, on the same labels.
fn agrees_with_reference(folder: &Path) {
    let Some(reference) = shared("cases/score.py") else { return };
    let results = tempfile::NamedTempFile::new().expect("a temporary file");
    let command = format!("{} analyze {{files}} --format json", env!("CARGO_BIN_EXE_whydown"));
    let ran = Command::new("python3")
        .arg(reference)
        .arg(folder)
        .args(["--cmd", &command, "--snapshot-flag", "--state {file}", "--quiet", "--json"])
        .arg(results.path())
        .output();
    let Ok(ran) = ran else { return skip("python3 is not on this machine") };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let theirs: Vec<Value> =
        serde_json::from_slice(&std::fs::read(results.path()).expect("results")).expect("results are JSON");
    let ours = eval::evaluate(folder, 1).expect("all labels are right");
    assert_eq!(theirs.len(), ours.cases.len());
    for score in &ours.cases {
        let of = theirs.iter().find(|other| other["id"] == score.id.as_str()).expect("the same cases");
        let rank = of["r"]["pos"].as_u64().and_then(|rank| usize::try_from(rank).ok());
        assert_eq!(score.rank, rank, "{}: rank", score.id);
        let count = |key: &str| of["r"][key].as_array().map_or(0, Vec::len);
        assert_eq!(score.false_confident.len(), count("false_confident"), "{}: false-confident", score.id);
        assert_eq!(score.effects_as_causes.len(), count("effects_as_causes"), "{}: effects", score.id);
        if let Some(found_all) = of["r"]["found_all"].as_u64() {
            assert_eq!(u64::from(score.found_all), found_all, "{}: all causes", score.id);
        }
    }
}

#[test]
fn scores_agree_with_the_reference() {
    agrees_with_reference(cases().path());
    if let Some(open) = shared("cases/open") {
        agrees_with_reference(&open);
    }
}

#[test]
fn open_cases_are_within_the_bars() {
    let Some(open) = shared("cases/open") else { return };
    let totals = eval::evaluate(&open, 1).expect("all labels are right").totals;
    assert!(totals.ac_1 >= 0.90 && totals.ac_3 >= 0.98, "AC@1 {} AC@3 {}", totals.ac_1, totals.ac_3);
    assert!(totals.false_confident_rate() <= 0.02, "{} false-confident", totals.false_confident);
    assert_eq!((totals.effects_as_causes, totals.quiet_empty), (0, totals.quiet));
}

#[test]
fn a_label_that_cannot_be_used_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = |label: Option<&str>| {
        if let Some(label) = label {
            case(folder.path(), "one", "out-of-memory", label);
        }
        eval::evaluate(folder.path(), 1).expect_err("there is nothing to score").to_string()
    };
    assert!(said(None).contains("no case.toml"), "{}", said(None));
    let unknown = said(Some("outcome = \"disaster\"\n"));
    assert!(unknown.contains("case.toml") && unknown.contains("disaster") && unknown.contains("line 4"), "{unknown}");
    let pattern = said(Some("outcome = \"quiet\"\n[forbidden]\ncauses = [\"(\"]\n"));
    assert!(pattern.contains("[forbidden] causes: '('"), "{pattern}");
    let causeless = said(Some("outcome = \"incident\"\n"));
    assert!(causeless.contains("[[cause]]"), "{causeless}");
    let away = eval::evaluate(&folder.path().join("away"), 1);
    assert!(matches!(away, Err(Error::Unreadable { .. })));
}

#[test]
fn the_command_prints_figures_and_json() {
    let folder = cases();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_whydown")).arg("eval").args(arguments).output().expect("the binary runs")
    };
    let path = folder.path().to_str().expect("UTF-8");
    let text = String::from_utf8(run(&[path]).stdout).expect("UTF-8");
    assert!(text.contains("AC@1 0.25") && text.contains("quiet cases silent 1 of 2"), "{text}");
    let json: Value = serde_json::from_slice(&run(&[path, "--format", "json"]).stdout).expect("JSON");
    assert_eq!(json["totals"]["incidents"], 4);
    let nothing = run(&["/nonexistent"]);
    assert_eq!(nothing.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("/nonexistent"));
}
