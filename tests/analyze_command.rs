//! The program as a user runs it: exit codes, formats, standard input.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::support::root;

const BINARY: &str = env!("CARGO_BIN_EXE_whydown");

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(BINARY)
        .args(arguments)
        .current_dir(root())
        .env_remove("WHYDOWN_THREADS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // The program may refuse its arguments before it reads.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

const FIXTURE: &str = "fixtures/incidents/import-error-behind-tcp-probe/logs.json";

#[test]
fn an_analysed_file_ends_with_code_0_whatever_was_found() {
    let output = run(&["analyze", FIXTURE], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("No module named"));
}

#[test]
fn fail_on_turns_a_confirmed_finding_into_code_3() {
    assert_eq!(run(&["analyze", FIXTURE, "--fail-on", "confirmed"], b"").status.code(), Some(3));
    let quiet = "fixtures/incidents/healthy-rollout/logs.ndjson";
    let quiet = if root().join(quiet).exists() { quiet } else { "fixtures/incidents/healthy-rollout/logs.json" };
    assert_eq!(run(&["analyze", quiet, "--fail-on", "possible"], b"").status.code(), Some(0));
}

#[test]
fn standard_input_is_read_like_a_file() {
    let bytes = std::fs::read(root().join(FIXTURE)).expect("the fixture");
    let output = run(&["analyze", "-", "--format", "json"], &bytes);
    let report: whydown::model::report::Report = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report.export.files[0].path, "-");
    assert_eq!(report.findings[0].rank, 1);
}

#[test]
fn what_is_no_log_ends_with_code_4_and_says_what_it_is() {
    for (input, word) in [
        (&b"<!DOCTYPE html><html><body>Sign in</body></html>"[..], "HTML"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n0000", "PNG"),
    ] {
        let output = run(&["analyze", "-"], input);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{message}");
        assert!(message.contains(word) && message.contains("gcloud logging read"), "{message}");
    }
    assert_eq!(run(&["analyze", "no/such/file.json"], b"").status.code(), Some(4));
}

#[test]
fn wrong_usage_ends_with_code_2() {
    assert_eq!(run(&["analyse"], b"").status.code(), Some(2));
    assert_eq!(run(&["analyze"], b"").status.code(), Some(2));
}

#[test]
fn no_colour_leaves_a_pipe_plain() {
    let output = run(&["analyze", FIXTURE], b"");
    assert!(!text(&output.stdout).contains('\u{1b}'));
}
