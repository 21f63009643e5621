//! The changes of one service as the report tells them: what each changed, and of which kind it was.
//!
//! In go the timeline and its steps; out come [`Deployment`]s in time order. A change is told against the state before
//! it. Where the entries do not prove that this state came right before, because the generations leave a gap or are
//! not known, the deployment says since when its changes are counted: some may be of a change that is not in the files.

use std::collections::BTreeSet;

use super::diff::{pinned, service_changes, template_changes, traffic_changes, traffic_text};
use super::outcome::{revision_failed, traffic_failed};
use super::steps::{Step, StepKind};
use super::timeline::Timeline;
use super::weights::sets_weight;
use crate::facts::audit::client::only_moves_traffic;
use crate::facts::audit::spec::{ServiceSpec, TrafficTarget, revision_number};
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::report::{Change, Deployment};

/// Settings of a container app outside its template: secrets, registry, ingress. They make no revision.
fn keeps_revision(fact: &AuditFact) -> bool {
    fact.method == "UpdateApp"
}

/// Settings of one source, and the step that they are known from.
#[derive(Clone, Copy)]
struct Source<'a> {
    spec: &'a ServiceSpec,
    step: usize,
}

/// The settings of one moment, by source. Only settings of the same source are compared.
#[derive(Clone, Copy, Default)]
pub(super) struct Sources<'a> {
    /// From the call.
    asked: Option<Source<'a>>,
    /// From the service's condition.
    service: Option<Source<'a>>,
    /// From the revision's condition; has the image's digest.
    revision: Option<Source<'a>>,
}

impl<'a> Sources<'a> {
    /// The settings after a step; `index` is its place among the steps. The split of a revision that appeared without
    /// its call is not known: the first condition that names it as the newest may tell of a later split.
    pub(super) fn of(timeline: &Timeline<'a>, step: &Step<'a>, index: usize) -> Self {
        let is_call = step.fact.kind == AuditKind::Request;
        let service = timeline.service_after(is_call.then_some(step.fact), step.revision);
        let source = |fact: Option<&'a AuditFact>| {
            fact.and_then(|fact| fact.spec.as_ref()).map(|spec| Source { spec, step: index })
        };
        Self {
            asked: source(is_call.then_some(step.fact)),
            service: source(service),
            revision: source(timeline.conditions_of(step.revision).last().copied()),
        }
    }

    /// The settings of the service, or those asked for.
    pub(super) fn settings(self) -> Option<&'a ServiceSpec> {
        self.service.or(self.asked).map(|source| source.spec)
    }

    /// Changes by the source that both moments have and that shows most: the service's condition, the revision's, the
    /// call; and the earliest step that they are counted from. `None` when they have none in common.
    fn template_changes(self, before: Self) -> Option<(Vec<Change>, usize)> {
        let pair = |before: Option<Source>, after: Option<Source>| {
            let both = before.zip(after).filter(|(before, after)| before.spec.has_template && after.spec.has_template);
            both.map(|(before, after)| (template_changes(before.spec, after.spec), before.step))
        };
        let by_service = pair(before.service, self.service);
        let by_revision = pair(before.revision, self.revision);
        let asked = pair(before.asked, self.asked);
        let image = |changes: &Option<(Vec<Change>, usize)>| {
            let (changes, step) = changes.as_ref()?;
            Some((changes.iter().find(|change| change.field == "image")?.clone(), *step))
        };
        // A tag may be the same while its digest, which only the revision shows, is not.
        let image = image(&by_service).or(image(&asked)).or(image(&by_revision));
        let (mut changes, mut since) = by_service.or(by_revision).or(asked)?;
        changes.retain(|change| change.field != "image");
        if let Some((image, step)) = image {
            changes.insert(0, image);
            since = since.min(step);
        }
        Some((changes, since))
    }

    fn service_changes(self, before: Self) -> Option<(Vec<Change>, usize)> {
        let pairs = [(before.service, self.service), (before.asked, self.asked)];
        let (before, after) = pairs.into_iter().find_map(|(before, after)| before.zip(after))?;
        Some((service_changes(before.spec, after.spec), before.step))
    }

    fn traffic(self, step: &Step) -> Option<&'a [TrafficTarget]> {
        let appeared = step.kind == StepKind::Appeared && !step.fact.revision.is_empty();
        let sources = [self.asked, self.service.filter(|_| !appeared)].into_iter().flatten();
        sources.map(|source| source.spec.traffic.as_slice()).find(|targets| !targets.is_empty())
    }

    /// The newest known settings of each source.
    fn or(self, older: Self) -> Self {
        Self {
            asked: self.asked.or(older.asked),
            service: self.service.or(older.service),
            revision: self.revision.or(older.revision),
        }
    }

    /// The same settings, as those of a later step that left them as they were.
    fn at(self, step: usize) -> Self {
        let at = |source: Option<Source<'a>>| source.map(|source| Source { step, ..source });
        Self { asked: at(self.asked), service: at(self.service), revision: at(self.revision) }
    }
}

/// What is known when a step is told.
#[derive(Default)]
struct Known<'a> {
    /// Settings of the newest template.
    last: Sources<'a>,
    /// The newest settings of each source, whichever template they are of.
    older: Sources<'a>,
    /// The split asked for last, and by which step.
    split: Option<(&'a [TrafficTarget], usize)>,
    /// The step before, unless it was refused or deleted something.
    previous: Option<usize>,
}

/// Every change that a step made, in time order.
pub(super) fn deployments(timeline: &Timeline, steps: &[Step]) -> Vec<Deployment> {
    let failed: BTreeSet<&str> = steps.iter().filter(|step| step.failed).map(|step| step.revision).collect();
    let is_blamed = |revision: &str| failed.contains(revision) || revision_failed(timeline, revision) == Some(true);
    let mut known = Known::default();
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let mut deployment = Deployment {
            time: step.time,
            actor: step.fact.actor.clone(),
            client: step.fact.client.clone(),
            kind: String::new(),
            revision: step.revision.to_owned(),
            changes: Vec::new(),
            changes_since: None,
            traffic_after: String::new(),
        };
        if step.kind == StepKind::Delete {
            "delete".clone_into(&mut deployment.kind);
            found.push(deployment);
            continue;
        }
        let now = match step.kind {
            StepKind::Refused => {
                let asked = step.fact.spec.as_ref().map(|spec| Source { spec, step: index });
                Sources { asked, ..Sources::default() }
            }
            _ => Sources::of(timeline, step, index),
        };
        let follows = |since: usize| known.previous == Some(since) && is_next(timeline, &steps[since], step);
        let template = now.template_changes(known.last).or_else(|| now.template_changes(known.older));
        let of_service = now.service_changes(known.older);
        let of_traffic =
            known.split.map(|(split, since)| (traffic_changes(split, now.traffic(step).unwrap_or(split)), since));
        let differs = of_traffic.as_ref().is_some_and(|(changes, _)| !changes.is_empty());
        let moves_traffic = only_moves_traffic(&deployment.client)
            || sets_weight(step.fact)
            || match &of_traffic {
                Some((_, since)) if follows(*since) => differs,
                // What lies between may have moved it: the call itself says from where it moves traffic.
                _ => moves(step.fact).unwrap_or(differs || (known.split.is_none() && now.traffic(step).is_some())),
            };
        let kind = match step.kind {
            StepKind::Refused => Some("refused"),
            _ if keeps_revision(step.fact) => Some("deploy"),
            StepKind::Deploy | StepKind::Appeared => Some(if step.failed { "failed" } else { "deploy" }),
            _ if moves_traffic && traffic_failed(timeline, step.fact, step.next, |revision| is_blamed(revision)) => {
                Some("failed")
            }
            _ if moves_traffic && goes_back(step.fact) => Some("rollback"),
            _ if moves_traffic => Some("traffic"),
            // A minimum or the ingress of the service takes effect at once and makes no revision.
            _ if of_service.as_ref().is_some_and(|(changes, _)| !changes.is_empty()) => Some("deploy"),
            _ => None,
        };
        let mut compared: Vec<usize> = Vec::new();
        let mut tell = |changes: Option<(Vec<Change>, usize)>| {
            if let Some((changes, since)) = changes.filter(|(changes, _)| !changes.is_empty()) {
                deployment.changes.extend(changes);
                compared.push(since);
            }
        };
        let only_traffic = step.kind == StepKind::KeepsTemplate && moves_traffic;
        if !keeps_revision(step.fact) && !only_traffic {
            tell(template);
        }
        tell(of_service);
        tell(of_traffic);
        deployment.changes_since =
            compared.into_iter().filter(|since| !follows(*since)).map(|since| steps[since].time).min();
        if keeps_revision(step.fact) {
            deployment.revision = step.fact.spec.as_ref().map_or_else(String::new, |spec| spec.revision_name.clone());
            let after = "changed without a new revision".to_owned();
            deployment.changes.insert(0, Change { field: "settings".to_owned(), before: String::new(), after });
        } else if only_traffic {
            deployment.revision = target_revision(timeline, step);
        }
        if step.kind != StepKind::Refused {
            deployment.traffic_after = traffic_text(now.traffic(step).unwrap_or_default());
            known.split = now.traffic(step).map(|split| (split, index)).or(known.split);
            known.older = now.or(known.older);
            let changed_nothing = step.fact.generation.is_some() && timeline.generation_after(step.fact).is_none();
            let keeps = step.kind == StepKind::KeepsTemplate || (step.kind == StepKind::Deploy && changed_nothing);
            known.last = if keeps { now.or(known.last.at(index)) } else { now };
            known.previous = Some(index);
        }
        if let Some(kind) = kind {
            kind.clone_into(&mut deployment.kind);
            found.push(deployment);
        }
    }
    found
}

/// Whether the generations prove that nothing changed the service between two steps.
fn is_next(timeline: &Timeline, before: &Step, step: &Step) -> bool {
    let of_condition = |step: &Step| {
        let told =
            if step.fact.revision.is_empty() { Some(step.fact) } else { timeline.service_after(None, step.revision) };
        told.and_then(|fact| fact.generation)
    };
    let is_call = |step: &Step| step.fact.kind != AuditKind::Condition;
    let after = if is_call(before) {
        timeline.generation_after(before.fact).or(before.fact.generation)
    } else {
        of_condition(before)
    };
    let until = if is_call(step) { step.fact.generation } else { of_condition(step).map(|generation| generation - 1) };
    after.is_some() && after == until
}

/// Whether a call moves traffic or tags, by its own word: an activity entry holds the split asked for and the one in
/// effect before it. `None` where it lacks one of them.
pub(super) fn moves(call: &AuditFact) -> Option<bool> {
    let before = call.status_before.as_ref().filter(|status| !status.traffic.is_empty())?;
    let asked = call.spec.as_ref().filter(|spec| !spec.traffic.is_empty())?;
    let named = |targets: &[TrafficTarget]| -> Vec<TrafficTarget> {
        let latest = || Some(before.latest_ready.clone()).filter(|name| !name.is_empty());
        targets
            .iter()
            .map(|one| TrafficTarget { revision: one.revision.clone().or_else(latest), ..one.clone() })
            .collect()
    };
    Some(!traffic_changes(&named(&before.traffic), &named(&asked.traffic)).is_empty())
}

/// Whether traffic goes only to revisions that are named and older than the newest one.
fn goes_back(call: &AuditFact) -> bool {
    let Some(spec) = &call.spec else { return false };
    let newest = call.status_before.as_ref().and_then(|status| revision_number(&status.latest_created));
    let follows_latest = spec.traffic.iter().any(|target| target.percent > 0 && target.revision.is_none());
    let names = pinned(&spec.traffic);
    let older = |name: &&str| revision_number(name).zip(newest).is_some_and(|(number, newest)| number < newest);
    !follows_latest && !names.is_empty() && names.iter().all(older)
}

/// The revision that gets the largest share; for the latest, the newest one that was not known to be broken.
fn target_revision(timeline: &Timeline, step: &Step) -> String {
    let Some(spec) = &step.fact.spec else { return String::new() };
    let largest = spec.traffic.iter().max_by(|a, b| (a.percent, &b.revision).cmp(&(b.percent, &a.revision)));
    if let Some(name) = largest.and_then(|target| target.revision.clone()) {
        return name;
    }
    let Some(status) = &step.fact.status_before else { return String::new() };
    let said = timeline.conditions_of(&status.latest_created).iter().filter(|fact| fact.time <= step.time);
    let broken = said.filter_map(|fact| fact.ready).next_back() == Some(false);
    if broken { status.latest_ready.clone() } else { status.latest_created.clone() }
}
