//! The comparison for a pull request or ticket. Log text stands in fences or is escaped.

use std::io::{self, Write};

use super::super::escape::{fence, markdown};
use super::super::markdown::{bullets, list, table};
use super::{CanaryView, View};

pub(super) fn write(view: &View, out: &mut dyn Write) -> io::Result<()> {
    if view.canaries.is_empty() {
        writeln!(out, "## No canary\n\nNothing in these files compares two revisions of a service.\n")?;
    }
    for canary in &view.canaries {
        write_one(canary, out)?;
    }
    if !view.without.is_empty() {
        writeln!(out, "### Without a canary\n\n{}", bullets(&view.without))?;
    }
    writeln!(out, "_{}_", markdown(&view.footer))
}

fn write_one(canary: &CanaryView, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n\n{}", markdown(&canary.headline), list(&canary.facts))?;
    writeln!(out, "### Gates\n\n| gate | status | seen | needed | why |\n| --- | --- | --- | --- | --- |")?;
    for gate in &canary.gates {
        let cells = [&gate.name, gate.word, &gate.actual, &gate.needed, &gate.why].map(markdown);
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out, "\n### {}\n\n{}", canary.sides.title, table(&canary.sides))?;
    if !canary.notes.is_empty() {
        writeln!(out, "### Notes\n\n{}", bullets(&canary.notes))?;
    }
    if !canary.actions.is_empty() {
        writeln!(out, "### Do now\n")?;
    }
    for action in &canary.actions {
        writeln!(out, "**{}**\n", markdown(&action.line))?;
        if !action.command.is_empty() {
            let fence = fence(&action.command);
            writeln!(out, "{fence}sh\n{}\n{fence}\n", action.command)?;
        }
        if !action.notes.is_empty() {
            writeln!(out, "{}", bullets(&action.notes))?;
        }
    }
    if !canary.evidence.is_empty() {
        writeln!(out, "### Evidence\n")?;
        for (place, lines) in &canary.evidence {
            let text = lines.join("\n  ");
            let fence = fence(&text);
            writeln!(out, "- {}\n\n  {fence}text\n  {text}\n  {fence}\n", markdown(place))?;
        }
    }
    Ok(())
}
