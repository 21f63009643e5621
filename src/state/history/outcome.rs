//! How a call ended: whether the revision it made, or the service after it, went not ready.
//!
//! In go a call with the revision it made; out comes failed or not. Only what the entries
//! say counts: a call nothing more is heard of did not fail.

use super::timeline::{SETTLED_WITHIN_NANOS, Timeline, newest_of};
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::Timestamp;

/// Whether a call that made a revision failed.
pub(crate) fn deploy_failed(timeline: &Timeline, call: &AuditFact, revision: &str, next: Timestamp) -> bool {
    revision_failed(timeline, revision).unwrap_or_else(|| service_failed(timeline, call, next).is_some())
        || ended_in_error(timeline, call)
}

/// Whether a revision was said to be not ready, and never ready; `None` when nothing is said of it.
pub(crate) fn revision_failed(timeline: &Timeline, revision: &str) -> Option<bool> {
    let said: Vec<bool> = timeline.conditions_of(revision).iter().filter_map(|fact| fact.ready).collect();
    if said.is_empty() { None } else { Some(!said.contains(&true)) }
}

/// The last condition of the service after this call, if it says not ready.
fn service_failed<'a>(timeline: &Timeline<'a>, call: &AuditFact, next: Timestamp) -> Option<&'a AuditFact> {
    let said = timeline.conditions_after(call, next);
    said.into_iter().rfind(|fact| fact.ready.is_some()).filter(|last| last.ready == Some(false))
}

/// Whether a traffic change failed by itself: the service went not ready, and not because of a
/// revision that does not come up, for which its own deployment is to blame.
pub(crate) fn traffic_failed(
    timeline: &Timeline,
    call: &AuditFact,
    next: Timestamp,
    is_known_failed: impl Fn(&str) -> bool,
) -> bool {
    let newest_broken = |last: &AuditFact| last.status_after.as_ref().is_some_and(|s| s.newest_ready == Some(false));
    service_failed(timeline, call, next).is_some_and(|last| !newest_broken(last) && !is_known_failed(newest_of(last)))
}

/// Whether the call's long-running operation ended in an error.
fn ended_in_error(timeline: &Timeline, call: &AuditFact) -> bool {
    let soon = timeline.between(call.time, call.time.plus(SETTLED_WITHIN_NANOS));
    soon.iter().any(|fact| fact.kind == AuditKind::Refused && ends(call, fact))
}

/// Whether `fact` is the completion (or a repetition) of `call`: same caller and method, no
/// settings of its own, within a quarter of an hour.
pub(crate) fn ends(call: &AuditFact, fact: &AuditFact) -> bool {
    let by_the_same = call.actor == fact.actor && call.method == fact.method;
    // Cloud Functions replaces the service on behalf of whoever asked for the function.
    let on_behalf = call.method.ends_with("Function") && fact.client == "cloud-functions";
    let names_the_same = call.revision == fact.revision;
    fact.spec.is_none()
        && (by_the_same || on_behalf)
        && names_the_same
        && fact.time > call.time
        && fact.time <= call.time.plus(SETTLED_WITHIN_NANOS)
}

/// The first moment at which the end of a call was known; `None` where no entry says.
pub(crate) fn settled_at(timeline: &Timeline, call: &AuditFact, revision: &str) -> Option<Timestamp> {
    let of_service = timeline.generation_after(call).and_then(|_| timeline.service_after(Some(call), ""));
    let told = timeline.conditions_of(revision).iter().copied().chain(of_service);
    told.filter(|fact| fact.ready.is_some()).map(|fact| fact.time).min()
}
