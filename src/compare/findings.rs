//! The findings of a report as figures that can be compared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::report::{Finding, Report};
use crate::model::{Occurrences, Role, Timestamp, Verdict};

/// A finding in short: what a digest remembers and a comparison tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// Stable across runs.
    pub fingerprint: String,
    /// One line.
    pub title: String,
    /// Service; may be empty.
    pub service: String,
    /// How far it is proven.
    pub verdict: Verdict,
    /// First sign.
    pub first: Timestamp,
    /// Last sign.
    pub last: Timestamp,
}

/// What was seen of a finding, and over how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
    /// What failed through it.
    pub occurrences: Occurrences,
    /// Seconds they were seen over.
    pub seconds: f64,
    /// Requests and instances of its service.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// What a service had to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Requests.
    pub requests: u64,
    /// Of these, answered below 500.
    pub answered: u64,
    /// Instances.
    pub instances: u64,
    /// Of these, did not fail.
    pub survived: u64,
}

/// A finding of a report, with its figures; several of one fingerprint are one.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// In short.
    pub brief: Brief,
    /// Sum over all of this fingerprint.
    pub occurrences: Occurrences,
}

impl Brief {
    /// Of a finding.
    pub fn of(finding: &Finding) -> Self {
        Self {
            fingerprint: finding.fingerprint.clone(),
            title: finding.title.clone(),
            service: finding.service.clone(),
            verdict: finding.verdict,
            first: finding.first,
            last: finding.last,
        }
    }
}

/// The findings of a report by fingerprint, each in the words of its best ranked one.
pub fn counted(report: &Report) -> BTreeMap<String, Counted> {
    let mut found: BTreeMap<String, Counted> = BTreeMap::new();
    for finding in &report.findings {
        let one = count(finding);
        found
            .entry(finding.fingerprint.clone())
            .and_modify(|known| {
                known.occurrences = known.occurrences.plus(one.occurrences);
                known.brief.verdict = known.brief.verdict.max(one.brief.verdict);
                known.brief.first = known.brief.first.min(one.brief.first);
                known.brief.last = known.brief.last.max(one.brief.last);
            })
            .or_insert(one);
    }
    found
}

fn count(finding: &Finding) -> Counted {
    let links = |role: Role| finding.chain.iter().filter(move |link| link.role == role);
    let requests: u64 = links(Role::Impact).map(|link| link.count).sum();
    let instances = links(Role::Failure).map(|link| link.instances).max().unwrap_or(0);
    let entries: u64 = links(Role::Cause).map(|link| link.count).sum();
    // Reports of versions that did not count occurrences tell them by their chain.
    let others = if requests == 0 && instances == 0 { entries.max(1) } else { 0 };
    let by_chain = Occurrences { instances, requests, others };
    let occurrences = if finding.occurrences.most() > 0 { finding.occurrences } else { by_chain };
    Counted { brief: Brief::of(finding), occurrences }
}

/// Requests and instances of a service; of all of them where `service` is empty.
pub fn traffic(report: &Report, service: &str) -> Traffic {
    let revisions = report
        .services
        .iter()
        .filter(|known| service.is_empty() || known.name == service)
        .flat_map(|known| known.revisions.iter());
    revisions.fold(Traffic::default(), |sum, revision| Traffic {
        requests: sum.requests + revision.requests,
        answered: sum.answered + revision.requests.saturating_sub(revision.errors_5xx),
        instances: sum.instances + revision.instances,
        survived: sum.survived + revision.instances.saturating_sub(revision.crashes),
    })
}
