//! The criteria by which a fix is judged.

use super::measure::Measures;
use super::{Answer, Outcome, Rule, Seen, Thresholds};
use crate::model::time::human_duration;
use crate::state::coverage::{Missing, SHORT_SECONDS};
use crate::stats::rates::{as_f64, is_below, trials_needed};

const EXIT_3: &str = "exit code 3";
const RESTARTS: &str = "restarts/h per instance";
const STARTS: &str = "starts that succeed";
const STATUS_503: &str = "requests with 503";
const STATUS_5XX: &str = "requests with 5xx";
const HEALTH_CHECKS: &str = "health checks";
const STARTUP: &str = "startup time";
const REVISIONS: &str = "revisions serving";
const INSTANCES: &str = "instances at once";

/// Names of all of them.
pub(super) const NAMES: [&str; 9] =
    [EXIT_3, RESTARTS, STARTS, STATUS_503, STATUS_5XX, HEALTH_CHECKS, STARTUP, REVISIONS, INSTANCES];

/// Revisions that got a request in the last so many minutes are serving.
const SERVING_MINUTES: i64 = 10;

/// The rules, in the order of a life: exits, starts, requests, revisions.
pub(super) fn rules(limits: &Thresholds) -> Vec<Rule<'_>> {
    let no_requests = "no request";
    let error_share = limits.error_share;
    let mut rules = vec![
        rule(EXIT_3, "0".to_owned(), "no service", |one| Some(exit_3(one))),
        rule(RESTARTS, format!("< {}", limits.restarts_per_instance_max), "no instance", move |one| {
            restarts(one, limits.restarts_per_instance_max)
        }),
        rule(STARTS, at_least(limits.start_failure_share), "no instance start", move |one| {
            let (all, failed) = one.starts();
            share(failed, all, limits.start_failure_share, " failed")
        }),
        rule(STATUS_503, at_most(error_share), no_requests, move |one| {
            let [all, failed, ..] = one.requests();
            request_share(one, failed, all, error_share, "")
        }),
        rule(STATUS_5XX, at_most(error_share), no_requests, move |one| {
            let [all, _, failed, ..] = one.requests();
            request_share(one, failed, all, error_share, "")
        }),
        rule(HEALTH_CHECKS, at_least(limits.health_check_failure_share), "no health check", move |one| {
            let [.., all, failed] = one.requests();
            request_share(one, failed, all, limits.health_check_failure_share, " failed")
        }),
        rule(STARTUP, format!("< {} s", limits.startup_seconds_max), "no whole start", move |one| {
            startup(one, limits.startup_seconds_max)
        }),
        rule(REVISIONS, "1".to_owned(), "no request, no traffic setting", serving),
    ];
    if let Some((fewest, most)) = limits.instances_expected {
        rules.push(rule(INSTANCES, format!("{fewest} to {most}"), "no instance", move |one| {
            let lives = one.service.instances.len();
            let seen = one.instances_at_once();
            let outcome = if (fewest..=most).contains(&seen) { Outcome::Pass } else { Outcome::Fail };
            (lives > 0).then(|| (outcome, format!("{seen} at once, {lives} in all")))
        }));
    }
    rules
}

fn rule<'a>(
    name: &'static str,
    threshold: String,
    nothing: &'static str,
    answer: impl Fn(&Measures<'_>) -> Answer + 'a,
) -> Rule<'a> {
    Rule { name, threshold, nothing, answer: Box::new(answer) }
}

fn at_least(failing: f64) -> String {
    format!("> {:.0} %", (1.0 - failing) * 100.0)
}

fn at_most(failing: f64) -> String {
    format!("< {:.0} %", failing * 100.0)
}

/// A share of failures: a fail when it is reached, a pass only when this much could not be seen by chance.
fn share(failed: u64, all: u64, limit: f64, word: &str) -> Answer {
    let seen = format!("{failed} of {all}{word}");
    match all {
        0 => None,
        _ if failed > 0 && as_f64(failed) >= limit * as_f64(all) => Some((Outcome::Fail, seen)),
        _ if is_below(failed, all, limit) => Some((Outcome::Pass, seen)),
        _ if failed == 0 => Some((Outcome::NotJudged, format!("{seen}; needs {} good", trials_needed(limit)))),
        _ => Some((Outcome::NotJudged, format!("{seen}; needs more"))),
    }
}

/// A share of requests cannot be told where entries were chosen by severity: the healthy ones are left out.
fn request_share(one: &Measures<'_>, failed: u64, all: u64, limit: f64, word: &str) -> Answer {
    let chosen = one.coverage.lowest_severity.is_some() || !one.coverage.capped.is_empty();
    match share(failed, all, limit, word) {
        Some((_, seen)) if chosen => Some((Outcome::NotJudged, format!("{seen}, filtered by severity"))),
        answer => answer,
    }
}

fn exit_3(one: &Measures<'_>) -> Seen {
    let count = one.exits("3").len();
    let covered = one.coverage.covered_seconds();
    let seen = format!("{count} in {}", human_duration(covered));
    match count {
        1.. => (Outcome::Fail, seen),
        0 if one.coverage.lacks(Missing::System) => (Outcome::NotJudged, format!("{seen}, unseen")),
        0 if covered < SHORT_SECONDS => (Outcome::NotJudged, format!("{seen}; needs 10 min")),
        0 => (Outcome::Pass, seen),
    }
}

/// For each instance that lived at once, not for each life: a crash loop makes many lives.
fn restarts(one: &Measures<'_>, limit: f64) -> Answer {
    let (count, at_once, hours) = (one.restarts().len() as u64, one.instances_at_once(), one.hours());
    if at_once == 0 && count == 0 {
        return None;
    }
    let each = as_f64(count) / as_f64(at_once.max(1));
    let seen = format!("{count} in {}", human_duration(hours * 3_600.0));
    Some(match () {
        // Within the first hour this many are too many already.
        () if each >= limit * hours.max(1.0) => (Outcome::Fail, format!("{seen}, {at_once} at once")),
        () if hours >= 1.0 => (Outcome::Pass, format!("{seen}, {at_once} at once")),
        () => (Outcome::NotJudged, format!("{seen}; needs 1 h")),
    })
}

fn startup(one: &Measures<'_>, limit: f64) -> Answer {
    let seconds = one.startup_seconds();
    let slowest = seconds.iter().copied().max_by(f64::total_cmp)?;
    let outcome = if slowest < limit { Outcome::Pass } else { Outcome::Fail };
    Some((outcome, format!("slowest {slowest:.1} s of {}", seconds.len())))
}

/// As the traffic setting says; without one, as the last requests show.
fn serving(one: &Measures<'_>) -> Answer {
    let revisions = &one.service.revisions;
    let set: Vec<&str> = revisions
        .iter()
        .filter(|revision| revision.traffic_percent.is_some_and(|percent| percent > 0))
        .map(|revision| revision.name.as_str())
        .collect();
    let last = revisions.iter().filter_map(|revision| revision.minutes.keys().next_back()).max();
    let (names, how) = match last {
        _ if !set.is_empty() => (set, "by traffic setting"),
        None => return None,
        Some(last) => {
            let recent = last - SERVING_MINUTES;
            let got = revisions.iter().filter(|revision| revision.minutes.range(recent..).next().is_some());
            (got.map(|revision| revision.name.as_str()).collect(), "in the last 10 min")
        }
    };
    let outcome = if names.len() == 1 { Outcome::Pass } else { Outcome::Fail };
    Some((outcome, format!("{} {how}", names.len())))
}
