//! Thresholds over the covered time: the criteria by which a fix will be judged later.

use crate::model::report::Check;
use crate::state::State;
use crate::state::coverage::{Coverage, Missing};

/// All limits, in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Share of requests that may be answered 5xx, from 0 to 1.
    pub error_share: f64,
    /// Share of instance starts that may fail, from 0 to 1.
    pub start_failure_share: f64,
    /// Restarts an hour for each instance must be fewer.
    pub restarts_per_instance_max: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { error_share: 0.01, start_failure_share: 0.01, restarts_per_instance_max: 1.0 }
    }
}

/// The checks, in a fixed order.
pub fn checks(state: &State, coverage: &Coverage, thresholds: &Thresholds) -> Vec<Check> {
    let revisions = || state.services.iter().flat_map(|service| service.revisions.iter());
    let exits: u64 = revisions().map(|revision| revision.exits).sum();
    let requests: u64 = revisions().map(|revision| revision.health.requests).sum();
    let failed: u64 = revisions().map(|revision| revision.health.errors_5xx).sum();
    let instances: usize = state.services.iter().map(|service| service.instances.len()).sum();
    let failed_starts: usize = state
        .services
        .iter()
        .map(|service| service.instances.iter().filter(|instance| instance.failed_at_boot()).count())
        .sum();
    vec![
        check("container exits", "0", exits.to_string(), (!coverage.lacks(Missing::System)).then_some(exits == 0)),
        check(
            "requests answered 5xx",
            &format!("< {} %", percent(thresholds.error_share)),
            format!("{failed} of {requests}"),
            (requests > 0).then(|| share(failed, requests) < thresholds.error_share),
        ),
        check(
            "instances that started",
            &format!("> {} %", percent(1.0 - thresholds.start_failure_share)),
            format!("{} of {instances}", instances - failed_starts),
            (instances > 0).then(|| {
                share((instances - failed_starts) as u64, instances as u64) > 1.0 - thresholds.start_failure_share
            }),
        ),
        check(
            "restarts an hour",
            &format!("< {} for each instance", thresholds.restarts_per_instance_max),
            format!("{failed_starts} failed starts in {:.0} s", coverage.seconds()),
            (coverage.seconds() >= 3_600.0).then(|| {
                let hours = coverage.seconds() / 3_600.0;
                share(failed_starts as u64, instances.max(1) as u64) / hours < thresholds.restarts_per_instance_max
            }),
        ),
    ]
}

fn check(name: &str, threshold: &str, observed: String, passed: Option<bool>) -> Check {
    let status = match passed {
        Some(true) => "pass",
        Some(false) => "fail",
        None => "not-judged",
    };
    Check { name: name.to_owned(), threshold: threshold.to_owned(), observed, status: status.to_owned() }
}

/// A share as the number before a per cent sign, without the digits of binary fractions.
fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

fn share(part: u64, whole: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let share = part as f64 / whole.max(1) as f64;
    share
}
