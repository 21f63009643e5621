//! What changed from one report to another.

use std::collections::BTreeSet;

use serde::Serialize;

use super::findings::Brief;
use super::judge::{Judged, Pair};
use crate::model::Timestamp;
use crate::model::report::{Check, Deployment, Notice, Report};

/// Version of the JSON form.
pub const VERSION: u32 = 1;

/// The difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Always [`VERSION`].
    pub diff_version: u32,
    /// First and last entry of the old report.
    pub old: Option<(Timestamp, Timestamp)>,
    /// First and last entry of the new one.
    pub new: Option<(Timestamp, Timestamp)>,
    /// Whether both cover some of the same time: what is counted in both is then no evidence of change.
    pub overlapping: bool,
    /// Findings that only the new report has.
    pub appeared: Vec<Brief>,
    /// Findings that only the old one has, and whether that proves anything.
    pub gone: Vec<Judged>,
    /// Findings of both, with how often each happens now.
    pub same: Vec<Judged>,
    /// Notices that only the new report has.
    pub notices_appeared: Vec<Notice>,
    /// Notices that only the old one has.
    pub notices_gone: Vec<Notice>,
    /// Checks whose status is another one now.
    pub checks: Vec<CheckChange>,
    /// Deployments that only the new report has, by time.
    pub deployments: Vec<Deployed>,
}

/// A check whose status changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckChange {
    /// What is checked.
    pub name: String,
    /// Status and observation before; `None` where the old report does not have it.
    pub before: Option<(String, String)>,
    /// Status and observation now.
    pub after: (String, String),
}

/// A deployment of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Deployed {
    /// The deployment; its time comes first in the order.
    pub deployment: Deployment,
    /// Service.
    pub service: String,
}

impl Diff {
    /// Whether nothing changed that a person would be told.
    pub fn is_empty(&self) -> bool {
        self.appeared.is_empty() && self.gone.is_empty() && self.checks.is_empty() && self.deployments.is_empty()
    }
}

/// Compares two reports.
pub fn diff(old: &Report, new: &Report) -> Diff {
    let pair = Pair::new(old, new);
    let extent = |report: &Report| report.export.first_timestamp.zip(report.export.last_timestamp);
    let kept: BTreeSet<&str> = new.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let (same, gone) =
        pair.judge_all().into_iter().partition(|judged| kept.contains(judged.finding.fingerprint.as_str()));
    Diff {
        diff_version: VERSION,
        old: extent(old),
        new: extent(new),
        overlapping: extent(old).zip(extent(new)).is_some_and(|(old, new)| new.0 <= old.1 && old.0 <= new.1),
        appeared: pair.appeared(),
        gone,
        same,
        notices_appeared: notices(new, old),
        notices_gone: notices(old, new),
        checks: checks(old, new),
        deployments: deployments(old, new),
    }
}

/// Notices of `one` whose code `other` does not have: numbers differ from export to export.
fn notices(one: &Report, other: &Report) -> Vec<Notice> {
    let known: BTreeSet<&str> = other.export.notices.iter().map(|notice| notice.code.as_str()).collect();
    one.export.notices.iter().filter(|notice| !known.contains(notice.code.as_str())).cloned().collect()
}

fn checks(old: &Report, new: &Report) -> Vec<CheckChange> {
    let told = |check: &Check| (check.status.clone(), check.observed.clone());
    new.checks
        .iter()
        .map(|after| (old.checks.iter().find(|before| before.name == after.name), after))
        .filter(|(before, after)| before.is_none_or(|before| before.status != after.status))
        .map(|(before, after)| CheckChange { name: after.name.clone(), before: before.map(told), after: told(after) })
        .collect()
}

fn deployments(old: &Report, new: &Report) -> Vec<Deployed> {
    let all = |report: &Report| -> BTreeSet<Deployed> {
        report
            .services
            .iter()
            .flat_map(|service| {
                let name = &service.name;
                service
                    .deployments
                    .iter()
                    .map(move |deployment| Deployed { deployment: deployment.clone(), service: name.clone() })
            })
            .collect()
    };
    // A change whose description an export lacks is still the same change.
    let known: BTreeSet<_> = all(old).into_iter().map(|one| (one.deployment.time, one.service)).collect();
    all(new).into_iter().filter(|one| !known.contains(&(one.deployment.time, one.service.clone()))).collect()
}
