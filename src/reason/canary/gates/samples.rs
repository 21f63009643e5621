//! Are there enough requests to tell? No failure in n requests bounds the error rate at 3/n.

use super::{Case, open};
use crate::model::Timestamp;
use crate::model::canary::{Gate, GateStatus};
use crate::model::time::human_duration;
use crate::stats::number;
use crate::stats::rule_of_three::{units_needed, units_needed_at};

pub(super) fn gate(case: &Case<'_>) -> Gate {
    let (candidate, baseline) = (case.candidate.errors(), case.baseline.errors());
    let limits = case.limits;
    let by_rule = units_needed(limits.error_rate, limits.confidence);
    let needed = limits.min_requests.unwrap_or(by_rule);
    let needed_of_baseline = limits.min_baseline_requests;
    let rule = if limits.min_requests.is_none() { " (rule of three)" } else { "" };
    let mut gate = open(
        "samples",
        format!("≥ {needed} requests of the candidate{rule}, ≥ {needed_of_baseline} of the baseline"),
        format!("{} of the candidate, {} of the baseline", candidate.all, baseline.all),
    );
    (gate.needed_value, gate.actual_value) = (Some(number(needed)), Some(number(candidate.all)));
    if candidate.all >= needed && baseline.all >= needed_of_baseline {
        gate.status = GateStatus::Pass;
        "enough to judge the error rate".clone_into(&mut gate.why);
        return gate;
    }
    if candidate.all >= needed {
        "the baseline answered too few requests in the window to say what is normal".clone_into(&mut gate.why);
        return gate;
    }
    let wanted = units_needed_at(candidate, limits.error_rate, limits.confidence).unwrap_or(needed).max(needed);
    gate.why = format!("{} more requests of the candidate are needed", wanted - candidate.all);
    let seconds = Timestamp(case.pair.to).seconds_since(Timestamp(case.pair.from));
    if candidate.all > 0 && seconds >= 60.0 {
        let more = number(wanted - candidate.all) * seconds / number(candidate.all);
        gate.why.push_str(&format!(": about {} at its present rate", human_duration(more.max(60.0))));
    }
    gate
}
