//! Each notice about an export has one export here that raises it, made from one complete export that raises none.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::analyze;

/// 2026-05-04T08:00:00Z in seconds since the epoch.
const START: i64 = 1_777_881_600;

/// Ascending, two hours, every stream, one service: what the command that `collect` prints would give.
fn complete() -> Vec<Value> {
    let mut entries = Vec::new();
    for second in (0..7_200).step_by(20) {
        entries.push(entry(second, "run.googleapis.com%2Frequests", json!({
            "severity": "INFO",
            "httpRequest": {"requestMethod": "GET", "requestUrl": "https://shop.example/api/cart", "status": 200, "latency": "0.084s"},
        })));
        entries.push(entry(
            second,
            "run.googleapis.com%2Fstdout",
            json!({"textPayload": format!("cart {second} loaded")}),
        ));
    }
    for second in [5, 3_605] {
        entries.push(entry(second, "run.googleapis.com%2Fvarlog%2Fsystem", json!({
            "severity": "INFO", "textPayload": "Starting new instance. Reason: AUTOSCALING - Instance started due to traffic",
        })));
    }
    entries.push(entry(
        1,
        "cloudaudit.googleapis.com%2Factivity",
        json!({
            "severity": "NOTICE",
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "run.googleapis.com",
                "methodName": "google.cloud.run.v1.Services.ReplaceService",
                "resourceName": "namespaces/shop-prod/services/cart",
                "authenticationInfo": {"principalEmail": "deployer@shop-prod.iam.gserviceaccount.com"},
            },
        }),
    ));
    entries.sort_by_key(|entry| entry["timestamp"].as_str().unwrap_or_default().to_owned());
    entries
}

fn at(second: i64) -> String {
    whydown::model::Timestamp((START + second) * 1_000_000_000).to_rfc3339()
}

fn entry(second: i64, log: &str, rest: Value) -> Value {
    let mut entry = json!({
        "insertId": format!("{second:05}{}", &log[log.len() - 4..]),
        "timestamp": at(second),
        "receiveTimestamp": at(second + 1),
        "logName": format!("projects/shop-prod/logs/{log}"),
        "resource": {"type": "cloud_run_revision", "labels": {
            "project_id": "shop-prod", "location": "europe-west1", "service_name": "cart",
            "revision_name": "cart-00007-abc", "configuration_name": "cart",
        }},
        "labels": {"instanceId": "0069c7a988d1"},
    });
    if let (Some(entry), Value::Object(rest)) = (entry.as_object_mut(), rest) {
        entry.extend(rest);
    }
    entry
}

fn write(folder: &Path, name: &str, entries: impl serde::Serialize) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, serde_json::to_vec_pretty(&entries).expect("JSON")).expect("a writable folder");
    path
}

fn codes_of(files: &[Vec<Value>]) -> Vec<String> {
    codes_with(files, None)
}

fn codes_with(files: &[Vec<Value>], service: Option<&Value>) -> Vec<String> {
    let folder = TempDir::new().expect("a temporary folder");
    let paths: Vec<PathBuf> =
        files.iter().enumerate().map(|(i, entries)| write(folder.path(), &format!("{i}.json"), entries)).collect();
    let state: Vec<PathBuf> =
        service.map(|service| write(folder.path(), "service.json", service)).into_iter().collect();
    let report = analyze(&paths, &state, 2);
    for notice in &report.export.notices {
        assert!(!notice.message.is_empty() && !notice.effect.is_empty(), "{}", notice.code);
    }
    report.export.notices.into_iter().map(|notice| notice.code).collect()
}

fn codes(entries: Vec<Value>) -> Vec<String> {
    codes_of(&[entries])
}

fn log(entry: &Value) -> &str {
    entry["logName"].as_str().unwrap_or_default()
}

fn without(log_end: &str) -> Vec<Value> {
    complete().into_iter().filter(|entry| !log(entry).ends_with(log_end)).collect()
}

#[test]
fn a_complete_export_raises_no_notice() {
    assert_eq!(codes(complete()), [""; 0]);
    let mut newest_first = complete();
    newest_first.reverse();
    assert_eq!(codes(newest_first), [""; 0]);
    let (early, late): (Vec<Value>, Vec<Value>) =
        complete().into_iter().partition(|entry| entry["timestamp"].as_str() < Some(at(3_600).as_str()));
    assert_eq!(codes_of(&[early, late]), [""; 0]);
}

#[test]
fn a_round_number_of_entries_is_a_limit() {
    assert_eq!(codes(complete().into_iter().take(500).collect()), ["export-cut-by-limit"]);
}

#[test]
fn the_same_round_number_of_several_severities_is_a_limit_for_each() {
    // The newest 50 of each: lines without severity reach back further than requests do.
    let newest = |severity: Value, step: usize| {
        let mut found: Vec<Value> = complete().into_iter().filter(|entry| entry["severity"] == severity).collect();
        found.reverse();
        found.into_iter().step_by(step).take(50)
    };
    let entries = newest(json!("INFO"), 1).chain(newest(Value::Null, 6)).collect();
    assert!(codes(entries).contains(&"capped-per-severity".to_owned()));
}

#[test]
fn less_than_ten_minutes_are_short() {
    let entries = complete().into_iter().filter(|entry| entry["timestamp"].as_str() < Some(at(300).as_str())).collect();
    assert_eq!(codes(entries), ["short-coverage"]);
}

#[test]
fn each_missing_stream_is_named() {
    assert_eq!(codes(without("requests")), ["missing-requests"]);
    assert_eq!(codes(without("stdout")), ["missing-application-output"]);
    assert_eq!(codes(without("system")), ["missing-system"]);
    assert_eq!(codes(without("activity")), ["missing-audit"]);
}

#[test]
fn a_severity_filter_is_seen() {
    let mut entries = complete();
    for entry in &mut entries {
        entry["severity"] = json!("ERROR");
    }
    assert_eq!(codes(entries), ["severity-filtered"]);
}

#[test]
fn copies_are_counted_once_and_named() {
    let mut entries = complete();
    entries.extend(complete().into_iter().take(7));
    assert_eq!(codes(entries), ["duplicates"]);
    let (early, late): (Vec<Value>, Vec<Value>) =
        complete().into_iter().partition(|entry| entry["timestamp"].as_str() < Some(at(3_600).as_str()));
    let shared = late.iter().take(9).cloned();
    assert_eq!(codes_of(&[early.into_iter().chain(shared).collect(), late]), ["duplicates", "overlapping-files"]);
}

#[test]
fn an_entry_without_a_time_is_named() {
    let mut entries = complete();
    entries[9]["timestamp"] = json!("yesterday");
    assert_eq!(codes(entries.clone()), ["no-timestamp"]);
    entries[9]["timestamp"] = json!("0001-01-01T00:00:00Z");
    assert_eq!(codes(entries), ["no-timestamp"]);
}

#[test]
fn a_long_silence_is_a_gap() {
    let mut entries = complete();
    entries.retain(|entry| entry["timestamp"].as_str() < Some(at(600).as_str()));
    entries.extend(
        (20_000..20_400)
            .step_by(20)
            .map(|second| entry(second, "run.googleapis.com%2Fstdout", json!({"textPayload": "cart loaded"}))),
    );
    assert_eq!(codes(entries), ["gap"]);
}

#[test]
fn several_projects_are_named() {
    let mut entries = complete();
    entries[3]["resource"]["labels"]["project_id"] = json!("shop-test");
    assert_eq!(codes(entries), ["several-projects"]);
}

#[test]
fn several_services_are_named() {
    let mut entries = complete();
    entries[3]["resource"]["labels"]["service_name"] = json!("checkout");
    assert_eq!(codes(entries), ["several-services"]);
}

#[test]
fn one_day_back_and_newest_first_is_the_default_of_gcloud() {
    let mut entries: Vec<Value> = complete();
    for (index, entry) in entries.iter_mut().enumerate() {
        let second = i64::try_from(index).unwrap() * 119;
        entry["timestamp"] = json!(at(second));
        entry["receiveTimestamp"] = json!(at(second + 1));
    }
    assert_eq!(codes(entries.clone()), [""; 0], "oldest first, somebody chose that time");
    entries.reverse();
    assert_eq!(codes(entries), ["default-freshness"]);
}

#[test]
fn a_stream_in_a_file_of_its_own_that_covers_less_is_named() {
    let (requests, rest): (Vec<Value>, Vec<Value>) =
        complete().into_iter().partition(|entry| log(entry).ends_with("requests"));
    assert_eq!(codes_of(&[requests.clone(), rest.clone()]), [""; 0]);
    assert_eq!(codes_of(&[requests.into_iter().take(77).collect(), rest]), ["stream-coverage"]);
}

#[test]
fn clocks_that_are_ahead_and_entries_that_come_late_are_named() {
    let mut entries = complete();
    entries[5]["receiveTimestamp"] = json!("2026-05-04T07:00:00Z");
    assert_eq!(codes(entries), ["clock-ahead"]);
    let mut entries = complete();
    entries[5]["receiveTimestamp"] = json!("2026-05-04T09:00:00Z");
    assert_eq!(codes(entries), ["late-entries"]);
    // A request is written at its start and received at its end.
    let mut entries = complete();
    let request = entries.iter_mut().find(|entry| log(entry).ends_with("requests")).unwrap();
    request["httpRequest"]["latency"] = json!("3000.5s");
    request["receiveTimestamp"] = json!("2026-05-04T08:50:01Z");
    assert_eq!(codes(entries), [""; 0]);
}

#[test]
fn entries_without_a_payload_are_named() {
    let mut entries = complete();
    let line = entries.iter_mut().find(|entry| log(entry).ends_with("stdout")).unwrap();
    line.as_object_mut().unwrap().remove("textPayload");
    assert_eq!(codes(entries), ["payloads-lost"]);
}

#[test]
fn a_description_that_does_not_fit_the_log_is_named() {
    let described = |serving: &str| {
        json!({
            "apiVersion": "serving.knative.dev/v1", "kind": "Service",
            "metadata": {"name": "cart", "namespace": "123", "labels": {"cloud.googleapis.com/location": "europe-west1"}},
            "spec": {"traffic": [{"revisionName": serving, "percent": 100}]},
            "status": {
                "latestReadyRevisionName": serving, "latestCreatedRevisionName": serving,
                "traffic": [{"revisionName": serving, "percent": 100}],
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        })
    };
    assert_eq!(codes_with(&[complete()], Some(&described("cart-00007-abc"))), [""; 0]);
    assert_eq!(codes_with(&[complete()], Some(&described("cart-00008-xyz"))), ["state-disagrees"]);
}
