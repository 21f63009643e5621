//! What `whydown canary` says: two revisions of a service, compared in the same window, gate by gate.
//!
//! Times are RFC 3339 in UTC, shares are 0 to 1, latencies are milliseconds. Fields may be added; none may
//! be renamed while `schema_version` is 1.

use serde::{Deserialize, Serialize};

use super::report::{Action, Evidence, Generator};
use super::{Platform, Timestamp};

/// Version of this contract.
pub const SCHEMA_VERSION: u32 = 1;

/// What to do with the candidate; ordered from the best news to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CanaryVerdict {
    /// Every gate is passed: give it the next stage's share.
    Promote,
    /// Nothing bad is seen, but the files do not prove that it is well.
    Inconclusive,
    /// Something is wrong, but not proven to be the candidate's doing, or within the limits: keep the share.
    Hold,
    /// The candidate is proven worse than its limits and its baseline: take its traffic away.
    Rollback,
}

/// How one gate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateStatus {
    /// Proven good.
    Pass,
    /// Neither proven good nor bad.
    NotJudged,
    /// Proven bad.
    Fail,
}

/// The limits that the gates use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest share of requests that may end in 5xx.
    pub error_rate: f64,
    /// Largest 95th percentile of the latency of answered requests, in milliseconds.
    pub latency_p95_ms: f64,
    /// Fewest requests of the candidate; `None` = as many as the rule of three asks for.
    pub min_requests: Option<u64>,
    /// Fewest requests of the baseline: fewer say too little about what is normal.
    #[serde(default = "Limits::default_min_baseline_requests")]
    pub min_baseline_requests: u64,
    /// Share of `error_rate` by which a candidate may be worse than its baseline and still be as good as it.
    #[serde(default = "Limits::default_margin")]
    pub margin: f64,
    /// Cliff's δ from which on latencies count as shifted.
    #[serde(default = "Limits::default_latency_shift")]
    pub latency_shift: f64,
    /// Below this p-value, after correction for the number of tests, a difference is no chance.
    #[serde(default = "Limits::default_significance")]
    pub significance: f64,
    /// Confidence of the one-sided bounds that decide whether a limit is kept.
    #[serde(default = "Limits::default_confidence")]
    pub confidence: f64,
    /// Shares of traffic on the way to all of it, in per cent, ascending.
    pub stages: Vec<u32>,
}

impl Limits {
    // At 30 requests the interval of a share is still up to ±18 points wide.
    fn default_min_baseline_requests() -> u64 {
        30
    }

    fn default_margin() -> f64 {
        0.5
    }

    /// Effects from this on are called more than small (J. Romano et al., 2006: |δ| ≥ 0.33 is medium).
    fn default_latency_shift() -> f64 {
        0.33
    }

    /// Stricter than the customary 5 %: these tests run on every canary.
    fn default_significance() -> f64 {
        0.01
    }

    /// The 95 % of the rule of three.
    fn default_confidence() -> f64 {
        0.95
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            error_rate: 0.01,
            latency_p95_ms: 500.0,
            min_requests: None,
            min_baseline_requests: Self::default_min_baseline_requests(),
            margin: Self::default_margin(),
            latency_shift: Self::default_latency_shift(),
            significance: Self::default_significance(),
            confidence: Self::default_confidence(),
            stages: vec![5, 20, 50, 100],
        }
    }
}

/// Everything that is said about one set of inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CanaryReport {
    /// Always [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Which program wrote it.
    pub generator: Generator,
    /// First entry of the files.
    pub first_timestamp: Option<Timestamp>,
    /// Last entry of the files.
    pub last_timestamp: Option<Timestamp>,
    /// The limits in force.
    pub limits: Limits,
    /// One for each service with a canary, by name.
    pub canaries: Vec<Canary>,
    /// Services without one, and why.
    pub without: Vec<WithoutCanary>,
}

/// A service that compares nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithoutCanary {
    /// Its name.
    pub service: String,
    /// Why.
    pub reason: String,
}

/// A candidate against its baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Canary {
    /// Where it runs.
    pub platform: Platform,
    /// Project id; may be empty.
    pub project: String,
    /// Region; may be empty.
    pub location: String,
    /// Service.
    pub service: String,
    /// What to do.
    pub verdict: CanaryVerdict,
    /// Why, in one sentence.
    pub reason: String,
    /// How it is known that two revisions are to be compared: `traffic-split`, `tag`, `requests` or `named`.
    pub basis: String,
    /// Share of each revision in the window, in per cent, where an entry or document says so.
    pub split: Vec<Share>,
    /// Start of the window in which both are compared.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// What ended the split, where something did before the end of the files.
    pub ended: Option<String>,
    /// Share that the candidate would get next, in per cent; `None` where it has all or the share is not known.
    pub next_stage: Option<u32>,
    /// The revision that serves already.
    pub baseline: Side,
    /// The revision that is tried.
    pub candidate: Side,
    /// Every gate, the most telling first.
    pub gates: Vec<Gate>,
    /// What else matters to the decision.
    pub notes: Vec<String>,
    /// Entries of the candidate that show its failures.
    pub evidence: Vec<Evidence>,
    /// What to type.
    pub actions: Vec<Action>,
}

/// A revision's share of traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Revision.
    pub revision: String,
    /// Per cent.
    pub percent: u32,
}

/// What one revision did in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Revision.
    pub revision: String,
    /// Requests of users.
    pub requests: u64,
    /// Of these, answered 5xx by the application.
    pub errors_app: u64,
    /// Of these, answered 5xx by the platform.
    pub errors_platform: u64,
    /// Of these, refused for lack of an instance (429 by the platform).
    pub refused: u64,
    /// Of these, answered 4xx by the application; no failure of the revision.
    pub client_errors: u64,
    /// Health checks, ended long connections and requests to a tag's address; not compared.
    pub set_aside: u64,
    /// Median latency of answered requests.
    pub latency_p50_ms: Option<f64>,
    /// 95th percentile.
    pub latency_p95_ms: Option<f64>,
    /// 99th percentile.
    pub latency_p99_ms: Option<f64>,
    /// Instances that lived in the window.
    pub instances: u64,
    /// Of these, failed.
    pub instances_failed: u64,
}

/// One gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Stable name, for example `error-rate`.
    pub name: String,
    /// What is needed to pass.
    pub needed: String,
    /// What was seen.
    pub actual: String,
    /// The limit as a number, where there is one.
    pub needed_value: Option<f64>,
    /// What was seen as a number, where there is one.
    pub actual_value: Option<f64>,
    /// How it ended.
    pub status: GateStatus,
    /// What its failure means.
    pub on_failure: CanaryVerdict,
    /// Why it ended so.
    pub why: String,
    /// The test against the baseline, where one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
}

/// A test of the candidate against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// `fisher-exact` or `mann-whitney`.
    pub name: String,
    /// Two-sided p-value.
    pub p: f64,
    /// The same, corrected for the number of tests (Holm).
    pub p_adjusted: f64,
    /// `rate-difference` or `cliffs-delta`.
    pub effect: String,
    /// Size of the effect; above zero the candidate is worse.
    pub value: f64,
    /// Lower end of its 95 % interval, where it has one.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}
