//! Failed requests: the first and last failure of the service, and the minutes in which requests failed.

use super::{Scene, moment};
use crate::classify;
use crate::facts::row::Row;
use crate::facts::slots::Outcomes;
use crate::model::timeline::{Event, EventKind};
use crate::model::{Stream, Timestamp};
use crate::state::instances::End;

/// Fewer failed requests than this are no burst; the first and last failure tell of them.
const FAILED_MIN: u64 = 5;

/// Minutes without a failure that a burst may contain.
const QUIET_NANOS_MAX: i64 = 120_000_000_000;

/// The first and last sign that the service failed: a request, or an instance.
pub(super) fn first_and_last_failure(scene: &Scene<'_>) -> Vec<Event> {
    let mut failures: Vec<usize> =
        (0..scene.settled.rows.len()).filter(|index| is_failed_request(scene, &scene.settled.rows[*index])).collect();
    let instances = scene.service.instances.iter().filter(|instance| matches!(instance.end, End::Failed(_)));
    failures.extend(instances.flat_map(|instance| instance.failures.iter().copied()));
    // Rows stand in time order.
    failures.sort_unstable();
    failures.dedup();
    let told = |index: &usize, kind: EventKind, word: &str| {
        let row = &scene.settled.rows[*index];
        Event {
            evidence: Some(scene.quote(row)),
            ..moment(
                Timestamp(row.time),
                kind,
                scene.settled.text(row.revision),
                format!("{word}: {}", scene.settled.class(row).title),
            )
        }
    };
    let first = failures.first().map(|index| told(index, EventKind::FirstFailure, "first failure in these files"));
    let last = failures.last().filter(|_| failures.len() > 1);
    first
        .into_iter()
        .chain(last.map(|index| told(index, EventKind::LastFailure, "last failure in these files")))
        .collect()
}

fn is_failed_request(scene: &Scene<'_>, row: &Row) -> bool {
    let role = scene.settled.class(row).role;
    row.service == scene.service.symbol
        && row.stream == Stream::Requests
        && role == crate::model::Role::Impact
        && classify::is_failed_request(row.status, true)
}

/// Stretches in which requests failed, with how many of all, and how many failed outside of them.
pub(super) fn bursts(scene: &Scene<'_>) -> Vec<Event> {
    let revisions = &scene.service.revisions;
    let mut bad: Vec<(i64, i64)> = revisions
        .iter()
        .flat_map(|revision| revision.health.slots.each())
        .filter(|(_, _, outcomes)| failed(outcomes) > 0)
        .map(|(from, to, _)| (from, to))
        .collect();
    bad.sort_unstable();
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for (from, to) in bad {
        match stretches.last_mut().filter(|last| from.saturating_sub(last.1) <= QUIET_NANOS_MAX) {
            Some(last) => last.1 = last.1.max(to),
            None => stretches.push((from, to)),
        }
    }
    let whole = sum(revisions.iter().map(|revision| revision.health.slots.between(i64::MIN, i64::MAX).outcomes));
    stretches
        .into_iter()
        .filter_map(|(from, to)| {
            // `to` is the first moment after the last slot.
            let within = |revision: &crate::state::revisions::RevisionFacts| {
                revision.health.slots.between(from, to.saturating_sub(1)).outcomes
            };
            let (bad, all) = sum(revisions.iter().map(within));
            if bad < FAILED_MIN {
                return None;
            }
            let by_revision: Vec<String> = revisions
                .iter()
                .map(|revision| (&revision.name, within(revision)))
                .filter(|(_, outcomes)| outcomes.requests > 0)
                .map(|(name, outcomes)| format!("{name}: {} of {}", failed(&outcomes), outcomes.requests))
                .collect();
            let split = if by_revision.len() > 1 { format!(" ({})", by_revision.join(", ")) } else { String::new() };
            let text = format!(
                "{bad} of {all} requests failed{split}; outside of these minutes {} of {}",
                whole.0 - bad,
                whole.1 - all
            );
            Some(Event {
                until: Some(Timestamp(to)),
                count: bad,
                ..moment(Timestamp(from), EventKind::ErrorBurst, "", text)
            })
        })
        .collect()
}

fn failed(outcomes: &Outcomes) -> u64 {
    outcomes.errors_app + outcomes.errors_platform + outcomes.refused
}

/// Failed and all requests.
fn sum(outcomes: impl Iterator<Item = Outcomes>) -> (u64, u64) {
    outcomes.fold((0, 0), |(bad, all), outcomes| (bad + failed(&outcomes), all + outcomes.requests))
}
