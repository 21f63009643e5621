//! Traffic splits over time, asked for and in effect.
//!
//! In go the timeline and the documents of a service; out come [`TrafficChange`]s in time
//! order. A split asked for (`spec.traffic`) may never take effect; the one in effect
//! (`status.traffic`) comes from conditions, from documents, and, as the state *before*
//! it, from the next call.

use super::rebuild::TrafficChange;
use super::timeline::{Timeline, is_service_condition, status_of};
use crate::facts::audit::spec::TrafficTarget;
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::Timestamp;
use crate::state::history::document::Document;

/// Every split where it differs from the one before of its kind.
pub(crate) fn traffic(timeline: &Timeline, documents: &[&Document]) -> Vec<TrafficChange> {
    let mut all: Vec<TrafficChange> = Vec::new();
    for fact in &timeline.facts {
        if let Some(status) = status_of(fact).filter(|_| fact.kind != AuditKind::Other) {
            note(&mut all, fact.time, &status.traffic, "audit", true);
        }
        if let Some(spec) = fact.spec.as_ref().filter(|_| sets_traffic(fact)) {
            note(&mut all, fact.time, &spec.traffic, "audit", false);
        }
    }
    // A document that does not say how old it is was fetched to look at what the entries tell of.
    let last = timeline.facts.last().map_or(Timestamp(0), |fact| fact.time);
    for document in documents {
        let time = document.time.unwrap_or(last);
        if let Some(spec) = &document.spec {
            note(&mut all, time, &spec.traffic, "document", false);
        }
        if let Some(status) = &document.status {
            note(&mut all, time, &status.traffic, "document", true);
        }
    }
    all.sort_by_key(|change| change.time);
    all
}

fn sets_traffic(fact: &AuditFact) -> bool {
    fact.kind == AuditKind::Request || is_service_condition(fact)
}

fn note(
    all: &mut Vec<TrafficChange>,
    time: Timestamp,
    targets: &[TrafficTarget],
    source: &'static str,
    in_effect: bool,
) {
    let mut targets = targets.to_vec();
    targets.sort_unstable_by(|a, b| (b.percent, &a.revision, &a.tag).cmp(&(a.percent, &b.revision, &b.tag)));
    let last = all.iter().rev().find(|change| change.in_effect == in_effect);
    // A document repeats what the entries say, but it is the last word: it is kept even when equal.
    let is_news = last.is_none_or(|last| last.targets != targets || last.source != source);
    if !targets.is_empty() && is_news {
        all.push(TrafficChange { time, targets, source, in_effect });
    }
}
