//! Deployments and traffic: who changed what, with which client.

use super::{Scene, moment};
use crate::classify::redact::redact;
use crate::model::Timestamp;
use crate::model::report::{Change, Deployment};
use crate::model::timeline::{Event, EventKind};
use crate::state::history::traffic_text;

/// Changed fields named in one line.
const FIELDS_MAX: usize = 8;

/// Longest value shown of a changed field, in characters.
const VALUE_CHARS_MAX: usize = 60;

pub(super) fn events(scene: &Scene<'_>) -> Vec<Event> {
    let history = &scene.service.history;
    let mut events: Vec<Event> = history.deployments.iter().map(|deployment| event(scene, deployment)).collect();
    events.extend(history.raced.iter().map(|(first, second)| {
        let text = format!(
            "two changes overlap: the one of {} was not finished when the next came {:.1} s later",
            first.to_rfc3339(),
            second.seconds_since(*first)
        );
        Event { until: None, ..moment(*second, EventKind::Raced, "", text) }
    }));
    // A description knows the split of its moment; entries tell the rest.
    events.extend(
        history.traffic.iter().filter(|change| change.source == "document" && change.time != Timestamp(0)).map(
            |change| {
                let text = format!("a description of the service shows traffic {}", traffic_text(&change.targets));
                moment(change.time, EventKind::Traffic, "", text)
            },
        ),
    );
    events
}

fn event(scene: &Scene<'_>, deployment: &Deployment) -> Event {
    let kind = match deployment.kind.as_str() {
        "failed" => EventKind::DeployFailed,
        "refused" => EventKind::Refused,
        "traffic" => EventKind::Traffic,
        "rollback" => EventKind::Rollback,
        "delete" => EventKind::Delete,
        _ => EventKind::Deploy,
    };
    let mut parts = Vec::new();
    if !deployment.client.is_empty() {
        parts.push(deployment.client.clone());
    }
    if !deployment.actor.is_empty() {
        parts.push(format!("by {}", redact(&deployment.actor)));
    }
    parts.extend(changed(deployment));
    if !deployment.traffic_after.is_empty() {
        parts.push(format!("traffic {}", deployment.traffic_after));
    }
    if kind == EventKind::Refused
        && let Some(refusal) = scene.service.history.refused.iter().find(|refusal| refusal.time == deployment.time)
    {
        parts.push(format!("refused: {}", redact(&refusal.message)));
    }
    let fact = scene.settled.audit_of(scene.service.symbol).find(|fact| fact.time == deployment.time);
    let text = if parts.is_empty() { "no entry says by whom or how".to_owned() } else { parts.join("; ") };
    Event {
        evidence: fact.map(|fact| {
            scene.evidence(fact.time, &fact.insert_id, fact.position, &format!("{} {}", fact.method, fact.service))
        }),
        ..moment(deployment.time, kind, &deployment.revision, text)
    }
}

fn changed(deployment: &Deployment) -> Option<String> {
    let changes: &[Change] = &deployment.changes;
    if changes.is_empty() {
        return None;
    }
    let told: Vec<String> = changes
        .iter()
        .take(FIELDS_MAX)
        .map(|change| match (change.before.is_empty(), change.after.is_empty()) {
            (true, true) => change.field.clone(),
            (true, false) => format!("{} {}", change.field, short(&change.after)),
            (false, true) => format!("{} {} → none", change.field, short(&change.before)),
            (false, false) => format!("{} {} → {}", change.field, short(&change.before), short(&change.after)),
        })
        .collect();
    let more = changes.len().saturating_sub(FIELDS_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("changed {}{more}{}", told.join(", "), deployment.caution()))
}

/// The end of a long value: images differ in their digest.
fn short(value: &str) -> String {
    let value = redact(value);
    let count = value.chars().count();
    if count <= VALUE_CHARS_MAX {
        return value.into_owned();
    }
    let tail: String = value.chars().skip(count - VALUE_CHARS_MAX + 1).collect();
    format!("…{tail}")
}
