//! What would have raised an alert.

use super::measure::{Measures, burst};
use super::{Outcome, Rule, Seen, Thresholds};
use crate::model::Timestamp;
use crate::model::time::human_duration;
use crate::state::coverage::Missing;
use crate::stats::rates::as_f64;

/// The rules, most urgent first.
pub(super) fn rules(limits: &Thresholds) -> Vec<Rule<'_>> {
    vec![
        Rule {
            name: "critical: exit code 3",
            threshold: format!("<= {} in {}", limits.exit_3_max, minutes(limits.exit_3_seconds)),
            nothing: "no service",
            answer: Box::new(|one| {
                let (most, seconds) = (limits.exit_3_max, limits.exit_3_seconds);
                // Exits are written by the platform; without its entries none can be seen.
                let enough = !one.coverage.lacks(Missing::System);
                Some(bursts(one, &one.exits("3"), most, seconds, Outcome::Fail, enough))
            }),
        },
        Rule {
            name: "warning: restarts",
            threshold: format!("<= {} in 1 h", limits.restarts_an_hour_max),
            nothing: "no service",
            answer: Box::new(|one| {
                let enough = !one.service.instances.is_empty();
                Some(bursts(one, &one.restarts(), limits.restarts_an_hour_max, 3_600, Outcome::Warn, enough))
            }),
        },
        Rule {
            name: "info: failed starts",
            threshold: format!("<= {:.0} %", limits.start_failures_max * 100.0),
            nothing: "no instance start",
            answer: Box::new(|one| {
                let (all, failed) = one.starts();
                let over = as_f64(failed) > limits.start_failures_max * as_f64(all);
                (all > 0)
                    .then(|| (if over { Outcome::Info } else { Outcome::Pass }, format!("{failed} of {all} failed")))
            }),
        },
    ]
}

/// Too many within a stretch; fewer are a pass only where so long a stretch was covered.
fn bursts(one: &Measures<'_>, times: &[i64], most: u64, seconds: i64, bad: Outcome, enough: bool) -> Seen {
    let found = burst(times, seconds);
    if found.count > most {
        return (bad, format!("{} from {}Z", found.count, Timestamp(found.from).to_clock()));
    }
    #[allow(clippy::cast_precision_loss, reason = "a threshold is a small number of seconds")]
    let covered = one.coverage.covered_seconds() >= seconds as f64;
    if enough && covered {
        return (Outcome::Pass, format!("at most {}", found.count));
    }
    let seen = human_duration(one.coverage.covered_seconds());
    let lacks = if enough { "" } else { ", unseen" };
    (Outcome::NotJudged, format!("{} in {seen}{lacks}", found.count))
}

fn minutes(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}
