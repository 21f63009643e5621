//! One log record as read, with every export form brought to the same fields.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Platform, Timestamp};

/// Where a record stands: the evidence of every claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Position {
    /// Index into the list of input files, in the report's order.
    pub file: u32,
    /// Line of the record's first byte, counted from 1, in the decoded text.
    pub line: u32,
}

/// Cloud Logging severity; the numbers are those of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[repr(u16)]
pub enum Severity {
    /// No severity was assigned. Half of real entries have none.
    #[default]
    Default = 0,
    /// Debugging detail.
    Debug = 100,
    /// Routine.
    Info = 200,
    /// Normal but significant; audit entries.
    Notice = 300,
    /// Might cause problems.
    Warning = 400,
    /// Likely to cause problems.
    Error = 500,
    /// Severe problems or outages.
    Critical = 600,
    /// A person must act at once.
    Alert = 700,
    /// Unusable.
    Emergency = 800,
}

impl Severity {
    /// Reads the API's word in any case, or its number; an unknown word is `Default`.
    pub fn parse(word: &str) -> Self {
        match word.trim().to_ascii_uppercase().as_str() {
            "DEBUG" | "100" => Self::Debug,
            "INFO" | "200" => Self::Info,
            "NOTICE" | "300" => Self::Notice,
            "WARNING" | "WARN" | "400" => Self::Warning,
            "ERROR" | "500" => Self::Error,
            "CRITICAL" | "600" => Self::Critical,
            "ALERT" | "700" => Self::Alert,
            "EMERGENCY" | "800" => Self::Emergency,
            _ => Self::Default,
        }
    }

    /// The API's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Notice => "NOTICE",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
            Self::Alert => "ALERT",
            Self::Emergency => "EMERGENCY",
        }
    }
}

/// Which log an entry belongs to (Cloud Run docs: logging; the suffix of `logName`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// `run.googleapis.com%2Frequests`: one entry per request.
    Requests,
    /// `run.googleapis.com%2Fstdout`.
    Stdout,
    /// `run.googleapis.com%2Fstderr`.
    Stderr,
    /// `run.googleapis.com%2Fvarlog%2Fsystem`: the platform on instance life cycle; also Azure system rows.
    System,
    /// `cloudaudit.googleapis.com%2Factivity`: admin calls by people and CI.
    Activity,
    /// `cloudaudit.googleapis.com%2Fsystem_event`: changes made by the control plane.
    SystemEvent,
    /// `cloudaudit.googleapis.com%2Fpolicy`: requests denied by ingress or VPC-SC.
    Policy,
    /// `cloudaudit.googleapis.com%2Fdata_access`.
    DataAccess,
    /// `cloudbuild`: build steps.
    Build,
    /// An application log of another name, or stdout/stderr that cannot be told apart.
    Application,
}

impl Stream {
    /// Whether it is what an application writes.
    pub fn is_output(self) -> bool {
        matches!(self, Self::Stdout | Self::Stderr | Self::Application)
    }

    /// Every stream, in report order.
    pub const ALL: [Self; 10] = [
        Self::Requests,
        Self::Stdout,
        Self::Stderr,
        Self::System,
        Self::Activity,
        Self::SystemEvent,
        Self::Policy,
        Self::DataAccess,
        Self::Build,
        Self::Application,
    ];

    /// The word used in signatures and in the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::System => "system",
            Self::Activity => "activity",
            Self::SystemEvent => "system_event",
            Self::Policy => "policy",
            Self::DataAccess => "data_access",
            Self::Build => "build",
            Self::Application => "application",
        }
    }
}

/// What wrote the entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resource<'a> {
    /// `resource.type`, for example `cloud_run_revision`.
    pub kind: Cow<'a, str>,
    /// Project id.
    pub project: Cow<'a, str>,
    /// Region.
    pub location: Cow<'a, str>,
    /// Service, job, function or container app; empty on entries that belong to none.
    pub service: Cow<'a, str>,
    /// Revision; empty on service-level audit entries.
    pub revision: Cow<'a, str>,
}

/// The request half of a request entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpRequest<'a> {
    /// HTTP status; `None` when the client was gone before there was one.
    pub status: Option<u16>,
    /// Method.
    pub method: Cow<'a, str>,
    /// Full URL.
    pub url: Cow<'a, str>,
    /// Nanoseconds from arrival to the last byte; the request failed at `timestamp + latency`.
    pub latency_nanos: Option<i64>,
    /// User agent.
    pub user_agent: Cow<'a, str>,
}

/// One log record. Borrowed from the read buffer wherever the text needed no unescaping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// Where it stands.
    pub position: Position,
    /// Platform, from the form of the record and `resource.type`.
    pub platform: Platform,
    /// Which log it belongs to; inferred where `logName` is missing.
    pub stream: Stream,
    /// Unique within one `logName` and `timestamp`; empty where the exporter dropped it.
    pub insert_id: Cow<'a, str>,
    /// Event time; a request's arrival. `None` where missing or unreadable.
    pub timestamp: Option<Timestamp>,
    /// When Cloud Logging received it.
    pub receive_timestamp: Option<Timestamp>,
    /// `None` = absent in the record.
    pub severity: Option<Severity>,
    /// Full `logName`; empty where the exporter dropped it.
    pub log_name: Cow<'a, str>,
    /// What wrote it.
    pub resource: Resource<'a>,
    /// `labels.instanceId`, or an Azure replica name; empty where there is none.
    pub instance: Cow<'a, str>,
    /// `labels.container_name`.
    pub container: Cow<'a, str>,
    /// A job's execution (`labels["run.googleapis.com/execution_name"]`) or a function's `execution_id`.
    pub execution: Cow<'a, str>,
    /// Full trace name; empty where there is none.
    pub trace: Cow<'a, str>,
    /// Text payload (or the message of an Azure row); empty where there is none.
    pub text: Cow<'a, str>,
    /// `jsonPayload` as JSON text.
    pub json: Option<Cow<'a, str>>,
    /// `protoPayload` (an audit entry) as JSON text.
    pub audit: Option<Cow<'a, str>>,
    /// `httpRequest`.
    pub http: Option<HttpRequest<'a>>,
    /// Azure `Reason`, for example `ProbeFailed`; empty elsewhere.
    pub reason: Cow<'a, str>,
    /// Azure `Count` (cumulative repeats); 1 elsewhere.
    pub repeats: u32,
}
