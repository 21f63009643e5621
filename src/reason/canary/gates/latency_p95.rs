//! Does the 95th percentile of latency stay below the limit, provably?
//!
//! It lies above the limit exactly where more than 5 % of answers are slower than it, and that share has exact
//! bounds: no assumption about the shape of latencies is needed.

use super::{Case, counted, open};
use crate::model::canary::{CanaryVerdict, Gate, GateStatus};
use crate::stats::proportion::{exact_lower, exact_upper};

/// Share of answers that may be slower than the 95th percentile.
const SLOW_SHARE: f64 = 0.05;

pub(super) fn gate(case: &Case<'_>) -> Gate {
    let (limit, confidence) = (case.limits.latency_p95_ms, case.limits.confidence);
    let slow = case.candidate.slow(case.limits);
    let p95 = case.candidate.latency_ms(0.95);
    let mut gate = open(
        "latency-p95",
        format!("p95 ≤ {limit} ms, with {} confidence", case.confidence()),
        p95.map_or_else(
            || "no answered request with a latency".to_owned(),
            |p95| format!("p95 {p95:.0} ms; {} slower than {limit} ms", counted(slow)),
        ),
    );
    (gate.needed_value, gate.actual_value) = (Some(limit), p95);
    gate.test = case.comparison.slow.map(|shares| shares.test());
    if slow.all == 0 {
        "nothing to judge".clone_into(&mut gate.why);
        return gate;
    }
    let baseline = case.baseline.latency_ms(0.95).map_or_else(|| "unknown".to_owned(), |p95| format!("{p95:.0} ms"));
    if exact_upper(slow, confidence) <= SLOW_SHARE {
        gate.status = GateStatus::Pass;
        gate.why = format!(
            "fewer than 5 % of answers are slower, with {} confidence; baseline p95 {baseline}",
            case.confidence()
        );
    } else if exact_lower(slow, confidence) > SLOW_SHARE {
        gate.status = GateStatus::Fail;
        let is_worse = case.comparison.slow.is_some_and(|shares| {
            shares.is_worse(case.limits) && shares.difference.value >= SLOW_SHARE * case.limits.margin
        });
        if is_worse {
            gate.on_failure = CanaryVerdict::Rollback;
            gate.why = format!("slower than the limit, and slower than the baseline (p95 {baseline})");
        } else {
            gate.why = format!(
                "slower than the limit, but not proven slower than the baseline (p95 {baseline}): the limit may not fit this service"
            );
        }
    } else {
        gate.why = format!("too few answers to place the 95th percentile; baseline p95 {baseline}");
    }
    gate
}
