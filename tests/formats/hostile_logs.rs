//! Hostile entries through the whole program: texts, service names, revision names, a megabyte in one message.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::json;
use whydown::model::report::Report;

use super::{FORMATS, rendered};
use crate::support::analyze;

/// Parts of attacks; each stands in messages, paths, names and labels.
const PARTS: [&str; 8] = [
    "</pre></details><script>alert(1)</script>",
    "```\n~~~\n# head [a](http://evil.example)",
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil.example\u{1b}\\link",
    "\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}\r\n\u{85}\u{2028}",
    "$(touch /tmp/owned) `touch /tmp/owned`; touch /tmp/owned & ' \" \\",
    "--project=evil-project\n--quiet",
    "=cmd|' /C calc'!A0",
    "]]><!-- %0a {0} <email-00aa11> IMAGE",
];

/// An export in which a service crashes and every text is hostile.
fn export() -> String {
    let mut lines = String::new();
    for (number, part) in PARTS.iter().enumerate() {
        let huge = if number == 0 { "A".repeat(1_000_000) } else { String::new() };
        for second in 0..4 {
            let labels = json!({
                "service_name": if second < 2 { "shop-api".to_owned() } else { format!("shop{part}") },
                "revision_name": if second % 2 == 0 { "shop-api-00001-abc".to_owned() } else { format!("rev{part}") },
                "project_id": if second < 3 { "acme-shop".to_owned() } else { part.to_string() },
                "location": if second < 3 { "europe-west1".to_owned() } else { part.to_string() },
            });
            let resource = json!({ "type": "cloud_run_revision", "labels": labels });
            let time = |offset: u32| format!("2026-03-02T10:{:02}:{:02}.{offset:03}Z", number, second * 10 + 1);
            let instance = format!("00f46b92{number}{second}05a1b2c3d4e5f6");
            let entries = [
                json!({
                    "insertId": format!("a{number}{second}{part}"), "timestamp": time(100), "severity": "ERROR",
                    "resource": resource, "logName": "projects/acme-shop/logs/run.googleapis.com%2Fstderr",
                    "labels": { "instanceId": instance },
                    "textPayload": format!("Traceback (most recent call last):\n  File \"/app/{part}.py\", line 3, in x\nRuntimeError: {part} {huge}"),
                }),
                json!({
                    "insertId": format!("b{number}{second}"), "timestamp": time(200), "severity": "WARNING",
                    "resource": resource, "logName": "projects/acme-shop/logs/run.googleapis.com%2Fvarlog%2Fsystem",
                    "labels": { "instanceId": instance }, "textPayload": "Container called exit(1).",
                }),
                json!({
                    "insertId": format!("c{number}{second}"), "timestamp": time(300), "severity": "ERROR",
                    "resource": resource, "logName": "projects/acme-shop/logs/run.googleapis.com%2Frequests",
                    "labels": { "instanceId": instance },
                    "httpRequest": { "requestMethod": format!("GET{part}"), "requestUrl": format!("https://shop.example/{part}"), "status": 503, "latency": "0.1s", "userAgent": part },
                    "textPayload": format!("The request failed because the instance could not start successfully. {part}"),
                }),
                json!({
                    "insertId": format!("d{number}{second}"), "timestamp": time(50), "severity": "NOTICE",
                    "resource": resource, "logName": "projects/acme-shop/logs/cloudaudit.googleapis.com%2Factivity",
                    "protoPayload": {
                        "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "run.googleapis.com",
                        "methodName": "google.cloud.run.v1.Services.ReplaceService",
                        "resourceName": format!("namespaces/acme-shop/services/shop{part}"),
                        "authenticationInfo": { "principalEmail": part },
                        "requestMetadata": { "callerSuppliedUserAgent": part },
                        "request": { "metadata": { "name": format!("shop{part}") }, "spec": { "template": { "metadata": { "name": format!("rev{part}") }, "spec": { "containers": [{ "image": format!("gcr.io/{part}") }] } } } },
                    },
                }),
            ];
            for entry in entries {
                writeln!(lines, "{entry}").expect("a string takes everything");
            }
        }
    }
    lines
}

/// The report; the folder has another name each time, and the report names it.
fn report(threads: usize) -> Report {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("export.ndjson");
        std::fs::write(&path, export()).expect("a writable folder");
        (folder, path)
    });
    analyze(std::slice::from_ref(path), &[], threads)
}

#[test]
fn every_form_stays_small_and_safe() {
    let report = report(2);
    assert!(!report.findings.is_empty(), "the export shows nothing");
    for (format, ending) in FORMATS {
        for full in [false, true] {
            let text = rendered(&report, format, full);
            assert!(text.len() < 4_000_000, "{ending}: {} bytes", text.len());
            let found = text.chars().find(|c| super::acts_on_a_terminal(*c));
            assert_eq!(found, None, "{ending}");
        }
    }
    let page = rendered(&report, whydown::report::Format::Html, true);
    assert!(!page.contains("<script") && !page.contains("<img"));
    let ticket = rendered(&report, whydown::report::Format::Markdown, true);
    assert!(ticket.chars().count() <= 65_536);
    roxmltree::Document::parse(&rendered(&report, whydown::report::Format::Junit, true)).expect("XML");
}

/// Every word of a printed command is one that the advice writes: no part of an attack is in any of them.
#[test]
fn no_command_holds_a_part_of_an_attack() {
    let report = report(2);
    let notices = report.export.notices.iter().filter_map(|notice| notice.command.as_deref());
    let actions = report.findings.iter().flat_map(|finding| &finding.actions).map(|action| action.command.as_str());
    let commands: Vec<&str> = notices.chain(actions).filter(|command| !command.is_empty()).collect();
    assert!(commands.len() > 3, "{commands:?}");
    for command in &commands {
        for mark in ["touch", "script>", "evil", "\u{1b}", "calc", "\u{202e}", "--quiet", "http:", "`"] {
            assert!(!command.contains(mark), "{mark} in {command}");
        }
        for line in command.lines() {
            let words = shlex::split(line).unwrap_or_else(|| panic!("an open quote in {line}"));
            assert!(["gcloud", "az", "gh"].contains(&words[0].as_str()) || words[0].starts_with("printf"), "{line}");
        }
    }
    let script = rendered(&report, whydown::report::Format::Script, false);
    for line in script.lines().filter(|line| !line.starts_with('#')) {
        assert!(!line.contains("touch") && !line.contains("evil"), "{line}");
    }
    if let Some((code, message)) = super::script::bash(&["-n"], &script) {
        assert_eq!(code, Some(0), "{message}");
    }
}

#[test]
fn hostile_entries_give_the_same_bytes_for_any_thread_count() {
    let (one, many) = (report(1), report(5));
    for (format, ending) in FORMATS {
        assert!(rendered(&one, format, true) == rendered(&many, format, true), "{ending}");
    }
}
