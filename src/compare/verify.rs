//! Did the fix hold? Each finding of a report against newer logs, and the criteria.

use serde::Serialize;

use super::findings::Brief;
use super::judge::{Judged, Pair, Standing};
use crate::model::Timestamp;
use crate::model::report::{Check, Report};

/// Version of the JSON form.
pub const VERSION: u32 = 1;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// Always [`VERSION`].
    pub verification_version: u32,
    /// First and last entry of the new export that was judged.
    pub judged: Option<(Timestamp, Timestamp)>,
    /// Covered seconds.
    pub covered_seconds: f64,
    /// Entries judged.
    pub entries: u64,
    /// Each finding of the report, the worst first.
    pub findings: Vec<Judged>,
    /// Findings of the new export that the report does not have.
    pub appeared: Vec<Brief>,
    /// The criteria.
    pub criteria: Vec<Criterion>,
}

/// One criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// What is measured.
    pub name: String,
    /// What is needed.
    pub needed: String,
    /// What was seen.
    pub observed: String,
    /// The outcome.
    pub status: CriterionStatus,
}

/// Outcome of a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriterionStatus {
    /// It does not hold.
    Fail,
    /// Too little was seen to say.
    NotEnoughData,
    /// It holds.
    Pass,
}

impl Verification {
    /// Whether every finding is resolved and no criterion fails.
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|judged| judged.standing == Standing::Resolved)
            && self.criteria.iter().all(|one| one.status != CriterionStatus::Fail)
            && self.appeared.is_empty()
    }
}

/// Judges `new`, made of newer logs, by `old`. `is_criterion` says which checks of the new report are criteria.
pub fn verify(old: &Report, new: &Report, is_criterion: impl Fn(&Check) -> bool) -> Verification {
    let pair = Pair::new(old, new);
    let export = &new.export;
    Verification {
        verification_version: VERSION,
        judged: export.first_timestamp.zip(export.last_timestamp),
        covered_seconds: export.covered_seconds,
        entries: export.unique_entries,
        findings: pair.judge_all(),
        appeared: pair.appeared(),
        criteria: new.checks.iter().filter(|check| is_criterion(check)).map(criterion).collect(),
    }
}

fn criterion(check: &Check) -> Criterion {
    Criterion {
        name: check.name.clone(),
        needed: check.threshold.clone(),
        observed: check.observed.clone(),
        status: match check.status.as_str() {
            "pass" => CriterionStatus::Pass,
            "fail" => CriterionStatus::Fail,
            _ => CriterionStatus::NotEnoughData,
        },
    }
}
