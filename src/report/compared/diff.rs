//! A difference in sentences.

use super::{Entry, Section, Sheet, brief};
use crate::compare::diff::{CheckChange, Deployed, Diff};
use crate::compare::judge::{Judged, Standing};
use crate::model::Timestamp;
use crate::model::report::Notice;
use crate::report::view::{clean, time};

/// The sheet.
pub(super) fn sheet(diff: &Diff) -> Sheet {
    let appeared = diff
        .appeared
        .iter()
        .map(|one| Entry::new("appeared", brief(one), vec![format!("since {}", time(one.first))]))
        .collect();
    Sheet {
        headline: headline(diff),
        sections: vec![
            Section { title: "Appeared", items: appeared },
            Section { title: "In both", items: diff.same.iter().map(same).collect() },
            Section { title: "Gone", items: diff.gone.iter().map(gone).collect() },
            Section { title: "Deployments since", items: diff.deployments.iter().map(deployed).collect() },
            Section { title: "Checks", items: diff.checks.iter().map(check).collect() },
            Section {
                title: "Notices",
                items: notices("new", &diff.notices_appeared).chain(notices("gone", &diff.notices_gone)).collect(),
            },
        ],
        notes: notes(diff),
    }
}

fn headline(diff: &Diff) -> String {
    let worse = diff.same.iter().filter(|judged| judged.standing == Standing::Worse).count();
    let (appeared, gone, same) = (diff.appeared.len(), diff.gone.len(), diff.same.len());
    format!("{appeared} appeared, {gone} gone, {same} in both ({worse} worse)")
}

/// A verdict that changed is told; the standing of what is still there is persisting or worse.
fn same(judged: &Judged) -> Entry {
    let label = if judged.standing == Standing::Worse { "worse" } else { "same" };
    let mut details: Vec<String> = judged.why.iter().map(|why| clean(why)).collect();
    if judged.verdict_before != judged.finding.verdict {
        details.push(format!("{} before, {} now", judged.verdict_before.word(), judged.finding.verdict.word()));
    }
    Entry::new(label, brief(&judged.finding), details)
}

fn gone(judged: &Judged) -> Entry {
    let label = if judged.standing == Standing::Resolved { "gone" } else { "not seen, not enough data" };
    Entry::new(label, brief(&judged.finding), judged.why.iter().map(|why| clean(why)).collect())
}

fn deployed(one: &Deployed) -> Entry {
    let deployment = &one.deployment;
    let changed = deployment.changed_fields().map_or_else(String::new, |fields| format!("changed {}", clean(&fields)));
    let text = format!("{} {} {}", time(deployment.time), clean(&one.service), clean(&deployment.revision));
    Entry::new(&deployment.kind, text, vec![changed])
}

fn check(change: &CheckChange) -> Entry {
    let before = change.before.as_ref().map_or("not checked", |(status, _)| status.as_str());
    let (status, observed) = &change.after;
    Entry::new(&change.name, format!("{before} before, {status} now ({})", clean(observed)), Vec::new())
}

fn notices<'a>(label: &'a str, notices: &'a [Notice]) -> impl Iterator<Item = Entry> + 'a {
    notices.iter().map(move |notice| {
        Entry::new(label, format!("{}: {}", clean(&notice.code), clean(&notice.message)), Vec::new())
    })
}

fn notes(diff: &Diff) -> Vec<String> {
    let range = |extent: Option<(Timestamp, Timestamp)>| {
        extent.map_or_else(|| "no entry".to_owned(), |(from, to)| format!("{} to {}", time(from), time(to)))
    };
    let mut notes = vec![format!("old: {}", range(diff.old)), format!("new: {}", range(diff.new))];
    if diff.overlapping {
        notes.push("both cover some of the same time: what is counted twice is no evidence of change".to_owned());
    }
    notes
}
