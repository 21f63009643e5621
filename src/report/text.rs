//! The report for a terminal: what broke, why, since when, who was hit, what to type now; then the rest.
//!
//! Prose is wrapped to the width. Commands stand on lines of their own, never cut or boxed, so that they can
//! be copied. Without colour nothing is lost.

use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table as ComfyTable, presets};

use super::Options;
use super::view::{ActionView, FindingView, LinkView, Table, View};

pub(super) const BOLD: &str = "\u{1b}[1m";
pub(super) const DIM: &str = "\u{1b}[2m";
pub(super) const RED: &str = "\u{1b}[31m";
pub(super) const YELLOW: &str = "\u{1b}[33m";
pub(super) const GREEN: &str = "\u{1b}[32m";
const RESET: &str = "\u{1b}[0m";

/// Actions shown in the summary.
const ACTIONS_MAX: usize = 4;

/// A page of wrapped prose, commands and tables.
pub(super) struct Page<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) width: usize,
    pub(super) color: bool,
    pub(super) full: bool,
}

/// Writes the page.
pub(super) fn write(view: &View, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, width: usize::from(options.width), color: options.color, full: options.full };
    let paint = match view.verdict.as_str() {
        "confirmed" | "likely" => RED,
        "" => GREEN,
        _ => YELLOW,
    };
    page.prose("", "", &view.headline, &format!("{BOLD}{paint}"))?;
    for (number, finding) in view.findings.iter().enumerate() {
        if number > 0 {
            page.blank()?;
            page.prose("", "   ", &finding.heading, BOLD)?;
        }
        page.finding(finding)?;
    }
    page.blank()?;
    page.facts(&view.facts)?;
    page.rest(view)
}

impl Page<'_> {
    fn finding(&mut self, finding: &FindingView) -> io::Result<()> {
        self.facts(&finding.facts)?;
        for sentence in &finding.impact {
            self.prose("Impact    ", "          ", sentence, "")?;
        }
        self.heading("Why")?;
        for sentence in &finding.why {
            self.prose("  - ", "    ", sentence, "")?;
        }
        self.heading("What to type now")?;
        let most = if self.full { usize::MAX } else { ACTIONS_MAX };
        for action in finding.actions.iter().take(most) {
            self.action(action)?;
        }
        if finding.actions.len() > most {
            self.prose("  ", "  ", &format!("{} more actions with --full", finding.actions.len() - most), DIM)?;
        }
        self.heading("Evidence")?;
        for link in &finding.chain {
            self.link(link)?;
        }
        for sentence in &finding.weighing {
            self.prose("  - ", "    ", sentence, "")?;
        }
        Ok(())
    }

    fn link(&mut self, link: &LinkView) -> io::Result<()> {
        self.prose("  - ", "    ", &link.line, "")?;
        if !link.join.is_empty() {
            self.prose("    ", "    ", &link.join, "")?;
        }
        for (place, lines) in &link.evidence {
            self.prose("      ", "      ", place, DIM)?;
            for line in lines {
                self.prose("      > ", "      > ", line, "")?;
            }
        }
        Ok(())
    }

    pub(super) fn action(&mut self, action: &ActionView) -> io::Result<()> {
        self.prose("  ", "    ", &action.line, BOLD)?;
        for line in action.command.lines() {
            writeln!(self.out, "    {line}")?;
        }
        for note in &action.notes {
            self.prose("      ", "        ", note, DIM)?;
        }
        Ok(())
    }

    fn rest(&mut self, view: &View) -> io::Result<()> {
        if !view.notices.is_empty() {
            self.heading("What these files lack")?;
        }
        for (code, message, effect, command) in &view.notices {
            self.prose("  - ", "    ", &format!("{code}: {message}; {effect}"), "")?;
            if self.full {
                for line in command.lines() {
                    writeln!(self.out, "      {line}")?;
                }
            }
        }
        if !self.full
            && let Some((_, _, _, command)) = view.notices.iter().find(|(_, _, _, command)| !command.is_empty())
        {
            self.prose("    ", "    ", "a complete export:", "")?;
            for line in command.lines() {
                writeln!(self.out, "    {line}")?;
            }
        }
        if !view.others.is_empty() {
            self.heading("Also found")?;
        }
        for line in &view.others {
            self.prose("  ", "     ", line, "")?;
        }
        if view.others_left_out > 0 {
            self.prose("  ", "  ", &format!("{} more with --full", view.others_left_out), DIM)?;
        }
        if !view.suppressed.is_empty() {
            self.heading("Suppressed by the ignore file")?;
        }
        for line in &view.suppressed {
            self.prose("  - ", "    ", line, "")?;
        }
        if !view.ruled_out.is_empty() {
            self.heading("Ruled out")?;
        }
        for (hypothesis, reason) in &view.ruled_out {
            self.prose("  - ", "    ", &format!("{hypothesis}: no, {reason}"), "")?;
        }
        if self.full && !view.timeline.is_empty() {
            self.heading("Timeline")?;
            for (time, what) in &view.timeline {
                self.prose("  ", "    ", &format!("{time} {what}"), "")?;
            }
        }
        let appendix: &[Table] = if self.full { &view.appendix } else { &[] };
        for table in view.tables.iter().chain(appendix).filter(|table| !table.rows.is_empty()) {
            self.table(table)?;
            if table.title == "Revisions" {
                for state in &view.states {
                    self.prose("  ", "  ", state, "")?;
                }
            }
        }
        self.blank()?;
        if self.full && !view.redaction.is_empty() {
            self.prose("", "", &view.redaction, DIM)?;
        }
        self.prose("", "", &view.footer, DIM)
    }

    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        self.heading(&table.title)?;
        let mut drawn = ComfyTable::new();
        drawn.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        drawn.set_width(u16::try_from(self.width).unwrap_or(u16::MAX));
        drawn.set_header(table.columns.clone());
        for row in &table.rows {
            drawn.add_row(row.clone());
        }
        // Figures stay whole; names and prose share what is left.
        let last = table.columns.len().saturating_sub(1);
        for (number, column) in drawn.column_iter_mut().enumerate() {
            column.set_padding((0, 1));
            if number > 0 && number < last {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for line in drawn.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        if table.note.is_empty() { Ok(()) } else { self.prose("  ", "  ", &table.note, DIM) }
    }

    pub(super) fn facts(&mut self, facts: &[(String, String)]) -> io::Result<()> {
        for (name, value) in facts {
            self.prose(&format!("{name:<10}"), "          ", value, "")?;
        }
        Ok(())
    }

    pub(super) fn heading(&mut self, title: &str) -> io::Result<()> {
        self.blank()?;
        self.prose("", "", title, BOLD)
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Wraps one paragraph; a word longer than the line is broken.
    pub(super) fn prose(&mut self, first: &str, next: &str, text: &str, paint: &str) -> io::Result<()> {
        let mut lead = first;
        for line in wrap(text, self.width, columns(first), columns(next)) {
            if self.color && !paint.is_empty() {
                writeln!(self.out, "{lead}{paint}{line}{RESET}")?;
            } else {
                writeln!(self.out, "{lead}{line}")?;
            }
            lead = next;
        }
        Ok(())
    }
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Lines of at most `width` columns, the first after `first` columns, the others after `next`.
pub(super) fn wrap(text: &str, width: usize, first: usize, next: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut room = width.saturating_sub(first).max(8);
    for word in text.split(' ') {
        let mut word = word;
        loop {
            let used = columns(&line);
            let gap = usize::from(!line.is_empty());
            if used + gap + columns(word) <= room {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                break;
            }
            if line.is_empty() {
                let end = split_at(word, room);
                line.push_str(&word[..end]);
                word = &word[end..];
            }
            lines.push(std::mem::take(&mut line));
            room = width.saturating_sub(next).max(8);
            if word.is_empty() {
                break;
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Byte at which a word fills `room` columns; at least one character.
pub(super) fn split_at(word: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, c) in word.char_indices() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > room && at > 0 {
            return at;
        }
    }
    word.len()
}
