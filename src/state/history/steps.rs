//! The changes of one service in time order: what each call did and which revision came of it.
//!
//! In goes the timeline; out come [`Step`]s, one per change, with calls that belong to one
//! command joined, and with revisions that came up although no entry asked for them.

use std::collections::{BTreeMap, BTreeSet};

use super::deployments::moves;
use super::diff::template_changes;
use super::outcome::{deploy_failed, ends, revision_failed, settled_at};
use super::timeline::{SETTLED_WITHIN_NANOS, Timeline, is_service_condition, newest_before, newest_of};
use crate::facts::audit::client::only_moves_traffic;
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::Timestamp;
use crate::model::time::NANOS_PER_SECOND;

/// Two deploys this close are a race even when nothing says that the first was still under way.
const RACE_NANOS: i64 = 10 * NANOS_PER_SECOND;

/// Two deploys this close are a race when the second saw the first one's revision not yet ready.
const RACE_UNSETTLED_NANOS: i64 = 60 * NANOS_PER_SECOND;

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// The template changed: a new revision.
    Deploy,
    /// The template stayed; traffic, tags or settings of the service may have changed.
    KeepsTemplate,
    /// Something was deleted.
    Delete,
    /// Refused, nothing changed.
    Refused,
    /// A revision that came up (or failed to) without an entry of who asked.
    Appeared,
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Step<'a> {
    /// When it was asked for; for [`StepKind::Appeared`] the first readiness.
    pub time: Timestamp,
    /// The entry it comes from: the call, or the first condition.
    pub fact: &'a AuditFact,
    /// What it is.
    pub kind: StepKind,
    /// Time of the next accepted call.
    pub next: Timestamp,
    /// Revision that a deploy made or that appeared; empty where it cannot be told.
    pub revision: &'a str,
    /// Whether a deploy failed.
    pub failed: bool,
}

/// Every change in time order.
pub(crate) fn steps<'a>(timeline: &Timeline<'a>) -> Vec<Step<'a>> {
    let calls = accepted_calls(timeline);
    let mut steps = Vec::new();
    let mut previous: Option<&AuditFact> = None;
    for (index, call) in calls.iter().enumerate() {
        let next = calls[index + 1..].iter().map(|later| later.time).find(|time| *time > call.time);
        let next = next.unwrap_or(Timestamp(i64::MAX));
        let mut step =
            Step { time: call.time, fact: call, kind: StepKind::Delete, next, revision: &call.revision, failed: false };
        if !call.method.starts_with("Delete") {
            step.revision = "";
            step.kind = StepKind::KeepsTemplate;
            if makes_revision(timeline, call, previous, next) {
                step.kind = StepKind::Deploy;
                if !call.is_job() {
                    step.revision = timeline.revision_of(call, next);
                }
                step.failed = deploy_failed(timeline, call, step.revision, next);
            }
            previous = Some(call);
        }
        steps.push(step);
    }
    let is_refused = |fact: &&&AuditFact| fact.kind == AuditKind::Refused && changes_service(fact);
    for fact in timeline.facts.iter().filter(is_refused).filter(|fact| !is_end_of_one(&calls, fact)) {
        let next = Timestamp(i64::MAX);
        steps.push(Step { time: fact.time, fact, kind: StepKind::Refused, next, revision: "", failed: false });
    }
    let appeared = appeared(timeline, &steps);
    steps.extend(appeared);
    steps.sort_by(|a, b| (a.time, a.fact).cmp(&(b.time, b.fact)));
    steps
}

/// Pairs of deploys of different commands that overlapped.
pub(crate) fn raced(timeline: &Timeline, steps: &[Step]) -> Vec<(Timestamp, Timestamp)> {
    let deploys: Vec<&Step> =
        steps.iter().filter(|step| step.kind == StepKind::Deploy && !step.fact.is_job()).collect();
    let overlap = |first: &Step, second: &Step| {
        let settled = settled_at(timeline, first.fact, first.revision).is_some_and(|time| time <= second.time);
        let apart = second.time.0.saturating_sub(first.time.0);
        let unready = second.fact.status_before.as_ref().is_some_and(|status| {
            status.latest_created != status.latest_ready && status.latest_created == first.revision
        });
        !settled && (apart <= RACE_NANOS || (unready && apart <= RACE_UNSETTLED_NANOS))
    };
    deploys.windows(2).filter(|pair| overlap(pair[0], pair[1])).map(|pair| (pair[0].time, pair[1].time)).collect()
}

fn changes_service(fact: &AuditFact) -> bool {
    ["Create", "Replace", "Update", "Delete"].iter().any(|verb| fact.method.starts_with(verb))
}

/// Accepted calls, where several calls of one command count as the last of them.
fn accepted_calls<'a>(timeline: &Timeline<'a>) -> Vec<&'a AuditFact> {
    let asked = || timeline.facts.iter().copied().filter(|fact| fact.kind == AuditKind::Request);
    // A deploy from source calls twice: once before the build, once with the image it made.
    let is_part = |fact: &AuditFact| {
        !fact.invocation.is_empty() && !fact.method.starts_with("Delete") && !only_moves_traffic(&fact.client)
    };
    let command = |fact: &'a AuditFact| (fact.invocation.as_str(), fact.client.as_str());
    let last_of: BTreeMap<(&str, &str), &AuditFact> =
        asked().filter(|fact| is_part(fact)).map(|fact| (command(fact), fact)).collect();
    let mut calls: Vec<&AuditFact> = Vec::new();
    for fact in asked() {
        let is_last = !is_part(fact) || last_of.get(&command(fact)).is_some_and(|last| std::ptr::eq(*last, fact));
        if is_last && !is_end_of_one(&calls, fact) {
            calls.push(fact);
        }
    }
    calls
}

/// Whether an entry is the completion of one of the recent calls, not a call of its own.
fn is_end_of_one(calls: &[&AuditFact], fact: &AuditFact) -> bool {
    let since = fact.time.plus(-SETTLED_WITHIN_NANOS);
    let before = calls.partition_point(|call| call.time < fact.time);
    calls[..before].iter().rev().take_while(|call| call.time >= since).any(|call| ends(call, fact))
}

/// Whether the call changed the template. Proof first, then what the caller says, then comparison.
fn makes_revision(timeline: &Timeline, call: &AuditFact, previous: Option<&AuditFact>, next: Timestamp) -> bool {
    if call.method.starts_with("Create") || call.is_job() {
        return true;
    }
    let Some(spec) = &call.spec else { return !only_moves_traffic(&call.client) };
    if only_moves_traffic(&call.client) || !spec.has_template {
        return false;
    }
    if let Some(proven) = timeline.proven(call, next) {
        return proven;
    }
    if !spec.revision_name.is_empty() && spec.revision_name == newest_before(call) {
        return false;
    }
    let has_gap = |previous: &AuditFact| {
        let after = timeline.generation_after(previous).or(previous.generation);
        after.zip(call.generation).is_some_and(|(after, found)| after != found)
    };
    match previous.and_then(|previous| Some((previous, previous.spec.as_ref()?))) {
        // A difference from an earlier state may be the work of a call that is not in the facts.
        Some((previous, before)) if before.has_template && !has_gap(previous) => {
            let new_nonce = !call.nonce.is_empty() && call.nonce != previous.nonce;
            new_nonce || !template_changes(before, spec).is_empty()
        }
        // Most calls deploy; one that moves traffic by its own word need not, unless it says that it deploys.
        _ => call.client.ends_with(" deploy") || moves(call) != Some(true),
    }
}

/// Revisions whose readiness is told although no call in the facts made them.
fn appeared<'a>(timeline: &Timeline<'a>, steps: &[Step<'a>]) -> Vec<Step<'a>> {
    let made = steps.iter().filter(|step| step.kind == StepKind::Deploy).map(|step| step.revision);
    let mut known: BTreeSet<&str> = made.collect();
    let step = |time, fact, revision, failed| {
        let next = Timestamp(i64::MAX);
        Step { time, fact, kind: StepKind::Appeared, next, revision, failed }
    };
    let mut found: Vec<Step> = Vec::new();
    for birth in timeline.births.iter().filter(|birth| !known.contains(birth.revision)) {
        // A retired revision that comes back under new traffic was deployed before.
        let is_new = match birth.created {
            Some(created) => birth.seen <= created.plus(SETTLED_WITHIN_NANOS),
            None => timeline.is_new_at(birth.revision, birth.seen),
        };
        let told = timeline.conditions_of(birth.revision).iter().find(|fact| fact.time == birth.seen);
        if let Some(fact) = told.filter(|_| is_new) {
            let failed = revision_failed(timeline, birth.revision).unwrap_or(false);
            found.push(step(birth.seen, *fact, birth.revision, failed));
        }
    }
    known.extend(timeline.births.iter().map(|birth| birth.revision));
    for fact in timeline.facts.iter().copied().filter(|fact| is_service_condition(fact) && fact.ready == Some(false)) {
        let newest = newest_of(fact);
        let is_about_it = fact.message.contains(&format!("'{newest}'")) || fact.method == "CreateService";
        if !newest.is_empty() && is_about_it && timeline.is_new_at(newest, fact.time) && known.insert(newest) {
            found.push(step(fact.time, fact, newest, true));
        }
    }
    found
}
