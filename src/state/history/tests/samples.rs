//! Builds audit entries as Cloud Run writes them.

use serde_json::{Value, json};

use crate::facts::audit::{AuditFact, audit_fact};
use crate::model::{Position, Resource, Timestamp};
use crate::state::history::{History, history};

pub(super) const DEPLOY: &str = "google-cloud-sdk gcloud/540.0.0 command/gcloud.run.deploy invocation-id/";
pub(super) const TRAFFIC: &str =
    "google-cloud-sdk gcloud/540.0.0 command/gcloud.run.services.update-traffic invocation-id/";

/// A call on the service `shop`. Fields are changed by the test after building.
#[derive(Clone)]
pub(super) struct Call {
    pub at: &'static str,
    pub agent: &'static str,
    pub invocation: &'static str,
    pub nonce: &'static str,
    pub image: &'static str,
    pub traffic: Value,
    /// Before the call.
    pub generation: i64,
    /// Newest revision before the call.
    pub newest: &'static str,
    /// Newest ready revision before the call.
    pub newest_ready: &'static str,
    pub code: i64,
}

pub(super) fn latest() -> Value {
    json!([{"latestRevision": true, "percent": 100}])
}

pub(super) fn deploy(at: &'static str, generation: i64, newest: &'static str, nonce: &'static str) -> Call {
    Call {
        at,
        agent: DEPLOY,
        invocation: at,
        nonce,
        image: "reg.example/shop:latest",
        traffic: latest(),
        generation,
        newest,
        newest_ready: newest,
        code: 0,
    }
}

impl Call {
    pub fn payload(&self) -> Value {
        let status = if self.code == 0 {
            json!({})
        } else {
            json!({"code": self.code, "message": "Conflict for resource 'shop'"})
        };
        json!({
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "run.googleapis.com",
            "methodName": "google.cloud.run.v1.Services.ReplaceService",
            "resourceName": "namespaces/acme/services/shop",
            "authenticationInfo": {"principalEmail": "dev@acme.example"},
            "requestMetadata": {"callerSuppliedUserAgent": format!("{}{}", self.agent, self.invocation)},
            "status": status,
            "request": {"name": "namespaces/acme/services/shop", "service": {
                "apiVersion": "serving.knative.dev/v1", "kind": "Service",
                "metadata": {"name": "shop", "generation": self.generation,
                    "annotations": {"run.googleapis.com/client-name": "gcloud", "run.googleapis.com/minScale": "2"}},
                "spec": {"traffic": self.traffic, "template": template(self.nonce, self.image)},
                "status": {"latestCreatedRevisionName": self.newest, "latestReadyRevisionName": self.newest_ready,
                    "observedGeneration": self.generation,
                    "traffic": [{"percent": 100, "revisionName": self.newest_ready, "latestRevision": true}]}
            }}
        })
    }

    pub fn fact(&self) -> AuditFact {
        read(self.at, &self.payload())
    }
}

pub(super) fn template(nonce: &str, image: &str) -> Value {
    json!({
        "metadata": {"annotations": {"autoscaling.knative.dev/minScale": "1"},
            "labels": {"client.knative.dev/nonce": nonce, "run.googleapis.com/startupProbeType": "Default"}},
        "spec": {"containerConcurrency": 80, "timeoutSeconds": 300,
            "containers": [{"image": image, "resources": {"limits": {"cpu": "1000m", "memory": "512Mi"}}}]}
    })
}

/// A Revision's readiness, created when its deploy was asked for.
pub(super) fn revision(at: &str, name: &str, nonce: &str, created: &str, ready: bool) -> AuditFact {
    let (word, message) = if ready {
        ("True", "Deploying revision succeeded in 12.5s.")
    } else {
        ("False", "The container failed to start.")
    };
    let code = if ready { 0 } else { 9 };
    read(
        at,
        &json!({
            "methodName": "/Services.ReplaceService",
            "resourceName": format!("namespaces/acme/revisions/{name}"),
            "status": {"code": code, "message": format!("Ready condition status changed to {word} for Revision {name} with message: {message}")},
            "response": {"apiVersion": "serving.knative.dev/v1", "kind": "Revision",
                "metadata": {"name": name, "annotations": {"autoscaling.knative.dev/minScale": "1"}, "creationTimestamp": time(created).to_rfc3339(), "generation": 1,
                    "labels": {"client.knative.dev/nonce": nonce, "serving.knative.dev/service": "shop"}},
                "spec": {"containers": [{"image": format!("reg.example/shop@sha256:{nonce}"), "env": [{"name": "MODE", "value": nonce}]}]},
                "status": {"imageDigest": format!("reg.example/shop@sha256:{nonce}"),
                    "conditions": [{"type": "Active", "status": "True"}, {"type": "Ready", "status": word, "message": message}]}}
        }),
    )
}

/// The Service's readiness at a generation.
pub(super) fn service(at: &str, generation: i64, newest: &str, newest_ready: &str, ready: bool) -> AuditFact {
    let word = if ready { "True" } else { "False" };
    read(
        at,
        &json!({
            "methodName": "/Services.ReplaceService",
            "resourceName": "namespaces/acme/services/shop",
            "status": {"message": format!("Ready condition status changed to {word} for Service shop.")},
            "response": {"apiVersion": "serving.knative.dev/v1", "kind": "Service",
                "metadata": {"name": "shop", "generation": generation},
                "spec": {},
                "status": {"latestCreatedRevisionName": newest, "latestReadyRevisionName": newest_ready,
                    "observedGeneration": generation,
                    "conditions": [{"type": "Ready", "status": word}],
                    "traffic": [{"percent": 100, "revisionName": newest_ready}]}}
        }),
    )
}

pub(super) fn time(clock: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-01-05T{clock}Z")).unwrap()
}

/// Reads a payload as an entry of the service `shop` whose labels name only project and region.
pub(super) fn read(clock: &str, payload: &Value) -> AuditFact {
    let resource = Resource { project: "acme".into(), location: "europe-west1".into(), ..Resource::default() };
    audit_fact(&payload.to_string(), time(clock), &format!("id-{clock}"), Position::default(), &resource).unwrap()
}

/// One deployment a line: clock, kind, revision, traffic.
pub(super) fn lines(history: &History) -> Vec<String> {
    let line = |d: &crate::model::report::Deployment| {
        format!("{} {} {} [{}]", d.time.to_clock(), d.kind, d.revision, d.traffic_after)
    };
    history.deployments.iter().map(line).collect()
}

pub(super) fn story(facts: &[AuditFact]) -> Vec<String> {
    lines(&history(facts, &[]))
}
