//! Do two stretches of time see events at the same rate?
//!
//! In: counts, each with its exposure (time observed, or requests). Out: the exact conditional test: given
//! all events, those of the first stretch are binomial with the share of its exposure (J. Przyborowski and
//! H. Wilenski, 1940), with the rate ratio and its Clopper–Pearson interval; what R's `poisson.test` gives.

use super::fisher::Group;
use super::mass::{binomial_at_least, binomial_at_most, first_step, ln_binomial};
use super::proportion::clopper_pearson;
use super::{Estimate, number};

/// As in [`super::fisher`]: equally probable outcomes must not be told apart by rounding.
const EQUAL_WITHIN: f64 = 1e-7;

/// Events of one stretch and what they were seen over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Events.
    pub events: u64,
    /// Exposure, above zero, in any unit that both stretches share.
    pub exposure: f64,
}

/// What the comparison of two rates says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Two-sided p-value for "the rates are equal".
    pub p: f64,
    /// Rate of the first over that of the second; the upper end is infinite where the second has no event.
    pub ratio: Estimate,
}

/// Compares two rates. `None` where an exposure is not above zero (nothing was observed) or no event was seen.
pub fn compare(a: Rate, b: Rate, confidence: f64) -> Option<Comparison> {
    let is_observed = |rate: Rate| rate.exposure.is_finite() && rate.exposure > 0.0;
    let all = a.events.saturating_add(b.events);
    if !is_observed(a) || !is_observed(b) || all == 0 {
        return None;
    }
    let share = a.exposure / (a.exposure + b.exposure);
    let of_a = clopper_pearson(Group::new(a.events, all), confidence);
    let ratio = |share: f64| if share >= 1.0 { f64::INFINITY } else { share / (1.0 - share) * b.exposure / a.exposure };
    let value = number(a.events) / a.exposure / (number(b.events) / b.exposure);
    Some(Comparison {
        p: binomial_two_sided(a.events, all, share),
        ratio: Estimate { value, low: ratio(of_a.low), high: ratio(of_a.high) },
    })
}

/// Two-sided binomial test by minimum likelihood.
pub fn binomial_two_sided(k: u64, n: u64, p: f64) -> f64 {
    let limit = ln_binomial(k, n, p) + EQUAL_WITHIN;
    let improbable = |i: u64| ln_binomial(i, n, p) <= limit;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and n")]
    let mode = (((number(n) + 1.0) * p).floor().max(0.0) as u64).min(n);
    let up = first_step(n - mode + 1, |step| improbable(mode + step));
    let down = first_step(mode + 1, |step| improbable(mode - step));
    if up + down <= 1 {
        return 1.0;
    }
    let above = if up > n - mode { 0.0 } else { binomial_at_least(mode + up, n, p) };
    let below = if down > mode { 0.0 } else { binomial_at_most(mode - down, n, p) };
    (above + below).clamp(0.0, 1.0)
}
