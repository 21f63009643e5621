//! Reads state documents: what `gcloud run … describe`, `az containerapp … show|list` and `gh run list` print.
//!
//! In goes JSON text (YAML is converted before), one resource, a list, or several texts one
//! after another; out come [`Document`]s of services, revisions, jobs, replicas and runs of a
//! pipeline. Cloud Run's v1 and v2 shapes are read here. Anything else in the text is skipped.

mod azure;
mod runs;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::classify::redact::redact;
use crate::facts::audit::loose::{at, field, int, items, last_segment, segment_after, text};
use crate::facts::audit::{ServiceSpec, ServiceStatus, read_v1, read_v2};
use crate::model::{Platform, Timestamp};

use super::condition::Condition;
pub use runs::Run;

/// Most resources read from one text: more revisions than a service can keep.
const DOCUMENTS_MAX: usize = 10_000;

/// How deep lists may be nested around a resource.
const DEPTH_MAX: u32 = 6;

/// One service, revision or job as it was described.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Document {
    /// `Service`, `Revision`, `Job`, `Replica` or `Run`.
    pub kind: String,
    /// Where it runs, where the shape says more than that it is Cloud Run.
    pub platform: Option<Platform>,
    /// Azure resource group; empty elsewhere.
    pub group: String,
    /// How many revisions of a container app may be active: `single`, `multiple`, `labels`; empty elsewhere.
    pub mode: String,
    /// Project id or number; empty where the text does not say.
    pub project: String,
    /// Region.
    pub location: String,
    /// Service or job.
    pub service: String,
    /// Revision; empty unless it describes one.
    pub revision: String,
    /// Generation of the settings; `None` for revisions.
    pub generation: Option<i64>,
    /// Latest transition of any condition: the state is at least this new.
    pub time: Option<Timestamp>,
    /// When the resource was created.
    pub created: Option<Timestamp>,
    /// Settings.
    pub spec: Option<ServiceSpec>,
    /// Status of a service.
    pub status: Option<ServiceStatus>,
    /// Whether it is ready; `None` while unknown.
    pub ready: Option<bool>,
    /// Since when.
    pub ready_since: Option<Timestamp>,
    /// Reason of the Ready condition.
    pub reason: String,
    /// Message of the Ready condition.
    pub message: String,
    /// A revision's Active condition: it may receive traffic, if only by a tag.
    pub active: Option<bool>,
    /// How the platform judges a revision, in the words of Azure; `None` elsewhere.
    pub condition: Option<Condition>,
    /// A run of a pipeline; it belongs to no service by itself.
    pub run: Option<Run>,
}

impl Document {
    /// The same without secrets and addresses of people.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        self.message = redact(&self.message).into_owned();
        self
    }

    /// What orders two documents of one resource: the newer one last.
    pub(crate) fn age(&self) -> (Option<i64>, Option<Timestamp>, &Self) {
        (self.generation, self.time, self)
    }
}

/// Reads every service, revision and job in the text; none when it is not JSON or holds none.
pub fn parse_document(json: &str) -> Vec<Document> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(json).into_iter::<Value>() {
        match value {
            Ok(value) => collect(&value, 0, &mut found),
            Err(_) => break,
        }
    }
    found
}

fn collect(value: &Value, depth: u32, found: &mut Vec<Document>) {
    if depth > DEPTH_MAX || found.len() >= DOCUMENTS_MAX {
        return;
    }
    let single =
        || v1(value).or_else(|| v2(value)).or_else(|| azure::document(value)).or_else(|| runs::document(value));
    if let Some(document) = single() {
        found.push(document);
    } else if let Some(list) = value.as_array() {
        for item in list {
            collect(item, depth + 1, found);
        }
        found.extend(azure::splits(list));
    } else if value.is_object() {
        // Lists of the API, and an asset inventory's wrapper around the resource.
        for key in ["items", "services", "revisions", "jobs", "value", "workflow_runs"] {
            let list = field(value, key);
            if list.is_array() {
                collect(list, depth + 1, found);
            }
        }
        collect(at(value, &["resource", "data"]), depth + 1, found);
    }
}

fn v1(resource: &Value) -> Option<Document> {
    let kind = text(field(resource, "kind"));
    let version = text(field(resource, "apiVersion"));
    let metadata = field(resource, "metadata");
    if !matches!(kind.as_str(), "Service" | "Revision" | "Job") || !metadata.is_object() {
        return None;
    }
    // A Kubernetes service or job is of another kind of thing.
    if !version.contains("knative.dev") && !version.contains("run.googleapis.com") {
        return None;
    }
    let labels = field(metadata, "labels");
    let name = text(field(metadata, "name"));
    let is_revision = kind == "Revision";
    let ready = read_v1::ready(resource).unwrap_or(&Value::Null);
    Some(Document {
        project: text(field(metadata, "namespace")),
        location: text(field(labels, "cloud.googleapis.com/location")),
        service: if is_revision { text(field(labels, "serving.knative.dev/service")) } else { name.clone() },
        revision: if is_revision { name } else { String::new() },
        generation: if is_revision { None } else { int(field(metadata, "generation")) },
        time: last_transition(items(at(resource, &["status", "conditions"]))),
        created: time(field(metadata, "creationTimestamp")),
        spec: Some(read_v1::spec(resource)),
        status: if is_revision { None } else { read_v1::status(resource) },
        ready: read_v1::truth(field(ready, "status")),
        ready_since: time(field(ready, "lastTransitionTime")),
        reason: text(field(ready, "reason")),
        message: text(field(ready, "message")),
        active: read_v1::condition(resource, "Active").and_then(|active| read_v1::truth(field(active, "status"))),
        kind,
        ..Document::default()
    })
}

fn v2(resource: &Value) -> Option<Document> {
    let path = text(field(resource, "name"));
    let after = |collection: &str| segment_after(&path, collection).to_owned();
    let (service, job) = (after("services"), after("jobs"));
    let revision = after("revisions");
    let kind = match (job.is_empty(), revision.is_empty()) {
        (false, _) => "Job",
        (true, false) => "Revision",
        (true, true) => "Service",
    };
    let holds_settings = field(resource, "template").is_object() || !items(field(resource, "containers")).is_empty();
    if (service.is_empty() && job.is_empty()) || !holds_settings || !path.starts_with("projects/") {
        return None;
    }
    let ready = read_v2::ready(resource).unwrap_or(&Value::Null);
    let conditions = items(field(resource, "conditions"));
    let terminal = std::slice::from_ref(field(resource, "terminalCondition"));
    Some(Document {
        kind: kind.to_owned(),
        project: after("projects"),
        location: after("locations"),
        service: if job.is_empty() { service } else { job },
        revision: last_segment(&revision).to_owned(),
        generation: if kind == "Revision" { None } else { int(field(resource, "generation")) },
        time: last_transition(conditions).max(last_transition(terminal)),
        created: time(field(resource, "createTime")),
        spec: Some(read_v2::spec(resource)),
        status: if kind == "Revision" { None } else { read_v2::status(resource) },
        ready: read_v2::truth(ready),
        ready_since: time(field(ready, "lastTransitionTime")),
        reason: read_v2::reason(ready),
        message: text(field(ready, "message")),
        active: read_v2::condition(resource, "Active").and_then(read_v2::truth),
        ..Document::default()
    })
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(&text(value))
}

fn last_transition(conditions: &[Value]) -> Option<Timestamp> {
    conditions.iter().filter_map(|condition| time(field(condition, "lastTransitionTime"))).max()
}

#[cfg(test)]
mod tests;
