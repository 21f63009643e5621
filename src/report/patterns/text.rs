//! The patterns as a table for a terminal.
//!
//! What is said matters most: where the terminal is narrow, columns of figures give way to it, the least
//! needed first.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use unicode_width::UnicodeWidthStr;

use super::Options;
use crate::model::patterns::{Pattern, PatternKind, Patterns};

/// Columns of the terminal that what is said gets at least, if any other column can give way.
const SAID_COLUMNS_MIN: usize = 44;

/// One column of figures.
struct Column {
    title: &'static str,
    /// The column with the highest rank is left out first.
    rank: u8,
    cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(self.title.len()) + 1
    }
}

/// Writes the table and where its figures come from.
pub(super) fn write(patterns: &Patterns, options: Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", super::summary(patterns))?;
    let shown = &patterns.patterns[..patterns.patterns.len().min(options.rows_max)];
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let columns = columns(shown, patterns, usize::from(options.width));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(options.width);
    table.set_header(columns.iter().map(|column| column.title).chain(["what it says"]));
    for (number, pattern) in shown.iter().enumerate() {
        table.add_row(columns.iter().map(|column| column.cells[number].clone()).chain([said(pattern)]));
    }
    // Figures stay whole; what is said gets the rest.
    for (number, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if number < columns.len() {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    match patterns.patterns.len() - shown.len() {
        0 => Ok(()),
        more => writeln!(out, "\n{more} more with --full, or all of them with --format json"),
    }
}

/// The columns of figures that there is room for.
fn columns(shown: &[Pattern], patterns: &Patterns, width: usize) -> Vec<Column> {
    let column = |title, rank, cell: &dyn Fn(&Pattern) -> String| Column {
        title,
        rank,
        cells: shown.iter().map(cell).collect(),
    };
    let mut columns = vec![
        column("count", 0, &|pattern| pattern.count.to_string()),
        column("share", 2, &|pattern| format!("{:.1} %", pattern.share * 100.0)),
        column("bits", 5, &|pattern| format!("{:.1}", pattern.rarity_bits)),
    ];
    if patterns.first_timestamp.is_some() {
        columns.push(column("first", 3, &|pattern| super::time(pattern.first, patterns)));
        columns.push(column("last", 4, &|pattern| super::time(pattern.last, patterns)));
        columns.push(column("change", 1, &|pattern| super::change(pattern, patterns)));
        columns.push(column("where", 6, &super::place));
    }
    while columns.iter().map(Column::width).sum::<usize>() + SAID_COLUMNS_MIN > width && columns.len() > 1 {
        let least = columns.iter().map(|column| column.rank).max();
        columns.retain(|column| Some(column.rank) != least);
    }
    columns
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
