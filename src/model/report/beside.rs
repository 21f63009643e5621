//! What stands beside the findings: those that the user's ignore file takes out, and hypotheses that did not hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::model::{Timestamp, Verdict};

/// A finding that an entry of the ignore file takes out of the ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// Its title.
    pub title: String,
    /// How far it is proven.
    pub verdict: Verdict,
    /// Its service; empty for what belongs to none.
    pub service: String,
    /// Signature id of its cause; empty when no signature knows it.
    pub signature: String,
    /// First sign.
    pub first: Timestamp,
    /// Last sign.
    pub last: Timestamp,
    /// Why it is ignored, as the entry says.
    pub reason: String,
    /// Last day on which the entry holds, for example `2026-04-30`.
    pub expires: String,
    /// The entry: `file:line`.
    pub entry: String,
}

/// A hypothesis that did not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuledOut {
    /// What might have been the cause.
    pub hypothesis: String,
    /// Why it is not, with numbers.
    pub reason: String,
    /// Entries that show it.
    pub evidence: Vec<Evidence>,
}
