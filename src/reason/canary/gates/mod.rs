//! The gates, one a file, in the order of how much they tell: platform failures, samples, errors, latency.
//!
//! A gate passes only on proof, fails only on proof, and is not judged otherwise.

mod capacity;
mod error_rate;
mod errors_against_baseline;
mod latency_against_baseline;
mod latency_p95;
mod platform_failures;
mod samples;

use super::compare::Comparison;
use super::pair::Pair;
use super::sample::Sample;
use crate::model::canary::{CanaryVerdict, Gate, GateStatus, Limits};
use crate::stats::fisher::Group;
use crate::stats::rounded;

/// Everything a gate may look at.
pub(super) struct Case<'a> {
    pub(super) candidate: &'a Sample,
    pub(super) baseline: &'a Sample,
    pub(super) comparison: &'a Comparison,
    pub(super) limits: &'a Limits,
    pub(super) pair: &'a Pair,
    /// Why rates of requests would lie; `None` where they may be taken.
    pub(super) requests_unusable: Option<String>,
    /// Whether the platform's own log is missing.
    pub(super) system_missing: bool,
}

impl Case<'_> {
    /// A candidate that fails more than the baseline by a smaller share of requests is as good as it.
    fn margin(&self) -> f64 {
        self.limits.error_rate * self.limits.margin
    }

    /// The confidence of bounds, in per cent: `95 %`.
    fn confidence(&self) -> String {
        whole_percent(self.limits.confidence)
    }
}

/// Judges every gate.
pub(super) fn all(case: &Case<'_>) -> Vec<Gate> {
    let mut gates = vec![
        platform_failures::gate(case),
        samples::gate(case),
        error_rate::gate(case),
        errors_against_baseline::application(case),
        errors_against_baseline::platform(case),
        latency_p95::gate(case),
        latency_against_baseline::gate(case),
        capacity::gate(case),
    ];
    for gate in &mut gates {
        gate.needed_value = gate.needed_value.map(rounded);
        gate.actual_value = gate.actual_value.map(rounded);
    }
    if let Some(why) = &case.requests_unusable {
        for gate in gates.iter_mut().filter(|gate| gate.name != platform_failures::NAME) {
            gate.status = GateStatus::NotJudged;
            gate.why.clone_from(why);
        }
    }
    gates
}

/// Whether requests of the candidate fail more often than those of the baseline, by more than chance and by
/// more than a little.
pub(super) fn errors_are_worse(case: &Case<'_>) -> bool {
    let margin = case.margin();
    [&case.comparison.errors_app, &case.comparison.errors_platform]
        .into_iter()
        .flatten()
        .any(|shares| shares.is_worse(case.limits) && shares.difference.value >= margin)
}

/// A gate without a verdict yet.
fn open(name: &str, needed: String, actual: String) -> Gate {
    Gate {
        name: name.to_owned(),
        needed,
        actual,
        needed_value: None,
        actual_value: None,
        status: GateStatus::NotJudged,
        on_failure: CanaryVerdict::Hold,
        why: String::new(),
        test: None,
    }
}

/// `3 of 412 (0.73 %)`.
fn counted(group: Group) -> String {
    format!("{} of {} ({})", group.failed, group.all, percent(group.rate()))
}

/// A chosen share in per cent as it was chosen: `95 %`, `99.5 %`.
fn whole_percent(share: f64) -> String {
    format!("{} %", rounded(share * 100.0))
}

/// A share in per cent with two significant digits at least.
pub(super) fn percent(share: f64) -> String {
    let value = share * 100.0;
    match value.abs() {
        a if a == 0.0 || a >= 99.95 => format!("{value:.0} %"),
        a if a >= 10.0 => format!("{value:.1} %"),
        a if a >= 0.1 => format!("{value:.2} %"),
        a if a >= 0.001 => format!("{value:.4} %"),
        _ => format!("{value:.1e} %"),
    }
}
