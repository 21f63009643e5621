//! The comparison for a terminal: the verdict, both sides, every gate with what was seen and what it needs.

use std::io::{self, Write};

use super::super::Options;
use super::super::text::{BOLD, DIM, GREEN, Page, RED, YELLOW};
use super::{CanaryView, View};
use crate::model::canary::{CanaryVerdict, GateStatus};

pub(super) fn write(view: &View, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, width: usize::from(options.width), color: options.color, full: options.full };
    if view.canaries.is_empty() {
        page.prose("", "", "No canary: nothing in these files compares two revisions of a service", BOLD)?;
    }
    for (number, canary) in view.canaries.iter().enumerate() {
        if number > 0 {
            page.blank()?;
        }
        write_one(&mut page, canary)?;
    }
    if !view.without.is_empty() {
        page.heading("Without a canary")?;
        for line in &view.without {
            page.prose("  - ", "    ", line, "")?;
        }
    }
    page.blank()?;
    page.prose("", "", &view.footer, DIM)
}

fn write_one(page: &mut Page<'_>, canary: &CanaryView) -> io::Result<()> {
    let paint = match canary.verdict {
        CanaryVerdict::Promote => GREEN,
        CanaryVerdict::Inconclusive | CanaryVerdict::Hold => YELLOW,
        CanaryVerdict::Rollback => RED,
    };
    page.prose("", "", &canary.headline, &format!("{BOLD}{paint}"))?;
    page.facts(&canary.facts)?;
    page.table(&canary.sides)?;
    page.heading("Gates")?;
    for gate in &canary.gates {
        let paint = match gate.status {
            GateStatus::Pass => GREEN,
            GateStatus::Fail => RED,
            GateStatus::NotJudged => YELLOW,
        };
        page.prose(&format!("  {} ", gate.word), "       ", &format!("{}: {}", gate.name, gate.actual), paint)?;
        page.prose("       ", "       ", &format!("needed: {}", gate.needed), "")?;
        page.prose("       ", "       ", &gate.why, DIM)?;
    }
    if !canary.notes.is_empty() {
        page.heading("Notes")?;
        for note in &canary.notes {
            page.prose("  - ", "    ", note, "")?;
        }
    }
    if !canary.actions.is_empty() {
        page.heading("What to type now")?;
        for action in &canary.actions {
            page.action(action)?;
        }
    }
    if !canary.evidence.is_empty() {
        page.heading("Evidence")?;
        for (place, lines) in &canary.evidence {
            page.prose("  - ", "    ", place, DIM)?;
            for line in lines {
                page.prose("    > ", "    > ", line, "")?;
            }
        }
    }
    Ok(())
}
