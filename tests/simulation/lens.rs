//! Exports that show only a part: what an engineer in a hurry, or a filter, leaves of the whole.

use serde_json::Value;

use super::dice::Dice;

/// A way to export too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lens {
    /// `severity>=ERROR`.
    ErrorsOnly,
    /// `severity>=WARNING`.
    WarningsOnly,
    /// The newest entries, up to a limit.
    Newest,
    /// Nothing that the containers print.
    WithoutOutput,
    /// No request log.
    WithoutRequests,
    /// No audit log.
    WithoutAudit,
    /// No traces.
    WithoutTraces,
}

/// All of them.
pub const LENSES: [Lens; 7] = [
    Lens::ErrorsOnly,
    Lens::WarningsOnly,
    Lens::Newest,
    Lens::WithoutOutput,
    Lens::WithoutRequests,
    Lens::WithoutAudit,
    Lens::WithoutTraces,
];

/// What the lens leaves of NDJSON lines, newest first as gcloud writes them.
pub fn seen_through(lens: Lens, lines: &str, dice: &mut Dice) -> String {
    let mut entries: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("own JSON")).collect();
    entries.sort_by(|a, b| b["timestamp"].as_str().cmp(&a["timestamp"].as_str()));
    let log = |entry: &Value, part: &str| entry["logName"].as_str().is_some_and(|name| name.contains(part));
    let severe = |entry: &Value, words: &[&str]| entry["severity"].as_str().is_some_and(|word| words.contains(&word));
    match lens {
        Lens::ErrorsOnly => entries.retain(|entry| severe(entry, &["ERROR", "CRITICAL"])),
        Lens::WarningsOnly => entries.retain(|entry| severe(entry, &["WARNING", "ERROR", "CRITICAL"])),
        Lens::Newest => entries.truncate(usize::try_from(dice.range(2, 6) * 50).expect("not negative")),
        Lens::WithoutOutput => entries.retain(|entry| !log(entry, "%2Fstd")),
        Lens::WithoutRequests => entries.retain(|entry| !log(entry, "requests")),
        Lens::WithoutAudit => entries.retain(|entry| !log(entry, "cloudaudit")),
        Lens::WithoutTraces => {
            for entry in &mut entries {
                if let Some(fields) = entry.as_object_mut() {
                    fields.remove("trace");
                    fields.remove("spanId");
                }
            }
        }
    }
    entries.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}
