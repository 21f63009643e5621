//! Failed requests: the first and last failure of the service, and the minutes in which requests failed.

use super::{Scene, moment};
use crate::classify;
use crate::facts::row::Row;
use crate::facts::slots::Outcomes;
use crate::model::timeline::{Event, EventKind};
use crate::model::{Stream, Timestamp};
use crate::state::instances::End;

/// Fewer failed requests than this are no burst; the first and last failure tell of them.
const FAILED_MIN: usize = 5;

/// A pause that a burst may contain.
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

/// Stretches in which requests failed, with how many of all in their minutes, and how many failed outside.
pub(super) fn bursts(scene: &Scene<'_>) -> Vec<Event> {
    let rows: Vec<&Row> = scene.settled.rows.iter().filter(|row| is_failed_request(scene, row)).collect();
    let whole = sum(scene, i64::MIN, i64::MAX);
    rows.chunk_by(|a, b| b.time.saturating_sub(a.time) <= QUIET_NANOS_MAX)
        .filter(|run| run.len() >= FAILED_MIN)
        .filter_map(|run| {
            let (first, last) = (run.first()?, run.last()?);
            // Requests are counted by their arrival.
            let arrivals = || run.iter().map(|row| row.written);
            let (from, to) = (arrivals().min()?, arrivals().max()?);
            let (bad, all) = sum(scene, from, to);
            let by_revision: Vec<String> = scene
                .service
                .revisions
                .iter()
                .map(|revision| (&revision.name, revision.health.slots.between(from, to).outcomes))
                .filter(|(_, outcomes)| outcomes.requests > 0)
                .map(|(name, outcomes)| format!("{name}: {} of {}", failed(&outcomes), outcomes.requests))
                .collect();
            let split = if by_revision.len() > 1 { format!(" ({})", by_revision.join(", ")) } else { String::new() };
            let text = format!(
                "{bad} of {all} requests of these minutes failed{split}; of all others {} of {}",
                whole.0.saturating_sub(bad),
                whole.1.saturating_sub(all)
            );
            Some(Event {
                until: Some(Timestamp(last.time)),
                count: run.len() as u64,
                evidence: Some(scene.quote(first)),
                ..moment(Timestamp(first.time), EventKind::ErrorBurst, "", text)
            })
        })
        .collect()
}

fn failed(outcomes: &Outcomes) -> u64 {
    outcomes.errors_app + outcomes.errors_platform + outcomes.refused
}

/// Failed and all requests of the service in the minutes of a stretch.
fn sum(scene: &Scene<'_>, from: i64, to: i64) -> (u64, u64) {
    scene
        .service
        .revisions
        .iter()
        .map(|revision| revision.health.slots.between(from, to).outcomes)
        .fold((0, 0), |(bad, all), outcomes| (bad + failed(&outcomes), all + outcomes.requests))
}
