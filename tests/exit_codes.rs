//! Every exit code of the contract, and quiet ends: a reader who has enough, a disk that is full.

use std::fs::File;
use std::process::Stdio;

use crate::support::program::{CRASH, Program, fixture};

fn crash() -> String {
    fixture(CRASH).display().to_string()
}

/// What the platform saw of the crash, without the application's own output.
fn without_output() -> Vec<u8> {
    let bytes = std::fs::read(fixture(CRASH)).expect("the fixture");
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&bytes).expect("JSON");
    let platform = entries.into_iter().filter(|entry| {
        let log = entry["logName"].as_str().unwrap_or_default();
        !log.ends_with("stderr") && !log.ends_with("stdout")
    });
    serde_json::to_vec(&platform.collect::<Vec<_>>()).expect("JSON")
}

#[test]
fn code_0_is_an_analysis_whatever_it_found() {
    let program = Program::new();
    for arguments in [&["analyze", &crash()][..], &["analyze", &crash(), "--fail-on", "never"]] {
        let ran = program.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    }
    assert_eq!(program.run(&["--help"]).code, 0);
    assert_eq!(program.run(&["--version"]).code, 0);
}

#[test]
fn code_1_is_an_output_that_cannot_be_written() {
    let program = Program::new();
    let ran = program.run(&["analyze", &crash(), "--output", "no/such/folder/report.txt"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no/such/folder/report.txt") && ran.err.contains("create it first"), "{}", ran.err);
    #[cfg(target_os = "linux")]
    {
        let full = || File::options().write(true).open("/dev/full").expect("a full device");
        for arguments in [&["analyze", &crash()][..], &["rules", "list"], &["completions", "zsh"], &["man"]] {
            let output = program.command(arguments).stdout(full()).stderr(Stdio::piped()).output().expect("it runs");
            let message = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
            assert!(message.contains("cannot write"), "{message}");
        }
    }
}

#[test]
fn code_2_is_wrong_usage_or_settings() {
    let program = Program::new();
    for (arguments, word) in [
        (&["analyse"][..], "analyze"),
        (&["analyze"], "<PATH>"),
        (&["analyze", "x", "--format", "markdwon"], "markdown"),
        (&["analyze", "x", "--widht", "80"], "--width"),
        (&["analyze", "x", "--from", "yesterday"], "-3h"),
        (&["analyze", "x", "--rules", "nowhere"], "nowhere"),
        (&["analyze", "x", "--ignore", "nowhere.toml"], "nowhere.toml"),
        (&["analyze", "x", "--check", "error-shar=1"], "error-share"),
        (&["explain", "exit-99"], "137"),
        (&["man", "rule"], "`rules`"),
    ] {
        let ran = program.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(word) && ran.out.is_empty(), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(Program::new().file("whydown.toml", "widht = 80\n").run(&["analyze", &crash()]).code, 2);
}

#[test]
fn code_3_is_a_finding_at_or_above_the_limit() {
    let program = Program::new();
    for limit in ["inconclusive", "possible", "likely", "confirmed"] {
        assert_eq!(program.run(&["analyze", &crash(), "--fail-on", limit]).code, 3, "{limit}");
    }
    let weak = program.feed(&["analyze", "-", "--fail-on", "likely"], &without_output());
    assert_eq!(weak.code, 0, "{}", weak.out);
    assert_eq!(program.feed(&["analyze", "-", "--fail-on", "inconclusive"], &without_output()).code, 3);
}

#[test]
fn code_4_is_an_input_that_is_no_log() {
    let program = Program::new().file("page.html", "<!DOCTYPE html><html><body>Sign in</body></html>");
    assert_eq!(program.run(&["analyze", "page.html"]).code, 4);
    assert_eq!(program.run(&["analyze", "missing.json"]).code, 4);
}

#[test]
fn code_5_is_an_export_that_decides_nothing() {
    let program = Program::new();
    let strict = program.feed(&["analyze", "-", "--strict"], &without_output());
    assert_eq!(strict.code, 5, "{}", strict.out);
    assert!(strict.out.contains("Inconclusive"), "the report is printed all the same: {}", strict.out);
    assert_eq!(program.feed(&["analyze", "-"], &without_output()).code, 0);
    assert_eq!(program.run(&["analyze", &crash(), "--strict"]).code, 0);
}

/// Every subcommand with something to print, into a pipe that nobody reads.
#[test]
fn a_reader_who_left_is_no_error() {
    let program = Program::new();
    let crash = crash();
    for arguments in [
        &["analyze", &crash][..],
        &["analyze", &crash, "--format", "json"],
        &["collect", "--service", "orders-api", "--from", "-3h"],
        &["cluster", "--engine", "spark"],
        &["scan", &crash, "-o", "-"],
        &["explain", "exit-137"],
        &["rules", "list"],
        &["rules", "show", "exit-137"],
        &["rules", "test"],
        &["patterns", &crash],
        &["timeline", &crash],
        &["canary", &crash],
        &["schema"],
        &["analyze", &crash, "--format", "html"],
        &["analyze", &crash, "--commands"],
        &["config", "show"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = program.command(arguments).stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}
