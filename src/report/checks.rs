//! Thresholds over the covered time: the criteria by which a fix will be judged later.

use crate::model::report::Check;
use crate::state::State;
use crate::state::coverage::{Coverage, Missing};

/// Share of requests that may fail.
const ERROR_SHARE_MAX: f64 = 0.01;

/// Share of instance starts that must succeed.
const START_SHARE_MIN: f64 = 0.99;

/// The checks, in a fixed order.
pub fn checks(state: &State, coverage: &Coverage) -> Vec<Check> {
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
            "< 1 %",
            format!("{failed} of {requests}"),
            (requests > 0).then(|| share(failed, requests) < ERROR_SHARE_MAX),
        ),
        check(
            "instances that started",
            "> 99 %",
            format!("{} of {instances}", instances - failed_starts),
            (instances > 0).then(|| share((instances - failed_starts) as u64, instances as u64) > START_SHARE_MIN),
        ),
        check(
            "restarts an hour",
            "< 1 for each instance",
            format!("{failed_starts} failed starts in {:.0} s", coverage.seconds()),
            (coverage.seconds() >= 3_600.0).then(|| {
                let hours = coverage.seconds() / 3_600.0;
                share(failed_starts as u64, instances.max(1) as u64) / hours < 1.0
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

fn share(part: u64, whole: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let share = part as f64 / whole.max(1) as f64;
    share
}
