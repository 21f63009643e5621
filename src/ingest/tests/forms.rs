//! Every form of the same records gives the same entries, each with the line it begins on.

use super::super::{Filter, Options, StateKind};
use super::{ids, pairs, pretty, read_one, read_with, record};

#[test]
fn every_layout_of_json_gives_the_same_entries() {
    let (a, b) = (record("a", "x {\\\"y\\\": ["), record("b", "}]"));
    for (text, lines) in [
        (format!("{a}\n{b}\n"), [1, 2]),
        (format!("{a}\r\n\r\n{b}"), [1, 3]),
        (format!("{a},\n{b},\n"), [1, 2]),
        (format!("[{a},{b}]"), [1, 1]),
        (format!("[\n{a},\n{b}\n]\n"), [2, 3]),
        (format!("{a}{b}"), [1, 1]),
        (format!("{{\"entries\":[{a},{b}],\"nextPageToken\":\"\"}}"), [1, 1]),
        (
            format!(
                "{{\n\"total\": 2,\n\"logs_by_severity\": {{\"ERROR\": [\n{a}],\n \"INFO\": [{b}]}},\n\"summary\": {{\"n\": {{\"m\": 2}}}}}}"
            ),
            [4, 5],
        ),
        (format!("{{\"note\": \"a {{ in text\", \"raw_logs\": [\n{a},\n{b}]}}"), [2, 3]),
        (format!("# Incident\n\n```json\n{a}\n```\nand {{ then\n\n{b}\n"), [4, 8]),
        (format!("ERROR 2025-01-01T00:00:00Z {a}\nINFO 2025-01-01T00:00:00Z {b}\n"), [1, 2]),
        (format!("[{a}]\n[{b}]\n"), [1, 2]),
        (format!("{{\"entries\":[{a}]}}\n{{\"entries\":[{b}]}}\n"), [1, 2]),
    ] {
        assert_eq!(ids(text.as_bytes()), pairs(&[("a", lines[0]), ("b", lines[1])]), "{text}");
    }
    let (a, b) = (pretty("a", "x"), pretty("b", "y"));
    let height = u32::try_from(a.lines().count()).unwrap();
    for (text, lines) in [
        (format!("[\n{a},\n{b}\n]"), [2, 2 + height]),
        (format!("{a}\n\n{b}\n"), [1, 2 + height]),
        (format!("DEFAULT 2025-01-01T00:00:00Z x\n{a}\nDEFAULT 2025-01-01T00:00:00Z y\n{b}\n"), [2, 3 + height]),
        (format!("{}\n{b}\n", record("a", "x")), [1, 2]),
    ] {
        assert_eq!(ids(text.as_bytes()), pairs(&[("a", lines[0]), ("b", lines[1])]), "{text}");
    }
}

#[test]
fn an_object_inside_a_payload_is_no_entry() {
    let outer = r#"{"insertId":"a","timestamp":"2025-01-01T00:00:00Z","jsonPayload":{"insertId":"inner","logName":"l","timestamp":"t"}}"#;
    assert_eq!(ids(format!("[{outer}]").as_bytes()), pairs(&[("a", 1)]));
}

#[test]
fn yaml_documents_are_entries_and_text_before_them_is_not() {
    let document = |id: &str| {
        format!(
            "errorGroups:\n- id: g\ninsertId: {id}\nlogName: projects/p/logs/run.googleapis.com%2Fstderr\nresource:\n  type: cloud_run_revision\n  labels:\n    service_name: web\ntextPayload: |-\n  Traceback:\n    ---\n    x\ntimestamp: '2025-01-01T00:00:00Z'\n"
        )
    };
    let text = format!("PS C:\\> gcloud logging read\n---\n{}---\n{}", document("67820e45"), document("b"));
    let (seen, read) = read_one(text.as_bytes()).unwrap();
    assert_eq!(seen.iter().map(|seen| (seen.id.as_str(), seen.line)).collect::<Vec<_>>(), [("67820e45", 2), ("b", 16)]);
    assert_eq!(
        (seen[0].text.as_str(), seen[0].service.as_str(), seen[0].stream),
        ("Traceback:\n  ---\n  x", "web", "stderr")
    );
    assert_eq!((read.files[0].format.as_str(), read.files[0].rejected), ("yaml", 0));
    let list =
        "- insertId: a\n  timestamp: '2025-01-01T00:00:00Z'\n- insertId: b\n  timestamp: '2025-01-01T00:00:00Z'\n";
    assert_eq!(ids(list.as_bytes()), pairs(&[("a", 1), ("b", 3)]));
}

#[test]
fn a_console_table_gives_entries_with_absent_fields_absent() {
    let text = "insertId,'timestamp,httpRequest.status,httpRequest.latency,resource.labels.service_name,resource.type,textPayload,logName\n\
                '-a,'2025-01-01T00:00:00Z,503,0.5s,'web,cloud_run_revision,,projects/p/logs/run.googleapis.com%2Frequests\n\
                b,2025-01-01T00:00:00Z,,,web,cloud_run_revision,\"two\nlines\",projects/p/logs/run.googleapis.com%2Fstderr\n\
                c,2025-01-01T00:00:00Z,,,web,cloud_run_revision,x,projects/p/logs/run.googleapis.com%2Fstderr\n";
    let (seen, read) = read_one(text.as_bytes()).unwrap();
    assert_eq!(
        seen.iter().map(|seen| (seen.id.as_str(), seen.line, seen.stream)).collect::<Vec<_>>(),
        [("-a", 2, "requests"), ("b", 3, "stderr"), ("c", 5, "stderr")]
    );
    assert_eq!(seen[1].text, "two\nlines");
    assert_eq!(read.files[0].format, "csv");
}

#[test]
fn copied_console_lines_without_objects_are_entries() {
    let text = "ERROR 2025-04-27T14:44:53.131657Z Container called exit(3).\n  more\nINFO 2025-04-27T14:44:54Z hello\n";
    let (seen, _) = read_one(text.as_bytes()).unwrap();
    assert_eq!(
        seen.iter().map(|seen| (seen.line, seen.stream)).collect::<Vec<_>>(),
        [(1, "system"), (3, "application")]
    );
    assert_eq!(seen[0].text, "Container called exit(3).\n  more");
}

#[test]
fn a_client_dump_has_its_streams_inferred() {
    let audit =
        r#"{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"/Services.ReplaceService"}"#;
    let by_person = r#"{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"google.cloud.run.v1.Services.ReplaceService","authenticationInfo":{"principalEmail":"x@example.com"}}"#;
    let text = format!(
        r#"[{{"insert_id":"a","timestamp":"2025-01-01T00:00:00+00:00","json_payload":{audit}}},
            {{"insert_id":"b","timestamp":"2025-01-01T00:00:00+00:00","json_payload":{by_person}}},
            {{"insert_id":"c","timestamp":"2025-01-01T00:00:00+00:00","http_request":{{"status":772.0}}}},
            {{"insert_id":"d","timestamp":"2025-01-01T00:00:00+00:00","text_payload":"Starting new instance. Reason: AUTOSCALING"}},
            {{"insertId":"e","timestamp":"2025-01-01T00:00:00+00:00","raw_payload":"hello"}}]"#
    );
    let (seen, _) = read_one(text.as_bytes()).unwrap();
    let streams: Vec<_> = seen.iter().map(|seen| seen.stream).collect();
    assert_eq!(streams, ["system_event", "activity", "requests", "system", "application"]);
    assert_eq!(seen[4].text, "hello");
}

#[test]
fn azure_rows_become_entries() {
    let text = r#"{"TimeStamp": "2026-06-24T00:18:48Z", "Type": null, "ContainerAppName": null, "RevisionName": null, "Msg": "Connecting to the events collector...", "Reason": "x", "EventSource": null, "Count": 1}
{"TimeStamp": "2026-06-24 00:18:22.9775831 +0000 UTC", "Type": "Warning", "ContainerAppName": "shop", "RevisionName": "shop--b", "ReplicaName": "r", "Msg": "Probe of StartUp failed", "Reason": "ProbeFailed", "EventSource": "y", "Count": 236}
"#;
    let (seen, read) = read_one(text.as_bytes()).unwrap();
    assert_eq!(
        seen.iter().map(|seen| (seen.line, seen.stream, seen.service.as_str())).collect::<Vec<_>>(),
        [(1, "system", ""), (2, "system", "shop")]
    );
    assert_eq!(seen[1].time, "2026-06-24T00:18:22.977583100Z");
    assert_eq!(read.files[0].rejected, 0);
}

#[test]
fn a_record_cannot_pretend_to_be_an_azure_row() {
    let text = r#"{"insertId":"a","timestamp":"2025-01-01T00:00:00Z","whydown.azure":{"stream":"system","reason":"ProbeFailed"}}"#;
    assert_eq!(read_one(text.as_bytes()).unwrap().0[0].stream, "application");
}

#[test]
fn a_state_document_among_the_inputs_is_used_as_state() {
    let state = b"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: web\n".to_vec();
    let named = [("a.json".to_owned(), record("a", "x").into_bytes()), ("b.yaml".to_owned(), state)];
    let (seen, read) = read_with(&named, &Options::default()).unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        read.state_documents.iter().map(|document| (document.path.as_str(), document.kind)).collect::<Vec<_>>(),
        [("b.yaml", StateKind::CloudRunService)]
    );
    assert!(read.damage.is_empty());
}

#[test]
fn the_filter_counts_what_it_keeps_out() {
    let text = format!("{}\n{}\n", record("a", "x"), record("b", "x").replace("web-1", "web-2"));
    let options =
        Options { filter: Filter { revision: Some("web-2".to_owned()), ..Filter::default() }, ..Options::default() };
    let (seen, read) = read_with(&[("f".to_owned(), text.clone().into_bytes())], &options).unwrap();
    assert_eq!((seen.len(), read.filtered_out, read.files[0].entries), (1, 1, 1));
    let options =
        Options { filter: Filter { service: Some("other".to_owned()), ..Filter::default() }, ..Options::default() };
    assert_eq!(read_with(&[("f".to_owned(), text.into_bytes())], &options).unwrap().1.filtered_out, 2);
}
