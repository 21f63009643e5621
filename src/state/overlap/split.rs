//! A deliberate split: somebody gave more than one revision a share of the traffic.

use super::{Window, blank, is_sick, role_of_both};
use crate::model::report::RevisionState;
use crate::state::ServiceState;
use crate::state::history::TrafficChange;
use crate::state::revisions::RevisionFacts;

/// More than one revision has a share above zero in the last split of that kind.
pub(super) fn split(service: &ServiceState) -> Option<RevisionState> {
    let history = &service.history;
    let is_split = |change: &TrafficChange| change.targets.iter().filter(|target| target.percent > 0).count() > 1;
    let at = history.traffic.iter().rposition(is_split)?;
    let change = &history.traffic[at];
    let ended = history.traffic[at..].iter().find(|later| !is_split(later) && later.time > change.time);
    // A split that was widened in steps began with the first of them.
    let first = history.traffic[..=at].iter().rev().take_while(|one| is_split(one)).last().unwrap_or(change);
    let shares: Vec<String> = change
        .targets
        .iter()
        .filter(|target| target.percent > 0)
        .map(|target| {
            let name =
                target.revision.clone().or_else(|| history.latest_ready.clone()).unwrap_or_else(|| "latest".to_owned());
            format!("{name}={}", target.percent)
        })
        .collect();
    let mut answer = blank("deliberate-split", "intended");
    answer.from = (first.time.0 > 0).then_some(first.time);
    answer.revisions = shares.iter().filter_map(|share| share.split('=').next()).map(str::to_owned).collect();
    answer.to = ended.map(|later| later.time);
    answer.evidence = vec![if change.source == "document" {
        format!("traffic is set to {} in the description among these files", shares.join(" and "))
    } else {
        format!("traffic is set to {} by the change of {}", shares.join(" and "), change.time.to_rfc3339())
    }];
    if let Some(later) = ended {
        answer.evidence.push(format!("it ends with the change of {}", later.time.to_rfc3339()));
    }
    let members: Vec<&RevisionFacts> = answer.revisions.iter().filter_map(|name| service.revision(name)).collect();
    let sick: Vec<&&RevisionFacts> = members.iter().filter(|revision| is_sick(revision)).collect();
    if !sick.is_empty() && sick.len() < members.len() {
        "bystander".clone_into(&mut answer.role);
        answer
            .evidence
            .extend(sick.iter().map(|revision| format!("failures follow {}: {}", revision.name, revision.verdict())));
    } else if sick.len() > 1 {
        let window =
            answer.from.map_or(Window::Together, |from| Window::Between(from.0, answer.to.map_or(i64::MAX, |to| to.0)));
        let (role, why) = role_of_both(service, &members, window);
        role.clone_into(&mut answer.role);
        answer.evidence.push(why);
    }
    answer.evidence.extend(
        members
            .iter()
            .filter(|revision| !is_sick(revision))
            .map(|revision| format!("{}: {}", revision.name, revision.verdict())),
    );
    Some(answer)
}
