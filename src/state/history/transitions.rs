//! When each revision became ready, and when it was not ready any more: readiness over time.
//!
//! In go the timeline and the documents of a service; out come [`Transition`]s in time order, each where what is said
//! of a revision differs from what was said before. "Unknown", which stands while a revision is worked on, is no
//! transition. A document tells of the last transition of each revision that it describes; where the entries tell of
//! a later one, or of the same, they are not contradicted.

use std::collections::BTreeMap;

use super::document::Document;
use super::readiness::deploy_seconds;
use super::timeline::{Timeline, is_service_condition, newest_of};
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::{Position, Timestamp};

/// A revision, or the service itself, became ready or not ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// When.
    pub time: Timestamp,
    /// The revision; empty for the service, where it is not a revision that makes it not ready.
    pub revision: String,
    /// Which of the two.
    pub ready: bool,
    /// Whether the opposite was said before in these files.
    pub again: bool,
    /// The platform's word, for example `HealthCheckContainerError`; empty where it gives none.
    pub reason: String,
    /// The platform's message.
    pub message: String,
    /// How long the deployment took, in seconds, where the platform says.
    pub deploy_seconds: Option<f64>,
    /// The entry that says so: its `insertId`, its place and its status; `None` for a document.
    pub entry: Option<(String, Position, String)>,
}

/// Every transition, by time and revision.
pub(crate) fn transitions(timeline: &Timeline, documents: &[&Document]) -> Vec<Transition> {
    let mut said: BTreeMap<&str, Vec<Transition>> = BTreeMap::new();
    for fact in &timeline.facts {
        let (Some(revision), Some(ready)) = (subject(timeline, fact), fact.ready) else { continue };
        let of_it = said.entry(revision).or_default();
        // That a service is ready is news only after it was not.
        if (revision.is_empty() && ready && of_it.is_empty()) || repeats(of_it, fact, ready) {
            continue;
        }
        of_it.push(Transition {
            time: fact.time,
            revision: revision.to_owned(),
            ready,
            again: !of_it.is_empty(),
            reason: fact.condition_reason.clone(),
            message: fact.message.clone(),
            deploy_seconds: deploy_seconds(&fact.status_message),
            entry: Some((fact.insert_id.clone(), fact.position, fact.status_message.clone())),
        });
    }
    for document in documents {
        let newest = document.status.as_ref().filter(|status| status.newest_ready == Some(false));
        let (revision, ready) = match newest {
            _ if !document.revision.is_empty() => (document.revision.as_str(), document.ready),
            // A service's document tells of its newest revision, where nothing else does.
            Some(status) if !said.contains_key(status.latest_created.as_str()) => {
                (status.latest_created.as_str(), Some(false))
            }
            _ => continue,
        };
        if let (Some(ready), Some(time)) = (ready, document.ready_since) {
            describe(said.entry(revision).or_default(), document, revision, ready, time);
        }
    }
    let mut all: Vec<Transition> = said.into_values().flatten().collect();
    all.sort_by(|a, b| (a.time, &a.revision, a.ready).cmp(&(b.time, &b.revision, b.ready)));
    all
}

/// What a condition is about: a revision; or nothing (empty) where the service fails by itself; `None` for no condition.
fn subject<'a>(timeline: &Timeline<'a>, fact: &'a AuditFact) -> Option<&'a str> {
    if fact.kind != AuditKind::Condition {
        return None;
    }
    if !fact.revision.is_empty() {
        return Some(&fact.revision);
    }
    let status = fact.status_after.as_ref().filter(|_| is_service_condition(fact))?;
    let newest = newest_of(fact);
    let is_about_newest =
        !newest.is_empty() && (fact.message.contains(&format!("'{newest}'")) || status.newest_ready == Some(false));
    match (fact.ready?, is_about_newest) {
        // The conditions of the revision itself say more.
        (false, true) => timeline.conditions_of(newest).is_empty().then_some(newest),
        _ => Some(""),
    }
}

/// Whether a condition says what was said last; how long the deployment took is learned from it.
fn repeats(of_it: &mut [Transition], fact: &AuditFact, ready: bool) -> bool {
    let Some(last) = of_it.last_mut().filter(|last| last.ready == ready) else { return false };
    last.deploy_seconds = last.deploy_seconds.or_else(|| deploy_seconds(&fact.status_message));
    true
}

/// Adds what a document says, before or after what the entries say.
fn describe(of_it: &mut Vec<Transition>, document: &Document, revision: &str, ready: bool, time: Timestamp) {
    let is_earlier = of_it.first().is_some_and(|first| time < first.time && first.ready != ready);
    let is_later = of_it.last().is_none_or(|last| time >= last.time && last.ready != ready);
    if !is_earlier && !is_later {
        return;
    }
    let place = if is_earlier { 0 } else { of_it.len() };
    if let Some(first) = of_it.first_mut().filter(|_| is_earlier) {
        first.again = true;
    }
    let told = Transition {
        time,
        revision: revision.to_owned(),
        ready,
        again: place > 0,
        reason: document.reason.clone(),
        message: document.message.clone(),
        deploy_seconds: None,
        entry: None,
    };
    of_it.insert(place, told);
}
