//! The printed commands: a shell reads each as what it says, and a placeholder stops the script.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use whydown::model::Risk;
use whydown::model::report::Report;
use whydown::report::Format;
use whydown::report::script::PLACEHOLDERS;

use super::rendered;
use crate::support::{analyze, incidents, root, skip};

/// Words in capitals that `advise` writes and that are no placeholders: of log filters, and of prose.
const NO_PLACEHOLDERS: [&str; 31] = [
    "ACTIVE",
    "ALWAYS",
    "AND",
    "API",
    "CI",
    "CPU",
    "ERROR",
    "ETIMEDOUT",
    "FAILURE",
    "GB",
    "HTTP",
    "MB",
    "NOT",
    "OR",
    "PERMISSION_DENIED",
    "READY",
    "RESOURCE_EXHAUSTED",
    "RUNNABLE",
    "SQL",
    "STATUS",
    "SUCCESS",
    "VPC",
    "WARNING",
    "WORKER",
    "DNS",
    "URL",
    "JSON",
    "TCP",
    // A name that gcloud knows, and two sentences that texts take in.
    "LATEST",
    "FOLLOWS",
    "PINS",
];

fn report_of(name: &str) -> Report {
    let incident = incidents().into_iter().find(|incident| incident.name == name).expect("a fixture");
    analyze(&incident.inputs(), &incident.state_files(), 2)
}

/// Runs bash with a script on standard input; `None` where there is no bash.
pub fn bash(arguments: &[&str], script: &str) -> Option<(Option<i32>, String)> {
    let child = Command::new("/bin/bash")
        .args(arguments)
        // No program of this machine can be run by mistake.
        .env("PATH", "/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        skip("there is no /bin/bash on this machine");
        return None;
    };
    child.stdin.take().expect("piped").write_all(script.as_bytes()).expect("bash reads");
    let output = child.wait_with_output().expect("it ends");
    Some((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn every_script_is_bash_and_every_command_splits_into_words() {
    for incident in incidents() {
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        for action in report.findings.iter().flat_map(|finding| &finding.actions) {
            for line in action.command.lines() {
                assert!(shlex::split(line).is_some(), "{}: {line}", incident.name);
            }
        }
        let script = rendered(&report, Format::Script, false);
        let Some((code, message)) = bash(&["-n"], &script) else { return };
        assert_eq!(code, Some(0), "{}: {message}", incident.name);
    }
}

#[test]
fn what_cannot_be_undone_is_commented_out_and_a_change_asks() {
    let mut report = report_of("bad-revision-with-rollback-target");
    let mark = "gcloud run services delete cart-api";
    report.findings[0].actions[0].risk = Risk::Destructive;
    report.findings[0].actions[0].command = format!("{mark}\nsecond line");
    let script = rendered(&report, Format::Script, false);
    for line in script.lines().filter(|line| line.contains(mark) || line.contains("second line")) {
        assert!(line.starts_with('#'), "{line}");
    }
    assert!(script.contains(&format!("#   {mark}\n#   second line\n")), "{script}");
    let lines: Vec<&str> = script.lines().collect();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("gcloud run services update-")) {
        assert!(lines[number - 1].starts_with("if agree "), "{line}");
    }
}

#[test]
fn a_placeholder_stops_the_script_before_its_command() {
    let mut report = report_of("bad-revision-with-rollback-target");
    let mut action = report.findings[0].actions[0].clone();
    action.risk = Risk::ReadOnly;
    action.command = "printf '%s' --image=IMAGE 'name=\"SERVICE\"'".to_owned();
    report.findings[0].actions = vec![action];
    let script = rendered(&report, Format::Script, false);
    let Some((code, message)) = bash(&[], &script) else { return };
    assert_eq!((code, message.contains("fill in IMAGE")), (Some(64), true), "{message}");
    let filled = script.replace("IMAGE=''", "IMAGE='a b;c'").replace("SERVICE=''", "SERVICE='$(x)'");
    let (code, message) = bash(&[], &filled).expect("bash is here");
    assert_eq!(code, Some(0), "{message}");
    let printed = Command::new("/bin/bash").arg("-c").arg(&filled).output().expect("bash is here");
    assert_eq!(String::from_utf8_lossy(&printed.stdout), "--image=a b;cname=\"$(x)\"");
}

/// Every word in capitals inside a text of `src/advise` is a known placeholder, or known to be none.
#[test]
fn the_script_knows_every_placeholder_of_the_advice() {
    fn words(folder: &Path, found: &mut BTreeSet<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                words(&path, found);
                continue;
            }
            if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let code = text.split("#[cfg(test)]").next().unwrap_or("");
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for literal in line.replace("\\\"", " ").split('"').skip(1).step_by(2) {
                    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    for word in literal.split(|c| !is_word(c)) {
                        let capitals = word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
                        if capitals && word.len() > 1 && word.starts_with(|c: char| c.is_ascii_uppercase()) {
                            found.insert((word.to_owned(), path.display().to_string()));
                        }
                    }
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    words(&root().join("src/advise"), &mut found);
    assert!(found.iter().any(|(word, _)| word == "IMAGE"), "the search finds nothing");
    let unknown: Vec<_> = found
        .iter()
        .filter(|(word, _)| !PLACEHOLDERS.contains(&word.as_str()) && !NO_PLACEHOLDERS.contains(&word.as_str()))
        .collect();
    assert!(unknown.is_empty(), "neither a placeholder of src/report/script.rs nor known to be none: {unknown:?}");
}
