//! Is the candidate slower as a whole? Mann–Whitney's test with Cliff's δ: with many requests every
//! difference is significant, so the effect decides.

use super::{Case, open};
use crate::model::canary::{Gate, GateStatus};
use crate::stats::mann_whitney::NEGLIGIBLE_DELTA;
use crate::stats::p_text;

pub(super) fn gate(case: &Case<'_>) -> Gate {
    let name = "latency-against-baseline";
    let (shift, significance) = (case.limits.latency_shift, case.limits.significance);
    let needed = format!("no shift of Cliff's δ ≥ {shift}, at p < {significance}");
    let Some(found) = case.comparison.latencies else {
        let mut gate = open(name, needed, "nothing to compare".to_owned());
        gate.why = if case.pair.aligned {
            "one of the two has no answered request with a latency in the window".to_owned()
        } else {
            "the two did not serve in the same window".to_owned()
        };
        return gate;
    };
    let median = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms"));
    let medians = (median(case.candidate.latency_ms(0.5)), median(case.baseline.latency_ms(0.5)));
    let test = found.test;
    let mut gate = open(name, needed, format!("δ {:+.2}; median {} against {}", test.delta, medians.0, medians.1));
    (gate.needed_value, gate.actual_value) = (Some(shift), Some(test.delta));
    gate.test = Some(found.test());
    let numbers = format!(
        "an answer of the candidate is slower in {:.0} % of pairs, Mann–Whitney's {} after Holm's correction",
        test.superiority * 100.0,
        p_text(found.p_adjusted)
    );
    let is_shifted = found.p_adjusted < significance && test.delta >= shift;
    gate.status = if is_shifted { GateStatus::Fail } else { GateStatus::Pass };
    let word = if is_shifted {
        "slower as a whole"
    } else if found.p_adjusted < significance && test.delta >= NEGLIGIBLE_DELTA {
        "a little slower"
    } else {
        "not slower"
    };
    gate.why = format!("{word}: {numbers}");
    gate
}
