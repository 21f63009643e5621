//! Did instances of the candidate crash, run out of memory or fail to start?
//!
//! One such failure that the baseline does not share outweighs any rate at few requests.

use super::{Case, open};
use crate::model::canary::{CanaryVerdict, Gate, GateStatus};
use crate::reason::canary::sample::{Kind, Sample};
use crate::stats::fisher::two_sided;
use crate::stats::p_text;

/// Name of the gate.
pub(super) const NAME: &str = "platform-failures";

pub(super) fn gate(case: &Case<'_>) -> Gate {
    let (candidate, baseline) = (case.candidate.crashed(), case.baseline.crashed());
    let mut gate = open(NAME, "no instance of the candidate fails".to_owned(), told(case.candidate));
    (gate.needed_value, gate.actual_value) = (Some(0.0), Some(crate::stats::number(candidate.failed)));
    if case.candidate.ready == Some(false) {
        gate.status = GateStatus::Fail;
        gate.on_failure = CanaryVerdict::Rollback;
        gate.why = format!("the platform never called {} ready", case.candidate.revision);
        return gate;
    }
    if candidate.failed == 0 {
        if case.system_missing {
            "no instance is seen to fail, but the platform's own log is not in the files".clone_into(&mut gate.why);
        } else if candidate.all == 0 {
            "no instance of the candidate is in the window".clone_into(&mut gate.why);
        } else {
            gate.status = GateStatus::Pass;
            gate.why = format!("baseline: {}", told(case.baseline));
        }
        return gate;
    }
    gate.status = GateStatus::Fail;
    if baseline.failed == 0 {
        gate.on_failure = CanaryVerdict::Rollback;
        gate.why = format!("instances of the candidate fail and none of the baseline (0 of {}) does", baseline.all);
        return gate;
    }
    let p = two_sided(candidate, baseline);
    let compared = format!("baseline: {}; Fisher's {}", told(case.baseline), p_text(p));
    if p < case.limits.significance && candidate.rate() > baseline.rate() {
        gate.on_failure = CanaryVerdict::Rollback;
        gate.why = format!("instances of the candidate fail more often ({compared})");
    } else {
        gate.why = format!("instances of both fail, so it need not be the candidate's doing ({compared})");
    }
    gate
}

/// `2 of 3 instances failed (1 ran out of memory, 1 crashed)`.
fn told(sample: &Sample) -> String {
    let crashed = sample.crashed();
    let kinds: Vec<String> = [Kind::Memory, Kind::Startup, Kind::Crash]
        .into_iter()
        .map(|kind| (kind, sample.failures.iter().filter(|seen| **seen == kind).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.phrase()))
        .collect();
    let head = format!(
        "{} of {} {} failed",
        crashed.failed,
        crashed.all,
        if crashed.all == 1 { "instance" } else { "instances" }
    );
    if kinds.is_empty() { head } else { format!("{head} ({})", kinds.join(", ")) }
}
