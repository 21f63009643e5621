//! Two deploys that overlapped: one of them was lost, or refused.

use super::{blank, evidence, is_sick};
use crate::model::Timestamp;
use crate::model::report::{Deployment, RevisionState};
use crate::model::time::NANOS_PER_SECOND;
use crate::state::ServiceState;
use crate::state::history::Refusal;
use crate::state::revisions::RevisionFacts;

/// gRPC status of a change that clashed with another one.
const ABORTED: i64 = 10;

/// A refused change clashed with one that was accepted within this time.
const CLASH_NANOS: i64 = 60 * NANOS_PER_SECOND;

/// The last race of which one side came to nothing: its revision never wrote an entry, or its call was refused.
/// Two deploys that overlapped and both came up are two deploys.
pub(super) fn raced(service: &ServiceState) -> Option<RevisionState> {
    let lost = service.history.raced.iter().rev().find_map(|(first, second)| lost(service, *first, *second));
    lost.or_else(|| service.history.refused.iter().rev().find_map(|refusal| refused(service, refusal)))
}

fn lost(service: &ServiceState, first: Timestamp, second: Timestamp) -> Option<RevisionState> {
    let (one, other) = (deploy_at(service, first)?, deploy_at(service, second)?);
    let is_silent = |deployment: &Deployment| {
        service.revision(&deployment.revision).is_none_or(|revision| revision.span.is_none())
            && !is_served(service, &deployment.revision)
    };
    let (lost, kept) = match (is_silent(one), is_silent(other)) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return None,
    };
    let lost_name = if lost.revision.is_empty() { "the revision of one" } else { lost.revision.as_str() };
    let mut answer = blank("raced-deploys", "none");
    answer.from = Some(first);
    answer.to = Some(second);
    answer.revisions = [&lost.revision, &kept.revision].into_iter().filter(|name| !name.is_empty()).cloned().collect();
    answer.evidence = vec![format!(
        "two deploys {:.1} s apart ({}{} and {}{}): {lost_name} never wrote an entry and got no traffic, {} did: what was deployed with the other is not what runs",
        second.seconds_since(first),
        first.to_rfc3339(),
        by(one),
        second.to_rfc3339(),
        by(other),
        kept.revision,
    )];
    told(service, &mut answer, &kept.revision);
    Some(answer)
}

fn refused(service: &ServiceState, refusal: &Refusal) -> Option<RevisionState> {
    let near = |one: &&Deployment| {
        matches!(one.kind.as_str(), "deploy" | "failed" | "traffic" | "rollback")
            && (one.time.0 - refusal.time.0).abs() <= CLASH_NANOS
    };
    let accepted = service.history.deployments.iter().rfind(near).filter(|_| refusal.code == ABORTED)?;
    let mut answer = blank("raced-deploys", "none");
    answer.from = Some(accepted.time.min(refusal.time));
    answer.to = Some(accepted.time.max(refusal.time));
    answer.revisions = Some(accepted.revision.clone()).filter(|name| !name.is_empty()).into_iter().collect();
    answer.evidence = vec![format!(
        "the change of {} was refused as a conflict, {:.1} s from the one of {} that was accepted{}",
        refusal.time.to_rfc3339(),
        refusal.time.seconds_since(accepted.time).abs(),
        accepted.time.to_rfc3339(),
        by(accepted),
    )];
    told(service, &mut answer, &accepted.revision);
    Some(answer)
}

/// A race serves nobody badly by itself: where the revision that won fails, the failures follow that revision.
fn told(service: &ServiceState, answer: &mut RevisionState, won: &str) {
    let Some(won) = service.revision(won) else { return };
    if is_sick(won) {
        "bystander".clone_into(&mut answer.role);
        answer.evidence.push(format!("failures follow {}: {}", won.name, won.verdict()));
    } else {
        answer.evidence.extend(evidence(&[won]));
    }
}

fn deploy_at(service: &ServiceState, time: Timestamp) -> Option<&Deployment> {
    let mut deploys = service.history.deployments.iter().filter(|one| matches!(one.kind.as_str(), "deploy" | "failed"));
    deploys.rfind(|one| one.time == time)
}

fn is_served(service: &ServiceState, revision: &str) -> bool {
    let by_revision = |one: &RevisionFacts| one.health.requests > 0 || one.traffic_percent.unwrap_or(0) > 0;
    service.revision(revision).is_some_and(by_revision)
}

fn by(deployment: &Deployment) -> String {
    if deployment.client.is_empty() { String::new() } else { format!(" with {}", deployment.client) }
}
