//! Brings a parsed record of any exporter to the canonical camelCase form.
//!
//! In goes a JSON value (from JSON that the fast path refused, YAML, CSV or a console line); out
//! come the entries in it as canonical objects. Client-library dumps (`snake_case`, payload inside
//! `raw_payload` or an audit entry inside `json_payload`), home-made lists and Azure rows all end up
//! in the one form that the one parser reads.

use serde_json::{Map, Value, json};

use super::azure;
use super::keys::Keys;

/// How deep entries may hide in wrappers.
const WRAPPERS_MAX: usize = 8;

/// A canonical record ready for the parser.
#[derive(Debug, PartialEq)]
pub(super) struct Canonical {
    pub object: Map<String, Value>,
    /// Made by a converter whose rows have no insertId or logName.
    pub converted: bool,
}

/// Every entry in `value`, in its order.
pub(super) fn entries(value: Value) -> Vec<Canonical> {
    let mut found = Vec::new();
    walk(value, 0, &mut found);
    found
}

fn walk(value: Value, depth: usize, found: &mut Vec<Canonical>) {
    match value {
        Value::Object(object) => match canonical(object) {
            Ok(entry) => found.push(entry),
            Err(object) if depth <= WRAPPERS_MAX => {
                object.into_iter().for_each(|(_, value)| walk(value, depth + 1, found));
            }
            Err(_) => {}
        },
        Value::Array(items) if depth <= WRAPPERS_MAX => items.into_iter().for_each(|item| walk(item, depth + 1, found)),
        _ => {}
    }
}

/// The canonical form of one object, or the object back when it is no entry.
fn canonical(object: Map<String, Value>) -> Result<Canonical, Map<String, Value>> {
    let keys = Keys::of(object.keys().map(String::as_str));
    if keys.is_google() {
        Ok(Canonical { object: google(object), converted: false })
    } else if keys.is_azure() {
        Ok(Canonical { object: azure::convert(object, keys.is_azure_http()), converted: true })
    } else if keys.is_slim() {
        Ok(Canonical { object: slim(object), converted: true })
    } else {
        Err(object)
    }
}

/// Canonical names with the other names they go by.
const FIELDS: &[(&str, &[&str])] = &[
    ("insertId", &["insertId", "insert_id"]),
    ("logName", &["logName", "log_name"]),
    ("timestamp", &["timestamp"]),
    ("receiveTimestamp", &["receiveTimestamp", "receive_timestamp", "received_timestamp"]),
    ("severity", &["severity"]),
    ("trace", &["trace"]),
    ("resource", &["resource"]),
    ("labels", &["labels"]),
    ("textPayload", &["textPayload", "text_payload"]),
    ("jsonPayload", &["jsonPayload", "json_payload"]),
    ("protoPayload", &["protoPayload", "proto_payload"]),
    ("httpRequest", &["httpRequest", "http_request"]),
];

/// The same for `httpRequest`.
const HTTP_FIELDS: &[(&str, &[&str])] = &[
    ("requestMethod", &["requestMethod", "request_method", "method"]),
    ("requestUrl", &["requestUrl", "request_url", "url"]),
    ("status", &["status"]),
    ("latency", &["latency"]),
    ("userAgent", &["userAgent", "user_agent"]),
];

/// The first of `names` that holds something.
pub(super) fn take(object: &mut Map<String, Value>, names: &[&str]) -> Option<Value> {
    names.iter().find_map(|name| object.remove(*name).filter(|value| !value.is_null() && value.as_str() != Some("")))
}

fn renamed(mut object: Map<String, Value>, fields: &[(&str, &[&str])]) -> (Map<String, Value>, Map<String, Value>) {
    let named =
        fields.iter().filter_map(|(name, aliases)| Some(((*name).to_owned(), take(&mut object, aliases)?))).collect();
    (named, object)
}

fn google(object: Map<String, Value>) -> Map<String, Value> {
    let (mut entry, mut rest) = renamed(object, FIELDS);
    let has_payload = ["textPayload", "jsonPayload", "protoPayload"]
        .iter()
        .any(|name| entry.get(*name).is_some_and(|value| !is_empty(value)));
    if !has_payload && let Some(payload) = take(&mut rest, &["raw_payload", "payload"]) {
        let name = if payload.is_object() { "jsonPayload" } else { "textPayload" };
        entry.insert(name.to_owned(), payload);
    }
    if entry.get("protoPayload").is_none_or(is_empty) && entry.get("jsonPayload").is_some_and(is_audit) {
        let payload = entry.remove("jsonPayload").unwrap_or_default();
        entry.insert("protoPayload".to_owned(), payload);
    }
    if let Some(text) = entry.get_mut("textPayload")
        && (text.is_object() || text.is_array())
    {
        *text = Value::String(text.to_string());
    }
    for name in ["timestamp", "receiveTimestamp"] {
        if let Some(time) = entry.get_mut(name) {
            *time = time_text(time);
        }
    }
    if let Some(Value::Object(http)) = entry.remove("httpRequest") {
        let mut http = renamed(http, HTTP_FIELDS).0;
        if let Some(latency) = http.get_mut("latency") {
            *latency = duration_text(latency);
        }
        entry.insert("httpRequest".to_owned(), Value::Object(http));
    }
    for name in ["resource", "labels"] {
        if entry.get(name).is_some_and(|value| !value.is_object()) {
            entry.remove(name);
        }
    }
    entry
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

fn is_audit(payload: &Value) -> bool {
    payload.get("@type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("google.cloud.audit.AuditLog"))
}

/// A time that a client library wrote as `{"seconds":…,"nanos":…}`, as text.
fn time_text(time: &Value) -> Value {
    match (whole(time.get("seconds")), whole(time.get("nanos"))) {
        (Some(seconds), nanos) => {
            let nanos = seconds.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(nanos.unwrap_or(0)));
            nanos.map_or(Value::Null, |nanos| Value::String(crate::model::Timestamp(nanos).to_rfc3339()))
        }
        _ => time.clone(),
    }
}

/// A duration that a client library wrote as `{"seconds":…,"nanos":…}`, as text.
fn duration_text(duration: &Value) -> Value {
    if !duration.is_object() {
        return duration.clone();
    }
    let (seconds, nanos) = (whole(duration.get("seconds")).unwrap_or(0), whole(duration.get("nanos")).unwrap_or(0));
    Value::String(format!("{seconds}.{nanos:09}s"))
}

fn whole(value: Option<&Value>) -> Option<i64> {
    value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
}

/// A row of a home-made list: `timestamp`, `message`, `cloud_run_service` and little else.
fn slim(mut row: Map<String, Value>) -> Map<String, Value> {
    let mut entry = Map::new();
    for name in ["timestamp", "severity", "trace"] {
        if let Some(value) = take(&mut row, &[name]) {
            entry.insert(name.to_owned(), value);
        }
    }
    let message = take(&mut row, &["message"]).unwrap_or_default();
    let payload = if message.is_object() { "jsonPayload" } else { "textPayload" };
    entry.insert(payload.to_owned(), message);
    let labels = json!({
        "service_name": take(&mut row, &["cloud_run_service", "service"]),
        "revision_name": take(&mut row, &["cloud_run_revision", "revision"]),
        "project_id": take(&mut row, &["project_id", "project"]),
        "location": take(&mut row, &["location", "region"]),
    });
    entry.insert("resource".to_owned(), json!({ "type": "cloud_run_revision", "labels": labels }));
    entry
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::entries;

    #[test]
    fn a_client_dump_becomes_camel_case_and_its_audit_payload_moves() {
        let found = entries(json!({"logs_by_severity": {"INFO": [{
            "timestamp": "2025-01-01T00:00:00+00:00", "insert_id": "a", "trace": null, "labels": {},
            "json_payload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "/Services.ReplaceService"},
            "http_request": {"method": "GET", "url": "https://x/", "status": 503.0, "latency": {"seconds": 1, "nanos": 5}},
        }]}, "summary": {"total": 1}}));
        assert_eq!(found.len(), 1);
        let entry = &found[0].object;
        assert_eq!(entry["protoPayload"]["methodName"], "/Services.ReplaceService");
        assert!(!entry.contains_key("jsonPayload") && !entry.contains_key("trace"));
        assert_eq!(
            entry["httpRequest"],
            json!({"requestMethod": "GET", "requestUrl": "https://x/", "status": 503.0, "latency": "1.000000005s"})
        );
    }

    #[test]
    fn a_payload_that_only_the_raw_copy_holds_is_used() {
        let found = entries(
            json!([{"insert_id": "a", "timestamp": "t", "raw_payload": "boom"}, {"insertId": "b", "timestamp": "t", "payload": {"message": "m"}}]),
        );
        assert_eq!(found[0].object["textPayload"], "boom");
        assert_eq!(found[1].object["jsonPayload"]["message"], "m");
    }

    #[test]
    fn a_slim_row_keeps_its_service() {
        let found =
            entries(json!([{"timestamp": "t", "severity": null, "cloud_run_service": "web", "message": "steps"}]));
        assert_eq!(found[0].object["resource"]["labels"]["service_name"], "web");
        assert_eq!(found[0].object["textPayload"], "steps");
        assert!(found[0].converted);
    }
}
