//! The tests of the candidate against the baseline, corrected for their number.

use crate::model::canary::{Limits, Test};
use crate::stats::fisher::{Group, two_sided};
use crate::stats::{CONFIDENCE, Estimate, adjust, difference, mann_whitney, rounded};

use super::sample::Sample;

/// Two shares compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    pub(super) candidate: Group,
    pub(super) baseline: Group,
    /// Candidate's share less the baseline's.
    pub(super) difference: Estimate,
    pub(super) p: f64,
    pub(super) p_adjusted: f64,
}

/// Two distributions of latency compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Latencies {
    pub(super) test: mann_whitney::Comparison,
    pub(super) p_adjusted: f64,
}

/// Every test that could be made; `None` where a side has nothing to compare.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Comparison {
    /// Requests answered 5xx by the application.
    pub(super) errors_app: Option<Shares>,
    /// Requests answered 5xx by the platform.
    pub(super) errors_platform: Option<Shares>,
    /// Requests refused for lack of an instance.
    pub(super) refused: Option<Shares>,
    /// Requests answered 4xx.
    pub(super) client_errors: Option<Shares>,
    /// Answers slower than the limit.
    pub(super) slow: Option<Shares>,
    /// Latencies as a whole.
    pub(super) latencies: Option<Latencies>,
}

impl Shares {
    /// Whether the candidate's share is larger, by more than chance.
    pub(super) fn is_worse(&self, limits: &Limits) -> bool {
        self.p_adjusted < limits.significance && self.difference.value > 0.0
    }

    pub(super) fn test(&self) -> Test {
        Test {
            name: "fisher-exact".to_owned(),
            p: rounded(self.p),
            p_adjusted: rounded(self.p_adjusted),
            effect: "rate-difference".to_owned(),
            value: rounded(self.difference.value),
            low: Some(rounded(self.difference.low)),
            high: Some(rounded(self.difference.high)),
        }
    }
}

impl Latencies {
    pub(super) fn test(&self) -> Test {
        Test {
            name: "mann-whitney".to_owned(),
            p: rounded(self.test.p),
            p_adjusted: rounded(self.p_adjusted),
            effect: "cliffs-delta".to_owned(),
            value: rounded(self.test.delta),
            low: None,
            high: None,
        }
    }
}

impl Comparison {
    /// Makes every test; none where the two were not seen in the same window.
    pub(super) fn of(candidate: &Sample, baseline: &Sample, limits: &Limits, aligned: bool) -> Self {
        if !aligned {
            return Self::default();
        }
        let requests = |of: fn(&Sample) -> u64| {
            let group = |sample: &Sample| Group::new(of(sample), sample.outcomes.requests);
            shares(group(candidate), group(baseline))
        };
        let mut comparison = Self {
            errors_app: requests(|sample| sample.outcomes.errors_app),
            errors_platform: requests(|sample| sample.outcomes.errors_platform),
            refused: requests(|sample| sample.outcomes.refused),
            client_errors: requests(|sample| sample.outcomes.client_errors),
            slow: shares(candidate.slow(limits), baseline.slow(limits)),
            latencies: latencies(candidate, baseline),
        };
        comparison.adjust();
        comparison
    }

    /// Holm's correction over all tests that were made.
    fn adjust(&mut self) {
        let Self { errors_app, errors_platform, refused, client_errors, slow, latencies } = self;
        let mut all: Vec<(f64, &mut f64)> = [errors_app, errors_platform, refused, client_errors, slow]
            .into_iter()
            .flatten()
            .map(|shares| (shares.p, &mut shares.p_adjusted))
            .collect();
        all.extend(latencies.iter_mut().map(|latencies| (latencies.test.p, &mut latencies.p_adjusted)));
        let p_values: Vec<f64> = all.iter().map(|(p, _)| *p).collect();
        for ((_, slot), adjusted) in all.into_iter().zip(adjust::holm(&p_values)) {
            *slot = adjusted;
        }
    }
}

fn shares(candidate: Group, baseline: Group) -> Option<Shares> {
    if candidate.all == 0 || baseline.all == 0 {
        return None;
    }
    let p = two_sided(candidate, baseline);
    let difference = difference::risk(candidate, baseline, CONFIDENCE);
    Some(Shares { candidate, baseline, difference, p, p_adjusted: p })
}

fn latencies(candidate: &Sample, baseline: &Sample) -> Option<Latencies> {
    let mut counts = std::collections::BTreeMap::new();
    for (bucket, count) in &candidate.latencies {
        counts.entry(*bucket).or_insert((0, 0)).0 += count;
    }
    for (bucket, count) in &baseline.latencies {
        counts.entry(*bucket).or_insert((0, 0)).1 += count;
    }
    let counts: Vec<(u64, u64)> = counts.into_values().collect();
    mann_whitney::compare(&counts).map(|test| Latencies { test, p_adjusted: test.p })
}
