use std::time::{Duration, Instant};

use proptest::prelude::*;
use statrs::distribution::{Binomial, Discrete, DiscreteCDF, Hypergeometric};

use super::fisher::{Group, two_sided};
use super::mann_whitney::compare;
use super::poisson::{Rate, binomial_two_sided};
use super::proportion::{clopper_pearson, exact_lower, exact_upper, wilson};
use super::rule_of_three::{bound, units_needed, units_needed_at};
use super::{CONFIDENCE, adjust, difference, mass, poisson};

#[track_caller]
fn near(seen: f64, expected: f64, within: f64) {
    assert!((seen - expected).abs() <= within, "{seen} instead of {expected}");
}

fn g(failed: u64, all: u64) -> Group {
    Group::new(failed, all)
}

#[test]
fn fisher_gives_the_published_values() {
    // Fisher's tea (The Design of Experiments, 1935; R: fisher.test(TeaTasting)): 34/70.
    near(two_sided(g(3, 4), g(1, 4)), 34.0 / 70.0, 1e-12);
    // Convictions of twins (Fisher 1962; R: fisher.test(Convictions)): 0.0005367.
    near(two_sided(g(2, 17), g(10, 13)), 0.000_536_7, 5e-8);
    // By hand: 8 of 8 against 0 of 8 is one of two tables of C(16, 8) = 12870.
    near(two_sided(g(8, 8), g(0, 8)), 2.0 / 12_870.0, 1e-15);
    // By hand: C(27,0)·C(7,6) and rarer tables of C(34,6): 6 of 7 against 0 of 27 is 7 of 1344904.
    near(two_sided(g(6, 7), g(0, 27)), 7.0 / 1_344_904.0, 1e-15);
    // By hand, not symmetric: 1 of 2 against 0 of 8 has P(X = 1) = 2/10, the only other table P(X = 0) = 8/10.
    near(two_sided(g(1, 2), g(0, 8)), 0.2, 1e-12);
}

#[test]
fn intervals_are_those_of_newcombe_1998() {
    // Statistics in Medicine 17, 857: Wilson's method (3) for 81/263, 15/148, 0/20, 1/29.
    for ((failed, all), (low, high)) in [
        ((81, 263), (0.2553, 0.3662)),
        ((15, 148), (0.0624, 0.1605)),
        ((0, 20), (0.0, 0.1611)),
        ((1, 29), (0.0061, 0.1718)),
    ] {
        let seen = wilson(g(failed, all), CONFIDENCE);
        near(seen.low, low, 6e-5);
        near(seen.high, high, 6e-5);
    }
    // Statistics in Medicine 17, 873: method 10 for differences.
    for (a, b, (low, high)) in [
        (g(56, 70), g(48, 80), (0.0524, 0.3339)),
        (g(9, 10), g(3, 10), (0.1705, 0.8090)),
        (g(10, 10), g(0, 20), (0.6791, 1.0)),
        (g(0, 10), g(0, 10), (-0.2775, 0.2775)),
    ] {
        let seen = difference::risk(a, b, CONFIDENCE);
        near(seen.low, low, 6e-5);
        near(seen.high, high, 6e-5);
    }
}

#[test]
fn clopper_pearson_is_that_of_r() {
    // R: binom.test(682, 925): 0.7076683 to 0.7654066; p against 3/4: 0.3825.
    let seen = clopper_pearson(g(682, 925), CONFIDENCE);
    near(seen.low, 0.707_668_3, 5e-8);
    near(seen.high, 0.765_406_6, 5e-8);
    near(binomial_two_sided(682, 925, 0.75), 0.3825, 5e-5);
    // By hand: none of 10 leaves 1 − 0.025^(1/10).
    near(clopper_pearson(g(0, 10), CONFIDENCE).high, 1.0 - 0.025f64.powf(0.1), 1e-12);
}

#[test]
fn rates_are_compared_as_r_does() {
    // R: poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)): p 0.07967, ratio 1.971488 (0.8584264 to 4.2772659).
    let seen =
        poisson::compare(Rate { events: 11, exposure: 800.0 }, Rate { events: 21, exposure: 3_011.0 }, CONFIDENCE)
            .unwrap();
    near(seen.p, 0.07967, 5e-6);
    near(seen.ratio.value, 1.971_488, 5e-7);
    near(seen.ratio.low, 0.858_426_4, 5e-8);
    near(seen.ratio.high, 4.277_265_9, 5e-7);
    let none = Rate { events: 0, exposure: 60.0 };
    assert!(poisson::compare(none, none, CONFIDENCE).is_none());
    assert!(poisson::compare(Rate { events: 4, exposure: 0.0 }, none, CONFIDENCE).is_none());
    assert!(poisson::compare(Rate { events: 4, exposure: 60.0 }, none, CONFIDENCE).unwrap().ratio.high.is_infinite());
}

#[test]
fn odds_ratios_are_finite_for_empty_cells() {
    // Woolf by hand: 10·15/(2·3) = 25, error √(1/10+1/3+1/2+1/15) = 1.
    let seen = difference::odds_ratio(g(10, 13), g(2, 17), CONFIDENCE);
    near(seen.value, 25.0, 1e-9);
    near(seen.high / seen.value, 1.959_963_984_540_054f64.exp(), 1e-6);
    let empty = difference::odds_ratio(g(0, 0), g(0, 9), CONFIDENCE);
    assert!(empty.value.is_finite() && empty.high.is_finite());
}

fn pairs(a: &[f64], b: &[f64]) -> Vec<(u64, u64)> {
    let mut values: Vec<f64> = a.iter().chain(b).copied().collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let count = |of: &[f64], value: f64| of.iter().filter(|seen| seen.total_cmp(&value).is_eq()).count() as u64;
    values.iter().map(|value| (count(a, *value), count(b, *value))).collect()
}

#[test]
fn mann_whitney_gives_the_published_values() {
    // Hollander and Wolfe 1973, p. 69 (R: wilcox.test): W = 35, one-sided exact p = 0.1272.
    let x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let y = [1.15, 0.88, 0.90, 0.74, 1.21];
    let seen = compare(&pairs(&x, &y)).unwrap();
    assert!(seen.exact);
    near(seen.u, 35.0, 0.0);
    near(seen.p, 0.2544, 1e-4);
    near(seen.superiority, 0.7, 1e-12);
    near(seen.delta, 0.4, 1e-12);
    // SciPy's example: U = 17 of 5 · 4 pairs, exact p = 14/126.
    let seen = compare(&pairs(&[19.0, 22.0, 16.0, 29.0, 24.0], &[20.0, 11.0, 17.0, 12.0])).unwrap();
    near(seen.u, 17.0, 0.0);
    near(seen.p, 14.0 / 126.0, 1e-12);
    // By hand, with ties: {1, 2} against {2, 3}. Of the 6 ways to deal 1, 2, 2, 3, twice U is 1, 1, 4, 4, 7, 7
    // around a middle of 4, so four are as far out as the one seen.
    near(compare(&[(1, 0), (1, 1), (0, 1)]).unwrap().p, 4.0 / 6.0, 1e-12);
}

#[test]
fn the_normal_approximation_is_that_of_scipy() {
    // SciPy's mannwhitneyu(…, method="asymptotic") of Hollander and Wolfe's values, and of tied ones.
    let ranks = [(1, 0), (0, 1), (1, 0), (1, 0), (0, 1), (0, 1), (1, 0), (0, 1), (0, 1), (1, 0)];
    let ranks = [&ranks[..], &[(1, 0); 5]].concat();
    near(super::mann_whitney::normal_p(&ranks, 10, 5, 70), 0.244_623_605, 1e-9);
    let tied = [(2, 4), (6, 8), (12, 8)];
    near(super::mann_whitney::normal_p(&tied, 20, 20, 488), 0.196_307_785, 1e-9);
    let exact = compare(&tied).unwrap();
    assert!(exact.exact);
    near(exact.u, 244.0, 0.0);
    // The exact distribution of so many ties is coarse; summed by hand over the three groups of ties.
    near(exact.p, 0.236_393_325_845, 1e-11);
    // By hand: n = m = 100, all of a above all of b: z = (5000 − 0.5) / √(100·100·201/12).
    let apart = compare(&(0..200).map(|i| if i < 100 { (0, 1) } else { (1, 0) }).collect::<Vec<_>>()).unwrap();
    assert!(!apart.exact && apart.p < 1e-30);
    near(apart.delta, 1.0, 0.0);
    // By hand, all tied: nothing can be said.
    near(compare(&[(500, 700)]).unwrap().p, 1.0, 0.0);
}

#[test]
fn corrections_are_those_of_r() {
    // R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") and "BH".
    let p = [0.03, 0.01, 0.05, 0.02, 0.04];
    for (seen, expected) in adjust::holm(&p).iter().zip([0.09, 0.05, 0.09, 0.08, 0.09]) {
        near(*seen, expected, 1e-12);
    }
    assert!(adjust::benjamini_hochberg(&p).iter().all(|seen| (seen - 0.05).abs() < 1e-12));
    assert!(adjust::holm(&[]).is_empty() && adjust::benjamini_hochberg(&[]).is_empty());
}

#[test]
fn the_rule_of_three_asks_for_300_requests_for_one_per_cent() {
    assert_eq!(units_needed(0.01, CONFIDENCE), 300);
    assert_eq!((units_needed(0.01, 0.99), units_needed(0.005, 0.9)), (470, 480));
    near(bound(300), 0.01, 1e-12);
    assert!(exact_upper(g(0, 300), CONFIDENCE) < 0.01 && exact_upper(g(0, 298), CONFIDENCE) > 0.01);
    let more = units_needed_at(g(1, 400), 0.01, CONFIDENCE).unwrap();
    assert!(more > 400 && exact_upper(g(more.div_ceil(400), more), CONFIDENCE) <= 0.01, "{more}");
    assert_eq!(units_needed_at(g(2, 100), 0.01, CONFIDENCE), None);
    assert!((1..u64::MAX).contains(&units_needed(0.0, CONFIDENCE)));
}

#[test]
fn a_thousand_million_requests_are_exact_and_fast() {
    let start = Instant::now();
    let big = 1_000_000_000;
    // As many on both sides: nothing to see. One part in 10⁴ more of 10⁹ · 1 %: z ≈ 2.2 (SciPy: 0.024668651700).
    near(two_sided(g(big / 100, big), g(big / 100, big)), 1.0, 1e-9);
    near(two_sided(g(big / 100 + 10_000, big), g(big / 100, big)), 0.024_668_651_700, 1e-8);
    let seen = clopper_pearson(g(big / 2, big), CONFIDENCE);
    near(seen.high - 0.5, 1.96 * 0.5 / f64::from(1_000_000_000).sqrt(), 1e-8);
    near(exact_upper(g(0, big), CONFIDENCE) * 1e9, 2.9957, 1e-3);
    let seen =
        poisson::compare(Rate { events: big, exposure: 1.0 }, Rate { events: big, exposure: 1.0 }, CONFIDENCE).unwrap();
    near(seen.p, 1.0, 1e-9);
    let latencies: Vec<(u64, u64)> = (0..448).map(|_| (big, big)).collect();
    near(compare(&latencies).unwrap().delta, 0.0, 1e-12);
    // Seconds only without optimisation; nobody waits for 10⁹ steps.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn masses_and_tails_agree_with_statrs(n in 1u64..400, k in 0u64..400, p in 0.001f64..0.999, draws in 0u64..400) {
        let k = k.min(n);
        let theirs = Binomial::new(p, n).unwrap();
        prop_assert!((mass::ln_binomial(k, n, p) - theirs.ln_pmf(k)).abs() < 1e-8);
        prop_assert!((mass::binomial_at_most(k, n, p) - theirs.cdf(k)).abs() < 1e-10);
        let (plain, draws) = (n / 2 + 3, draws.min(n + n / 2 + 3));
        let ours = mass::Hypergeometric { marked: n, plain, draws };
        let theirs = Hypergeometric::new(n + plain, n, draws).unwrap();
        if (theirs.pmf(k) - 0.0).abs() > 1e-250 {
            prop_assert!((ours.ln_mass(k) - theirs.ln_pmf(k)).abs() < 1e-8);
        }
    }

    #[test]
    fn fisher_is_the_sum_over_all_tables(a in 0u64..40, b in 0u64..40, c in 0u64..40, d in 0u64..40) {
        let (one, other) = (g(a, a + b), g(c, c + d));
        let tables = mass::Hypergeometric { marked: a + c, plain: b + d, draws: a + b };
        let (least, most) = tables.support();
        let seen = tables.ln_mass(a).exp();
        let plain: f64 = (least..=most).map(|k| tables.ln_mass(k).exp()).filter(|p| *p <= seen * (1.0 + 1e-7)).sum();
        let p = two_sided(one, other);
        prop_assert!((p - plain.min(1.0)).abs() < 1e-9, "{p} {plain}");
        prop_assert!((p - two_sided(other, one)).abs() < 1e-9);
        prop_assert!((p - two_sided(g(b, a + b), g(d, c + d))).abs() < 1e-9);
    }

    #[test]
    fn everything_is_finite_and_inside_its_bounds(
        (a, m) in (0u64..1_000_000_000, 0u64..1_000_000_000),
        (c, n) in (0u64..2_000, 0u64..1_000_000_000),
        time in 0.001f64..1e9,
    ) {
        let (one, other) = (g(a.min(m) / 1_000, m), g(c, n));
        let p = two_sided(one, other);
        prop_assert!((0.0..=1.0).contains(&p));
        for group in [one, other] {
            for seen in [wilson(group, CONFIDENCE), clopper_pearson(group, CONFIDENCE)] {
                prop_assert!(0.0 <= seen.low && seen.low <= seen.value && seen.value <= seen.high && seen.high <= 1.0);
            }
            prop_assert!(exact_lower(group, CONFIDENCE) <= exact_upper(group, CONFIDENCE));
        }
        let risk = difference::risk(one, other, CONFIDENCE);
        prop_assert!(-1.0 <= risk.low && risk.low <= risk.value && risk.value <= risk.high && risk.high <= 1.0);
        let mirror = difference::risk(other, one, CONFIDENCE);
        prop_assert!((risk.low + mirror.high).abs() < 1e-12);
        let odds = difference::odds_ratio(one, other, CONFIDENCE);
        prop_assert!(odds.value.is_finite() && odds.low <= odds.value && odds.value <= odds.high);
        if let Some(rates) = poisson::compare(
            Rate { events: one.failed, exposure: time },
            Rate { events: other.failed, exposure: 1.0 },
            CONFIDENCE,
        ) {
            prop_assert!((0.0..=1.0).contains(&rates.p) && !rates.ratio.low.is_nan() && rates.ratio.low <= rates.ratio.high);
        }
    }

    #[test]
    fn more_failures_are_never_less_remarkable(all in 10u64..3_000, base in 0u64..5) {
        let mut last = 1.0;
        for failed in base..(base + 40).min(all) {
            let p = two_sided(g(failed, all), g(base, all));
            prop_assert!(p <= last + 1e-9, "{failed} of {all} against {base}: {p} after {last}");
            last = p;
            prop_assert!(exact_upper(g(failed, all), CONFIDENCE) <= exact_upper(g(failed + 1, all), CONFIDENCE));
        }
    }

    #[test]
    fn mann_whitney_mirrors_and_stays_in_bounds(counts in proptest::collection::vec((0u64..30, 0u64..30), 1..8)) {
        let mirrored: Vec<(u64, u64)> = counts.iter().map(|(a, b)| (*b, *a)).collect();
        match (compare(&counts), compare(&mirrored)) {
            (Some(seen), Some(other)) => {
                prop_assert!((0.0..=1.0).contains(&seen.p) && (-1.0..=1.0).contains(&seen.delta));
                prop_assert!((seen.p - other.p).abs() < 1e-9 && (seen.delta + other.delta).abs() < 1e-12);
            }
            (seen, other) => prop_assert_eq!(seen, other),
        }
    }

    #[test]
    fn corrected_p_values_keep_their_order_and_never_shrink(p in proptest::collection::vec(0.0f64..1.0, 1..20)) {
        for adjusted in [adjust::holm(&p), adjust::benjamini_hochberg(&p)] {
            for (i, one) in p.iter().enumerate() {
                prop_assert!(adjusted[i] >= *one - 1e-15 && adjusted[i] <= 1.0);
                for (j, other) in p.iter().enumerate() {
                    prop_assert!(one > other || adjusted[i] <= adjusted[j] + 1e-15);
                }
            }
        }
    }
}
