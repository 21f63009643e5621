//! Azure Container Apps rows as canonical records.
//!
//! In goes one row of `az containerapp logs show` or of a Log Analytics table, with or without the
//! type suffixes (`_s`, `_d`) of custom tables; out comes a canonical record with the replica as
//! instance, the reason and the repeat count (Azure docs: Container Apps log monitoring).

use serde_json::{Map, Value, json};

use super::canonical::take;

/// Converts one row. `is_http` marks a row of the ingress table.
pub(super) fn convert(mut row: Map<String, Value>, is_http: bool) -> Map<String, Value> {
    let stream = stream(&row, is_http);
    let mut entry = Map::new();
    let time = take(&mut row, &["TimeStamp", "TimeGenerated", "time_t"]).map(|time| portal_time(&time).unwrap_or(time));
    entry.insert("timestamp".to_owned(), time.unwrap_or_default());
    let mut told = None;
    match take(&mut row, &["Msg", "Log_s", "Log"]) {
        Some(Value::String(text)) => {
            told = app_in(&text).filter(|_| stream == "system").map(Value::from);
            // A structured logger's line: its fields are worth more than its text.
            let object =
                text.starts_with('{').then(|| serde_json::from_str::<Map<String, Value>>(&text).ok()).flatten();
            match object {
                Some(object) => entry.insert("jsonPayload".to_owned(), Value::Object(object)),
                None => entry.insert("textPayload".to_owned(), Value::String(text)),
            };
        }
        Some(payload @ Value::Object(_)) => {
            entry.insert("jsonPayload".to_owned(), payload);
        }
        _ => {}
    }
    if let Some(word) =
        take(&mut row, &["Type", "Type_s", "Level", "Level_s"]).as_ref().and_then(Value::as_str).and_then(severity)
    {
        entry.insert("severity".to_owned(), word.into());
    }
    if is_http {
        entry.insert("httpRequest".to_owned(), http(&mut row));
    }
    let labels = json!({
        "service_name": service_name(&mut row).or(told),
        "revision_name": take(&mut row, &["RevisionName", "RevisionName_s"]),
        "project_id": take(&mut row, &["EnvironmentName", "EnvironmentName_s"]),
        "location": take(&mut row, &["Location", "Location_s"]),
    });
    entry.insert("resource".to_owned(), json!({ "type": "azure_container_app", "labels": labels }));
    let labels = json!({
        "instanceId": take(&mut row, &["ReplicaName", "ReplicaName_s", "ContainerGroupName", "ContainerGroupName_s"]),
        "container_name": take(&mut row, &["ContainerName", "ContainerName_s"]),
    });
    entry.insert("labels".to_owned(), labels);
    let details = take(&mut row, &["ResponseCodeDetails", "ResponseCodeDetails_s"]);
    // Who answered: the app itself (`via_upstream`), or the ingress, in the words of Envoy's response code details.
    if let Some(details) = details.as_ref().and_then(Value::as_str).filter(|details| *details != "via_upstream") {
        entry.insert("textPayload".to_owned(), format!("The ingress answered: {details}").into());
    }
    let reason = take(&mut row, &["Reason", "Reason_s"]);
    let count = take(&mut row, &["Count", "Count_d"]).and_then(|count| repeats(&count));
    entry.insert("whydown.azure".to_owned(), json!({ "stream": stream, "reason": reason, "count": count }));
    entry
}

/// The app's name; where a row lacks it, the part of its revision's or replica's name before `--`
/// (Azure Container Apps docs: revisions, naming).
fn service_name(row: &mut Map<String, Value>) -> Option<Value> {
    let named = take(row, &["ContainerAppName", "ContainerAppName_s", "JobName", "ContainerJobName_s"]);
    let is_named = named.as_ref().and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if is_named {
        return named;
    }
    let parents = ["RevisionName", "RevisionName_s", "ReplicaName", "ReplicaName_s"];
    let parent = parents
        .into_iter()
        .filter_map(|key| row.get(key).and_then(Value::as_str))
        .find_map(|name| name.split_once("--"));
    parent.map(|(app, _)| Value::from(app))
}

/// The app in a message of the platform: before the `--` of a revision or replica, which stands in quotes, after a
/// colon or after the orchestrator's namespace.
fn app_in(text: &str) -> Option<&str> {
    let at = text.find("--")?;
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let start = text.bytes().take(at).rposition(|b| !is_name(b)).map_or(0, |index| index + 1);
    let before = text[..start].chars().next_back();
    let after = text[at + 2..].bytes().next();
    (start < at && matches!(before, Some('\'' | '"' | '/' | ' ')) && after.is_some_and(is_name))
        .then(|| &text[start..at])
}

/// Only system rows have a reason, a source or a type; empty cells of a CSV are absent, nulls are not.
fn stream(row: &Map<String, Value>, is_http: bool) -> &'static str {
    if is_http {
        return "requests";
    }
    let stream = row.get("Stream_s").or_else(|| row.get("Stream")).and_then(Value::as_str);
    match stream.map(str::to_ascii_lowercase).as_deref() {
        Some("stdout") => return "stdout",
        Some("stderr") => return "stderr",
        _ => {}
    }
    let is_system = ["Reason", "Reason_s", "EventSource", "EventSource_s", "Type_s", "Msg"]
        .iter()
        .any(|name| row.contains_key(*name));
    // `Type` alone is also Log Analytics' name for the table.
    let is_typed = row
        .get("Type")
        .and_then(Value::as_str)
        .is_some_and(|word| severity(word).is_some() || word.contains("SystemLogs"));
    if is_system || is_typed { "system" } else { "console" }
}

fn severity(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "normal" | "info" | "information" => Some("INFO"),
        "warning" => Some("WARNING"),
        "error" => Some("ERROR"),
        _ => None,
    }
}

fn repeats(count: &Value) -> Option<u32> {
    let count = count.as_f64().or_else(|| count.as_str()?.trim().parse().ok())?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
    (1.0..=f64::from(u32::MAX)).contains(&count).then_some(count as u32)
}

/// The request of an ingress row (Azure docs: table `ContainerAppHTTPLogs`; the duration is in milliseconds).
fn http(row: &mut Map<String, Value>) -> Value {
    let host = take(row, &["Authority", "Authority_s"]);
    let path = take(row, &["Path", "Path_s"]);
    let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    let millis = take(row, &["RequestDuration", "RequestDuration_d"])
        .map(|millis| format!("{}ms", millis.as_str().map_or_else(|| millis.to_string(), str::to_owned)));
    let (host, path) = (text(host), text(path));
    json!({
        "requestMethod": take(row, &["Method", "Method_s"]),
        "requestUrl": if host.is_empty() { path } else { format!("https://{host}{path}") },
        "status": take(row, &["StatusCode", "StatusCode_d"]),
        "latency": millis,
        "userAgent": take(row, &["UserAgent", "UserAgent_s"]),
    })
}

/// The portal writes `6/22/2026, 2:26:13.237 AM` into a CSV; returns it as RFC 3339.
fn portal_time(time: &Value) -> Option<Value> {
    let (date, clock) = time.as_str()?.split_once(", ")?;
    let mut date = date.splitn(3, '/').map(|part| part.parse::<u32>().ok());
    let (month, day, year) = (date.next()??, date.next()??, date.next()??);
    let (clock, half) = clock.rsplit_once([' ', '\u{202f}'])?;
    let (hour, rest) = clock.split_once(':')?;
    let hour = hour.parse::<u32>().ok()? % 12 + if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
    Some(Value::String(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{rest}Z")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{convert, portal_time};

    fn converted(row: Value, is_http: bool) -> Value {
        let Value::Object(row) = row else { unreachable!() };
        Value::Object(convert(row, is_http))
    }

    #[test]
    fn system_rows_of_every_source_are_the_same_record() {
        let cli = json!({"TimeStamp": "2026-06-22 02:26:13 +0000 UTC", "Type": "Warning", "ContainerAppName": "shop", "RevisionName": "shop--a",
            "ReplicaName": "shop--a-1", "Msg": "Probe of StartUp failed with status code: 1", "Reason": "ProbeFailed", "EventSource": "x", "Count": 236});
        let table = json!({"TimeGenerated": "2026-06-22 02:26:13 +0000 UTC", "Type_s": "Warning", "ContainerAppName_s": "shop", "RevisionName_s": "shop--a",
            "ReplicaName_s": "shop--a-1", "Log_s": "Probe of StartUp failed with status code: 1", "Reason_s": "ProbeFailed", "Count_d": "236"});
        assert_eq!(converted(cli.clone(), false), converted(table, false));
        assert_eq!(
            converted(cli, false)["whydown.azure"],
            json!({"stream": "system", "reason": "ProbeFailed", "count": 236})
        );
    }

    #[test]
    fn console_rows_keep_their_stream_and_structured_lines_their_fields() {
        let row =
            converted(json!({"TimeGenerated": "t", "Stream_s": "stderr", "Log_s": "{\"message\":\"boom\"}"}), false);
        assert_eq!(row["whydown.azure"]["stream"], "stderr");
        assert_eq!(row["jsonPayload"]["message"], "boom");
        assert_eq!(row["resource"]["labels"]["revision_name"], Value::Null);
    }

    #[test]
    fn an_ingress_row_is_a_request() {
        let row = converted(
            json!({"TimeGenerated": "t", "ContainerAppName": "shop", "StatusCode": 503, "Authority": "h", "Path": "/p", "RequestDuration": 12}),
            true,
        );
        assert_eq!(row["httpRequest"]["requestUrl"], "https://h/p");
        assert_eq!(row["httpRequest"]["latency"], "12ms");
    }

    #[test]
    fn what_the_ingress_answered_itself_is_told_and_what_the_app_answered_is_not() {
        let row = |details: &str| {
            converted(
                json!({"TimeGenerated": "t", "ContainerAppName": "shop", "StatusCode": 503, "ResponseCodeDetails": details}),
                true,
            )
        };
        assert_eq!(row("via_upstream").get("textPayload"), None);
        assert_eq!(row("no_healthy_upstream")["textPayload"], "The ingress answered: no_healthy_upstream");
    }

    #[test]
    fn a_row_without_names_is_of_the_app_that_its_message_names() {
        for (text, app) in [
            ("Replica 'shop--a-76dcb74c58-vvz5t' has been scheduled to run on a node.", json!("shop")),
            ("Deactivated apps/v1.Deployment k8se-apps/shop-api--2jez9z2 from 1 to 0", json!("shop-api")),
            ("Creating a new revision: shop--a", json!("shop")),
            ("Created container 'shop'", Value::Null),
            ("exec --verbose", Value::Null),
            ("--", Value::Null),
        ] {
            let row = converted(json!({"TimeGenerated": "t", "Log_s": text, "Reason_s": "x"}), false);
            assert_eq!(row["resource"]["labels"]["service_name"], app, "{text}");
        }
    }

    #[test]
    fn portal_times_are_read() {
        assert_eq!(portal_time(&json!("6/22/2026, 2:26:13.237 PM")), Some(json!("2026-06-22T14:26:13.237Z")));
        assert_eq!(portal_time(&json!("6/22/2026, 12:00:01 AM")), Some(json!("2026-06-22T00:00:01Z")));
        assert_eq!(portal_time(&json!("2026-06-22T00:00:01Z")), None);
    }
}
