//! Exact tests, intervals and corrections on counts: what two numbers can and cannot prove.
//!
//! In: counts. Out: p-values, effect sizes and intervals, always finite and inside their bounds, for zero
//! counts and for 10⁹ alike. One test a file. Counts stay integers and tails are summed term by term from
//! exact masses (`mass`), because approximations fail where they matter most here: few failures of many
//! requests. A p-value never stands alone: each test also says how large the difference is.

pub mod adjust;
pub mod difference;
pub mod fisher;
pub mod mann_whitney;
pub mod poisson;
pub mod proportion;
pub mod rates;
pub mod rule_of_three;

mod mass;

/// Below this p-value a difference is taken for real, after correction for the number of tests.
///
/// Stricter than the customary 5 %, because these tests run on every service of every report.
pub const ALPHA: f64 = 0.01;

/// Confidence of the intervals that are printed.
pub const CONFIDENCE: f64 = 0.95;

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Most plausible value.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// A count as a number; exact up to 2⁵³, which no count of log entries reaches.
#[allow(clippy::cast_precision_loss, reason = "counts of entries are far below 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

/// The standard normal's quantile for a two-sided confidence: 1.96 for 0.95.
fn z_of(confidence: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    Normal::standard().inverse_cdf(0.5 + confidence.clamp(0.0, 0.999_999) / 2.0)
}

/// A number with six significant digits, so that a report has the same bytes on every machine: the last bits of
/// a logarithm are the C library's.
pub fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// A p-value as it is printed: `p = 0.032`, `p = 2.1e-6`, `p < 1e-12`.
pub fn p_text(p: f64) -> String {
    match p {
        p if p < 1e-12 => "p < 1e-12".to_owned(),
        p if p < 0.001 => format!("p = {p:.1e}"),
        p => format!("p = {p:.3}"),
    }
}

#[cfg(test)]
mod tests;
