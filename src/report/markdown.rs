//! The report for a ticket: GitHub Markdown, at most 65,536 characters, log text only in fences or escaped.
//!
//! The first screen says what broke, since when, who was hit, why, and what to type; the proof follows, and what only
//! a reviewer needs is folded.

use std::io::{self, Write};

use super::escape::{fence, markdown};
use super::tables::SPARKLINE;
use super::view::{ActionView, FindingView, LinkView, Table, View};

/// GitHub's limit of one comment, in characters, less room for the lines that say what was cut.
const CHARS_MAX: usize = 65_536 - 1_200;

/// Actions that are not folded.
const ACTIONS_OPEN: usize = 3;

/// Sections named in the line about what was cut.
const CUT_NAMED_MAX: usize = 12;

/// A piece that is written whole or not at all.
struct Section {
    /// What the line about cut sections calls it.
    name: String,
    text: String,
}

/// Writes the ticket. A section that does not fit is left out, and a line at the end says which.
pub(super) fn write(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut sections = vec![section("headline", format!("## {}\n", markdown(&view.headline)))];
    if let Some(first) = view.findings.first() {
        sections.push(section("facts", list(&first.facts)));
        sections.extend(first_screen(first));
    }
    sections.push(section("coverage", list(&view.facts)));
    if let Some(first) = view.findings.first() {
        sections.extend(evidence(first));
    }
    for finding in view.findings.iter().skip(1) {
        sections.push(section("finding", format!("## {}\n\n{}", markdown(&finding.heading), list(&finding.facts))));
        sections.extend(first_screen(finding));
        sections.extend(evidence(finding));
    }
    sections.extend(rest(view));
    let mut room = CHARS_MAX;
    let mut cut = Vec::new();
    for section in sections {
        let size = section.text.chars().count() + 1;
        if size > room {
            cut.push(section.name);
            continue;
        }
        room -= size;
        writeln!(out, "{}", section.text)?;
    }
    if !cut.is_empty() {
        let more = cut.len().saturating_sub(CUT_NAMED_MAX);
        cut.truncate(CUT_NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(
            out,
            "**Left out, because a ticket holds 65,536 characters:** {}{more}. The JSON and HTML reports have it.\n",
            markdown(&cut.join(", "))
        )?;
    }
    writeln!(out, "_{}_", markdown(&view.footer))
}

fn section(name: &str, text: String) -> Section {
    Section { name: name.to_owned(), text }
}

pub(super) fn list(facts: &[(String, String)]) -> String {
    facts
        .iter()
        .fold(String::new(), |text, (name, value)| text + &format!("- **{}:** {}\n", markdown(name), markdown(value)))
}

pub(super) fn bullets(sentences: &[String]) -> String {
    sentences.iter().fold(String::new(), |text, sentence| text + &format!("- {}\n", markdown(sentence)))
}

/// What it is, who was hit, why, what to type.
fn first_screen(finding: &FindingView) -> Vec<Section> {
    let mut sections = vec![section("summary", format!("{}\n", markdown(&finding.summary)))];
    if !finding.impact.is_empty() {
        sections.push(section("who was hit", format!("**Who was hit**\n\n{}", bullets(&finding.impact))));
    }
    sections.push(section("why", format!("**Why**\n\n{}", bullets(&finding.why))));
    let (open, folded) = finding.actions.split_at(finding.actions.len().min(ACTIONS_OPEN));
    let open: String = open.iter().map(action).collect();
    sections.push(section("what to type now", format!("### What to type now\n{open}")));
    if !folded.is_empty() {
        let text: String = folded.iter().map(action).collect();
        let title = format!("{} more steps: fix, verify, prevent", folded.len());
        sections.push(section("later steps", details(&title, &text)));
    }
    sections
}

fn action(action: &ActionView) -> String {
    let mut text = format!("\n**{}**\n", markdown(&action.line));
    if !action.command.is_empty() {
        text.push_str(&format!("\n{}", fenced("sh", &action.command)));
    }
    if !action.notes.is_empty() {
        text.push_str(&format!("\n{}", bullets(&action.notes)));
    }
    text
}

fn evidence(finding: &FindingView) -> Vec<Section> {
    let chain: String = finding.chain.iter().map(link).collect();
    let mut sections = vec![section("evidence", format!("### Evidence\n{chain}"))];
    if !finding.weighing.is_empty() {
        sections.push(section("for and against", bullets(&finding.weighing)));
    }
    sections
}

fn link(link: &LinkView) -> String {
    let mut text = format!("\n- **{}**", markdown(&link.line));
    if !link.join.is_empty() {
        text.push_str(&format!("  \n  {}", markdown(&link.join)));
    }
    text.push('\n');
    for (place, lines) in &link.evidence {
        // Inside a list item every line of a fence is indented like the item.
        let quote = fenced("text", &lines.join("\n")).replace('\n', "\n  ");
        text.push_str(&format!("\n  {}\n\n  {}\n", markdown(place), quote.trim_end()));
    }
    text
}

fn rest(view: &View) -> Vec<Section> {
    let mut sections = Vec::new();
    if !view.others.is_empty() {
        let more = if view.others_left_out > 0 { format!("- {} more\n", view.others_left_out) } else { String::new() };
        sections.push(section("also found", format!("### Also found\n\n{}{more}", bullets(&view.others))));
    }
    if !view.timeline.is_empty() {
        let rows = view.timeline.iter().map(|(time, what)| vec![time.clone(), what.clone()]).collect();
        let lines = Table { title: String::new(), columns: vec!["time", "what"], rows, note: String::new() };
        sections.push(section("timeline", format!("### Timeline\n\n{}", table(&lines))));
    }
    if !view.suppressed.is_empty() {
        let text = format!("### Suppressed by the ignore file\n\n{}", bullets(&view.suppressed));
        sections.push(section("suppressed", text));
    }
    if !view.ruled_out.is_empty() {
        let lines: Vec<String> = view.ruled_out.iter().map(|(what, why)| format!("{what}: no, {why}")).collect();
        sections.push(section("ruled out", format!("### Ruled out\n\n{}", bullets(&lines))));
    }
    if !view.notices.is_empty() {
        let lines: Vec<String> =
            view.notices.iter().map(|(code, message, effect, _)| format!("{code}: {message}; {effect}")).collect();
        sections.push(section("what these files lack", format!("### What these files lack\n\n{}", bullets(&lines))));
        if let Some((_, _, _, command)) = view.notices.iter().find(|(_, _, _, command)| !command.is_empty()) {
            sections.push(section("a complete export", details("A complete export", &fenced("sh", command))));
        }
    }
    for one in view.tables.iter().filter(|table| !table.rows.is_empty()) {
        let text = if one.title == "Revisions" {
            let states = if view.states.is_empty() { String::new() } else { format!("\n{}", bullets(&view.states)) };
            format!("### Revisions\n\n{}{states}", table(one))
        } else {
            details(&one.title, &table(one))
        };
        sections.push(section(&one.title.to_lowercase(), text));
    }
    for one in view.appendix.iter().filter(|table| !table.rows.is_empty()) {
        sections.push(section(&one.title.to_lowercase(), details(&one.title, &table(one))));
    }
    if !view.redaction.is_empty() {
        sections.push(section("redaction", format!("{}\n", markdown(&view.redaction))));
    }
    sections
}

/// A fold. The title is ours, never of a log.
fn details(title: &str, text: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{}\n\n</details>\n", text.trim_matches('\n'))
}

fn fenced(language: &str, text: &str) -> String {
    let fence = fence(text);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

pub(super) fn table(table: &Table) -> String {
    let mut text = format!("| {} |\n|{}\n", table.columns.join(" | "), " --- |".repeat(table.columns.len()));
    for row in &table.rows {
        let cells = row.iter().zip(&table.columns).map(|(cell, column)| match *column {
            // Blanks would collapse, and the bars would not be of one width.
            SPARKLINE => format!("`{}`", cell.replace(' ', "·")),
            _ => markdown(cell),
        });
        let cells: Vec<String> = cells.collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if !table.note.is_empty() {
        text.push_str(&format!("\n{}\n", markdown(&table.note)));
    }
    text
}
