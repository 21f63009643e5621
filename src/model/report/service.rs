//! What the report says about each service: revisions, instance lives, deployments, traffic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Platform, Timestamp};

/// One service, job, function or container app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Where it runs.
    pub platform: Platform,
    /// Project id; empty where no entry names it.
    pub project: String,
    /// Region; empty where no entry names it.
    pub location: String,
    /// Name.
    pub name: String,
    /// Its revisions by name.
    pub revisions: Vec<Revision>,
    /// Deployments in time order.
    pub deployments: Vec<Deployment>,
    /// What "two revisions" means here, if anything.
    pub revision_state: RevisionState,
    /// Traffic splits in time order, each where it differs from the one before; the newest ones of a long history.
    #[serde(default)]
    pub traffic: Vec<TrafficSet>,
    /// Instances alive at the same time: of the whole service, then of each revision; empty where none is known.
    #[serde(default)]
    pub instances_alive: Vec<InstancesAlive>,
    /// Length of the revisions' `activity` windows, in seconds; 0 where there is none.
    #[serde(default)]
    pub window_seconds: u32,
}

/// What the files say about one revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Name.
    pub name: String,
    /// First entry.
    pub first: Option<Timestamp>,
    /// Last entry.
    pub last: Option<Timestamp>,
    /// Request entries.
    pub requests: u64,
    /// Of these, answered 5xx.
    pub errors_5xx: u64,
    /// Median latency of its requests.
    pub latency_p50_ms: Option<f64>,
    /// 95th percentile.
    pub latency_p95_ms: Option<f64>,
    /// 99th percentile.
    pub latency_p99_ms: Option<f64>,
    /// Different instance ids; how many lived at one time stands in the service's `instances_alive`.
    pub instances: u64,
    /// Instance starts logged by the platform.
    pub starts: u64,
    /// Container exits logged by the platform.
    pub exits: u64,
    /// Distinct instances that crashed: an exit, or a lost connection, or a worker that failed to boot.
    pub crashes: u64,
    /// Share of traffic that its service is set to send it, where an audit entry or state file says so.
    pub traffic_percent: Option<u32>,
    /// Container image, where an audit entry or state file says so.
    pub image: Option<String>,
    /// Whether the platform called it ready; `None` where no entry says.
    pub ready: Option<bool>,
    /// `healthy`, `failing`, `degraded`, `idle` or `unknown`, with the reason.
    pub verdict: String,
    /// Lives of its instances by first sign: a bounded, deterministic choice in which failed ones come first.
    #[serde(default)]
    pub instance_lives: Vec<InstanceLife>,
    /// Requests and failures per window of the service's `window_seconds`; empty windows left out.
    #[serde(default)]
    pub activity: Vec<ActivityWindow>,
}

/// Instances alive at the same time, which is what "how many instances" asks for. What the files show at least: an
/// instance that lives on without an entry is not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstancesAlive {
    /// Revision; empty for the whole service.
    pub revision: String,
    /// Different instance ids: lives, one after another or side by side.
    pub lives: u64,
    /// Of these, failed: crashed, or never started.
    pub failed: u64,
    /// Most alive at one time.
    pub most: u64,
    /// When so many were first alive.
    pub most_at: Timestamp,
    /// Median number alive over covered time between the first and the last sign of them.
    pub median: u64,
    /// Length of that time, in seconds; 0 where all signs are of one moment.
    pub covered_seconds: f64,
}

/// One instance from its first to its last sign in the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceLife {
    /// Instance id or replica name.
    pub instance: String,
    /// First entry; a request counts with its arrival.
    pub first: Timestamp,
    /// Last entry; a request counts with its end.
    pub last: Timestamp,
    /// How it ended.
    pub end: LifeEnd,
    /// When it ended; `None` where no entry shows an end.
    pub ended: Option<Timestamp>,
    /// Exit code, where the platform printed one.
    pub exit_code: Option<i64>,
    /// Requests answered below 500.
    pub answered: u64,
    /// Requests that failed.
    pub failed: u64,
}

/// How an instance ended, as far as the files show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LifeEnd {
    /// No sign of an end: it may live on.
    Open,
    /// Stopped on purpose.
    Stopped,
    /// Crashed after it had answered a request.
    Crashed,
    /// Crashed or gave up before it answered any request.
    FailedToStart,
}

/// What happened on one revision in one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivityWindow {
    /// Start of the window.
    pub start: Timestamp,
    /// Requests that arrived; `None` in windows shorter than a minute, for which only failed requests are kept.
    pub requests: Option<u64>,
    /// Requests that ended in failure (5xx, or 429 of the platform).
    pub failed_requests: u64,
    /// Instances that crashed or did not start.
    pub crashes: u64,
}

/// How traffic was split from one moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficSet {
    /// When the split was asked for or seen.
    pub time: Timestamp,
    /// Shares; they add up to 100 where all of them are known.
    pub shares: Vec<TrafficShare>,
}

/// One revision's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficShare {
    /// Revision; empty where the split says "latest" and the files do not tell which revision that was.
    pub revision: String,
    /// Percent of requests.
    pub percent: u32,
}

/// A change of a service's template or traffic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// When it was asked for.
    pub time: Timestamp,
    /// Who asked; empty where no entry says.
    pub actor: String,
    /// With what: `gcloud run deploy`, `gcloud run services update-traffic`, `console`, `terraform`, …
    pub client: String,
    /// `deploy`, `traffic`, `rollback`, `delete`, `failed` or `refused`.
    pub kind: String,
    /// The revision it made or sent traffic to; empty where it cannot be told.
    pub revision: String,
    /// What changed against the predecessor.
    pub changes: Vec<Change>,
    /// Where these files do not show the state right before it: the time of the earlier state that `changes` are
    /// counted from, so that some of them may be of a change in between. `None` where nothing lies between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes_since: Option<Timestamp>,
    /// Traffic as set by this change, for example `latest=100` or `web-00012-abc=100`.
    pub traffic_after: String,
}

impl Service {
    /// How many instances of a revision were alive at the same time; of all, for an empty name.
    pub fn alive(&self, revision: &str) -> Option<&InstancesAlive> {
        self.instances_alive.iter().find(|alive| alive.revision == revision)
    }
}

impl Deployment {
    /// The fields that changed, in one line, with the caution where some may be of a change that the files lack; `None`
    /// where none is known to have changed.
    pub fn changed_fields(&self) -> Option<String> {
        let fields: Vec<&str> = self.changes.iter().map(|change| change.field.as_str()).collect();
        (!fields.is_empty()).then(|| format!("{}{}", fields.join(", "), self.caution()))
    }

    /// That changes are counted from an earlier state, where they are; else nothing.
    pub fn caution(&self) -> String {
        self.changes_since.map_or_else(String::new, |since| {
            format!(" (since the state of {}, the last one in these files)", since.to_rfc3339())
        })
    }
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Field in the words of a flag: `image`, `env`, `memory`, `traffic`, …
    pub field: String,
    /// Before; environment values are never shown.
    pub before: String,
    /// After.
    pub after: String,
}

/// What "two revisions active" means for a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionState {
    /// `single`, `rollover-drain`, `deliberate-split`, `tagged-at-zero`, `pinned-old`,
    /// `newest-not-ready`, `raced-deploys`, `dual-traffic` or `cannot-be-told`.
    pub state: String,
    /// `cause`, `consequence`, `bystander`, `intended`, `none` or `unknown`.
    pub role: String,
    /// The revisions concerned.
    pub revisions: Vec<String>,
    /// Start of the overlap.
    pub from: Option<Timestamp>,
    /// End of the overlap.
    pub to: Option<Timestamp>,
    /// Sentences with the numbers that decide it.
    pub evidence: Vec<String>,
}
