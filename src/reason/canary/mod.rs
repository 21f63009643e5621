//! Candidate against baseline: is the new revision as good as the one that serves?
//!
//! In: settled facts, state, coverage, limits. Out: a [`CanaryReport`] without actions.
//! `pair` finds out who is compared and in which window, `sample` counts what each did in it, `compare` tests
//! one against the other, and `gates` judges, one gate a file, the platform's own messages first. A gate is
//! passed only where the files prove it: a healthy look at 40 requests is inconclusive.

mod compare;
mod gates;
mod pair;
mod sample;
mod verdict;

#[cfg(test)]
mod tests;

use crate::facts::Settled;
use crate::model::canary::{Canary, CanaryReport, GateStatus, Limits, SCHEMA_VERSION, Side, WithoutCanary};
use crate::model::report::Generator;
use crate::model::{Platform, Stream, Timestamp};
use crate::state::coverage::Coverage;
use crate::state::{ServiceState, State};
use compare::Comparison;
use gates::Case;
use pair::Pair;
use sample::Sample;

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Revision that serves already; found by itself where not given.
    pub baseline: Option<String>,
    /// Revision that is tried; found by itself where not given.
    pub candidate: Option<String>,
    /// Gates.
    pub limits: Limits,
}

/// Why there is nothing to compare although it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A revision was named that the files do not know.
    #[error("no entry of revision {revision:?} is in these files; they have {known}")]
    UnknownRevision {
        /// As given.
        revision: String,
        /// Revisions of the files.
        known: String,
    },
    /// Baseline and candidate are the same.
    #[error("{revision:?} cannot be baseline and candidate at once: name two revisions of one service")]
    SameRevision {
        /// As given.
        revision: String,
    },
    /// The two named revisions belong to different services.
    #[error(
        "{baseline:?} and {candidate:?} are revisions of different services: only revisions that share the traffic of one service compare"
    )]
    DifferentServices {
        /// As given.
        baseline: String,
        /// As given.
        candidate: String,
    },
}

/// Compares wherever there is something to compare.
pub fn canaries(
    settled: &Settled,
    state: &State,
    coverage: &Coverage,
    wanted: &Wanted,
    files: &[String],
) -> Result<CanaryReport, Error> {
    pair::check_names(state, wanted)?;
    let mut report = CanaryReport {
        schema_version: SCHEMA_VERSION,
        generator: Generator { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        first_timestamp: coverage.extent.map(|(first, _)| Timestamp(first)),
        last_timestamp: coverage.extent.map(|(_, last)| Timestamp(last)),
        limits: wanted.limits.clone(),
        canaries: Vec::new(),
        without: Vec::new(),
    };
    let Some(extent) = coverage.extent else { return Ok(report) };
    for service in &state.services {
        match pair::find(service, extent, wanted) {
            Ok(pair) => report.canaries.push(judge(settled, service, coverage, &pair, wanted, files)),
            Err(reason) => report.without.push(WithoutCanary { service: service.name.clone(), reason }),
        }
    }
    Ok(report)
}

fn judge(
    settled: &Settled,
    service: &ServiceState,
    coverage: &Coverage,
    pair: &Pair,
    wanted: &Wanted,
    files: &[String],
) -> Canary {
    let candidate = Sample::of(settled, service, pair, &pair.candidate);
    let baseline = Sample::of(settled, service, pair, &pair.baseline);
    let comparison = Comparison::of(&candidate, &baseline, &wanted.limits, pair.aligned);
    let case = Case {
        candidate: &candidate,
        baseline: &baseline,
        comparison: &comparison,
        limits: &wanted.limits,
        pair,
        requests_unusable: requests_unusable(settled, service, coverage),
        system_missing: service.home.platform == Platform::CloudRun && !has(settled, service, Stream::System),
    };
    let gates = gates::all(&case);
    let (verdict, reason) = verdict::verdict(&case, &gates);
    let candidate_share = pair.share_of(&pair.candidate);
    let is_sick = gates.iter().any(|gate| gate.status == GateStatus::Fail);
    Canary {
        platform: service.home.platform,
        project: service.home.project.clone(),
        location: service.home.location.clone(),
        service: service.name.clone(),
        verdict,
        reason,
        basis: pair.basis.word().to_owned(),
        split: pair.shares.clone(),
        from: Timestamp(pair.from),
        to: Timestamp(pair.to),
        ended: pair.ended.clone(),
        next_stage: candidate_share.and_then(|share| wanted.limits.stages.iter().copied().find(|stage| *stage > share)),
        notes: verdict::notes(&case),
        evidence: if is_sick { candidate.evidence(settled, files) } else { Vec::new() },
        baseline: side(&baseline),
        candidate: side(&candidate),
        gates,
        actions: Vec::new(),
    }
}

fn side(sample: &Sample) -> Side {
    let outcomes = sample.outcomes;
    Side {
        revision: sample.revision.clone(),
        requests: outcomes.requests,
        errors_app: outcomes.errors_app,
        errors_platform: outcomes.errors_platform,
        refused: outcomes.refused,
        client_errors: outcomes.client_errors,
        set_aside: outcomes.set_aside,
        latency_p50_ms: sample.latency_ms(0.50),
        latency_p95_ms: sample.latency_ms(0.95),
        latency_p99_ms: sample.latency_ms(0.99),
        instances: sample.instances,
        instances_failed: sample.failures.len() as u64,
    }
}

/// Why rates of requests would lie: a filter keeps failures and drops the answered requests.
fn requests_unusable(settled: &Settled, service: &ServiceState, coverage: &Coverage) -> Option<String> {
    if !has(settled, service, Stream::Requests) {
        return Some("the files hold no request entry of this service".to_owned());
    }
    if let Some(severity) = coverage.lowest_severity {
        return Some(format!("the export holds {} and above only, so answered requests are missing", severity.word()));
    }
    (!coverage.capped.is_empty())
        .then(|| "the export was cut per severity, so failed and answered requests cover different times".to_owned())
}

fn has(settled: &Settled, service: &ServiceState, wanted: Stream) -> bool {
    settled.facts.coverage.keys().any(|(owner, stream, _)| *owner == service.symbol && *stream == wanted)
}
