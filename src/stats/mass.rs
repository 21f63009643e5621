//! Probability masses of the binomial and hypergeometric distributions, and sums of their tails.
//!
//! In: counts of any size. Out: masses with about 14 correct digits (C. Loader, "Fast and accurate
//! computation of binomial probabilities", 2000: the deviance form that R's `dbinom` uses), and tails
//! summed outwards from their largest term until nothing changes. statrs gives these tails through a
//! continued fraction that stops after 140 steps, which is wrong from about 10⁵ counts on.

use std::f64::consts::TAU;

use super::number;

/// Terms smaller than this share of the sum end it.
const NEGLIGIBLE: f64 = 1e-17;

/// `ln n! − ln(Stirling's formula of n)`.
fn stirling_error(n: f64) -> f64 {
    /// Exact values for 0 to 15 (`ln n! − n ln n + n − ½ ln 2πn`); 0 stands for itself, nothing uses it.
    const SMALL: [f64; 16] = [
        0.0,
        0.081_061_466_795_327_26,
        0.041_340_695_955_409_29,
        0.027_677_925_684_998_34,
        0.020_790_672_103_765_09,
        0.016_644_691_189_821_19,
        0.013_876_128_823_070_75,
        0.011_896_709_945_891_77,
        0.010_411_265_261_972_096,
        0.009_255_462_182_712_733,
        0.008_330_563_433_362_87,
        0.007_573_675_487_951_841,
        0.006_942_840_107_209_53,
        0.006_408_994_188_004_207,
        0.005_951_370_112_758_848,
        0.005_554_733_551_962_801,
    ];
    if n < 16.0 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 16")]
        return SMALL[n as usize];
    }
    let square = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1_260.0 - (1.0 / 1_680.0 - 1.0 / 1_188.0 / square) / square) / square) / square)
        / n
}

/// The deviance `x ln(x/mean) + mean − x`, without cancellation where both are close.
fn deviance(x: f64, mean: f64) -> f64 {
    if (x - mean).abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let v = (x - mean) / (x + mean);
    let mut sum = (x - mean) * v;
    let mut term = 2.0 * x * v;
    for step in 1..1_000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * step + 1);
        if (next - sum).abs() <= f64::EPSILON * sum.abs() * 0.25 {
            return next;
        }
        sum = next;
    }
    sum
}

/// `ln P(X = k)` of `n` trials with chance `p`; `-∞` where it cannot happen.
#[allow(clippy::many_single_char_names, reason = "the letters of every textbook on the distribution")]
pub(super) fn ln_binomial(k: u64, n: u64, p: f64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    let (x, trials, rest) = (number(k), number(n), number(n - k));
    let q = 1.0 - p;
    if p <= 0.0 || q <= 0.0 {
        let certain = if p <= 0.0 { 0 } else { n };
        return if k == certain { 0.0 } else { f64::NEG_INFINITY };
    }
    if k == 0 {
        return trials * (-p).ln_1p();
    }
    if k == n {
        return trials * p.ln();
    }
    let errors = stirling_error(trials) - stirling_error(x) - stirling_error(rest);
    errors - deviance(x, trials * p) - deviance(rest, trials * q) + 0.5 * (trials / (TAU * x * rest)).ln()
}

/// `P(X ≥ k)` of `n` trials with chance `p`.
pub(super) fn binomial_at_least(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if k > n || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let odds = p / (1.0 - p);
    let up = |i: u64| number(n - i) / number(i + 1) * odds;
    if number(k) > number(n) * p {
        return tail(ln_binomial(k, n, p), k, |i| (i < n).then(|| (i + 1, up(i))));
    }
    // The lower tail is the smaller one: 1 − P(X ≤ k − 1).
    let down = |i: u64| number(i) / number(n - i + 1) / odds;
    let below = tail(ln_binomial(k - 1, n, p), k - 1, |i| (i > 0).then(|| (i - 1, down(i))));
    (1.0 - below).clamp(0.0, 1.0)
}

/// `P(X ≤ k)` of `n` trials with chance `p`.
pub(super) fn binomial_at_most(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { binomial_at_least(n - k, n, 1.0 - p) }
}

/// Draws without replacement: `draws` from `marked` marked and `plain` plain things.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hypergeometric {
    /// Marked things.
    pub(super) marked: u64,
    /// Other things.
    pub(super) plain: u64,
    /// Things drawn; at most all.
    pub(super) draws: u64,
}

impl Hypergeometric {
    /// Fewest and most marked things that can be drawn.
    pub(super) fn support(self) -> (u64, u64) {
        (self.draws.saturating_sub(self.plain), self.draws.min(self.marked))
    }

    /// `ln P(X = k)`; `-∞` outside the support.
    pub(super) fn ln_mass(self, k: u64) -> f64 {
        let (least, most) = self.support();
        if !(least..=most).contains(&k) {
            return f64::NEG_INFINITY;
        }
        let share = number(self.draws) / number((self.marked + self.plain).max(1));
        ln_binomial(k, self.marked, share) + ln_binomial(self.draws - k, self.plain, share)
            - ln_binomial(self.draws, self.marked + self.plain, share)
    }

    /// `P(X = i + 1) / P(X = i)`.
    fn ratio(self, i: u64) -> f64 {
        number(self.marked - i) / number(i + 1) * (number(self.draws - i) / number(self.plain + i + 1 - self.draws))
    }

    /// `P(X ≥ k)`, right for a `k` above the mode, where terms only shrink.
    pub(super) fn upper_tail(self, k: u64) -> f64 {
        let most = self.support().1;
        tail(self.ln_mass(k), k, |i| (i < most).then(|| (i + 1, self.ratio(i))))
    }

    /// `P(X ≤ k)`, right for a `k` below the mode.
    pub(super) fn lower_tail(self, k: u64) -> f64 {
        let least = self.support().0;
        tail(self.ln_mass(k), k, |i| (i > least).then(|| (i - 1, 1.0 / self.ratio(i - 1))))
    }

    /// The most probable number.
    pub(super) fn mode(self) -> u64 {
        let (least, most) = self.support();
        let all = u128::from(self.marked) + u128::from(self.plain) + 2;
        let mode = (u128::from(self.draws) + 1) * (u128::from(self.marked) + 1) / all;
        u64::try_from(mode).unwrap_or(most).clamp(least, most)
    }
}

/// Sums a tail from its largest term; `next` gives the next place and the ratio of its term to this one.
fn tail(ln_first: f64, start: u64, next: impl Fn(u64) -> Option<(u64, f64)>) -> f64 {
    let (mut place, mut term, mut sum) = (start, 1.0, 1.0);
    while let Some((following, ratio)) = next(place) {
        term *= ratio;
        sum += term;
        place = following;
        if term < sum * NEGLIGIBLE {
            break;
        }
    }
    (ln_first.exp() * sum).clamp(0.0, 1.0)
}

/// First of the steps `0..count` where a condition holds that stays true once it is; `count` where it never does.
pub(super) fn first_step(count: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}
