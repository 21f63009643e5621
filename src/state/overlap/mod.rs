//! What "two revisions active" means for one service, decided from requests, starts and audit entries.
//!
//! In: the service's state. Out: the contract's `revision_state`.
//! Two revisions in a log are normal for minutes after every deploy; only failures that begin and end
//! with the overlap, on both revisions, make it a cause. "Cannot be told" is an answer.
//!
//! One file finds one state: `split`, `newest`, `idle` (pinned, tagged), `raced`, and `requests` where the control plane
//! says nothing.

mod idle;
mod newest;
mod raced;
mod requests;
mod split;

use super::ServiceState;
use super::aligned::{Around, Dependence, Window};
use super::revisions::RevisionFacts;
use crate::model::report::RevisionState;

pub use idle::tagged_in;

/// One failed request in this many is no sickness: the share of errors at which a canary is stopped.
const STRAY_PART: u64 = 100;

/// Names the state and its role.
pub fn revision_state(service: &ServiceState) -> RevisionState {
    let written: Vec<&RevisionFacts> = service.revisions.iter().filter(|revision| revision.span.is_some()).collect();
    let serving: Vec<&RevisionFacts> =
        written.iter().copied().filter(|revision| revision.health.requests > 0).collect();
    let mut answer = match decide(service, &written, &serving) {
        Some(answer) => answer,
        None => blank(
            if written.is_empty() { "cannot-be-told" } else { "single" },
            if written.is_empty() { "unknown" } else { "none" },
        ),
    };
    if answer.revisions.is_empty() {
        answer.revisions = written.iter().map(|revision| revision.name.clone()).collect();
    }
    if answer.evidence.is_empty() {
        answer.evidence = evidence(&written);
    }
    answer
}

/// What the control plane says goes before what requests show; what holds goes before what has ended.
fn decide(service: &ServiceState, written: &[&RevisionFacts], serving: &[&RevisionFacts]) -> Option<RevisionState> {
    let split = split::split(service);
    let is_over = split.as_ref().is_some_and(|split| split.to.is_some());
    split
        .clone()
        .filter(|_| !is_over)
        .or_else(|| newest::newest_not_ready(service, written))
        .or(split)
        // What did harm is told, although it has ended.
        .or_else(|| idle::tagged(service, true).filter(|tagged| tagged.role == "cause"))
        .or_else(|| idle::pinned(service))
        .or_else(|| raced::raced(service))
        .or_else(|| idle::tagged(service, false))
        .or_else(|| idle::active_at_zero(service))
        .or_else(|| idle::tagged(service, true))
        .or_else(|| (written.len() > 1).then(|| requests::by_overlap(service, written, serving)))
}

/// Two revisions that serve fail: does it begin and end with the overlap, and is there a limit that they share?
fn role_of_both(service: &ServiceState, pair: &[&RevisionFacts], window: Window) -> (&'static str, String) {
    let around = Around::of(service, pair, window);
    let shared = pair.iter().filter(|revision| !revision.shared_limit.is_empty()).count() > 1;
    let why = match around.dependence() {
        Dependence::NothingOutside if shared => {
            let why = format!("both reach a limit that they share; {}, too few outside to compare", around.told());
            return ("cause", why);
        }
        Dependence::Depends if shared => {
            return (
                "cause",
                format!(
                    "{}, and both reach a limit that they share: together they use more than it allows",
                    around.told()
                ),
            );
        }
        dependence => told_of(&around, dependence),
    };
    why.unwrap_or_else(|| ("bystander", format!("both fail, and the failures do not depend on it: {}", around.told())))
}

/// A revision without traffic runs beside one that fails at a limit. It writes nothing of that limit itself, so only
/// failures that begin and end with its instances show that it takes what the other lacks.
fn role_beside(service: &ServiceState, serving: &RevisionFacts, idle: &RevisionFacts) -> (&'static str, String) {
    let around = Around::of(service, &[serving, idle], Window::Beside);
    let why = match around.dependence() {
        Dependence::Depends if !serving.shared_limit.is_empty() => {
            let why = format!(
                "{}, and {} reaches a limit that instances of {} count towards: together they use more than it allows",
                around.told(),
                serving.name,
                idle.name
            );
            return ("cause", why);
        }
        dependence => told_of(&around, dependence),
    };
    why.unwrap_or_else(|| {
        ("bystander", format!("{} fails, and its failures do not depend on it: {}", serving.name, around.told()))
    })
}

/// What cannot be told of the failures around an overlap; `None` where they do not depend on it, or where nothing else
/// than the overlap is there to compare with.
fn told_of(around: &Around, dependence: Dependence) -> Option<(&'static str, String)> {
    match dependence {
        Dependence::Depends => {
            Some(("unknown", format!("{}, but no limit that they share is in these files", around.told())))
        }
        Dependence::Unproven => {
            Some(("unknown", format!("{}: too few to tell whether it depends on the overlap", around.told())))
        }
        Dependence::Independent | Dependence::NothingOutside => None,
    }
}

/// Fails more than now and then: a stray error in a hundred requests or more is no sickness.
fn is_sick(revision: &RevisionFacts) -> bool {
    let health = &revision.health;
    revision.crashes > 0
        || health.errors_5xx * STRAY_PART > health.requests
        || revision.ready == Some(false)
        || revision.is_called_bad()
}

fn evidence(revisions: &[&RevisionFacts]) -> Vec<String> {
    revisions.iter().map(|revision| format!("{}: {}", revision.name, revision.verdict())).collect()
}

fn blank(state: &str, role: &str) -> RevisionState {
    RevisionState {
        state: state.to_owned(),
        role: role.to_owned(),
        revisions: Vec::new(),
        from: None,
        to: None,
        evidence: Vec::new(),
    }
}
