//! The report contract, JSON schema version 1. Every other format is rendered from it.
//!
//! Fields may be added, never renamed. Times are RFC 3339 in UTC. Counts are of unique entries unless said otherwise.

mod beside;
mod service;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use service::{
    ActivityWindow, Change, Deployment, InstanceLife, InstancesAlive, LifeEnd, Revision, RevisionState, Service,
    TrafficSet, TrafficShare,
};

use super::{Category, Occurrences, Risk, Role, Stage, Timestamp, Verdict};

pub use beside::{Place, RuledOut, Suppressed};

/// Version of the contract written into `schema_version`.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that is said about one set of inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of this contract.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    pub schema_version: u32,
    /// Which program wrote it.
    pub generator: Generator,
    /// What was read, and what it lacks.
    pub export: Export,
    /// Every service that wrote entries, by name.
    pub services: Vec<Service>,
    /// Clusters of entries, most important role first.
    pub clusters: Vec<Cluster>,
    /// Ranked root causes; rank 1 first.
    pub findings: Vec<Finding>,
    /// Findings that the user's ignore file takes out of the ranking; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Suppressed>,
    /// Hypotheses that were tested and rejected, with the numbers that rejected them.
    pub ruled_out: Vec<RuledOut>,
    /// Thresholds checked over the covered time.
    pub checks: Vec<Check>,
}

/// The program and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Generator {
    /// `whydown`.
    pub name: String,
    /// Crate version.
    pub version: String,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// Input files in the order of their names.
    pub files: Vec<InputFile>,
    /// Log records read, duplicates included.
    pub entries: u64,
    /// After removing equal (insertId, timestamp, logName).
    pub unique_entries: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Smallest event time.
    pub first_timestamp: Option<Timestamp>,
    /// Largest event time.
    pub last_timestamp: Option<Timestamp>,
    /// Seconds from the first to the last event: the time that rates may be taken over.
    pub covered_seconds: f64,
    /// Different instance ids. Lives, not concurrent instances.
    pub distinct_instances: u64,
    /// Changes of a service's template or traffic seen in the audit entries.
    pub deployments: u64,
    /// What limits the report.
    pub notices: Vec<Notice>,
    /// What was kept out of the report: `none`, `secrets` or `strict`; empty where the report does not say.
    #[serde(default)]
    pub redaction: String,
    /// What was replaced by pseudonyms, by kind.
    #[serde(default)]
    pub redactions: Vec<Redaction>,
}

/// Values of one kind that were replaced in this report by pseudonyms like `<email-1a2b3c>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Redaction {
    /// `key`, `password`, `token`, `secret`, `email`, `ip`, `query` or `user`.
    pub kind: String,
    /// Different values.
    pub values: u64,
    /// Places in this report where one of them stood.
    pub places: u64,
}

/// One input as it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct InputFile {
    /// Path as given, or as found below a given directory; `-` for standard input.
    pub path: String,
    /// `json-array`, `ndjson`, `yaml`, …
    pub format: String,
    /// `utf-8`, `utf-8-bom`, `utf-16le`, `utf-16be`.
    pub encoding: String,
    /// `none`, `gzip`, `zstd`, `tar`.
    pub compression: String,
    /// Size on disk, in bytes.
    pub bytes: u64,
    /// Log records read from it.
    pub entries: u64,
    /// Records of it that could not be read.
    pub rejected: u64,
}

/// Something about the export that limits what can be said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Stable code, for example `export-cut-by-limit`.
    pub code: String,
    /// What is the case, with its numbers.
    pub message: String,
    /// What it means for the verdicts.
    pub effect: String,
    /// The command that fetches what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// Entries that say the same thing on one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cluster {
    /// Stable id within the report, for example `c7`.
    pub id: String,
    /// Signature id, where a signature knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Mined message shape, where no signature knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Role in the chain.
    pub role: Role,
    /// Category of the cause it would be.
    pub category: Category,
    /// One line a person can read.
    pub title: String,
    /// Service; empty for what belongs to none.
    pub service: String,
    /// Counts per revision.
    pub revisions: Vec<RevisionCount>,
    /// Entries, weighted by an aggregated row's repeats.
    pub count: u64,
    /// Distinct instances.
    pub instances: u64,
    /// First entry.
    pub first: Timestamp,
    /// Last entry.
    pub last: Timestamp,
    /// Counts per window of equal length; empty windows left out.
    pub windows: Vec<Window>,
    /// A bounded, deterministic choice.
    pub samples: Vec<Evidence>,
}

/// A count on one revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RevisionCount {
    /// Revision; empty where the entries name none.
    pub name: String,
    /// Entries.
    pub count: u64,
}

/// A count in one window.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Start of the window.
    pub start: Timestamp,
    /// Entries.
    pub count: u64,
}

/// One entry as proof.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Event time.
    pub timestamp: Timestamp,
    /// `insertId`; empty where the exporter dropped it.
    pub insert_id: String,
    /// Path of the file it stands in.
    pub file: String,
    /// Line in that file.
    pub line: u32,
    /// What it says, bounded.
    pub text: String,
}

/// One ranked root cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// From 1.
    pub rank: u32,
    /// Stable across hours, machines and revisions; versioned.
    pub fingerprint: String,
    /// One line: what broke and why.
    pub title: String,
    /// How far it is proven.
    pub verdict: Verdict,
    /// Sum of the parts.
    pub score: f64,
    /// Each part with its reason.
    pub score_parts: Vec<ScorePart>,
    /// Service; empty for what belongs to none.
    pub service: String,
    /// Where that service runs; left out where no other service of these files has its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Revisions it shows on.
    pub revisions: Vec<String>,
    /// First sign.
    pub first: Timestamp,
    /// Last sign.
    pub last: Timestamp,
    /// What failed through it; all 0 where a report does not count it.
    #[serde(default)]
    pub occurrences: Occurrences,
    /// The cause itself.
    pub cause: Cause,
    /// cause → failure → impact, each joined to the one before.
    pub chain: Vec<ChainLink>,
    /// The chain as sentences, each from evidence; ends where the evidence ends.
    pub why: Vec<String>,
    /// What was hit, in the user's terms.
    pub impact: Vec<String>,
    /// What speaks for it.
    pub support: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// What the files lack.
    pub missing: Vec<String>,
    /// What to type, in stages.
    pub actions: Vec<Action>,
}

impl Finding {
    /// Whether it is about this service of its report.
    pub fn is_about(&self, service: &Service) -> bool {
        self.service == service.name && self.place.as_ref().is_none_or(|place| place.holds(service))
    }
}

impl Report {
    /// ` (acme-eu, europe-west1)`, for a service whose name another one of this report has; else nothing.
    pub fn told_apart(&self, service: &Service) -> String {
        if self.services.iter().filter(|other| other.name == service.name).count() < 2 {
            return String::new();
        }
        format!(" ({})", Place::of(service).words())
    }
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScorePart {
    /// Name of the weight.
    pub name: String,
    /// What it adds.
    pub value: f64,
    /// Why, with numbers.
    pub why: String,
}

/// The cause of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// Id of its cluster; empty when the cause is not in the files.
    pub cluster: String,
    /// Signature id; empty when no signature knows it.
    pub signature: String,
    /// Category.
    pub category: Category,
    /// One or two sentences.
    pub summary: String,
}

/// One link of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChainLink {
    /// Role of the linked cluster.
    pub role: Role,
    /// Its id.
    pub cluster: String,
    /// Its title.
    pub title: String,
    /// Entries of it that belong to this chain.
    pub count: u64,
    /// Distinct instances of these.
    pub instances: u64,
    /// How it is joined to the cause, with the count and the time distance.
    pub join: String,
    /// Entries that show it.
    pub evidence: Vec<Evidence>,
}

/// Something to type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// When it belongs.
    pub stage: Stage,
    /// What it does.
    pub title: String,
    /// Shell command with real names; empty when the action is not a command.
    pub command: String,
    /// What must be true before.
    pub precondition: String,
    /// The command or step that takes it back; empty for reading.
    pub undo: String,
    /// What should be seen after.
    pub expect: String,
    /// What it can do to a live system.
    pub risk: Risk,
}

/// One threshold over the covered time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What is checked.
    pub name: String,
    /// The limit.
    pub threshold: String,
    /// What was seen.
    pub observed: String,
    /// `pass`, `info`, `warn`, `fail` or `not-judged` (not enough data).
    pub status: String,
}
