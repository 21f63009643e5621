//! What the findings have in common that no failed entry tells: they stand in documents, in the control plane's own
//! objects, or in counts.

use super::{Draft, FailurePhase, occurrences};
use crate::model::report::{Cause, Finding, ScorePart};
use crate::model::tally::{Kind, Occurrence};
use crate::model::{Category, Occurrences, Timestamp, Verdict};
use crate::state::ServiceState;

/// A finding about a service that says nothing yet: `name` tells its kind in the fingerprint, and its whole score is one
/// part, with its reason.
pub(super) fn finding(service: &ServiceState, name: &str, score: f64, (part, why): (&str, &str)) -> Finding {
    Finding {
        rank: 0,
        fingerprint: format!("1:{name}:{}", service.name),
        title: String::new(),
        verdict: Verdict::Inconclusive,
        score,
        score_parts: vec![ScorePart { name: part.to_owned(), value: score, why: why.to_owned() }],
        service: service.name.clone(),
        place: None,
        revisions: Vec::new(),
        first: Timestamp(0),
        last: Timestamp(0),
        occurrences: Occurrences { others: 1, ..Occurrences::default() },
        cause: Cause {
            cluster: String::new(),
            signature: String::new(),
            category: Category::Unknown,
            summary: String::new(),
        },
        chain: Vec::new(),
        why: Vec::new(),
        impact: Vec::new(),
        support: Vec::new(),
        against: Vec::new(),
        missing: Vec::new(),
        actions: Vec::new(),
    }
}

/// The draft of such a finding; `time` is when it was last so, in nanoseconds since the epoch.
pub(super) fn draft(finding: Finding, service: usize, phase: FailurePhase, time: i64) -> Draft {
    let id = occurrences::id_of(&finding.service);
    Draft {
        finding,
        service: Some(service),
        captures: Vec::new(),
        instance: String::new(),
        path: String::new(),
        phase,
        probe_passed: false,
        minimum_keeps_it_going: false,
        resolved_by: None,
        occurrences: vec![Occurrence { time, kind: Kind::Other, id }],
    }
}
