//! Does the share of requests that end in 5xx stay below the limit, provably?

use super::{Case, counted, errors_are_worse, open, percent};
use crate::model::canary::{CanaryVerdict, Gate, GateStatus};
use crate::stats::CONFIDENCE;
use crate::stats::proportion::{exact_lower, exact_upper, wilson};
use crate::stats::rule_of_three::units_needed_at;

pub(super) fn gate(case: &Case<'_>) -> Gate {
    let (errors, limit) = (case.candidate.errors(), case.limits.error_rate);
    let confidence = case.limits.confidence;
    let interval = wilson(errors, CONFIDENCE);
    let mut gate = open(
        "error-rate",
        format!("≤ {} of requests end in 5xx, with {} confidence", percent(limit), case.confidence()),
        counted(errors),
    );
    (gate.needed_value, gate.actual_value) = (Some(limit), Some(errors.rate()));
    if errors.all == 0 {
        "the candidate answered no request of a user in the window".clone_into(&mut gate.actual);
        "nothing to judge".clone_into(&mut gate.why);
        return gate;
    }
    let upper = exact_upper(errors, confidence);
    let is_worse = errors_are_worse(case);
    let interval = format!("95 % interval {} to {}", percent(interval.low), percent(interval.high));
    if upper <= limit {
        gate.status = GateStatus::Pass;
        gate.why = format!("at most {} with {} confidence", percent(upper), case.confidence());
    } else if errors.rate() > limit && (is_worse || exact_lower(errors, confidence) > limit) {
        gate.status = GateStatus::Fail;
        let baseline = case.baseline.errors();
        gate.why = if is_worse {
            gate.on_failure = CanaryVerdict::Rollback;
            format!("above the limit ({interval}), and more than the baseline fails in the same window")
        } else if case.comparison.errors_app.is_none() {
            format!("above the limit ({interval}), but no baseline served in the same window to compare with")
        } else if baseline.rate() > limit {
            format!(
                "above the limit ({interval}), but the baseline fails too, {}: a rollback would not help",
                counted(baseline)
            )
        } else {
            format!("above the limit ({interval}), but not proven to be more than the baseline's {}", counted(baseline))
        };
    } else {
        gate.why = match units_needed_at(errors, limit, confidence) {
            Some(units) => {
                format!("up to {} is possible; at this rate {units} requests would prove it", percent(upper))
            }
            None => format!("above the limit, but chance is not excluded: up to {} is possible", percent(upper)),
        };
    }
    gate
}
