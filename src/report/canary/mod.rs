//! The comparison of a canary as text, Markdown or JSON.
//!
//! In: a [`CanaryReport`]. Out: bytes. This file computes every string once; `text` and `markdown` lay them out.

mod markdown;
mod text;

use std::io::{self, Write};

use super::view::{ActionView, Table, action, clean, quote, range};
use super::{Options, PlainFormat, json};
use crate::model::canary::{Canary, CanaryReport, CanaryVerdict, Gate, GateStatus, Side};

/// Writes the comparison.
pub fn render(report: &CanaryReport, format: PlainFormat, options: Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        PlainFormat::Text => text::write(&view(report), options, out),
        PlainFormat::Markdown => markdown::write(&view(report), out),
        PlainFormat::Json => json::write(report, out),
    }
}

/// Everything a person reads.
struct View {
    canaries: Vec<CanaryView>,
    /// Services without a canary.
    without: Vec<String>,
    footer: String,
}

struct CanaryView {
    verdict: CanaryVerdict,
    headline: String,
    facts: Vec<(String, String)>,
    sides: Table,
    gates: Vec<GateView>,
    notes: Vec<String>,
    evidence: Vec<(String, Vec<String>)>,
    actions: Vec<ActionView>,
}

struct GateView {
    status: GateStatus,
    /// `pass`, `FAIL` or `open`: also told apart without colour.
    word: &'static str,
    name: String,
    actual: String,
    needed: String,
    why: String,
}

fn view(report: &CanaryReport) -> View {
    let without = report
        .without
        .iter()
        .map(|one| format!("{}: no canary, {}", clean(&one.service), clean(&one.reason)))
        .collect();
    let stages: Vec<String> = report.limits.stages.iter().map(ToString::to_string).collect();
    View {
        canaries: report.canaries.iter().map(canary_view).collect(),
        without,
        footer: format!("{} {}; stages {} %", report.generator.name, report.generator.version, stages.join(", ")),
    }
}

fn canary_view(canary: &Canary) -> CanaryView {
    let word = match canary.verdict {
        CanaryVerdict::Promote => "Promote",
        CanaryVerdict::Inconclusive => "Inconclusive",
        CanaryVerdict::Hold => "Hold",
        CanaryVerdict::Rollback => "Roll back",
    };
    let share = |side: &Side| {
        let own = canary.split.iter().find(|share| share.revision == side.revision);
        own.map_or_else(String::new, |share| format!(", {} % of the traffic", share.percent))
    };
    let mut facts = vec![
        ("Service".to_owned(), clean(&canary.service)),
        ("Candidate".to_owned(), format!("{}{}", clean(&canary.candidate.revision), share(&canary.candidate))),
        ("Baseline".to_owned(), format!("{}{}", clean(&canary.baseline.revision), share(&canary.baseline))),
        ("Window".to_owned(), format!("{} (known by: {})", range(canary.from, canary.to), canary.basis)),
    ];
    if let Some(next) = canary.next_stage.filter(|_| canary.ended.is_none()) {
        facts.push(("Next".to_owned(), format!("{next} %")));
    }
    CanaryView {
        verdict: canary.verdict,
        headline: format!("{word}: {}", clean(&format!("{}: {}", canary.candidate.revision, canary.reason))),
        facts,
        sides: sides(canary),
        gates: canary.gates.iter().map(gate_view).collect(),
        notes: canary.notes.iter().map(|note| clean(note)).collect(),
        evidence: canary.evidence.iter().map(quote).collect(),
        actions: canary.actions.iter().map(action).collect(),
    }
}

fn gate_view(gate: &Gate) -> GateView {
    GateView {
        status: gate.status,
        word: match gate.status {
            GateStatus::Pass => "pass",
            GateStatus::Fail => "FAIL",
            GateStatus::NotJudged => "open",
        },
        name: gate.name.clone(),
        actual: clean(&gate.actual),
        needed: clean(&gate.needed),
        why: clean(&gate.why),
    }
}

fn sides(canary: &Canary) -> Table {
    let latency = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
    let row = |role: &str, side: &Side| {
        vec![
            role.to_owned(),
            side.requests.to_string(),
            side.errors_app.to_string(),
            side.errors_platform.to_string(),
            side.refused.to_string(),
            side.client_errors.to_string(),
            latency(side.latency_p50_ms),
            latency(side.latency_p95_ms),
            latency(side.latency_p99_ms),
            format!("{} of {}", side.instances_failed, side.instances),
        ]
    };
    Table {
        title: "In the window".to_owned(),
        columns: vec!["", "reqs", "5xx app", "5xx plat", "429", "4xx", "p50 ms", "p95", "p99", "failed inst"],
        rows: vec![row("candidate", &canary.candidate), row("baseline", &canary.baseline)],
        note: String::new(),
    }
}
