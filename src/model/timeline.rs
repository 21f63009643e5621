//! What `whydown timeline` says: everything that happened to each service, in order.
//!
//! Times are RFC 3339 in UTC. Fields may be added; none may be renamed while `schema_version` is 1.

use serde::{Deserialize, Serialize};

use super::report::{Evidence, Generator, InstancesAlive};
use super::{Platform, Timestamp};

/// Version of this contract.
pub const SCHEMA_VERSION: u32 = 1;

/// Kinds of events; equal times stand in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A new revision, or new settings, were asked for.
    Deploy,
    /// A deploy that did not come up.
    DeployFailed,
    /// A change that was refused.
    Refused,
    /// Two changes that overlapped.
    Raced,
    /// Traffic was moved forwards.
    Traffic,
    /// Traffic was moved back to an older revision.
    Rollback,
    /// Something was deleted.
    Delete,
    /// The platform called a revision ready.
    Ready,
    /// The platform called a revision not ready.
    NotReady,
    /// Instances were started.
    Starts,
    /// The first request of a revision was answered.
    FirstAnswer,
    /// The first failed request or instance of the service.
    FirstFailure,
    /// Minutes with failed requests.
    ErrorBurst,
    /// Instances failed.
    Crashes,
    /// The last failed request or instance.
    LastFailure,
}

/// Everything that is said about one set of inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineReport {
    /// Always [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Which program wrote it.
    pub generator: Generator,
    /// First entry of the files.
    pub first_timestamp: Option<Timestamp>,
    /// Last entry of the files.
    pub last_timestamp: Option<Timestamp>,
    /// One for each service that wrote entries or was changed, by name.
    pub services: Vec<ServiceTimeline>,
}

/// The events of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceTimeline {
    /// Where it runs.
    pub platform: Platform,
    /// Name.
    pub service: String,
    /// Instances alive at the same time: of the whole service, then of each revision; empty where none is known.
    #[serde(default)]
    pub instances: Vec<InstancesAlive>,
    /// In time order.
    pub events: Vec<Event>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened or began.
    pub time: Timestamp,
    /// When it ended, where it took time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What kind.
    pub kind: EventKind,
    /// Revision; empty where it is of the service, or of several.
    pub revision: String,
    /// How many things it stands for.
    pub count: u64,
    /// What happened, in words.
    pub text: String,
    /// The entry that shows it, or the first of them; `None` where only a description or a count does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}
