//! One-sided: did a rate rise or fall, and how much has to be seen before nothing means something. Exact tests.

use statrs::distribution::{Binomial, DiscreteCDF};

/// Below this probability a difference is not taken for chance.
pub const SIGNIFICANCE: f64 = 0.05;

/// A count, and over how much of what it was counted: seconds, requests or starts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// Events.
    pub count: u64,
    /// What they were seen over; the unit is that of the other rate.
    pub exposure: f64,
}

impl Rate {
    /// A rate.
    pub fn new(count: u64, exposure: f64) -> Self {
        Self { count, exposure: exposure.max(0.0) }
    }

    /// Events for one unit of exposure; 0 where nothing was seen.
    pub fn per_unit(self) -> f64 {
        if self.exposure > 0.0 { as_f64(self.count) / self.exposure } else { 0.0 }
    }
}

/// Probability that `after` is at least this high by chance, if its rate is that of `before`: two Poisson counts,
/// tested exactly given their sum (a binomial split by exposure). 1 where one of them was not seen at all.
pub fn chance_of_rise(before: Rate, after: Rate) -> f64 {
    if after.count == 0 {
        return 1.0;
    }
    split(before, after).map_or(1.0, |all| all.sf(after.count - 1))
}

/// Probability that `after` is at most this low by chance, if its rate is that of `before`.
pub fn chance_of_fall(before: Rate, after: Rate) -> f64 {
    split(before, after).map_or(1.0, |all| all.cdf(after.count))
}

/// How the sum of both would be split.
fn split(before: Rate, after: Rate) -> Option<Binomial> {
    let all = before.exposure + after.exposure;
    if before.exposure <= 0.0 || after.exposure <= 0.0 || !all.is_finite() {
        return None;
    }
    Binomial::new(after.exposure / all, before.count.saturating_add(after.count)).ok()
}

/// Exposure without an event after which `before` is over, at [`SIGNIFICANCE`].
pub fn exposure_needed(before: Rate) -> f64 {
    // (before / (before + x)) ^ count ≤ significance
    if before.count == 0 { 0.0 } else { before.exposure * (SIGNIFICANCE.powf(-1.0 / as_f64(before.count)) - 1.0) }
}

/// Whether `failed` of `all` shows, at [`SIGNIFICANCE`], that the true share is below `limit`.
pub fn is_below(failed: u64, all: u64, limit: f64) -> bool {
    Binomial::new(limit.clamp(0.0, 1.0), all).is_ok_and(|at_limit| at_limit.cdf(failed) <= SIGNIFICANCE)
}

/// Trials without a failure that show a share below `limit`: the exact form of the rule of three.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float to integer cast saturates")]
pub fn trials_needed(limit: f64) -> u64 {
    (SIGNIFICANCE.ln() / (1.0 - limit.clamp(1e-9, 0.999)).ln()).ceil() as u64
}

/// A count as a float.
#[allow(clippy::cast_precision_loss, reason = "counts of entries are far below 2^52")]
pub fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{Rate, chance_of_fall, chance_of_rise, exposure_needed, is_below, trials_needed};

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn equal_exposures_split_like_a_fair_coin() {
        let (before, after) = (Rate::new(6, 3_600.0), Rate::new(0, 3_600.0));
        assert!(close(chance_of_fall(before, after), 0.5f64.powi(6)));
        // 1 to 9 in ten tosses: one or none is 11 of 1,024.
        assert!(close(chance_of_rise(Rate::new(1, 60.0), Rate::new(9, 60.0)), 11.0 / 1_024.0));
        assert!(close(chance_of_rise(before, after), 1.0));
    }

    #[test]
    fn a_bigger_count_over_more_time_is_no_rise() {
        assert!(chance_of_rise(Rate::new(10, 3_600.0), Rate::new(30, 10_800.0)) > 0.4);
        assert!(chance_of_rise(Rate::new(10, 3_600.0), Rate::new(30, 3_600.0)) < 0.002);
    }

    #[test]
    fn what_was_not_seen_proves_nothing() {
        assert!(close(chance_of_fall(Rate::new(100, 3_600.0), Rate::new(0, 0.0)), 1.0));
        assert!(close(chance_of_rise(Rate::new(0, 0.0), Rate::new(5, 60.0)), 1.0));
    }

    #[test]
    fn the_rule_of_three() {
        assert_eq!((trials_needed(0.01), trials_needed(0.05)), (299, 59));
        assert!(is_below(0, 299, 0.01) && !is_below(0, 298, 0.01) && !is_below(3, 299, 0.01));
        let needed = exposure_needed(Rate::new(1, 60.0));
        assert!((needed - 1_140.0).abs() < 1e-6, "{needed}");
    }
}
