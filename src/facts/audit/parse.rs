//! Reads one audit entry.
//!
//! In goes the JSON text of a `protoPayload` with the time, id, position and resource of
//! its entry; out comes an [`AuditFact`], or `None` when the entry is not about a Cloud
//! Run service, job or function. Shapes: v1 (Knative), v2, the internal methods that
//! Cloud Functions uses, and functions themselves (Cloud Run docs: audit logging).

use serde_json::Value;

use super::loose::{at, field, int, last_segment, segment_after, text};
use super::spec::{ServiceSpec, ServiceStatus, TrafficTarget, revision_number};
use super::{AuditFact, AuditKind, client, read_v1, read_v2};
use crate::model::{Position, Resource, Timestamp};

/// Methods that change what is deployed, by their last segment without `Internal`.
const CHANGES: &[&str] = &[
    "CreateFunction",
    "CreateJob",
    "CreateService",
    "DeleteFunction",
    "DeleteJob",
    "DeleteRevision",
    "DeleteService",
    "ReplaceJob",
    "ReplaceService",
    "UpdateFunction",
    "UpdateJob",
    "UpdateService",
];

/// Starts of full method names that belong to Cloud Run or Cloud Functions.
const FAMILIES: &[&str] =
    &["google.cloud.run.", "google.cloud.functions.", "google.cloud.serverless.internal.InternalServices."];

/// Starts of method names the control plane writes on conditions.
const CONTROL_PLANE: &[&str] = &["/Services.", "/InternalServices.", "/Jobs.", "/Revisions."];

/// Reads one audit entry; `None` when it is not about Cloud Run or functions, or is not JSON.
pub fn audit_fact(
    json: &str,
    time: Timestamp,
    insert_id: &str,
    position: Position,
    resource: &Resource,
) -> Option<AuditFact> {
    let payload: Value = serde_json::from_str(json).ok()?;
    let full_method = text(field(&payload, "methodName"));
    let by_control_plane = CONTROL_PLANE.iter().any(|start| full_method.starts_with(start));
    if !by_control_plane && !FAMILIES.iter().any(|start| full_method.starts_with(start)) {
        return None;
    }
    let method = full_method.rsplit('.').next().unwrap_or_default().replace("Internal", "");
    let mut fact = AuditFact {
        insert_id: insert_id.to_owned(),
        project: resource.project.to_string(),
        location: resource.location.to_string(),
        service: resource.service.to_string(),
        actor: text(at(&payload, &["authenticationInfo", "principalEmail"])),
        status_code: int(at(&payload, &["status", "code"])),
        status_message: text(at(&payload, &["status", "message"])),
        ..AuditFact::new(time, AuditKind::Other, &method, position)
    };
    name_from_path(&mut fact, &text(field(&payload, "resourceName")));
    if by_control_plane {
        condition(&mut fact, &payload);
    } else {
        request(&mut fact, &payload, full_method.contains(".Internal"));
    }
    Some(fact)
}

/// Fills names that the entry's labels lack from `namespaces/P/services/S` or `projects/P/locations/L/services/S`.
fn name_from_path(fact: &mut AuditFact, path: &str) {
    let fill = |slot: &mut String, collections: &[&str]| {
        if slot.is_empty() {
            let found =
                collections.iter().map(|collection| segment_after(path, collection)).find(|name| !name.is_empty());
            found.unwrap_or_default().clone_into(slot);
        }
    };
    fill(&mut fact.project, &["namespaces", "projects"]);
    fill(&mut fact.location, &["locations"]);
    fill(&mut fact.service, &["services", "jobs", "functions"]);
    segment_after(path, "revisions").clone_into(&mut fact.revision);
    if fact.service.is_empty() && revision_number(&fact.revision).is_some() {
        // A generated name is the service's, a number and three letters.
        let service = fact.revision.rsplitn(3, '-').last().unwrap_or_default();
        service.clone_into(&mut fact.service);
    }
}

fn request(fact: &mut AuditFact, payload: &Value, internal: bool) {
    let agent = text(at(payload, &["requestMetadata", "callerSuppliedUserAgent"]));
    let body = field(payload, "request");
    let resource = ["service", "job", "function"].map(|key| field(body, key)).into_iter().find(|r| r.is_object());
    let client_name =
        text(at(resource.unwrap_or(&Value::Null), &["metadata", "annotations", "run.googleapis.com/client-name"]));
    let client_name = if client_name.is_empty() && internal { "cloud-functions" } else { &client_name };
    // The annotation outlives the tool that wrote it, so the agent goes first.
    fact.client = client::client(&agent, client_name);
    fact.invocation = client::invocation(&agent);
    let dry_run = !matches!(text(field(body, "dryRun")).as_str(), "") || text(field(body, "validateOnly")) == "true";
    fact.kind = match (CHANGES.contains(&fact.method.as_str()), dry_run, fact.status_code.unwrap_or(0)) {
        (_, _, 1..) => AuditKind::Refused,
        (true, false, _) => AuditKind::Request,
        _ => AuditKind::Other,
    };
    if let Some(resource) = resource {
        describe(fact, resource);
        fact.status_before = fact.status_after.take();
        fact.ready = None;
        fact.condition_reason.clear();
        fact.message.clear();
        let mask = text(field(body, "updateMask"));
        let paths = at(body, &["updateMask", "paths"]).is_array();
        if let Some(spec) = &mut fact.spec {
            spec.partial = paths || !(mask.is_empty() || mask == "*");
        }
        follow_the_latest_by_default(fact);
        if let Some(spec) = fact.spec.as_mut().filter(|_| fact.method.starts_with("Create")) {
            spec.partial = true;
        }
    }
}

/// A service that is asked for without a split sends everything to the latest revision.
fn follow_the_latest_by_default(fact: &mut AuditFact) {
    let is_service = fact.method.ends_with("Service");
    if let Some(spec) = fact.spec.as_mut().filter(|spec| is_service && !spec.partial && spec.has_template)
        && spec.traffic.is_empty()
    {
        spec.traffic = vec![TrafficTarget { revision: None, percent: 100, tag: None }];
    }
}

fn condition(fact: &mut AuditFact, payload: &Value) {
    let resource = field(payload, "response");
    let kind = text(field(resource, "kind"));
    if fact.method == "RunJob" || kind == "Execution" {
        return;
    }
    fact.kind = AuditKind::Condition;
    describe(fact, resource);
    let labels = at(resource, &["metadata", "labels"]);
    let own_service = text(field(labels, "serving.knative.dev/service"));
    if kind == "Revision" || !fact.revision.is_empty() {
        let name = text(at(resource, &["metadata", "name"]));
        if !name.is_empty() {
            fact.revision = name;
        }
        fact.generation = None;
        fact.status_after = None;
        fact.created = Timestamp::parse(&text(at(resource, &["metadata", "creationTimestamp"])));
        if fact.service.is_empty() {
            // The first condition of a revision can come before it is attached to its service.
            let configuration = text(field(labels, "serving.knative.dev/configuration"));
            fact.service = if own_service.is_empty() { configuration } else { own_service };
        }
    }
    if fact.location.is_empty() {
        fact.location = text(field(labels, "cloud.googleapis.com/location"));
    }
    // The text of the entry says what changed; the condition may be missing from a trimmed export.
    if let Some(word) = said_ready(&fact.status_message) {
        fact.ready = read_v1::truth(&Value::from(word));
    }
    if fact.message.is_empty() {
        fact.message = fact.status_message.split_once(" with message: ").map(|(_, m)| m.to_owned()).unwrap_or_default();
    }
}

/// The word in "Ready condition status changed to True|False|Unknown for …".
fn said_ready(message: &str) -> Option<&str> {
    message.strip_prefix("Ready condition status changed to ")?.split(' ').next()
}

/// Settings, status and readiness of a resource in the v1 or v2 shape, or of a function.
fn describe(fact: &mut AuditFact, resource: &Value) {
    let (spec, status): (ServiceSpec, Option<ServiceStatus>);
    if fact.method.ends_with("Function") {
        (spec, status) = (read_v2::function_spec(resource), None);
    } else if field(resource, "metadata").is_object() || field(resource, "spec").is_object() {
        (spec, status) = (read_v1::spec(resource), read_v1::status(resource));
        let annotations = at(resource, &["metadata", "annotations"]);
        fact.operation_id = text(field(annotations, "run.googleapis.com/operation-id"));
        fact.generation = int(at(resource, &["metadata", "generation"]));
        let condition = read_v1::ready(resource).unwrap_or(&Value::Null);
        fact.ready = read_v1::truth(field(condition, "status"));
        fact.condition_reason = text(field(condition, "reason"));
        fact.message = text(field(condition, "message"));
        if !fact.is_job() {
            let nonce = ["spec", "template", "metadata", "labels", "client.knative.dev/nonce"];
            let own = at(resource, &["metadata", "labels", "client.knative.dev/nonce"]);
            fact.nonce = text(if own.is_null() { at(resource, &nonce) } else { own });
        }
    } else if resource.is_object() {
        (spec, status) = (read_v2::spec(resource), read_v2::status(resource));
        fact.generation = int(field(resource, "generation"));
        fact.nonce = text(at(resource, &["template", "labels", "client.knative.dev/nonce"]));
        let condition = read_v2::ready(resource).unwrap_or(&Value::Null);
        fact.ready = read_v2::truth(condition);
        fact.condition_reason = read_v2::reason(condition);
        fact.message = text(field(condition, "message"));
    } else {
        return;
    }
    if fact.service.is_empty() {
        let name = text(field(resource, "name"));
        last_segment(&name).clone_into(&mut fact.service);
    }
    fact.spec = Some(spec);
    fact.status_after = status;
}
