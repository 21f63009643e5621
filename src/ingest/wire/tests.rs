use proptest::prelude::*;

use super::{Met, Record, Refusal, Status};

/// Labels and names as exporters write them, some of which differ by one byte, and some odd ones.
const LABELS: [&str; 9] = [
    r#"{"instanceId":"00c5","run":"17"}"#,
    r#"{"instanceId":"00c6","run":"17"}"#,
    r#"{"instanceId":"00c6","run":"18"}"#,
    r#"{"commit":"a1","instanceId":"00c6"}"#,
    r#"{"instanceId":"00\u0063","container_name":"web"}"#,
    r#"{"instanceId":7,"run":"17"}"#,
    r#"{"instanceId":"a","instanceId":"b"}"#,
    r#"{ "instanceId" : "00c5" , "execution_id" : "e" }"#,
    "null",
];
const LOGS: [&str; 5] = [
    r#""projects/p/logs/run.googleapis.com%2Fstdout""#,
    r#""projects/p/logs/run.googleapis.com%2Fstderr""#,
    r#""projects/p/logs/run.googleapis.com/st\u0064out""#,
    "12",
    "null",
];
const RESOURCES: [&str; 4] = [
    r#"{"type":"t","labels":{"service_name":"s","revision_name":"r1"}}"#,
    r#"{"type":"t","labels":{"service_name":"s","revision_name":"r2"}}"#,
    r#"{"type":"t"}"#,
    "1",
];

fn record() -> impl Strategy<Value = String> {
    let value = (0..LABELS.len(), 0..LOGS.len(), 0..RESOURCES.len(), any::<bool>());
    let keys = Just(vec![0, 1, 2, 3, 4]).prop_shuffle();
    (value, keys, 0..=5usize).prop_map(|((labels, log, resource, is_spaced), keys, count)| {
        let fields = keys.into_iter().take(count).map(|key| match key {
            0 => format!("\"labels\":{}", LABELS[labels]),
            1 => format!("\"logName\":{}", LOGS[log]),
            2 => format!("\"resource\":{}", RESOURCES[resource]),
            3 => r#""other":{"labels":[1]}"#.to_owned(),
            _ => r#""textPayload":"x""#.to_owned(),
        });
        let fields: Vec<String> = fields.collect();
        if is_spaced { format!("{{ {} }}", fields.join(" , ")) } else { format!("{{{}}}", fields.join(",")) }
    })
}

proptest! {
    #[test]
    fn what_was_met_before_changes_nothing(records in prop::collection::vec(record(), 1..12), cut in 0..40usize) {
        let mut met = Met::default();
        for text in &records {
            let (mut known, mut fresh) = (Record::default(), Record::default());
            let read = known.read(text, &mut met);
            prop_assert_eq!(read, fresh.read(text, &mut Met::default()), "{}", text);
            prop_assert_eq!(format!("{known:?}"), format!("{fresh:?}"), "{}", text);
            let damaged = text.get(..text.len().saturating_sub(cut)).unwrap_or_default();
            let read = Record::default().read(damaged, &mut met);
            prop_assert_eq!(read.is_ok(), Record::parse(damaged).is_ok(), "{}", damaged);
        }
    }
}

#[test]
fn a_resource_met_before_is_read_as_if_it_were_new() {
    let record = |resource: &str| format!(r#"{{"insertId":"a","resource":{resource},"textPayload":"x"}}"#);
    let one = record(r#"{"type":"t","labels":{"service_name":"s","revision_name":"r1"}}"#);
    let two = record(r#"{"type":"t","labels":{"service_name":"s","revision_name":"r2"}}"#);
    let bare = record("1");
    let longer = record("12");
    let broken = one.replace("}},", "}}}},");
    let mut met = Met::default();
    for text in [&one, &two, &one, &bare, &longer, &two] {
        let (mut known, fresh) = (Record::default(), Record::parse(text).unwrap());
        known.read(text, &mut met).unwrap();
        assert_eq!(known.resource.labels.revision_name, fresh.resource.labels.revision_name, "{text}");
        assert_eq!(known.text_payload, fresh.text_payload, "{text}");
    }
    assert_eq!(Record::default().read(&broken, &mut met), Err(Refusal::NotJson));
}

#[test]
fn a_status_is_read_from_integer_float_and_string() {
    for (written, expected) in
        [("503", Some(503)), ("\"503\"", Some(503)), ("772.0", Some(772)), ("\"\"", None), ("-1", None)]
    {
        let record = format!(r#"{{"httpRequest":{{"status":{written}}}}}"#);
        assert_eq!(Record::parse(&record).unwrap().http_request.status, Some(Status(expected)), "{written}");
    }
}

#[test]
fn text_without_escapes_is_borrowed_and_foreign_shapes_are_empty() {
    let record =
        Record::parse(r#"{"insertId":"a","timestamp":7,"severity":null,"trace":{"x":[1]},"textPayload":"a\nb"}"#)
            .unwrap();
    assert!(matches!(record.insert_id.unwrap().0, std::borrow::Cow::Borrowed("a")));
    assert_eq!(record.timestamp.unwrap().0, "7");
    assert!(record.severity.is_none());
    assert_eq!(record.trace.unwrap().0, "");
    assert_eq!(record.text_payload.unwrap().0, "a\nb");
}
