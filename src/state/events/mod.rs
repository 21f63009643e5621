//! What happened to a service, in order: changes, readiness, instances, failures.
//!
//! In: settled facts and the state of a service. Out: [`Event`]s in time order. One file finds one kind. Events
//! of one kind that follow each other closely are one event with a count, so that a crash loop of a thousand
//! instances is one line and not a thousand.

mod changes;
mod instances;
mod readiness;
mod requests;

#[cfg(test)]
mod tests;

use crate::facts::Settled;
use crate::facts::row::Row;
use crate::model::report::{Evidence, Generator};
use crate::model::timeline::{Event, EventKind, SCHEMA_VERSION, ServiceTimeline, TimelineReport};
use crate::model::{Position, Timestamp};
use crate::state::alive::alive;
use crate::state::coverage::Coverage;
use crate::state::{ServiceState, State};

/// Events of one kind on one revision are told together while no pause between them is longer.
const TOGETHER_NANOS_MAX: i64 = 60_000_000_000;

/// What the detectors look at.
pub(super) struct Scene<'a> {
    settled: &'a Settled,
    service: &'a ServiceState,
    files: &'a [String],
}

/// The timeline of every service.
pub fn timeline(settled: &Settled, state: &State, coverage: &Coverage, files: &[String]) -> TimelineReport {
    TimelineReport {
        schema_version: SCHEMA_VERSION,
        generator: Generator { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        first_timestamp: coverage.extent.map(|(first, _)| Timestamp(first)),
        last_timestamp: coverage.extent.map(|(_, last)| Timestamp(last)),
        services: state
            .services
            .iter()
            .map(|service| ServiceTimeline {
                platform: service.home.platform,
                service: service.name.clone(),
                instances: alive(settled, service, &coverage.stretches),
                events: events(settled, service, files),
            })
            .collect(),
    }
}

/// The events of a service. `files` are the names that positions refer to.
pub fn events(settled: &Settled, service: &ServiceState, files: &[String]) -> Vec<Event> {
    let scene = Scene { settled, service, files };
    let mut events = changes::events(&scene);
    events.extend(readiness::events(&scene));
    events.extend(instances::starts(&scene));
    events.extend(instances::crashes(&scene));
    events.extend(instances::first_answers(&scene));
    events.extend(requests::first_and_last_failure(&scene));
    events.extend(requests::bursts(&scene));
    events.sort_by(|a, b| {
        (a.time, a.kind, &a.revision, &a.text, a.until).cmp(&(b.time, b.kind, &b.revision, &b.text, b.until))
    });
    events
}

impl Scene<'_> {
    fn quote(&self, row: &Row) -> Evidence {
        self.evidence(Timestamp(row.written), &row.insert_id, row.position, self.settled.text(row.text))
    }

    fn evidence(&self, timestamp: Timestamp, insert_id: &str, position: Position, text: &str) -> Evidence {
        Evidence {
            timestamp,
            insert_id: insert_id.to_owned(),
            file: self.files.get(position.file as usize).cloned().unwrap_or_default(),
            line: position.line,
            text: text.to_owned(),
        }
    }
}

/// An event of one moment.
fn moment(time: Timestamp, kind: EventKind, revision: &str, text: String) -> Event {
    Event { time, until: None, kind, revision: revision.to_owned(), count: 1, text, evidence: None }
}

/// Splits times (ascending) where a pause is longer than [`TOGETHER_NANOS_MAX`].
fn runs<T>(items: &[T], time: impl Fn(&T) -> i64) -> impl Iterator<Item = &[T]> {
    items.chunk_by(move |a, b| time(b).saturating_sub(time(a)) <= TOGETHER_NANOS_MAX)
}

/// `3 × AUTOSCALING, 2 × MIN_INSTANCES`, most frequent first.
fn tally(words: impl Iterator<Item = String>) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for word in words.filter(|word| !word.is_empty()) {
        *counts.entry(word).or_insert(0u64) += 1;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    counts.iter().take(4).map(|(word, count)| format!("{count} × {word}")).collect::<Vec<_>>().join(", ")
}

/// `1 instance`, `2 instances`.
fn counted(count: u64, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
