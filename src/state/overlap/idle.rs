//! Revisions without traffic beside the one that has it: pinned away, tagged, or left active.

use super::{blank, is_sick, role_beside};
use crate::facts::audit::TrafficTarget;
use crate::model::report::RevisionState;
use crate::state::ServiceState;
use crate::state::history::TrafficChange;
use crate::state::revisions::RevisionFacts;

/// Traffic is pinned to an older revision by name, and the newest one is ready and idle. A newest one with a tag is not
/// forgotten: somebody looks at it.
pub(super) fn pinned(service: &ServiceState) -> Option<RevisionState> {
    let history = &service.history;
    let last = history.traffic.last()?;
    let follows_latest = last.targets.iter().any(|target| target.revision.is_none() && target.percent > 0);
    let pinned = last.targets.iter().find(|target| target.percent == 100)?.revision.clone()?;
    let created = history.latest_created.as_ref().filter(|created| **created != pinned && !follows_latest)?;
    let is_tagged = |target: &TrafficTarget| target.tag.is_some() && target.revision.as_ref() == Some(created);
    let is_ready = history.readiness.get(created).is_some_and(|readiness| readiness.ready == Some(true));
    if !is_ready || last.targets.iter().any(is_tagged) {
        return None;
    }
    let mut answer = blank("pinned-old", "bystander");
    answer.from = Some(last.time);
    answer.revisions = vec![pinned.clone(), created.clone()];
    answer.evidence = vec![format!(
        "traffic is pinned to {pinned} by name, so the newer {created} is ready but gets none until {}",
        service.home.platform.follow_latest()
    )];
    Some(answer)
}

/// The tag, and the revision other than those with traffic, that a split keeps it on.
pub fn tagged_in(service: &ServiceState, change: &TrafficChange) -> Option<(String, String)> {
    let latest = service.history.latest_ready.as_ref();
    let has_traffic = |name: &String| {
        let mut serving = change.targets.iter().filter(|target| target.percent > 0);
        serving.any(|target| target.revision.as_ref().or(latest) == Some(name))
    };
    change.targets.iter().filter(|target| target.percent == 0).find_map(|target| {
        let name = target.revision.clone().filter(|name| !has_traffic(name))?;
        Some((target.tag.clone()?, name))
    })
}

/// A revision is kept by a tag, without traffic: no user reaches it, but its own minimum of instances runs on, and
/// holds what it holds. With `ended`, also one whose tag was taken off again.
pub(super) fn tagged(service: &ServiceState, ended: bool) -> Option<RevisionState> {
    let traffic = &service.history.traffic;
    let at = traffic.iter().rposition(|change| tagged_in(service, change).is_some())?;
    let (tag, name) = tagged_in(service, &traffic[at])?;
    let is_same = |change: &&TrafficChange| tagged_in(service, change).is_some_and(|(_, other)| other == name);
    let later = traffic[at..].iter().find(|change| !is_same(change) && change.time > traffic[at].time);
    if later.is_some() && !ended {
        return None;
    }
    let first = traffic[..=at].iter().rev().take_while(is_same).last()?;
    let runs = service.revision(&name).is_some_and(|revision| revision.instances > 0);
    let mut answer = blank("tagged-at-zero", "bystander");
    answer.from = (first.time.0 > 0).then_some(first.time);
    answer.to = later.map(|change| change.time);
    answer.revisions = vec![name.clone()];
    let until = later.map_or_else(String::new, |change| format!(" until {}", change.time.to_rfc3339()));
    answer.evidence = vec![format!(
        "{name} has the tag {tag} at 0 %{until}: no user traffic{}",
        if runs { ", but it runs instances" } else { "" }
    )];
    weigh(service, &mut answer, &name);
    Some(answer)
}

/// What a revision without traffic does to the one that has it.
fn weigh(service: &ServiceState, answer: &mut RevisionState, idle: &str) {
    let Some(idle) = service.revision(idle).filter(|revision| revision.instances > 0) else { return };
    let others = service.revisions.iter().filter(|revision| revision.name != idle.name && revision.health.requests > 0);
    let Some(serving) = others.max_by_key(|revision| (revision.health.requests, &revision.name)) else { return };
    if !is_sick(serving) {
        return;
    }
    let (role, why) = role_beside(service, serving, idle);
    role.clone_into(&mut answer.role);
    answer.evidence.push(why);
}

/// A container app keeps revisions active without traffic: their replicas run, and hold what they hold.
pub(super) fn active_at_zero(service: &ServiceState) -> Option<RevisionState> {
    let active =
        |revision: &&RevisionFacts| revision.condition.as_ref().is_some_and(|condition| condition.active == Some(true));
    let (with, without): (Vec<&RevisionFacts>, Vec<&RevisionFacts>) =
        service.revisions.iter().filter(active).partition(|revision| revision.traffic_percent.unwrap_or(0) > 0);
    let serving = with.first().filter(|_| !without.is_empty())?;
    let names: Vec<String> = without.iter().map(|revision| revision.name.clone()).collect();
    // In single mode the platform itself has both active while the newer one starts.
    let state = if service.history.mode == "single" { "rollover-drain" } else { "tagged-at-zero" };
    let mut answer = blank(state, "bystander");
    answer.evidence = vec![format!(
        "{} has the traffic; {} active without any: no user reaches {}, but replicas may run",
        serving.name,
        if let [one] = names.as_slice() { format!("{one} is") } else { format!("{} are", names.join(" and ")) },
        if names.len() == 1 { "it" } else { "them" },
    )];
    answer
        .evidence
        .extend(with.iter().chain(&without).map(|revision| format!("{}: {}", revision.name, revision.verdict())));
    answer.revisions = with.iter().map(|revision| revision.name.clone()).chain(names).collect();
    Some(answer)
}
