//! From the gates to one word.
//!
//! The worst consequence of a failed gate wins; without a failed gate, one that was not judged makes the
//! verdict inconclusive. Nobody is sent back to a revision that has not shown that it is well.

use crate::model::canary::{CanaryVerdict, Gate, GateStatus};

use super::gates::{Case, percent};
use super::pair::Basis;

/// Answered requests from which the baseline has shown that it serves.
const SERVED_MIN: u64 = 3;

/// A difference of 4xx smaller than this is not worth a word.
const CLIENT_ERRORS_POINTS: f64 = 0.05;

/// The verdict, and why in one sentence.
pub(super) fn verdict(case: &Case<'_>, gates: &[Gate]) -> (CanaryVerdict, String) {
    let failed: Vec<&Gate> = gates.iter().filter(|gate| gate.status == GateStatus::Fail).collect();
    let worst = failed.iter().map(|gate| gate.on_failure).max();
    let told = |verdict: CanaryVerdict| {
        let reasons: Vec<String> = failed
            .iter()
            .filter(|gate| gate.on_failure == verdict)
            .map(|gate| format!("{}: {}", gate.name, gate.actual))
            .collect();
        reasons.join("; ")
    };
    match worst {
        Some(CanaryVerdict::Rollback) => match baseline_doubt(case) {
            None => (CanaryVerdict::Rollback, told(CanaryVerdict::Rollback)),
            Some(doubt) => (CanaryVerdict::Hold, format!("{}; but {doubt}", told(CanaryVerdict::Rollback))),
        },
        Some(verdict) => (verdict, told(verdict)),
        None => {
            let open: Vec<String> = gates
                .iter()
                .filter(|gate| gate.status == GateStatus::NotJudged)
                .map(|gate| format!("{}: {}", gate.name, gate.why))
                .collect();
            if open.is_empty() {
                (CanaryVerdict::Promote, "every gate is passed".to_owned())
            } else {
                (CanaryVerdict::Inconclusive, open.join("; "))
            }
        }
    }
}

/// Why the baseline is no target to go back to; `None` where it has shown that it is well, or much better.
fn baseline_doubt(case: &Case<'_>) -> Option<String> {
    let (name, errors) = (&case.baseline.revision, case.baseline.errors());
    if case.baseline.ready == Some(false) {
        return Some(format!("{name} is not ready"));
    }
    if case.baseline.succeeded() < SERVED_MIN {
        return Some(format!("nothing in the window shows that {name} is well"));
    }
    let own = case.candidate.errors();
    let much_better = |ours: f64, theirs: f64| theirs * 2.0 <= ours;
    let errors_well = errors.rate() <= case.limits.error_rate || much_better(own.rate(), errors.rate());
    let crashed = (case.candidate.crashed(), case.baseline.crashed());
    let instances_well = crashed.1.failed == 0 || much_better(crashed.0.rate(), crashed.1.rate());
    (!errors_well || !instances_well).then(|| {
        format!(
            "{name} fails as well ({} of requests, {} of instances)",
            percent(errors.rate()),
            percent(crashed.1.rate())
        )
    })
}

/// What else a reader should know.
pub(super) fn notes(case: &Case<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let pair = case.pair;
    if let Some(ended) = &pair.ended {
        notes.push(format!("the split is over: {ended}"));
    }
    match pair.basis {
        Basis::Requests => notes.push(
            "no entry or document says how traffic is split; that both revisions answered at once is all that is known"
                .to_owned(),
        ),
        Basis::Tag => notes.push(format!(
            "{} has a tag and no share of the traffic: only a share of real requests can prove it",
            pair.candidate
        )),
        Basis::Named if !pair.aligned => notes.push(
            "the two did not serve in the same window: what differs may be the time of day and not the revision"
                .to_owned(),
        ),
        Basis::Named | Basis::Split => {}
    }
    if let Some(client) = case.comparison.client_errors
        && client.is_worse(case.limits)
        && client.difference.value >= CLIENT_ERRORS_POINTS
    {
        notes.push(format!(
            "the candidate answers 4xx more often ({} against {}): it counts as no failure, but a route or a permission may be missing",
            percent(client.candidate.rate()),
            percent(client.baseline.rate())
        ));
    }
    let slot = case.candidate.slot_seconds.max(case.baseline.slot_seconds);
    if slot > 60 {
        notes.push(format!(
            "the files cover so much time that requests are counted by {} minutes; --from and --to give a sharper window",
            slot / 60
        ));
    }
    let aside = case.candidate.outcomes.set_aside + case.baseline.outcomes.set_aside;
    if aside > 0 {
        notes.push(format!(
            "{aside} requests are left out: health checks, long connections at their time limit, or a tag's address"
        ));
    }
    notes
}
