//! The history of one service: deployments, readiness, traffic.
//!
//! In go all [`AuditFact`]s of one service, in any order, and its [`Document`]s; out comes
//! a [`History`]. The same set of facts gives the same history, however it was split and
//! merged. What the entries do not show is left empty; nothing is guessed into existence.

use std::collections::BTreeMap;

use super::deployments::{Sources, deployments};
use super::diff::pinned;
use super::ending::{Ending, ending};
use super::pipeline;
use super::readiness::{Readiness, readiness};
use super::steps::{Step, StepKind, raced, steps};
use super::timeline::Timeline;
use super::traffic::traffic;
use super::transitions::{Transition, transitions};
use super::weights::{joined, sets_weight};
use crate::facts::audit::spec::{ServiceSpec, TrafficTarget};
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::report::Deployment;
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
    /// When each revision became ready or not ready, in time order.
    pub transitions: Vec<Transition>,
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
        transitions: transitions(&timeline, &documents),
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

fn images(timeline: &Timeline, steps: &[Step], documents: &[&Document]) -> BTreeMap<String, String> {
    let mut images = BTreeMap::new();
    let mut note = |revision: &str, spec: Option<&ServiceSpec>, replace: bool| {
        let image = spec.map(full_image).unwrap_or_default();
        if !revision.is_empty() && !image.is_empty() && (replace || !images.contains_key(revision)) {
            images.insert(revision.to_owned(), image);
        }
    };
    for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Deploy | StepKind::Appeared)) {
        let sources = Sources::of(timeline, step, 0);
        note(step.revision, sources.settings(), true);
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
