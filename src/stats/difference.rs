//! How different two shares are: risk difference and odds ratio, with intervals.
//!
//! In: two groups. Out: the difference of their failed shares with Newcombe's hybrid score interval
//! (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10), and the odds ratio with the logit interval.

use super::fisher::Group;
use super::proportion::wilson;
use super::{Estimate, number, z_of};

/// `rate(a) − rate(b)` with its interval inside −1..1; the whole of it where a group is empty.
pub fn risk(a: Group, b: Group, confidence: f64) -> Estimate {
    if a.all == 0 || b.all == 0 {
        return Estimate { value: a.rate() - b.rate(), low: -1.0, high: 1.0 };
    }
    let (of_a, of_b) = (wilson(a, confidence), wilson(b, confidence));
    let value = of_a.value - of_b.value;
    let below = (of_a.value - of_a.low).hypot(of_b.high - of_b.value);
    let above = (of_a.high - of_a.value).hypot(of_b.value - of_b.low);
    Estimate { value, low: (value - below).max(-1.0), high: (value + above).min(1.0) }
}

/// Odds of failing in `a` over those in `b`. Where a cell is zero, a half is added to each (Haldane and
/// Anscombe), so that the ratio and its interval stay finite.
pub fn odds_ratio(a: Group, b: Group, confidence: f64) -> Estimate {
    let cells = [a.failed, a.all - a.failed, b.failed, b.all - b.failed];
    let half = if cells.contains(&0) { 0.5 } else { 0.0 };
    let [a_failed, a_well, b_failed, b_well] = cells.map(|cell| number(cell) + half);
    let value = (a_failed * b_well) / (a_well * b_failed);
    let error = (1.0 / a_failed + 1.0 / a_well + 1.0 / b_failed + 1.0 / b_well).sqrt();
    let reach = (z_of(confidence) * error).exp();
    Estimate { value, low: value / reach, high: value * reach }
}
