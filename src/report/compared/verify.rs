//! A verification in sentences.

use super::{Entry, Section, Sheet, brief};
use crate::compare::judge::{Judged, Standing};
use crate::compare::verify::{Criterion, CriterionStatus, Verification};
use crate::model::time::human_duration;
use crate::report::view::{clean, time};

/// The sheet.
pub(super) fn sheet(verified: &Verification) -> Sheet {
    let appeared = verified.appeared.iter().map(|one| Entry::new("new", brief(one), Vec::new())).collect();
    Sheet {
        headline: headline(verified),
        sections: vec![
            Section { title: "Findings of the report", items: verified.findings.iter().map(finding).collect() },
            Section { title: "Not in the report", items: appeared },
            Section { title: "Criteria", items: verified.criteria.iter().map(criterion).collect() },
        ],
        notes: notes(verified),
    }
}

fn headline(verified: &Verification) -> String {
    let findings = |standing: Standing| verified.findings.iter().filter(|one| one.standing == standing).count();
    let failed = verified.criteria.iter().filter(|one| one.status == CriterionStatus::Fail).count();
    let going_on = findings(Standing::Worse) + findings(Standing::Persisting);
    let open = findings(Standing::NotEnoughData);
    if verified.findings.is_empty() {
        return format!("The report has no finding; {}", criteria(failed));
    }
    if going_on > 0 {
        return format!(
            "The fix does not hold: {going_on} of {} still happen; {}",
            verified.findings.len(),
            criteria(failed)
        );
    }
    if open > 0 {
        return format!(
            "Not enough data to say that {open} of {} are over; {}",
            verified.findings.len(),
            criteria(failed)
        );
    }
    let more =
        if verified.appeared.is_empty() { String::new() } else { format!(", but {} new", verified.appeared.len()) };
    format!("All {} resolved{more}; {}", verified.findings.len(), criteria(failed))
}

fn criteria(failed: usize) -> String {
    match failed {
        0 => "no criterion fails".to_owned(),
        1 => "1 criterion fails".to_owned(),
        more => format!("{more} criteria fail"),
    }
}

fn finding(judged: &Judged) -> Entry {
    let label = match judged.standing {
        Standing::Worse => "worse",
        Standing::Persisting => "persisting",
        Standing::NotEnoughData => "not enough data",
        Standing::Resolved => "resolved",
    };
    Entry::new(label, brief(&judged.finding), judged.why.iter().map(|why| clean(why)).collect())
}

fn criterion(one: &Criterion) -> Entry {
    let label = match one.status {
        CriterionStatus::Fail => "fail",
        CriterionStatus::NotEnoughData => "not enough data",
        CriterionStatus::Pass => "pass",
    };
    Entry::new(label, format!("{}: {}, needed {}", one.name, clean(&one.observed), one.needed), Vec::new())
}

fn notes(verified: &Verification) -> Vec<String> {
    match verified.judged {
        Some((from, to)) => vec![format!(
            "judged: {} to {} ({}), {} entries",
            time(from),
            time(to),
            human_duration(verified.covered_seconds),
            verified.entries
        )],
        None => vec!["judged: no entry after the end of the report".to_owned()],
    }
}
