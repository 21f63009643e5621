//! The report for a ticket: GitHub Markdown, at most 65,536 characters, log text only in fences or escaped.

use std::io::{self, Write};

use super::escape::{fence, markdown};
use super::view::{FindingView, Table, View};

/// GitHub's limit of one comment, in characters, less room for the last line.
const CHARS_MAX: usize = 65_536 - 200;

/// Writes the ticket. What does not fit is left out from the end, and the last line says so.
pub(super) fn write(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut blocks: Vec<String> = vec![format!("## {}\n", markdown(&view.headline))];
    blocks.push(list(&view.facts));
    for (number, finding) in view.findings.iter().enumerate() {
        if number > 0 {
            blocks.push(format!("## {}\n", markdown(&finding.heading)));
        }
        blocks.extend(finding_blocks(finding));
    }
    blocks.extend(rest(view));
    let mut used = 0;
    for (number, block) in blocks.iter().enumerate() {
        let size = block.chars().count() + 1;
        if used + size > CHARS_MAX {
            writeln!(
                out,
                "_{} more sections do not fit into a ticket; the JSON report has them._",
                blocks.len() - number
            )?;
            break;
        }
        used += size;
        writeln!(out, "{block}")?;
    }
    writeln!(out, "_{}_", markdown(&view.footer))
}

pub(super) fn list(facts: &[(String, String)]) -> String {
    facts
        .iter()
        .fold(String::new(), |text, (name, value)| text + &format!("- **{}:** {}\n", markdown(name), markdown(value)))
}

pub(super) fn bullets(sentences: &[String]) -> String {
    sentences.iter().fold(String::new(), |text, sentence| text + &format!("- {}\n", markdown(sentence)))
}

fn finding_blocks(finding: &FindingView) -> Vec<String> {
    let mut blocks = vec![list(&finding.facts)];
    blocks.push(format!("{}\n", markdown(&finding.summary)));
    blocks.push(format!("**Impact**\n\n{}", bullets(&finding.impact)));
    let mut commands = "### Do now\n".to_owned();
    for action in &finding.actions {
        commands.push_str(&format!("\n**{}**\n", markdown(&action.line)));
        if !action.command.is_empty() {
            let fence = fence(&action.command);
            commands.push_str(&format!("\n{fence}sh\n{}\n{fence}\n", action.command));
        }
        if !action.notes.is_empty() {
            commands.push_str(&format!("\n{}", bullets(&action.notes)));
        }
    }
    blocks.push(commands);
    blocks.push(format!("### Why\n\n{}", bullets(&finding.why)));
    let mut chain = "### Evidence\n".to_owned();
    for link in &finding.chain {
        chain.push_str(&format!("\n- **{}**", markdown(&link.line)));
        if !link.join.is_empty() {
            chain.push_str(&format!("  \n  {}", markdown(&link.join)));
        }
        chain.push('\n');
        for (place, lines) in &link.evidence {
            let text = lines.join("\n  ");
            let fence = fence(&text);
            chain.push_str(&format!("\n  {}\n\n  {fence}text\n  {text}\n  {fence}\n", markdown(place)));
        }
    }
    blocks.push(chain);
    if !finding.weighing.is_empty() {
        blocks.push(bullets(&finding.weighing));
    }
    blocks
}

fn rest(view: &View) -> Vec<String> {
    let mut blocks = Vec::new();
    if !view.others.is_empty() {
        let more = if view.others_left_out > 0 { format!("- {} more\n", view.others_left_out) } else { String::new() };
        blocks.push(format!("### Also found\n\n{}{more}", bullets(&view.others)));
    }
    if !view.suppressed.is_empty() {
        blocks.push(format!("### Suppressed by the ignore file\n\n{}", bullets(&view.suppressed)));
    }
    if !view.ruled_out.is_empty() {
        let lines: Vec<String> = view.ruled_out.iter().map(|(what, why)| format!("{what}: no, {why}")).collect();
        blocks.push(format!("### Ruled out\n\n{}", bullets(&lines)));
    }
    if !view.notices.is_empty() {
        let lines: Vec<String> =
            view.notices.iter().map(|(code, message, effect, _)| format!("{code}: {message}; {effect}")).collect();
        let command = view.notices.iter().find(|(_, _, _, command)| !command.is_empty()).map_or_else(
            String::new,
            |(_, _, _, command)| {
                let fence = fence(command);
                format!("\nA complete export:\n\n{fence}sh\n{command}\n{fence}\n")
            },
        );
        blocks.push(format!("### What these files lack\n\n{}{command}", bullets(&lines)));
    }
    for one in view.tables.iter().filter(|table| !table.rows.is_empty()) {
        let folded = matches!(one.title.as_str(), "Clusters" | "Checks" | "Deployments");
        let drawn = table(one);
        let states = if one.title == "Revisions" && !view.states.is_empty() {
            format!("\n{}", bullets(&view.states))
        } else {
            String::new()
        };
        blocks.push(if folded {
            format!("<details><summary>{}</summary>\n\n{drawn}\n</details>\n", markdown(&one.title))
        } else {
            format!("### {}\n\n{drawn}{states}", markdown(&one.title))
        });
    }
    blocks
}

pub(super) fn table(table: &Table) -> String {
    let mut text = format!("| {} |\n|{}\n", table.columns.join(" | "), " --- |".repeat(table.columns.len()));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| markdown(cell)).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if !table.note.is_empty() {
        text.push_str(&format!("\n{}\n", markdown(&table.note)));
    }
    text
}
