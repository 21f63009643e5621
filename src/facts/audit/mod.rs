//! Audit entries reduced to what a deployment history needs.
//!
//! In goes the JSON text of one `protoPayload` (logs `activity` and `system_event`); out
//! comes an [`AuditFact`], plain data that merges by union. The state stage makes the
//! history of a service from all of its facts.
//!
//! Two facts of the domain carry everything here (Cloud Run docs: audit logging).
//! An **activity** entry says what somebody asked for: its `request` holds the desired
//! settings *after* the call, but the status and generation *before* it. A
//! **`system_event`** entry says what became of it: its `response` holds the state *after*.
//! There is no method for traffic: a traffic change is a replacement of the service
//! whose template stayed the same.

mod azure;
pub(crate) mod client;
pub(crate) mod loose;
mod parse;
pub(crate) mod read_v1;
pub(crate) mod read_v2;
pub(crate) mod spec;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use azure::azure_fact;
pub use parse::audit_fact;
pub use spec::{ServiceSpec, ServiceStatus, TrafficTarget, revision_number};

use crate::classify::redact::Level;
use crate::model::{Position, Timestamp};

/// What an audit entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditKind {
    /// Somebody asked for a change and was not refused (log `activity`).
    Request,
    /// The readiness of a service, revision, job or execution changed (log `system_event`).
    Condition,
    /// Somebody asked and was refused, or the operation ended in an error (log `activity`).
    Refused,
    /// A call that changes no deployment: permissions, dry runs, uploads, runs of a job.
    Other,
}

/// One audit entry reduced to what a deployment history needs.
///
/// A set of facts is merged by union; the order of the fields makes sorting by time,
/// then by `insert_id`, the natural order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AuditFact {
    /// Time of the entry.
    pub time: Timestamp,
    /// `insertId`; empty where the exporter dropped it.
    pub insert_id: String,
    /// What it says.
    pub kind: AuditKind,
    /// Last segment of the method: `ReplaceService`, `DeleteRevision`, `RunJob`, …
    pub method: String,
    /// Project id.
    pub project: String,
    /// Region.
    pub location: String,
    /// Service, job or function.
    pub service: String,
    /// Revision that a condition or a deletion is about; else empty.
    pub revision: String,
    /// Who asked (`principalEmail`); empty on conditions.
    pub actor: String,
    /// With what, for example `gcloud run deploy`.
    pub client: String,
    /// Id shared by the calls of one gcloud command.
    pub invocation: String,
    /// `status.code`; `None` and 0 mean success.
    pub status_code: Option<i64>,
    /// `status.message`.
    pub status_message: String,
    /// What a condition says; `None` while it is unknown or being worked on.
    pub ready: Option<bool>,
    /// Reason of the Ready condition, for example `HealthCheckContainerError`.
    pub condition_reason: String,
    /// Message of the Ready condition.
    pub message: String,
    /// Label `client.knative.dev/nonce`: new with every template gcloud makes. Empty for jobs, whose nonce is reused.
    pub nonce: String,
    /// Annotation `run.googleapis.com/operation-id`.
    pub operation_id: String,
    /// Generation of the service or job: before a request, after for a condition. `None` for revisions.
    pub generation: Option<i64>,
    /// When the revision of a condition was created.
    pub created: Option<Timestamp>,
    /// Settings asked for (request) or in effect (condition).
    pub spec: Option<ServiceSpec>,
    /// Request only: state before the call.
    pub status_before: Option<ServiceStatus>,
    /// Condition of a service only: state after.
    pub status_after: Option<ServiceStatus>,
    /// Where the entry stands.
    pub position: Position,
    /// Identity for finding other copies; 0 where there is none.
    pub identity: u64,
}

impl AuditFact {
    /// A fact that says nothing yet but when, what kind, which method and where.
    pub(crate) fn new(time: Timestamp, kind: AuditKind, method: &str, position: Position) -> Self {
        Self {
            time,
            insert_id: String::new(),
            kind,
            method: method.to_owned(),
            project: String::new(),
            location: String::new(),
            service: String::new(),
            revision: String::new(),
            actor: String::new(),
            client: String::new(),
            invocation: String::new(),
            status_code: None,
            status_message: String::new(),
            ready: None,
            condition_reason: String::new(),
            message: String::new(),
            nonce: String::new(),
            operation_id: String::new(),
            generation: None,
            created: None,
            spec: None,
            status_before: None,
            status_after: None,
            position,
            identity: 0,
        }
    }

    /// The same without secrets and addresses of people, unless nothing is to be kept out. Everything that is kept
    /// passes here.
    #[must_use]
    pub(crate) fn redacted(mut self, level: Level) -> Self {
        for text in [&mut self.actor, &mut self.message, &mut self.status_message] {
            if let Cow::Owned(clean) = level.min(Level::Secrets).apply(text) {
                *text = clean;
            }
        }
        self
    }

    /// Whether it is about a job rather than a service.
    pub(crate) fn is_job(&self) -> bool {
        self.method.ends_with("Job")
    }
}
