//! Digest, difference and verification as text, Markdown and JSON.
//!
//! Each is first brought into one [`Sheet`] of plain sentences; the forms below lay it out. Log text in it is
//! harmless in a terminal from the start, and is escaped once more for Markdown.

mod diff;
mod digest;
mod verify;

use std::io::{self, Write};

use super::escape::{self, markdown};
use super::text::{split_at, wrap};
use super::view::clean;
use super::{PlainFormat, json};
use crate::compare::diff::Diff;
use crate::compare::digest::Digest;
use crate::compare::findings::Brief;
use crate::compare::verify::Verification;

/// Longest title of a finding, in characters.
const TITLE_MAX: usize = 240;

/// How to lay it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Columns of the text form.
    pub width: usize,
    /// Lines of the text form of a digest.
    pub lines: usize,
}

/// What is told.
struct Sheet {
    /// First line.
    headline: String,
    /// Sections, the most urgent first.
    sections: Vec<Section>,
    /// Last lines.
    notes: Vec<String>,
}

struct Section {
    title: &'static str,
    items: Vec<Entry>,
}

/// One line, and what belongs to it.
struct Entry {
    /// A word in front; may be empty.
    label: String,
    text: String,
    details: Vec<String>,
}

/// Writes a digest. Its text form takes at most [`Page::lines`] lines.
pub fn write_digest(digest: &Digest, format: PlainFormat, page: Page, out: &mut dyn Write) -> io::Result<()> {
    match format {
        PlainFormat::Text => write_screen(&digest::sheet(digest), page, out),
        PlainFormat::Markdown => write_markdown(&digest::sheet(digest), out),
        PlainFormat::Json => json::write(digest, out),
    }
}

/// Writes a difference.
pub fn write_diff(diff: &Diff, format: PlainFormat, page: Page, out: &mut dyn Write) -> io::Result<()> {
    match format {
        PlainFormat::Text => write_text(&diff::sheet(diff), page, out),
        PlainFormat::Markdown => write_markdown(&diff::sheet(diff), out),
        PlainFormat::Json => json::write(diff, out),
    }
}

/// Writes a verification.
pub fn write_verification(
    verified: &Verification,
    format: PlainFormat,
    page: Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        PlainFormat::Text => write_text(&verify::sheet(verified), page, out),
        PlainFormat::Markdown => write_markdown(&verify::sheet(verified), out),
        PlainFormat::Json => json::write(verified, out),
    }
}

/// Everything, wrapped to the width.
fn write_text(sheet: &Sheet, page: Page, out: &mut dyn Write) -> io::Result<()> {
    let mut prose = |first: &str, next: &str, text: &str| -> io::Result<()> {
        let mut lead = first;
        for line in wrap(text, page.width, first.len(), next.len()) {
            writeln!(out, "{lead}{line}")?;
            lead = next;
        }
        Ok(())
    };
    prose("", "  ", &sheet.headline)?;
    for section in sheet.sections.iter().filter(|section| !section.items.is_empty()) {
        prose("", "", "")?;
        prose("", "", section.title)?;
        for entry in &section.items {
            prose("  ", "    ", &entry.line())?;
            for detail in &entry.details {
                prose("    ", "    ", detail)?;
            }
        }
    }
    if !sheet.notes.is_empty() {
        prose("", "", "")?;
    }
    sheet.notes.iter().try_for_each(|note| prose("", "  ", note))
}

/// One screen: every line is cut at the width, and what does not fit is counted.
fn write_screen(sheet: &Sheet, page: Page, out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<&Entry> = sheet.sections.iter().flat_map(|section| &section.items).collect();
    let room = page.lines.max(4) - 1 - sheet.notes.len().min(page.lines.max(4) - 3);
    // First titles lose their second line, then entries their details; one line says what is left out.
    let blocks = [(2, true), (1, true), (1, false)].map(|(lines, details)| {
        entries.iter().map(|entry| entry.block(page.width, lines, details)).collect::<Vec<_>>()
    });
    let fits = |blocks: &&Vec<Vec<String>>| blocks.iter().map(Vec::len).sum::<usize>() <= room;
    let drawn = blocks.iter().find(fits).unwrap_or(&blocks[2]);
    let shown = if fits(&drawn) { entries.len() } else { room - 1 };
    writeln!(out, "{}", cut(&sheet.headline, page.width))?;
    for line in drawn[..shown].iter().flatten() {
        writeln!(out, "{line}")?;
    }
    if shown < entries.len() {
        writeln!(out, "{}", cut(&format!("and {} more: --format json has all", entries.len() - shown), page.width))?;
    }
    sheet.notes.iter().take(page.lines.max(4) - 3).try_for_each(|note| writeln!(out, "{}", cut(note, page.width)))
}

fn write_markdown(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}", markdown(&sheet.headline))?;
    for section in sheet.sections.iter().filter(|section| !section.items.is_empty()) {
        writeln!(out, "\n### {}\n", markdown(section.title))?;
        for entry in &section.items {
            let label = if entry.label.is_empty() { String::new() } else { format!("**{}** ", markdown(&entry.label)) };
            writeln!(out, "- {label}{}", markdown(&entry.text))?;
            for detail in &entry.details {
                writeln!(out, "  - {}", markdown(detail))?;
            }
        }
    }
    if !sheet.notes.is_empty() {
        writeln!(out)?;
    }
    for note in &sheet.notes {
        writeln!(out, "_{}_  ", markdown(note))?;
    }
    Ok(())
}

impl Entry {
    fn new(label: &str, text: String, details: Vec<String>) -> Self {
        Self { label: label.to_owned(), text, details: details.into_iter().filter(|one| !one.is_empty()).collect() }
    }

    /// The entry in at most `lines` lines, then its details, a line each.
    fn block(&self, width: usize, lines: usize, details: bool) -> Vec<String> {
        let mut block: Vec<String> = wrap(&self.line(), width, 0, 2).into_iter().take(lines).collect();
        if lines == 1 || wrap(&self.line(), width, 0, 2).len() > lines {
            // What is cut is seen to be cut.
            let before: usize = block[..block.len() - 1].iter().map(|line| line.len() + 1).sum();
            let indent = if lines == 1 { 0 } else { 2 };
            let rest = self.line().get(before..).unwrap_or("").to_owned();
            if let Some(last) = block.last_mut() {
                *last = cut(&rest, width - indent);
            }
        }
        for line in block.iter_mut().skip(1) {
            line.insert_str(0, "  ");
        }
        if details {
            block.extend(self.details.iter().map(|detail| format!("    {}", cut(detail, width.saturating_sub(4)))));
        }
        block
    }

    fn line(&self) -> String {
        if self.label.is_empty() { self.text.clone() } else { format!("{}: {}", self.label, self.text) }
    }
}

/// `confirmed: ModuleNotFoundError … [orders-api]`.
fn brief(finding: &Brief) -> String {
    let service = if finding.service.is_empty() { String::new() } else { format!("[{}] ", clean(&finding.service)) };
    format!("{service}{}: {}", finding.verdict.word(), escape::line(&finding.title, TITLE_MAX))
}

/// The first so many columns; the last of them tells that more was there.
fn cut(line: &str, width: usize) -> String {
    if unicode_width::UnicodeWidthStr::width(line) <= width {
        return line.to_owned();
    }
    format!("{}…", &line[..split_at(line, width.saturating_sub(1).max(1))])
}

#[cfg(test)]
mod tests;
