//! The history of one service: deployments, readiness, traffic.
//!
//! In go all [`AuditFact`]s of one service, in any order, and its [`Document`]s; out comes
//! a [`History`]. The same set of facts gives the same history, however it was split and
//! merged. What the entries do not show is left empty; nothing is guessed into existence.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::{pinned, service_changes, template_changes, traffic_changes, traffic_text};
use super::ending::{Ending, ending};
use super::outcome::{revision_failed, traffic_failed};
use super::pipeline;
use super::readiness::{Readiness, readiness};
use super::steps::{Step, StepKind, raced, steps};
use super::timeline::Timeline;
use super::traffic::traffic;
use super::weights::{joined, sets_weight};
use crate::facts::audit::client::only_moves_traffic;
use crate::facts::audit::spec::{ServiceSpec, TrafficTarget, revision_number};
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::report::{Change, Deployment};
use crate::model::{Position, Timestamp};
use crate::state::history::condition::Condition;
use crate::state::history::document::{Document, Run};

/// Everything the entries and documents say about one service.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// Changes of template or traffic, in time order.
    pub deployments: Vec<Deployment>,
    /// Last known readiness by revision.
    pub readiness: BTreeMap<String, Readiness>,
    /// Splits in time order, each where it differs from the one before.
    pub traffic: Vec<TrafficChange>,
    /// Container image by revision; with its digest where that is known.
    pub images: BTreeMap<String, String>,
    /// Newest revision at the end.
    pub latest_created: Option<String>,
    /// Newest ready revision at the end.
    pub latest_ready: Option<String>,
    /// Instances kept running at the end: the larger of the revision's and the service's minimum.
    pub min_instances: Option<u32>,
    /// Whether the newest template relies on the TCP probe that Cloud Run adds by itself.
    pub startup_probe_is_default_tcp: Option<bool>,
    /// Deploys of two commands that overlapped: the times of both.
    pub raced: Vec<(Timestamp, Timestamp)>,
    /// Calls that were refused.
    pub refused: Vec<Refusal>,
    /// How many revisions of a container app may be active: `single`, `multiple` or `labels`; empty elsewhere.
    pub mode: String,
    /// Port that the ingress of a container app sends requests to, as last described, where no probe of its own is set.
    pub target_port: Option<u16>,
    /// Azure resource group; empty where no document says.
    pub group: String,
    /// Memory limit of the newest described template, as written; empty where no document says.
    pub memory: String,
    /// How the platform judged each revision when it was described.
    pub conditions: BTreeMap<String, Condition>,
    /// Runs of the pipeline that deploys it, in time order.
    pub runs: Vec<Run>,
}

/// A traffic split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficChange {
    /// When it was asked for or seen; for a document, its last transition.
    pub time: Timestamp,
    /// The split.
    pub targets: Vec<TrafficTarget>,
    /// `audit` or `document`.
    pub source: &'static str,
    /// Whether it was in effect (status) rather than asked for (spec). Targets in effect name their revision.
    pub in_effect: bool,
}

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When.
    pub time: Timestamp,
    /// Who asked.
    pub actor: String,
    /// With what.
    pub client: String,
    /// Method, for example `ReplaceService`.
    pub method: String,
    /// gRPC status code: 10 = conflict with another change, 7 = permission denied, 3 = invalid.
    pub code: i64,
    /// What the platform said.
    pub message: String,
    /// `insertId` of the entry.
    pub insert_id: String,
    /// Where the entry stands.
    pub position: Position,
}

/// Builds the history of one service from all facts and documents about it.
///
/// Documents of other services are ignored when the facts name one.
pub fn history(facts: &[AuditFact], documents: &[Document]) -> History {
    let facts = joined(facts);
    let timeline = Timeline::new(&facts);
    let service = timeline.facts.first().map_or("", |fact| fact.service.as_str());
    let mut documents: Vec<&Document> =
        documents.iter().filter(|one| service.is_empty() || one.service == service || one.run.is_some()).collect();
    documents.sort_by(|a, b| a.age().cmp(&b.age()));
    let steps = steps(&timeline);
    let Ending { latest_created, latest_ready, min_instances, startup_probe_is_default_tcp } =
        ending(&timeline, &documents);
    let mut history = History {
        deployments: deployments(&timeline, &steps),
        readiness: readiness(&timeline, &documents),
        traffic: traffic(&timeline, &documents),
        images: images(&timeline, &steps, &documents),
        latest_created,
        latest_ready,
        min_instances,
        startup_probe_is_default_tcp,
        raced: raced(&timeline, &steps),
        refused: timeline
            .facts
            .iter()
            .filter(|fact| fact.kind == AuditKind::Refused)
            .map(|fact| refusal(fact))
            .collect(),
        mode: mode(&timeline, &documents),
        target_port: target_port(&documents),
        group: documents.iter().map(|one| one.group.clone()).max().unwrap_or_default(),
        memory: documents
            .iter()
            .filter_map(|one| one.spec.as_ref())
            .map(|spec| spec.memory.clone())
            .next_back()
            .unwrap_or_default(),
        conditions: conditions(&documents),
        runs: Vec::new(),
    };
    pipeline::place(&mut history, &documents);
    history
}

fn target_port(documents: &[&Document]) -> Option<u16> {
    let mut described = documents.iter().filter(|one| one.revision.is_empty()).filter_map(|one| one.spec.as_ref());
    let last = described.rfind(|spec| spec.port.is_some())?;
    last.port.and_then(|port| u16::try_from(port).ok()).filter(|_| last.startup_probe.is_empty())
}

/// As a document says; else as the platform says when it deactivates the old revisions by itself.
fn mode(timeline: &Timeline, documents: &[&Document]) -> String {
    let told = documents.iter().map(|one| one.mode.as_str()).rfind(|mode| !mode.is_empty());
    let single =
        || timeline.facts.iter().any(|fact| fact.kind == AuditKind::Other && fact.condition_reason == "Single");
    // Only where several revisions may be active can a split be set.
    let split = |fact: &&AuditFact| fact.spec.as_ref().is_some_and(|spec| pinned(&spec.traffic).len() > 1);
    let shared = documents.iter().filter_map(|one| one.status.as_ref()).any(|one| pinned(&one.traffic).len() > 1);
    let is_azure = documents.iter().any(|one| one.platform.is_some()) || timeline.facts.iter().any(|f| sets_weight(f));
    let multiple = || is_azure && (shared || timeline.facts.iter().any(split));
    told.unwrap_or_else(|| {
        if multiple() {
            "multiple"
        } else if single() {
            "single"
        } else {
            ""
        }
    })
    .to_owned()
}

fn conditions(documents: &[&Document]) -> BTreeMap<String, Condition> {
    let mut all: BTreeMap<String, Condition> = BTreeMap::new();
    for document in documents.iter().filter(|document| !document.revision.is_empty()) {
        if let Some(condition) = &document.condition {
            all.entry(document.revision.clone()).or_default().learn(condition);
        }
    }
    all
}

/// Settings of a container app outside its template: secrets, registry, ingress. They make no revision.
fn keeps_revision(fact: &AuditFact) -> bool {
    fact.method == "UpdateApp"
}

/// The settings of one moment, by source. Only settings of the same source are compared.
#[derive(Clone, Copy, Default)]
struct Sources<'a> {
    /// From the call.
    asked: Option<&'a ServiceSpec>,
    /// From the service's condition.
    service: Option<&'a ServiceSpec>,
    /// From the revision's condition; has the image's digest.
    revision: Option<&'a ServiceSpec>,
}

impl<'a> Sources<'a> {
    fn of(timeline: &Timeline<'a>, step: &Step<'a>) -> Self {
        let is_call = step.fact.kind == AuditKind::Request;
        let service = timeline.service_after(is_call.then_some(step.fact), step.revision);
        let service = service.and_then(|fact| fact.spec.as_ref());
        let revision = timeline.conditions_of(step.revision).last().and_then(|fact| fact.spec.as_ref());
        Self { asked: if is_call { step.fact.spec.as_ref() } else { None }, service, revision }
    }

    /// Changes by the source that both moments have and that shows most: the service's condition,
    /// the revision's, the call. `None` when they have none in common.
    fn template_changes(self, before: Self) -> Option<Vec<Change>> {
        let pair = |before: Option<&ServiceSpec>, after: Option<&ServiceSpec>| {
            let both = before.zip(after).filter(|(before, after)| before.has_template && after.has_template);
            both.map(|(before, after)| template_changes(before, after))
        };
        let by_service = pair(before.service, self.service);
        let by_revision = pair(before.revision, self.revision);
        let asked = pair(before.asked, self.asked);
        let image =
            |changes: &Option<Vec<Change>>| changes.iter().flatten().find(|change| change.field == "image").cloned();
        // A tag may be the same while its digest, which only the revision shows, is not.
        let image = image(&by_service).or(image(&asked)).or(image(&by_revision));
        let mut changes = by_service.or(by_revision).or(asked)?;
        changes.retain(|change| change.field != "image");
        changes.splice(0..0, image);
        Some(changes)
    }

    fn service_changes(self, before: Self) -> Vec<Change> {
        let pairs = [(before.service, self.service), (before.asked, self.asked)];
        let both = pairs.into_iter().find_map(|(before, after)| Some((before?, after?)));
        both.map(|(before, after)| service_changes(before, after)).unwrap_or_default()
    }

    fn traffic(self) -> Option<&'a [TrafficTarget]> {
        [self.asked, self.service].into_iter().flatten().map(|spec| spec.traffic.as_slice()).find(|t| !t.is_empty())
    }

    /// The newest known settings of each source.
    fn or(self, older: Self) -> Self {
        Self {
            asked: self.asked.or(older.asked),
            service: self.service.or(older.service),
            revision: self.revision.or(older.revision),
        }
    }
}

fn deployments(timeline: &Timeline, steps: &[Step]) -> Vec<Deployment> {
    let failed: BTreeSet<&str> = steps.iter().filter(|step| step.failed).map(|step| step.revision).collect();
    let is_blamed = |revision: &str| failed.contains(revision) || revision_failed(timeline, revision) == Some(true);
    let (mut last, mut older) = (Sources::default(), Sources::default());
    let mut split: Option<&[TrafficTarget]> = None;
    let mut found = Vec::new();
    for step in steps {
        let now = match step.kind {
            StepKind::Refused => Sources { asked: step.fact.spec.as_ref(), ..Sources::default() },
            _ => Sources::of(timeline, step),
        };
        let mut deployment = Deployment {
            time: step.time,
            actor: step.fact.actor.clone(),
            client: step.fact.client.clone(),
            kind: String::new(),
            revision: step.revision.to_owned(),
            changes: Vec::new(),
            traffic_after: String::new(),
        };
        if step.kind == StepKind::Delete {
            "delete".clone_into(&mut deployment.kind);
            found.push(deployment);
            continue;
        }
        let template = now.template_changes(last).or_else(|| now.template_changes(older)).unwrap_or_default();
        let of_service = now.service_changes(older);
        let of_traffic =
            traffic_changes(split.or(now.traffic()).unwrap_or_default(), now.traffic().unwrap_or_default());
        let is_first = split.is_none();
        let moves_traffic =
            (is_first && now.traffic().is_some()) || !of_traffic.is_empty() || only_moves_traffic(&deployment.client);
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
            _ if !of_service.is_empty() => Some("deploy"),
            _ => None,
        };
        if keeps_revision(step.fact) {
            deployment.revision = step.fact.spec.as_ref().map_or_else(String::new, |spec| spec.revision_name.clone());
            let after = "changed without a new revision".to_owned();
            deployment.changes.push(Change { field: "settings".to_owned(), before: String::new(), after });
        } else if step.kind == StepKind::KeepsTemplate && moves_traffic {
            deployment.revision = target_revision(timeline, step);
        } else {
            deployment.changes = template;
        }
        deployment.changes.extend(of_service);
        deployment.changes.extend(of_traffic);
        if step.kind != StepKind::Refused {
            deployment.traffic_after = traffic_text(now.traffic().unwrap_or_default());
            split = now.traffic().or(split);
            older = now.or(older);
            let changed_nothing = step.fact.generation.is_some() && timeline.generation_after(step.fact).is_none();
            let keeps = step.kind == StepKind::KeepsTemplate || (step.kind == StepKind::Deploy && changed_nothing);
            last = if keeps { now.or(last) } else { now };
        }
        if let Some(kind) = kind {
            kind.clone_into(&mut deployment.kind);
            found.push(deployment);
        }
    }
    found
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

fn images(timeline: &Timeline, steps: &[Step], documents: &[&Document]) -> BTreeMap<String, String> {
    let mut images = BTreeMap::new();
    let mut note = |revision: &str, spec: Option<&ServiceSpec>, replace: bool| {
        let image = spec.map(full_image).unwrap_or_default();
        if !revision.is_empty() && !image.is_empty() && (replace || !images.contains_key(revision)) {
            images.insert(revision.to_owned(), image);
        }
    };
    for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Deploy | StepKind::Appeared)) {
        let sources = Sources::of(timeline, step);
        note(step.revision, sources.service.or(sources.asked), true);
    }
    for fact in timeline.facts.iter().filter(|fact| fact.kind == AuditKind::Condition) {
        note(&fact.revision, fact.spec.as_ref(), true);
        if let Some(status) = &fact.status_after {
            note(&status.latest_created, fact.spec.as_ref(), false);
        }
    }
    for document in documents {
        note(&document.revision, document.spec.as_ref(), true);
        if let Some(status) = &document.status {
            note(&status.latest_created, document.spec.as_ref(), false);
        }
    }
    images
}

/// The image with its digest, where one is known beside a tag.
fn full_image(spec: &ServiceSpec) -> String {
    if spec.image_digest.is_empty() || spec.image.contains('@') {
        spec.image.clone()
    } else {
        format!("{}@{}", spec.image, spec.image_digest)
    }
}

fn refusal(fact: &AuditFact) -> Refusal {
    Refusal {
        time: fact.time,
        actor: fact.actor.clone(),
        client: fact.client.clone(),
        method: fact.method.clone(),
        code: fact.status_code.unwrap_or(0),
        message: fact.status_message.clone(),
        insert_id: fact.insert_id.clone(),
        position: fact.position,
    }
}
