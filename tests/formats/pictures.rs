//! What the pictures are drawn from adds up, is bounded, and is told in words; what does not fit is said.

use std::path::PathBuf;

use serde_json::json;
use whydown::model::report::{LifeEnd, Report, Revision};
use whydown::report::Format;

use super::rendered;
use crate::support::{analyze, incidents};

/// Lives listed for one revision.
const LIVES_MAX: usize = 40;

fn revisions(report: &Report) -> impl Iterator<Item = (&Revision, u32)> {
    report
        .services
        .iter()
        .flat_map(|service| service.revisions.iter().map(|revision| (revision, service.window_seconds)))
}

#[test]
fn windows_and_lives_add_up_to_the_counts_of_the_revision() {
    let mut seen = 0;
    for incident in incidents() {
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        for (revision, seconds) in revisions(&report).filter(|(revision, _)| revision.first.is_some()) {
            let name = format!("{}: {}", incident.name, revision.name);
            let crashes: u64 = revision.activity.iter().map(|window| window.crashes).sum();
            assert_eq!(crashes, revision.crashes, "{name}");
            let failed: u64 = revision.activity.iter().map(|window| window.failed_requests).sum();
            assert!(failed >= revision.errors_5xx && failed <= revision.requests, "{name}: {failed}");
            if seconds >= 60 {
                let requests: u64 = revision.activity.iter().filter_map(|window| window.requests).sum();
                assert_eq!(requests, revision.requests, "{name}");
            }
            assert!(revision.activity.len() <= 61, "{name}: {} windows", revision.activity.len());
            assert_eq!(revision.instance_lives.len() as u64, revision.instances.min(LIVES_MAX as u64), "{name}");
            for life in &revision.instance_lives {
                assert!(life.first <= life.last, "{name}");
                assert_eq!(life.ended.is_none(), life.end == LifeEnd::Open, "{name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} lives");
}

/// One revision with a hundred instances, of which every tenth crashes.
fn many_instances() -> (tempfile::TempDir, PathBuf) {
    let lines: Vec<String> = (0..100)
        .flat_map(|number| {
            let entry = |id: &str, second: u32, log: &str, more: serde_json::Value| {
                let mut entry = json!({
                    "insertId": format!("{id}{number}"), "timestamp": format!("2026-03-02T10:{:02}:{second:02}Z", number / 2),
                    "labels": { "instanceId": format!("00f46b927105a1b2c3d4{number:04}") },
                    "logName": format!("projects/acme-shop/logs/run.googleapis.com%2F{log}"),
                    "resource": { "type": "cloud_run_revision", "labels": { "service_name": "shop-api", "revision_name": "shop-api-00001-abc", "project_id": "acme-shop", "location": "europe-west1" } },
                });
                entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
                entry.to_string()
            };
            let request = json!({ "httpRequest": { "requestMethod": "GET", "requestUrl": "https://shop.example/", "status": 200, "latency": "0.1s" } });
            let mut lines = vec![entry("r", number % 50, "requests", request)];
            if number % 10 == 0 {
                let exit = json!({ "severity": "WARNING", "textPayload": "Container called exit(1)." });
                lines.push(entry("x", number % 50 + 2, "varlog%2Fsystem", exit));
            }
            lines
        })
        .collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("export.ndjson");
    std::fs::write(&path, lines.join("\n")).expect("a writable folder");
    (folder, path)
}

#[test]
fn of_many_lives_the_failed_ones_are_listed_and_the_picture_counts_the_rest() {
    let (_kept, path) = many_instances();
    let report = analyze(std::slice::from_ref(&path), &[], 2);
    let (revision, _) = revisions(&report).next().expect("a revision");
    assert_eq!((revision.instances, revision.crashes), (100, 10));
    assert_eq!(revision.instance_lives.len(), LIVES_MAX);
    let failed = revision.instance_lives.iter().filter(|life| life.end == LifeEnd::Crashed).count();
    assert_eq!(failed, 10, "failed lives were left out");
    assert!(revision.instance_lives.is_sorted_by_key(|life| life.first));
    let page = rendered(&report, Format::Html, false);
    assert!(page.contains("; 60 instances not drawn"), "the page does not say what is not drawn");
}

#[test]
fn every_picture_has_a_title_and_the_same_in_words() {
    let incident = incidents().into_iter().find(|incident| incident.name == "canary-bad").expect("a fixture");
    let page = rendered(&analyze(&incident.inputs(), &incident.state_files(), 2), Format::Html, false);
    assert_eq!(page.matches("<figure>").count(), 3, "lanes, failures and latencies");
    for word in ["What ran when: ", "Failures per ", "Latency of the revisions that share traffic: ", "10 % of traffic"]
    {
        assert!(page.contains(word), "{word}");
    }
    for rest in page.split("<desc ").skip(1) {
        let words = rest.split('>').nth(1).and_then(|rest| rest.split("</desc").next()).unwrap_or("");
        assert!(words.len() > 40 && words.contains("follow-api-00071"), "{words}");
    }
}

#[test]
fn a_ticket_that_is_too_long_keeps_its_first_screen_and_says_what_was_cut() {
    let incident = &incidents()[0];
    let mut report = analyze(&incident.inputs(), &incident.state_files(), 2);
    let short = rendered(&report, Format::Markdown, true);
    assert!(!short.contains("**Left out"), "{short}");
    let cluster = report.clusters[0].clone();
    report.clusters = std::iter::repeat_with(|| cluster.clone()).take(400).collect();
    for (number, cluster) in report.clusters.iter_mut().enumerate() {
        cluster.title = format!("cluster {number} <{}>", "long ".repeat(60));
    }
    let long = rendered(&report, Format::Markdown, true);
    assert!(long.chars().count() <= 65_536, "{} characters", long.chars().count());
    assert!(long.contains("**Left out, because a ticket holds 65,536 characters:** clusters."), "{long:.300}");
    let screen = short.split("### Evidence").next().unwrap_or("");
    assert!(screen.contains("### What to type now") && long.starts_with(screen));
}

#[test]
fn the_summary_fits_a_terminal_of_80_columns() {
    for incident in incidents() {
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        let commands: Vec<&str> = report
            .findings
            .iter()
            .flat_map(|finding| finding.actions.iter().map(|action| action.command.as_str()))
            .chain(report.export.notices.iter().filter_map(|notice| notice.command.as_deref()))
            .flat_map(str::lines)
            .collect();
        for line in rendered(&report, Format::Text, false).lines() {
            // A command is never broken: half of one could be run.
            let is_command = commands.contains(&line.trim());
            let columns = line.chars().count();
            assert!(is_command || columns <= 80, "{}: {columns} columns: {line}", incident.name);
        }
    }
}
