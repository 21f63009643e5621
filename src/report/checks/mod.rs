//! Thresholds over the covered time: what would have raised an alert, and the criteria by which a fix is judged.
//!
//! In: state, settled facts and coverage. Out: the contract's checks in a fixed order. Each is measured for each
//! service and told of the worst. "Not judged" means that too little was seen: no failure in few requests or in a
//! few minutes is no proof.

mod alerts;
mod criteria;
mod measure;

use serde::{Deserialize, Serialize};

use crate::facts::Settled;
use crate::model::report::Check;
use crate::state::State;
use crate::state::coverage::Coverage;
use measure::Measures;

/// All limits, in one place. The defaults are those of common alert policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Thresholds {
    /// Critical: more exits with code 3 than this within [`Thresholds::exit_3_seconds`].
    pub exit_3_max: u64,
    /// See `exit_3_max`; seconds.
    pub exit_3_seconds: i64,
    /// Warning: more restarts of a service than this within an hour.
    pub restarts_an_hour_max: u64,
    /// Information: a larger share of instance starts failed.
    pub start_failures_max: f64,
    /// Restarts an hour for each instance must be fewer.
    pub restarts_per_instance_max: f64,
    /// Share of instance starts that may fail.
    pub start_failure_share: f64,
    /// Share of requests that may be answered 503, and share that may be answered 5xx.
    pub error_share: f64,
    /// Share of health checks that may fail.
    pub health_check_failure_share: f64,
    /// An instance must be ready sooner than this after its start, in seconds.
    pub startup_seconds_max: f64,
    /// Fewest and most instances that may live at once; `None` where nobody said.
    pub instances_expected: Option<(u64, u64)>,
    /// Services to check; all where empty.
    pub services: Vec<String>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            exit_3_max: 3,
            exit_3_seconds: 300,
            restarts_an_hour_max: 3,
            start_failures_max: 0.05,
            restarts_per_instance_max: 1.0,
            start_failure_share: 0.01,
            error_share: 0.01,
            health_check_failure_share: 0.01,
            startup_seconds_max: 45.0,
            instances_expected: None,
            services: Vec::new(),
        }
    }
}

/// Outcome of one check on one service, from harmless to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Pass,
    NotJudged,
    Info,
    Warn,
    Fail,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NotJudged => "not-judged",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one service showed.
type Seen = (Outcome, String);

/// The same; `None` where the check does not apply to it.
type Answer = Option<Seen>;

/// One check: name, limit as text, what shows when it applies nowhere, and how a service answers it.
struct Rule<'a> {
    name: &'static str,
    threshold: String,
    nothing: &'static str,
    answer: Box<dyn Fn(&Measures<'_>) -> Answer + 'a>,
}

/// The checks: alerts first, then criteria.
pub(super) fn checks(settled: &Settled, state: &State, coverage: &Coverage, thresholds: &Thresholds) -> Vec<Check> {
    let measures: Vec<Measures<'_>> = state
        .services
        .iter()
        .filter(|service| thresholds.services.is_empty() || thresholds.services.contains(&service.name))
        .map(|service| Measures { settled, coverage, service })
        .collect();
    let rules = [alerts::rules(thresholds), criteria::rules(thresholds)];
    rules.into_iter().flatten().map(|rule| judge(&rule, &measures)).collect()
}

/// Whether a check is one of the criteria by which a fix is judged.
pub fn is_criterion(check: &Check) -> bool {
    criteria::NAMES.contains(&check.name.as_str())
}

/// The worst service answers for all.
fn judge(rule: &Rule<'_>, measures: &[Measures<'_>]) -> Check {
    let answers = measures.iter().filter_map(|one| (rule.answer)(one).map(|answer| (answer, &one.service.name)));
    // The first of equally bad ones: services stand in the order of their names.
    let worst = answers.min_by_key(|((outcome, _), _)| std::cmp::Reverse(*outcome));
    let (status, observed) = match worst {
        None => (Outcome::NotJudged, rule.nothing.to_owned()),
        Some(((outcome, observed), _)) if measures.len() == 1 => (outcome, observed),
        Some(((outcome, observed), service)) => (outcome, format!("{service}: {observed}")),
    };
    Check { name: rule.name.to_owned(), threshold: rule.threshold.clone(), observed, status: status.word().to_owned() }
}
