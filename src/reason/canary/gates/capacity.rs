//! Are requests refused for lack of an instance on the candidate only?
//!
//! The service's minimum and maximum are divided among the revisions that have a share, so a canary may run
//! short by its share alone: a reason to wait, not a defect of the revision.

use super::{Case, counted, open};
use crate::model::canary::{Gate, GateStatus};
use crate::stats::p_text;

pub(super) fn gate(case: &Case<'_>) -> Gate {
    let needed = format!("not refused (429) more often than by the baseline, at p < {}", case.limits.significance);
    let Some(refused) = case.comparison.refused else {
        let own = case.candidate.outcomes.refused;
        let mut gate = open("capacity", needed, format!("{own} refused; nothing to compare"));
        if own == 0 && case.candidate.outcomes.requests > 0 {
            gate.status = GateStatus::Pass;
            "no request was refused".clone_into(&mut gate.why);
        } else {
            "one of the two answered no request in the window".clone_into(&mut gate.why);
        }
        return gate;
    };
    let actual = format!("{} against {}", counted(refused.candidate), counted(refused.baseline));
    let mut gate = open("capacity", needed, actual);
    gate.actual_value = Some(refused.difference.value);
    gate.test = Some(refused.test());
    let p = p_text(refused.p_adjusted);
    if refused.is_worse(case.limits) && refused.difference.value >= case.margin() {
        gate.status = GateStatus::Fail;
        gate.why = format!(
            "only a share of the service's maximum instances is the candidate's: raise it before the next stage ({p})"
        );
    } else {
        gate.status = GateStatus::Pass;
        gate.why = format!("no more than by the baseline ({p})");
    }
    gate
}
