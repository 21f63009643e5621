//! What stands beside the findings: where a service runs that shares its name, findings that the user's ignore file takes
//! out, and hypotheses that did not hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Evidence, Service};
use crate::model::{Platform, Timestamp, Verdict};

/// Where a service runs whose name others share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Platform.
    pub platform: Platform,
    /// Project id; empty where no entry names it.
    pub project: String,
    /// Region; empty where no entry names it.
    pub location: String,
}

impl Place {
    /// Where a service of a report runs.
    pub fn of(service: &Service) -> Self {
        let Service { platform, project, location, .. } = service;
        Self { platform: *platform, project: project.clone(), location: location.clone() }
    }

    /// Whether a service runs there.
    pub fn holds(&self, service: &Service) -> bool {
        *self == Self::of(service)
    }

    /// In words: `acme-eu, europe-west1`; the platform where nothing else is known, or where it is not Google's.
    pub fn words(&self) -> String {
        let platform = match self.platform {
            Platform::AzureContainerApps => "Azure Container Apps",
            Platform::CloudRunJob => "Cloud Run job",
            _ if self.project.is_empty() && self.location.is_empty() => "no project or region named",
            _ => "",
        };
        let parts = [platform, &self.project, &self.location];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

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
