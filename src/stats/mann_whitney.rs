//! Are values of one group larger than those of another, whatever their distribution?
//!
//! In: counts of both groups by ascending value (single values, or buckets of a histogram; equal values are
//! ties). Out: Mann–Whitney's U, its two-sided p-value and the effect. Tiny groups get the exact permutation
//! distribution, ties included; larger ones the normal approximation with continuity and tie correction.

use statrs::distribution::{ContinuousCDF, Normal};

use super::number;

/// Up to this many values in both groups together the test is exact.
pub const EXACT_MAX: u64 = 40;

/// Effects smaller than this are called negligible (J. Romano et al., 2006: |δ| < 0.147).
pub const NEGLIGIBLE_DELTA: f64 = 0.147;

/// What the comparison of two samples says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Pairs in which `a` is larger, ties counted half.
    pub u: f64,
    /// Two-sided p-value for "neither tends to be larger".
    pub p: f64,
    /// Whether `p` is exact.
    pub exact: bool,
    /// Chance that a value of `a` is larger than one of `b`, ties counted half (common-language effect size).
    pub superiority: f64,
    /// Cliff's δ, −1 to 1: `2 · superiority − 1`.
    pub delta: f64,
}

/// Compares the groups; `None` where one has no value. `counts` holds (values of `a`, values of `b`) by
/// ascending value.
pub fn compare(counts: &[(u64, u64)]) -> Option<Comparison> {
    let (n, m) = counts.iter().fold((0, 0), |(n, m), (a, b)| (n + a, m + b));
    if n == 0 || m == 0 {
        return None;
    }
    // Twice U, in whole numbers: pairs won count 2, ties 1.
    let mut twice_u: u128 = 0;
    let mut below: u128 = 0;
    for (a, b) in counts {
        twice_u += u128::from(*a) * (2 * below + u128::from(*b));
        below += u128::from(*b);
    }
    let exact = n + m <= EXACT_MAX;
    let p = if exact { exact_p(counts, n, m, twice_u) } else { normal_p(counts, n, m, twice_u) };
    let pairs = number(n) * number(m);
    let u = as_f64(twice_u) / 2.0;
    let superiority = (u / pairs).clamp(0.0, 1.0);
    Some(Comparison { u, p, exact, superiority, delta: 2.0 * superiority - 1.0 })
}

#[allow(clippy::cast_precision_loss, reason = "a count of pairs; relative precision is all that matters")]
fn as_f64(pairs: u128) -> f64 {
    pairs as f64
}

/// Normal approximation with continuity correction; ties shrink the variance.
pub(super) fn normal_p(counts: &[(u64, u64)], n: u64, m: u64, twice_u: u128) -> f64 {
    let (n, m) = (number(n), number(m));
    let all = n + m;
    let ties: f64 = counts
        .iter()
        .map(|(a, b)| number(a + b))
        .map(|tied| (tied / all) * ((tied * tied - 1.0) / (all * all - 1.0)))
        .sum();
    let variance = n * m * (all + 1.0) / 12.0 * (1.0 - ties).max(0.0);
    if variance <= 0.0 {
        return 1.0;
    }
    let distance = ((as_f64(twice_u) / 2.0 - n * m / 2.0).abs() - 0.5).max(0.0);
    (2.0 * Normal::standard().sf(distance / variance.sqrt())).clamp(0.0, 1.0)
}

/// The share of all ways to deal the values to the groups that is at least as far from the middle.
fn exact_p(counts: &[(u64, u64)], n: u64, m: u64, twice_u: u128) -> f64 {
    let (n, m) = (index(n), index(m));
    let width = 2 * n * m + 1;
    // ways[taken][twice U]: ways to give `taken` of the values seen so far to `a`.
    let mut ways = vec![vec![0.0f64; width]; n + 1];
    ways[0][0] = 1.0;
    let mut seen = 0;
    for tied in counts.iter().map(|(a, b)| index(a + b)).filter(|tied| *tied > 0) {
        let mut next = vec![vec![0.0f64; width]; n + 1];
        for (taken, row) in ways.iter().enumerate().take(seen.min(n) + 1) {
            for more in 0..=tied.min(n - taken) {
                let (below, beside) = (seen - taken, tied - more);
                if below + beside > m {
                    continue;
                }
                let shift = more * (2 * below + beside);
                let choices = choose(tied, more);
                for (at, count) in row.iter().enumerate().filter(|(at, count)| **count > 0.0 && at + shift < width) {
                    next[taken + more][at + shift] += count * choices;
                }
            }
        }
        ways = next;
        seen += tied;
    }
    let middle = n * m;
    let distance = index(u64::try_from(twice_u).unwrap_or(u64::MAX)).abs_diff(middle);
    let all: f64 = ways[n].iter().sum();
    let far: f64 = ways[n].iter().enumerate().filter(|(at, _)| at.abs_diff(middle) >= distance).map(|(_, w)| w).sum();
    (far / all).clamp(0.0, 1.0)
}

fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn choose(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, i| ways * number((n - i) as u64) / number((i + 1) as u64))
}
