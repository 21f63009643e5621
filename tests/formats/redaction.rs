//! What each level keeps out, in every form, with the same count for any thread count.

use std::path::PathBuf;

use serde_json::json;
use whydown::classify::redact::Level;
use whydown::model::report::{Redaction, Report};
use whydown::pipeline::{self, Options};
use whydown::{ingest, report::Format};

use super::{FORMATS, rendered};

/// Values that `secrets` keeps out.
const SECRETS: [&str; 4] = ["hunter22secret", "mika@acme.test", "AKIAABCDEFGHIJKLMNOP", "tok_abcdef0123456789"];

/// Values that only `strict` keeps out.
const PERSONAL: [&str; 3] = ["203.0.113.77", "voucher=7788", "jdoe"];

fn export() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let messages = [
        "Traceback (most recent call last):\n  File \"/home/jdoe/app.py\", line 3, in connect\nConnectionError: postgres://app:hunter22secret@203.0.113.77:5432/db refused for mika@acme.test",
        "ERROR key AKIAABCDEFGHIJKLMNOP rejected, Authorization: Bearer tok_abcdef0123456789 for user \"jdoe\"",
        "ERROR GET https://shop.example/cart?voucher=7788 failed: password=hunter22secret",
    ];
    let paths = (0..3)
        .map(|file| {
            let path = folder.path().join(format!("part-{file}.ndjson"));
            let lines: Vec<String> = (0..6)
                .flat_map(|second| {
                    let resource = json!({ "type": "cloud_run_revision", "labels": { "service_name": "shop-api", "revision_name": "shop-api-00001-abc", "project_id": "acme-shop", "location": "europe-west1" } });
                    let instance = format!("00f46b927105a1b2c3d4{file}{second}");
                    let entry = |id: &str, offset: u32, log: &str, more: serde_json::Value| {
                        let mut entry = json!({
                            "insertId": format!("{id}{file}{second}"), "timestamp": format!("2026-03-02T10:0{file}:{:02}.{offset:03}Z", second * 7),
                            "severity": "ERROR", "resource": resource, "labels": { "instanceId": instance },
                            "logName": format!("projects/acme-shop/logs/run.googleapis.com%2F{log}"),
                        });
                        entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
                        entry.to_string()
                    };
                    [
                        entry("a", 100, "stderr", json!({ "textPayload": messages[second % 3] })),
                        entry("b", 200, "varlog%2Fsystem", json!({ "textPayload": "Container called exit(1)." })),
                        entry("c", 300, "requests", json!({
                            "httpRequest": { "requestMethod": "GET", "requestUrl": "https://shop.example/cart?voucher=7788", "remoteIp": "203.0.113.77", "status": 503, "latency": "0.2s" },
                            "textPayload": "The request failed because the instance could not start successfully.",
                        })),
                    ]
                })
                .collect();
            std::fs::write(&path, lines.join("\n")).expect("a writable folder");
            path
        })
        .collect();
    (folder, paths)
}

fn report(paths: &[PathBuf], redaction: Level, threads: usize) -> Report {
    let ingest = ingest::Options { threads, ..ingest::Options::default() };
    let options = Options { inputs: paths.to_vec(), ingest, redaction, ..Options::default() };
    pipeline::analyze(&options).unwrap_or_else(|error| panic!("{error}"))
}

fn everything(report: &Report) -> String {
    FORMATS.iter().map(|(format, _)| rendered(report, *format, true)).collect()
}

#[test]
fn each_level_keeps_out_what_it_names_in_every_form() {
    let (_kept, paths) = export();
    let none = everything(&report(&paths, Level::None, 2));
    assert!(none.contains("hunter22secret") && none.contains("203.0.113.77"), "the fixture shows no secret");
    let secrets = everything(&report(&paths, Level::Secrets, 2));
    for value in SECRETS {
        assert!(!secrets.contains(value), "{value}");
    }
    assert!(secrets.contains("203.0.113.77"), "only strict replaces addresses");
    let strict = everything(&report(&paths, Level::Strict, 2));
    for value in SECRETS.iter().chain(&PERSONAL) {
        assert!(!strict.contains(value), "{value}");
    }
}

#[test]
fn the_count_is_the_same_for_any_thread_count_and_order_of_files() {
    let (_kept, mut paths) = export();
    for level in [Level::None, Level::Secrets, Level::Strict] {
        let first = report(&paths, level, 1);
        assert_eq!(first.export.redaction, level.word());
        let total: u64 = first.export.redactions.iter().map(|one: &Redaction| one.places).sum();
        assert_eq!(total > 0, level != Level::None, "{:?}", first.export.redactions);
        paths.reverse();
        assert_eq!(rendered(&first, Format::Json, true), rendered(&report(&paths, level, 5), Format::Json, true));
    }
}

#[test]
fn a_pseudonym_is_stable_and_counted_by_value() {
    let (_kept, paths) = export();
    let report = report(&paths, Level::Secrets, 2);
    let text = rendered(&report, Format::Json, true);
    for one in &report.export.redactions {
        assert!(one.values >= 1 && one.places >= one.values, "{one:?}");
        let places = text.matches(&format!("<{}-", one.kind)).count() as u64;
        assert_eq!(places, one.places, "{one:?}");
    }
    let kinds: Vec<&str> = report.export.redactions.iter().map(|one| one.kind.as_str()).collect();
    assert!(kinds.contains(&"password") && kinds.contains(&"email"), "{kinds:?}");
}
