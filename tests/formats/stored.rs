//! A stored report renders to the bytes of the analysis.

use std::process::Command;

use super::{FORMATS, rendered};
use crate::support::{analyze, incidents, root};

#[test]
fn a_stored_report_gives_the_same_bytes_in_every_form() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("report.json");
    for incident in incidents() {
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        std::fs::write(&path, rendered(&report, whydown::report::Format::Json, false)).expect("a writable folder");
        let stored = whydown::report::read::read(&path).unwrap_or_else(|error| panic!("{error}"));
        for (format, ending) in FORMATS {
            for full in [false, true] {
                assert!(
                    rendered(&report, format, full) == rendered(&stored, format, full),
                    "{} as {ending} differs",
                    incident.name
                );
            }
        }
    }
}

#[test]
fn numbers_come_back_as_they_were() {
    let incident = &incidents()[0];
    let mut report = analyze(&incident.inputs(), &incident.state_files(), 2);
    let mut state = 7u64;
    for _ in 0..2_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_precision_loss, reason = "any number will do")]
        let number = (state >> 20) as f64 / f64::from(1u32 << (state % 31));
        report.export.covered_seconds = number;
        report =
            whydown::report::gate::pass(&report, whydown::classify::redact::Level::None).expect("a report is JSON");
        let text = serde_json::to_string(&report.export.covered_seconds).expect("a number");
        assert_eq!(text.parse::<f64>(), Ok(report.export.covered_seconds));
        let read: f64 = serde_json::from_str(&text).expect("a number");
        assert_eq!(read.to_bits(), report.export.covered_seconds.to_bits(), "{text}");
        assert!((read - number).abs() <= number * 1e-14, "{number} became {read}");
    }
}

#[test]
fn the_program_renders_a_stored_report() {
    let program = env!("CARGO_BIN_EXE_whydown");
    let fixture = "fixtures/incidents/import-error-behind-tcp-probe/logs.json";
    let run = |arguments: &[&str]| Command::new(program).args(arguments).current_dir(root()).output().expect("it runs");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("report.json");
    std::fs::write(&path, run(&["analyze", fixture, "--format", "json"]).stdout).expect("a writable folder");
    let path = path.to_str().expect("UTF-8");
    for form in [&["--format", "html"][..], &["--format", "sarif"], &["--format", "text", "--full"], &["--commands"]] {
        let (anew, stored) = (run(&[&["analyze", fixture], form].concat()), run(&[&["render", path], form].concat()));
        assert_eq!((anew.status.code(), stored.status.code()), (Some(0), Some(0)));
        assert!(!anew.stdout.is_empty() && anew.stdout == stored.stdout, "{form:?}");
    }
    let missing = run(&["render", "no/such/report.json"]);
    assert_eq!(missing.status.code(), Some(4), "{}", String::from_utf8_lossy(&missing.stderr));
    assert_eq!(run(&["render", fixture]).status.code(), Some(4), "an export is no report");
    assert_eq!(run(&["analyze", fixture, "--commands", "--format", "json"]).status.code(), Some(2));
}
