//! How large a share can truly be: intervals of a proportion.
//!
//! In: failed of all. Out: Wilson's score interval, for printing (E. B. Wilson, 1927; it covers best on
//! average), and Clopper–Pearson's exact bounds, for gates (never too optimistic).

use super::fisher::Group;
use super::{Estimate, number, z_of};

/// Steps of the bisection that inverts a tail: each halves the error, so the bounds have 15 digits.
const BISECTIONS: u32 = 60;

/// Wilson's score interval; `[0, 1]` without any unit.
pub fn wilson(group: Group, confidence: f64) -> Estimate {
    if group.all == 0 {
        return Estimate { value: 0.0, low: 0.0, high: 1.0 };
    }
    let (n, share) = (number(group.all), group.rate());
    let z = z_of(confidence);
    let middle = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // The ends are exact where nothing or everything failed; rounding must not leave 1e-19 there.
    let low = if group.failed == 0 { 0.0 } else { ((middle - half) / scale).clamp(0.0, share) };
    let high = if group.failed == group.all { 1.0 } else { ((middle + half) / scale).clamp(share, 1.0) };
    Estimate { value: share, low, high }
}

/// The largest share that would still show so few failures with a chance of `1 − confidence` (one-sided,
/// Clopper–Pearson). 1 without any unit.
pub fn exact_upper(group: Group, confidence: f64) -> f64 {
    if group.failed >= group.all {
        return 1.0;
    }
    let risk = 1.0 - confidence;
    if group.failed == 0 {
        return -(risk.ln() / number(group.all)).exp_m1();
    }
    bisect(|share| super::mass::binomial_at_most(group.failed, group.all, share) > risk)
}

/// The smallest share that would still show so many failures with a chance of `1 − confidence` (one-sided).
pub fn exact_lower(group: Group, confidence: f64) -> f64 {
    1.0 - exact_upper(Group::new(group.all - group.failed, group.all), confidence)
}

/// Clopper–Pearson's two-sided interval.
pub fn clopper_pearson(group: Group, confidence: f64) -> Estimate {
    let one_sided = 0.5 + confidence / 2.0;
    let (low, high) = if group.all == 0 {
        (0.0, 1.0)
    } else {
        (exact_lower(group, one_sided).max(0.0), exact_upper(group, one_sided))
    };
    Estimate { value: group.rate(), low: low.min(group.rate()), high: high.max(group.rate()) }
}

/// The place in 0..1 up to which `holds` is true.
fn bisect(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    high
}
