//! Patterns as comma-separated values (RFC 4180), one row a pattern or one row a line.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`; cells of log text that do get an
//! apostrophe in front.

use std::io::{self, Write};

use super::super::escape;
use crate::model::Timestamp;
use crate::model::patterns::Patterns;

/// Columns of the list of patterns.
const HEADER: [&str; 14] = [
    "id",
    "kind",
    "signature",
    "level",
    "count",
    "share",
    "rarity_bits",
    "first",
    "last",
    "services",
    "revisions",
    "change",
    "change_at",
    "template",
];

/// Longest cell, in characters.
const CELL_CHARS_MAX: usize = 2_000;

/// Writes one row a pattern.
pub(super) fn write(patterns: &Patterns, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(HEADER)?;
    let time = |at: Option<Timestamp>| at.map_or_else(String::new, Timestamp::to_rfc3339);
    for pattern in &patterns.patterns {
        let services: Vec<&str> = pattern.services.iter().map(|service| service.name.as_str()).collect();
        let revisions: Vec<&str> = pattern.revisions.iter().map(|revision| revision.name.as_str()).collect();
        rows.write_record([
            pattern.id.clone(),
            pattern.kind.word().to_owned(),
            pattern.signature.clone(),
            pattern.level.clone(),
            pattern.count.to_string(),
            format!("{:.6}", pattern.share),
            format!("{:.2}", pattern.rarity_bits),
            time(pattern.first),
            time(pattern.last),
            cell(&services.join(" ")),
            cell(&revisions.join(" ")),
            pattern.change.kind.word().to_owned(),
            time(pattern.change.at),
            cell(&super::template(pattern)),
        ])?;
    }
    rows.flush()
}

/// Writes one row a line: its number from 1, the id of its template, and the template.
pub fn write_lines(
    templates: &[(String, String)],
    template_of_line: impl Iterator<Item = usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cells: Vec<(&str, String)> = templates.iter().map(|(id, text)| (id.as_str(), cell(text))).collect();
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(["line", "template_id", "template"])?;
    for (number, template) in (1_u64..).zip(template_of_line) {
        let (id, text) = cells.get(template).map_or(("", ""), |(id, text)| (id, text.as_str()));
        rows.write_record([number.to_string().as_str(), id, text])?;
    }
    rows.flush()
}

/// A cell that neither moves a cursor nor runs in a spreadsheet.
fn cell(text: &str) -> String {
    let line = escape::line(text, CELL_CHARS_MAX);
    if line.starts_with(['=', '+', '-', '@']) { format!("'{line}") } else { line }
}
