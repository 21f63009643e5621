//! The patterns as a table for a terminal.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use super::Options;
use crate::model::patterns::{Pattern, PatternKind, Patterns};

/// Narrowest column of templates; names of services are left out before it gets narrower.
const TEMPLATE_COLUMNS_MIN: u16 = 40;

/// Columns that the figures take, at most.
const FIGURE_COLUMNS: u16 = 60;

/// Writes the table and where its figures come from.
pub(super) fn write(patterns: &Patterns, options: Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", super::summary(patterns))?;
    if patterns.patterns.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let timed = patterns.first_timestamp.is_some();
    let with_place = timed && options.width >= FIGURE_COLUMNS + TEMPLATE_COLUMNS_MIN + 20;
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(options.width);
    let mut header = vec!["count", "share", "bits"];
    header.extend(timed.then_some(["first", "last", "change"]).into_iter().flatten());
    header.extend(with_place.then_some("where"));
    header.push("what it says");
    let columns = header.len();
    table.set_header(header);
    for pattern in patterns.patterns.iter().take(options.rows_max) {
        let mut row = vec![
            pattern.count.to_string(),
            format!("{:.1} %", pattern.share * 100.0),
            format!("{:.1}", pattern.rarity_bits),
        ];
        if timed {
            row.push(super::time(pattern.first, patterns));
            row.push(super::time(pattern.last, patterns));
            row.push(super::change(pattern, patterns));
        }
        row.extend(with_place.then(|| super::place(pattern)));
        row.push(said(pattern));
        table.add_row(row);
    }
    // Figures stay whole; what is said gets the rest.
    for (number, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if number + 1 < columns {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    match patterns.patterns.len().saturating_sub(options.rows_max) {
        0 => Ok(()),
        more => writeln!(out, "\n{more} more with --full, or all of them with --format json"),
    }
}

/// The template, behind its kind where it is not mined.
fn said(pattern: &Pattern) -> String {
    let text = super::template(pattern);
    match pattern.kind {
        PatternKind::Template => text,
        kind if pattern.signature.is_empty() => format!("{}: {text}", kind.word()),
        _ => format!("{}: {text}", pattern.signature),
    }
}
