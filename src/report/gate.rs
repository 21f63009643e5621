//! The last gate before anything is shown: every text and every number of the finished report passes here.
//!
//! In: a report and a level. Out: the same report without what the level keeps out, with a count of the pseudonyms in
//! it. Because the report is the same for any thread count and order of files, so is the count. Texts that were
//! already replaced while they were read are counted like those replaced here. Numbers are rounded to fifteen digits,
//! which any JSON reader gives back as they were: a stored report then renders to the same bytes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Number, Value};

use crate::classify::redact::{Level, NAMES};
use crate::model::report::{Redaction, Report};

/// Fields that hold commands or may quote one. Their names were checked by `advise`; what looks like a secret in them
/// (`API_KEY=VALUE`) is a name and a placeholder.
const COMMAND_FIELDS: [&str; 4] = ["command", "undo", "expect", "precondition"];

/// Replaces, counts and rounds.
pub fn pass(report: &Report, level: Level) -> Result<Report, serde_json::Error> {
    let mut counts = Counts::default();
    // Through JSON, because it reaches every field, also those that are added later.
    let mut value = serde_json::to_value(report)?;
    visit(&mut value, "", level, &mut counts);
    let mut report: Report = serde_json::from_value(value)?;
    level.word().clone_into(&mut report.export.redaction);
    report.export.redactions = if level == Level::None { Vec::new() } else { counts.told() };
    Ok(report)
}

fn visit(value: &mut Value, field: &str, level: Level, counts: &mut Counts) {
    match value {
        Value::String(text) => {
            let is_command = COMMAND_FIELDS.contains(&field);
            let clean = if is_command { level.apply_to_command(text) } else { level.apply(text) };
            counts.add(&clean);
            if let Cow::Owned(clean) = clean {
                *text = if is_command { as_placeholders(&clean) } else { clean };
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| visit(value, field, level, counts)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| visit(value, name, level, counts)),
        Value::Number(number) => {
            if let Some(rounded) = number.as_f64().filter(|_| number.is_f64()).and_then(rounded) {
                *number = rounded;
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// To fifteen digits.
fn rounded(value: f64) -> Option<Number> {
    format!("{value:.14e}").parse().ok().and_then(Number::from_f64)
}

/// `<ip-1a2b3c>` as `REDACTED_IP_1A2B3C`: letters that mean nothing to a shell, inside or outside quotes.
fn as_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, length)) = next(rest) {
        out.push_str(&rest[..at]);
        out.push_str("REDACTED_");
        out.push_str(&rest[at + 1..at + length - 1].to_ascii_uppercase().replace('-', "_"));
        rest = &rest[at + length..];
    }
    out + rest
}

/// Place and length of the first pseudonym.
fn next(text: &str) -> Option<(usize, usize)> {
    const HASH: usize = 6;
    text.match_indices('<').find_map(|(at, _)| {
        let inside = &text[at + 1..];
        let name = NAMES.iter().find(|name| inside.starts_with(**name) && inside[name.len()..].starts_with('-'))?;
        let hash = inside.get(name.len() + 1..name.len() + 1 + HASH)?;
        let length = 1 + name.len() + 1 + HASH + 1;
        (hash.bytes().all(|b| b.is_ascii_hexdigit()) && text.as_bytes().get(at + length - 1) == Some(&b'>'))
            .then_some((at, length))
    })
}

/// Pseudonyms by kind.
#[derive(Default)]
struct Counts(BTreeMap<String, Found>);

#[derive(Default)]
struct Found {
    values: BTreeSet<String>,
    places: u64,
}

impl Counts {
    fn told(self) -> Vec<Redaction> {
        self.0
            .into_iter()
            .map(|(kind, found)| Redaction { kind, values: found.values.len() as u64, places: found.places })
            .collect()
    }

    fn add(&mut self, text: &str) {
        let mut rest = text;
        while let Some((at, length)) = next(rest) {
            let name = &rest[at + 1..at + length - 1];
            let kind = name.split('-').next().unwrap_or(name);
            let found = self.0.entry(kind.to_owned()).or_default();
            found.values.insert(name.to_owned());
            found.places += 1;
            rest = &rest[at + length..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, as_placeholders};

    #[test]
    fn pseudonyms_are_counted_by_value_and_place() {
        let mut counts = Counts::default();
        counts.add(
            "<email-00aa11> wrote to <email-00aa11> and <email-00aa12> at <ip-123456>, not <br-123456> <email-xyz",
        );
        let told: Vec<_> =
            counts.0.iter().map(|(kind, found)| (kind.as_str(), found.values.len(), found.places)).collect();
        assert_eq!(told, [("email", 2, 3), ("ip", 1, 1)]);
    }

    #[test]
    fn a_pseudonym_in_a_command_is_no_redirection() {
        assert_eq!(as_placeholders("ping <ip-00aa11> -c 1"), "ping REDACTED_IP_00AA11 -c 1");
    }
}
