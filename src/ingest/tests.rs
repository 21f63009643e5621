//! Tests of the whole stage: bytes in, entries out.
//!
//! The records are made up; their forms are those of real exports.

mod damage;
mod forms;
mod packing;
mod properties;

use super::{Error, Options, Read, read_bytes};

/// What the tests look at in an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub id: String,
    pub line: u32,
    pub time: String,
    pub stream: &'static str,
    pub service: String,
    pub text: String,
    pub payload: String,
}

/// Everything read from one file called `f`.
pub(crate) fn read_one(bytes: &[u8]) -> Result<(Vec<Seen>, Read<()>), Error> {
    read_with(&[("f".to_owned(), bytes.to_vec())], &Options { threads: 1, ..Options::default() })
}

pub(crate) fn read_with(named: &[(String, Vec<u8>)], options: &Options) -> Result<(Vec<Seen>, Read<()>), Error> {
    let read = read_bytes(named, options, Vec::new, |seen: &mut Vec<Seen>, entries| {
        seen.extend(entries.iter().map(|entry| Seen {
            id: entry.insert_id.to_string(),
            line: entry.position.line,
            time: entry.timestamp.map(super::super::model::Timestamp::to_rfc3339).unwrap_or_default(),
            stream: entry.stream.word(),
            service: entry.resource.service.to_string(),
            text: entry.text.to_string(),
            payload: entry.audit.as_deref().or(entry.json.as_deref()).unwrap_or_default().to_owned(),
        }));
    })?;
    let Read { partials, files, damage, state_documents, filtered_out, unrecognised } = read;
    let mut seen: Vec<Seen> = partials.into_iter().flatten().collect();
    seen.sort();
    Ok((seen, Read { partials: Vec::new(), files, damage, state_documents, filtered_out, unrecognised }))
}

/// Ids and lines of what was read.
pub(crate) fn ids(bytes: &[u8]) -> Vec<(String, u32)> {
    read_one(bytes).map(|(seen, _)| seen.into_iter().map(|seen| (seen.id, seen.line)).collect()).unwrap_or_default()
}

/// Kinds and counts of damage.
pub(crate) fn damage_of(bytes: &[u8]) -> Vec<(&'static str, u64, u32)> {
    read_one(bytes)
        .map(|(_, read)| read.damage.iter().map(|damage| (damage.kind, damage.count, damage.line)).collect())
        .unwrap_or_default()
}

/// A compact record.
pub(crate) fn record(id: &str, text: &str) -> String {
    let log = "projects/p/logs/run.googleapis.com%2Fstderr";
    let resource = r#"{"type":"cloud_run_revision","labels":{"service_name":"web","revision_name":"web-1","project_id":"p","location":"l"}}"#;
    format!(
        r#"{{"insertId":"{id}","logName":"{log}","resource":{resource},"textPayload":"{text}","timestamp":"2025-01-01T00:00:00Z"}}"#
    )
}

/// The same record over several lines.
pub(crate) fn pretty(id: &str, text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(&record(id, text)).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

pub(crate) fn pairs(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
    expected.iter().map(|(id, line)| ((*id).to_owned(), *line)).collect()
}
