//! `whydown patterns` as a user runs it: formats, determinism, hostile text, and the accuracy of the templates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use whydown::model::patterns::{PatternKind, Patterns};

use crate::support::{root, shared};

const FIXTURE: &str = "fixtures/incidents/import-error-behind-tcp-probe/logs.json";

/// A fixture that is stored as NDJSON.
const LINES: &str = "fixtures/incidents/bad-revision-with-rollback-target/logs.ndjson";

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_whydown"))
        .arg("patterns")
        .args(arguments)
        .current_dir(root())
        .env_remove("WHYDOWN_THREADS")
        .env_remove("WHYDOWN_WIDTH")
        .env_remove("COLUMNS")
        .output()
        .expect("the binary runs")
}

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn listed(arguments: &[&str]) -> Patterns {
    serde_json::from_str(&printed(&[arguments, &["--format", "json"]].concat())).expect("the contract")
}

#[test]
fn every_entry_is_part_of_one_pattern() {
    let patterns = listed(&[FIXTURE]);
    let counted: u64 = patterns.patterns.iter().map(|pattern| pattern.count).sum();
    assert_eq!(counted + patterns.untimed, patterns.unique_entries);
    let known: Vec<&str> = patterns
        .patterns
        .iter()
        .filter(|pattern| pattern.kind == PatternKind::Signature)
        .map(|pattern| pattern.signature.as_str())
        .collect();
    assert!(known.contains(&"cloud-run/container-exit") && known.contains(&"python/module-not-found"), "{known:?}");
    assert!(patterns.patterns.iter().any(|pattern| pattern.kind == PatternKind::Template));
    for pattern in &patterns.patterns {
        let sample = pattern.sample.as_ref().expect("a sample");
        assert_eq!(Some(sample.timestamp), pattern.first);
        assert_eq!((sample.file.as_str(), sample.line > 0), (FIXTURE, true));
    }
}

#[test]
fn the_table_fits_its_width_and_the_csv_has_a_row_a_pattern() {
    for width in ["60", "100", "160"] {
        let table = printed(&[FIXTURE, "--width", width]);
        let columns: usize = width.parse().expect("a number");
        // The first line is a sentence.
        let widest = table.lines().skip(1).map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{widest:?} of {columns}\n{table}");
    }
    let csv = printed(&[FIXTURE, "--format", "csv"]);
    let rows = csv::Reader::from_reader(csv.as_bytes()).into_records().count();
    assert_eq!(rows, listed(&[FIXTURE]).patterns.len());
}

#[test]
fn threads_order_and_split_change_nothing() {
    let text = std::fs::read_to_string(root().join(LINES)).expect("the fixture");
    let mut lines: Vec<&str> = text.lines().collect();
    let whole = without_places(listed(&[LINES, "--threads", "1"]));
    lines.reverse();
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A part of the lines stands in both files.
    let halves = [&lines[..lines.len() * 2 / 3], &lines[lines.len() / 3..]];
    for (half, name) in halves.iter().zip(["a.ndjson", "b.ndjson"]) {
        std::fs::write(folder.path().join(name), half.join("\n")).expect("writable");
    }
    let split = listed(&[&folder.path().to_string_lossy(), "--threads", "3"]);
    assert!(split.entries > split.unique_entries, "copies were counted once");
    assert_eq!(whole, without_places(split));
}

fn without_places(mut patterns: Patterns) -> Patterns {
    patterns.files.clear();
    patterns.entries = 0;
    for sample in patterns.patterns.iter_mut().filter_map(|pattern| pattern.sample.as_mut()) {
        sample.file.clear();
        sample.line = 0;
    }
    patterns
}

#[test]
fn each_line_of_text_gets_its_template() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("app.log");
    let text = "took 12 ms\n\n\u{1b}[31mtook 9 ms\u{1b}[0m\n{\"message\":\"took 7 ms\",\"id\":3}\n=HYPERLINK(\"x\")\npassword=hunter-two\u{202e}\nlast";
    std::fs::write(&path, text).expect("writable");
    let csv = printed(&["--lines", "--format", "csv", &path.to_string_lossy()]);
    assert_eq!(csv.lines().next(), Some("line,template_id,template"));
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(csv.as_bytes()).into_records().map(|row| row.expect("a row")).collect();
    let numbers: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7"]);
    for same in [2, 3] {
        assert_eq!((&rows[same][1], &rows[same][2]), (&rows[0][1], "took <*>"), "colours and JSON are dress");
    }
    assert!(rows[4][2].starts_with("'="), "{:?}", rows[4]);
    assert!(!csv.contains("hunter") && !csv.contains('\u{202e}') && !csv.contains('\u{1b}'), "{csv}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let output = run(&["--lines", "/no/such/file.log"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/file.log"));
}

/// Labelled sets: grouping accuracy (lines in groups that are exactly a true group) and F1 over groups.
#[test]
fn templates_group_labelled_lines_as_people_do() {
    let Some(folder) = shared("loghub") else { return };
    let mut sets = 0.0;
    let (mut accuracy_sum, mut f1_sum) = (0.0, 0.0);
    for entry in std::fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if !path.to_string_lossy().ends_with("_structured.csv") {
            continue;
        }
        let (accuracy, f1) = grouping(&path);
        (sets, accuracy_sum, f1_sum) = (sets + 1.0, accuracy_sum + accuracy, f1_sum + f1);
    }
    assert!(sets > 0.0, "no labelled set in {}", folder.display());
    assert!(accuracy_sum / sets >= 0.92, "mean grouping accuracy {:.4}", accuracy_sum / sets);
    assert!(f1_sum / sets >= 0.90, "mean F1 over groups {:.4}", f1_sum / sets);
}

#[allow(clippy::cast_precision_loss, reason = "two thousand lines")]
fn grouping(path: &Path) -> (f64, f64) {
    let mut rows = csv::Reader::from_path(path).expect("readable");
    let column = |name: &str, rows: &mut csv::Reader<std::fs::File>| {
        rows.headers().expect("a header").iter().position(|header| header == name).expect("the column")
    };
    let (content, event) = (column("Content", &mut rows), column("EventId", &mut rows));
    let rows: Vec<csv::StringRecord> = rows.into_records().map(|row| row.expect("a row")).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = folder.path().join("lines.log");
    let lines: String = rows.iter().map(|row| row[content].replace('\n', " ") + "\n").collect();
    std::fs::write(&text, lines).expect("writable");
    let csv = printed(&["--lines", "--format", "csv", &text.to_string_lossy()]);
    let found: Vec<String> =
        csv::Reader::from_reader(csv.as_bytes()).into_records().map(|row| row.expect("a row")[1].to_owned()).collect();
    assert_eq!(found.len(), rows.len());
    let truth = groups(rows.iter().map(|row| &row[event]));
    let mined = groups(found.iter().map(String::as_str));
    let hits: Vec<&BTreeSet<usize>> = mined.intersection(&truth).collect();
    let accuracy = hits.iter().map(|group| group.len()).sum::<usize>() as f64 / rows.len() as f64;
    (accuracy, 2.0 * hits.len() as f64 / (mined.len() + truth.len()) as f64)
}

/// The lines of each label.
fn groups<'l>(labels: impl Iterator<Item = &'l str>) -> BTreeSet<BTreeSet<usize>> {
    let mut groups: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (line, label) in labels.enumerate() {
        groups.entry(label).or_default().insert(line);
    }
    groups.into_values().collect()
}
