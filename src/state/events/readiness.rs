//! When the platform called a revision ready, or gave up on it.

use super::{Scene, moment};
use crate::classify::redact::redact;
use crate::model::timeline::{Event, EventKind};

pub(super) fn events(scene: &Scene<'_>) -> Vec<Event> {
    let history = &scene.service.history;
    let facts = || scene.settled.audit_of(scene.service.symbol);
    history
        .readiness
        .iter()
        .filter_map(|(revision, readiness)| {
            let kind = if readiness.ready? { EventKind::Ready } else { EventKind::NotReady };
            let mut text = match (kind, readiness.deploy_seconds) {
                (EventKind::Ready, Some(seconds)) => format!("ready; deploying it took {seconds:.1} s"),
                (EventKind::Ready, None) => "ready".to_owned(),
                _ => "not ready".to_owned(),
            };
            if kind == EventKind::NotReady && !readiness.message.is_empty() {
                // What follows the first paragraph is an address of the console.
                let reason = readiness.message.split('\n').next().unwrap_or_default();
                text = format!(
                    "not ready: {}",
                    redact(reason.split(" Logs for this revision").next().unwrap_or_default())
                );
            }
            let fact = facts().find(|fact| fact.time == readiness.since && fact.revision == *revision);
            Some(Event {
                evidence: fact.map(|fact| {
                    scene.evidence(fact.time, &fact.insert_id, fact.position, &redact(&fact.status_message))
                }),
                ..moment(readiness.since, kind, revision, text)
            })
        })
        .collect()
}
