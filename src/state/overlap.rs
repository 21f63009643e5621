//! What "two revisions active" means for one service, decided from requests, starts and audit entries.
//!
//! In: the service's state and the length of the export. Out: the contract's `revision_state`.
//! Two revisions in a log are normal for minutes after every deploy; only failures that begin and end
//! with the overlap, on both revisions, make it a cause. "Cannot be told" is an answer.

use super::ServiceState;
use super::aligned::{Around, Dependence, side_by_side};
use super::history::TrafficChange;
use super::revisions::RevisionFacts;
use crate::model::Timestamp;
use crate::model::report::RevisionState;

/// An overlap up to this long is the old revision finishing its work (real drains take seconds; long
/// requests can hold it up to the request timeout, which defaults to 300 s).
const DRAIN_NANOS_MAX: i64 = 300_000_000_000;

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

fn decide(service: &ServiceState, written: &[&RevisionFacts], serving: &[&RevisionFacts]) -> Option<RevisionState> {
    let history = &service.history;
    if let Some(split) = deliberate_split(service) {
        return Some(split);
    }
    if let (Some(created), Some(ready)) = (&history.latest_created, &history.latest_ready)
        && created != ready
        && history.readiness.get(created).is_some_and(|readiness| readiness.ready == Some(false))
    {
        let mut answer = blank("newest-not-ready", "consequence");
        answer.revisions = vec![created.clone(), ready.clone()];
        let serving = service.revision(ready).is_some_and(|revision| revision.health.succeeded > 0);
        let keeps = if serving { "keeps serving" } else { "keeps the traffic" };
        answer.evidence = vec![format!(
            "{created} never became ready and gets no traffic; {ready} {keeps}: a failed deploy, not two live revisions"
        )];
        return Some(answer);
    }
    if let Some(failed) = written.iter().find(|revision| revision.ready == Some(false))
        && written.len() > 1
    {
        let mut answer = blank("newest-not-ready", "consequence");
        answer.evidence = vec![format!("{} never became ready, so it gets no traffic beside the others", failed.name)];
        return Some(answer);
    }
    if let Some(answer) = tagged_or_pinned(service, written) {
        return Some(answer);
    }
    if written.len() < 2 {
        return None;
    }
    Some(by_overlap(service, written, serving))
}

/// More than one revision has a share above zero in the last known traffic.
fn deliberate_split(service: &ServiceState) -> Option<RevisionState> {
    let history = &service.history;
    let is_split = |change: &TrafficChange| change.targets.iter().filter(|target| target.percent > 0).count() > 1;
    let at = history.traffic.iter().rposition(is_split)?;
    let change = &history.traffic[at];
    let ended = history.traffic[at..].iter().find(|later| !is_split(later) && later.time > change.time);
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
    answer.from = (change.time.0 > 0).then_some(change.time);
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
        let (role, why) = role_of_both(service, &members);
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

fn tagged_or_pinned(service: &ServiceState, written: &[&RevisionFacts]) -> Option<RevisionState> {
    let history = &service.history;
    let last = history.traffic.last()?;
    let follows_latest = last.targets.iter().any(|target| target.revision.is_none() && target.percent > 0);
    if let Some(pinned) =
        last.targets.iter().find(|target| target.percent == 100).and_then(|target| target.revision.clone())
        && !follows_latest
        && let Some(created) = &history.latest_created
        && &pinned != created
        && history.readiness.get(created).is_some_and(|readiness| readiness.ready == Some(true))
    {
        let mut answer = blank("pinned-old", "bystander");
        answer.from = Some(last.time);
        answer.revisions = vec![pinned.clone(), created.clone()];
        answer.evidence = vec![format!(
            "traffic is pinned to {pinned} by name, so the newer {created} is ready but gets none until {}",
            service.home.platform.follow_latest()
        )];
        return Some(answer);
    }
    let Some(tagged) = last.targets.iter().find(|target| target.percent == 0 && target.tag.is_some()) else {
        return active_at_zero(service);
    };
    let name = tagged.revision.clone()?;
    let running = written.iter().any(|revision| revision.name == name && revision.instances > 0);
    let mut answer = blank("tagged-at-zero", "bystander");
    answer.revisions = vec![name.clone()];
    answer.evidence = vec![format!(
        "{name} has the tag {} at 0 %: no user traffic{}",
        tagged.tag.clone().unwrap_or_default(),
        if running { ", but it runs instances" } else { "" }
    )];
    Some(answer)
}

/// A container app keeps revisions active without traffic: their replicas run, and hold what they hold.
fn active_at_zero(service: &ServiceState) -> Option<RevisionState> {
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

/// Without a word from the control plane: how long did requests or entries of two revisions overlap?
fn by_overlap(service: &ServiceState, written: &[&RevisionFacts], serving: &[&RevisionFacts]) -> RevisionState {
    let spans = |revision: &RevisionFacts| {
        if revision.health.requests > 0 {
            (revision.health.first, revision.health.last)
        } else {
            revision.span.map_or((0, 0), |span| (span.first, span.last))
        }
    };
    let pool = if serving.len() > 1 { serving } else { written };
    let mut longest: Option<(i64, i64, [&RevisionFacts; 2])> = None;
    for (i, a) in pool.iter().enumerate() {
        for b in &pool[i + 1..] {
            let (from, to) = (spans(a).0.max(spans(b).0), spans(a).1.min(spans(b).1));
            if longest.is_none_or(|(start, end, _)| to.saturating_sub(from) > end.saturating_sub(start)) {
                longest = Some((from, to, [a, b]));
            }
        }
    }
    let Some((from, to, pair)) = longest else { return blank("single", "none") };
    let numbers = |answer: &mut RevisionState, text: String| {
        answer.revisions = pair.iter().map(|revision| revision.name.clone()).collect();
        answer.evidence = vec![text];
        answer.evidence.extend(evidence(&pair));
    };
    if to <= from {
        let mut answer = blank("single", "none");
        numbers(&mut answer, "revisions follow each other in these files; no two were active at one time".to_owned());
        return answer;
    }
    let seconds = Timestamp(to).seconds_since(Timestamp(from));
    let (state, known) = if to.saturating_sub(from) <= DRAIN_NANOS_MAX {
        ("rollover-drain", true)
    } else if serving.len() > 1 {
        ("dual-traffic", true)
    } else {
        ("cannot-be-told", false)
    };
    let sick = pair.iter().filter(|revision| is_sick(revision)).count();
    let (role, both) = match (state, sick) {
        _ if !known => ("unknown", String::new()),
        (_, 0) => ("none", String::new()),
        (_, 1) => ("bystander", String::new()),
        _ => role_of_both(service, &pair),
    };
    let mut answer = blank(state, role);
    (answer.from, answer.to) = (Some(Timestamp(from)), Some(Timestamp(to)));
    let reading = if serving.len() > 1 { "requests" } else { "entries (no requests of both)" };
    let why = match (sick, known) {
        (_, false) => "; without request entries of both it cannot be told whether both had traffic".to_owned(),
        (0, _) => "; neither failed".to_owned(),
        (1, _) => {
            let other = pair.iter().find(|revision| !is_sick(revision));
            let sick = pair.iter().find(|revision| is_sick(revision));
            let compared = sick.zip(other).and_then(|(sick, other)| side_by_side(sick, other, from, to));
            format!("; failures follow one revision{}", compared.map_or_else(String::new, |text| format!(": {text}")))
        }
        _ => format!("; {both}"),
    };
    numbers(&mut answer, format!("{reading} of {} and {} overlap for {seconds:.1} s{why}", pair[0].name, pair[1].name));
    answer
}

/// Both revisions fail: does it begin and end with the overlap, and is there a limit that they share?
/// Failures that go on at the same rate without the overlap are not its doing.
fn role_of_both(service: &ServiceState, pair: &[&RevisionFacts]) -> (&'static str, String) {
    let around = Around::of(service, pair);
    let numbers = around.told();
    let shared = pair.iter().filter(|revision| !revision.shared_limit.is_empty()).count() > 1;
    match (shared, around.dependence()) {
        (true, Dependence::Depends) => (
            "cause",
            format!("{numbers}, and both reach a limit that they share: together they use more than it allows"),
        ),
        (false, Dependence::Depends) => {
            ("unknown", format!("{numbers}, but no limit that they share is in these files"))
        }
        (true, Dependence::NothingOutside) => {
            ("cause", format!("both reach a limit that they share; {numbers}, too few outside to compare"))
        }
        (_, Dependence::Unproven) => {
            ("unknown", format!("{numbers}: too few to tell whether it depends on the overlap"))
        }
        _ => ("bystander", format!("both fail, and the failures do not depend on it: {numbers}")),
    }
}

fn is_sick(revision: &RevisionFacts) -> bool {
    revision.crashes > 0 || revision.health.errors_5xx > 0 || revision.ready == Some(false) || revision.is_called_bad()
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
