//! When the platform called a revision ready, gave up on it, or changed its mind.

use super::{Scene, moment};
use crate::classify::redact::redact;
use crate::model::timeline::{Event, EventKind};
use crate::state::history::Transition;

pub(super) fn events(scene: &Scene<'_>) -> Vec<Event> {
    scene.service.history.transitions.iter().map(|transition| event(scene, transition)).collect()
}

fn event(scene: &Scene<'_>, transition: &Transition) -> Event {
    let kind = if transition.ready { EventKind::Ready } else { EventKind::NotReady };
    let evidence = transition
        .entry
        .as_ref()
        .map(|(insert_id, position, status)| scene.evidence(transition.time, insert_id, *position, &redact(status)));
    Event { evidence, ..moment(transition.time, kind, &transition.revision, text(transition)) }
}

fn text(transition: &Transition) -> String {
    let of = if transition.revision.is_empty() { "the service is " } else { "" };
    let word = match (transition.ready, transition.again) {
        (true, false) => "ready",
        (true, true) => "ready again",
        (false, false) => "not ready",
        (false, true) => "no longer ready",
    };
    let mut text = format!("{of}{word}");
    if let Some(seconds) = transition.deploy_seconds.filter(|_| transition.ready) {
        text.push_str(&format!("; deploying it took {seconds:.1} s"));
    }
    if !transition.ready {
        // What follows the first paragraph is an address of the console.
        let why = transition.message.split('\n').next().unwrap_or_default();
        let why = why.split(" Logs for this revision").next().unwrap_or_default();
        let reason = if transition.reason.is_empty() { String::new() } else { format!(" ({})", transition.reason) };
        if !why.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&redact(why));
        text.push_str(&redact(&reason));
    }
    if transition.entry.is_none() {
        text.push_str("; a description says so");
    }
    text
}
