//! Deployments of real exports against truths read from them by hand.
//!
//! The exports stand outside the project, in `../shared/cases/open`. Where they are absent
//! each test says so on standard error and passes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use whydown::facts::audit::{AuditFact, audit_fact};
use whydown::model::{Position, Resource, Timestamp};
use whydown::state::history::Document;
use whydown::state::history::{History, history};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/open")
}

/// The text of a file of a case; `None`, said loudly, when the cases are not there.
fn text_of(case: &str, file: &str) -> Option<String> {
    let path = cases().join(case).join(file);
    let Ok(bytes) = std::fs::read(&path) else {
        crate::support::skip(&format!("{} cannot be read, its truths were not checked", path.display()));
        return None;
    };
    if let Some(wide) = bytes.strip_prefix(&[0xff, 0xfe]) {
        let units: Vec<u16> = wide.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return Some(String::from_utf16_lossy(&units));
    }
    Some(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}

/// Every audit fact in a JSON export of any wrapping.
fn facts_of(text: &str) -> Vec<AuditFact> {
    let mut facts = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok) {
        collect(&value, &mut facts);
    }
    facts
}

fn collect(value: &Value, facts: &mut Vec<AuditFact>) {
    let text = |value: &Value, keys: [&str; 2]| {
        keys.iter().find_map(|key| value.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if let Some(time) = Timestamp::parse(&text(value, ["timestamp", "timestamp"])) {
        let payloads = ["protoPayload", "proto_payload", "jsonPayload", "json_payload"];
        let audit =
            payloads.iter().filter_map(|key| value.get(key)).find(|payload| payload.get("methodName").is_some());
        let Some(audit) = audit else { return };
        let label = |key: &str| value["resource"]["labels"][key].as_str().unwrap_or_default().to_owned();
        let service =
            ["service_name", "job_name", "function_name"].map(label).into_iter().find(|name| !name.is_empty());
        let resource = Resource {
            kind: text(&value["resource"], ["type", "type"]).into(),
            project: label("project_id").into(),
            location: label("location").into(),
            service: service.unwrap_or_default().into(),
            revision: label("revision_name").into(),
        };
        let id = text(value, ["insertId", "insert_id"]);
        facts.extend(audit_fact(&audit.to_string(), time, &id, Position::default(), &resource));
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, facts)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, facts)),
        _ => {}
    }
}

fn history_of(case: &str, file: &str, service: &str, documents: &[Document]) -> Option<History> {
    let facts: Vec<AuditFact> =
        facts_of(&text_of(case, file)?).into_iter().filter(|fact| fact.service == service).collect();
    Some(history(&facts, documents))
}

/// One deployment in one line: clock, kind, revision without the service's name.
fn lines(history: &History, service: &str) -> Vec<String> {
    let short = |revision: &str| revision.strip_prefix(service).unwrap_or(revision).trim_start_matches('-').to_owned();
    let line = |d: &whydown::model::report::Deployment| {
        format!("{} {} {}", d.time.to_clock(), d.kind, short(&d.revision)).trim_end().to_owned()
    };
    history.deployments.iter().map(line).collect()
}

#[test]
fn pairs_of_deploy_and_update_traffic_are_thirteen_changes_of_which_one_pair_raced() {
    let service = "netra-backend-staging";
    let Some(found) = history_of("netra-pyclient-1437", "pyclient_20250915_143747.json", service, &[]) else { return };
    assert_eq!(
        lines(&found, service),
        [
            "20:38:01 deploy 00706-ll2",
            "20:38:51 traffic 00706-ll2",
            "21:05:12 deploy 00707-gm5",
            "21:06:04 traffic 00707-gm5",
            "21:13:08 deploy 00708-2vm",
            "21:14:00 traffic 00708-2vm",
            "21:16:41 deploy 00709-bg5",
            "21:17:39 traffic 00709-bg5",
            "21:33:41 deploy 00710-4hl",
            "21:33:44 deploy 00711-d6z",
            "21:35:23 traffic 00711-d6z",
            "21:35:23 traffic 00711-d6z",
            "21:37:22 deploy 00712-kkr",
        ]
    );
    assert_eq!(found.raced.len(), 1, "only 00710 and 00711 overlapped");
    assert_eq!(found.raced[0].0.to_clock(), "21:33:41");
    assert_eq!(found.min_instances, Some(1));
    assert_eq!(found.startup_probe_is_default_tcp, Some(true));
    let tagged = |change: &whydown::state::history::TrafficChange| {
        change.targets.iter().any(|target| target.tag.as_deref() == Some("demo-fixes") && target.percent == 0)
    };
    assert!(found.traffic.iter().all(tagged), "a tag stays on an old revision at 0 % all the time");
    let last = found.readiness.get("netra-backend-staging-00712-kkr").expect("the last entry says it is ready");
    assert_eq!((last.ready, last.deploy_seconds), (Some(true), Some(14.02)));
}

#[test]
fn five_deploys_fail_under_a_pin_and_the_last_breaks_when_traffic_is_sent_to_it() {
    let (case, service) = ("themison-image-then-settings", "core-backend-eu");
    let Some(found) = history_of(case, "all_logs.json", service, &[]) else { return };
    assert_eq!(
        lines(&found, service),
        [
            "10:31:33 deploy 00028-mv5",
            "10:34:01 deploy 00029-mbv",
            "10:36:05 deploy 00030-xqt",
            "10:37:59 failed 00031-cts",
            "10:38:36 failed 00032-qh5",
            "10:38:57 failed 00033-fm6",
            "11:11:12 failed 00034-gwb",
            "11:11:36 deploy 00035-6c6",
            "11:59:40 failed 00036-2tx",
            "12:20:47 traffic 00036-2tx",
        ]
    );
    assert!(found.deployments.iter().all(|d| d.actor == "user-1@example.com"));
    assert!(
        found.deployments[..9].iter().all(|d| d.traffic_after == "core-backend-eu-00026-pvk=100"),
        "pinned throughout"
    );
    assert_eq!(found.deployments[9].traffic_after, "latest=100");
    let in_effect: Vec<_> = found.traffic.iter().filter(|change| change.in_effect).collect();
    assert_eq!(in_effect.len(), 1, "users never left 00026");
    assert_eq!(found.latest_ready.as_deref(), Some("core-backend-eu-00026-pvk"));
    assert!(found.raced.is_empty() && found.refused.is_empty());
}

#[test]
fn the_two_calls_of_each_deploy_from_source_are_two_deployments_in_all() {
    let service = "vialflow-backend";
    let Some(found) = history_of("vialflow-quiet-deploys", "logs.json", service, &[]) else { return };
    assert_eq!(lines(&found, service), ["09:30:25 deploy 00106-89r", "09:45:50 deploy 00107-mx9"]);
    let fields: Vec<&str> = found.deployments[1].changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["image"]);
    assert_eq!(found.readiness.len(), 2);
    assert!(found.raced.is_empty());
}

#[test]
fn a_job_refused_its_secrets_failed_twice_in_six_changes() {
    let service = "migrate-db";
    let Some(found) = history_of("lfsd-migrate-job", "migration_logs.json", service, &[]) else { return };
    assert_eq!(
        lines(&found, service),
        [
            "09:23:34 deploy",
            "09:32:34 failed",
            "09:38:40 deploy",
            "09:51:29 failed",
            "09:53:12 deploy",
            "09:58:47 deploy"
        ]
    );
    let client = |index: usize| found.deployments[index].client.as_str();
    assert_eq!((client(0), client(1)), ("gcloud run jobs create", "gcloud run jobs update"));
    assert!(found.deployments[1].changes.iter().any(|change| change.field == "secrets"));
}

#[test]
fn revisions_that_fail_without_a_call_in_the_export_are_failed_deployments_by_nobody() {
    let service = "wolf-hms";
    let Some(found) = history_of("wolf-index-missing", "cloud_logs.json", service, &[]) else { return };
    assert_eq!(lines(&found, service), ["14:58:19 failed 00001-b88", "15:06:19 failed 00002-9kw"]);
    assert!(found.deployments.iter().all(|d| d.actor.is_empty()));
}
