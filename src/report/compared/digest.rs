//! A digest in sentences: urgent things first, quiet ones counted.

use super::{Entry, Section, Sheet, brief};
use crate::compare::digest::{Digest, Item, Status};
use crate::model::Occurrences;
use crate::model::time::human_duration;
use crate::report::view::{clean, time};

/// The sheet.
pub(super) fn sheet(digest: &Digest) -> Sheet {
    let sections = [
        ("New", Status::New),
        ("Worse", Status::Worse),
        ("Ongoing", Status::Ongoing),
        ("Resolved", Status::Resolved),
        ("Withdrawn", Status::Withdrawn),
        ("Quiet", Status::Quiet),
    ];
    Sheet {
        headline: headline(digest),
        sections: sections
            .into_iter()
            .map(|(title, status)| Section { title, items: digest.of(status).map(entry).collect() })
            .collect(),
        notes: notes(digest),
    }
}

fn headline(digest: &Digest) -> String {
    let words = ["new", "worse", "ongoing", "resolved", "withdrawn", "quiet"];
    let statuses = [Status::New, Status::Worse, Status::Ongoing, Status::Resolved, Status::Withdrawn, Status::Quiet];
    let counts: Vec<String> = statuses
        .into_iter()
        .zip(words)
        .map(|(status, word)| (digest.of(status).count(), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if counts.is_empty() { "Nothing to tell".to_owned() } else { counts.join(", ") }
}

fn entry(item: &Item) -> Entry {
    let label = match item.status {
        Status::New if item.returned => "NEW (back)",
        Status::New => "NEW",
        Status::Worse => "WORSE",
        Status::Ongoing => "ongoing",
        Status::Resolved => "resolved",
        Status::Withdrawn => "withdrawn",
        Status::Quiet => "quiet",
    };
    let mut figures = format!("{} in {}", failed(item.recent), human_duration(item.recent_seconds));
    if item.before.most() > 0 {
        figures.push_str(&format!(", {} in {} before", failed(item.before), human_duration(item.before_seconds)));
    }
    if item.late {
        figures.push_str(", with late entries");
    }
    let seen = format!("first {}, last {}", time(item.finding.first), time(item.finding.last));
    let detail = match item.status {
        Status::New | Status::Worse | Status::Ongoing => format!("{figures}; {seen}"),
        _ => format!("{}; last {}", clean(&item.why), time(item.finding.last)),
    };
    Entry::new(label, brief(&item.finding), vec![detail])
}

/// `6 instances, 4 requests`.
fn failed(count: Occurrences) -> String {
    let kinds = [(count.instances, "instances"), (count.requests, "requests"), (count.others, "events")];
    let told: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

fn notes(digest: &Digest) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((from, to)) = digest.judged {
        let requests = match digest.traffic.requests {
            0 => "no request".to_owned(),
            all => format!("{} of {all} requests failed", digest.traffic.failed),
        };
        notes.push(format!("{} to {}; {requests}; {} entries read", time(from), time(to), digest.entries));
    }
    if !digest.late_windows.is_empty() {
        let windows: Vec<String> = digest.late_windows.iter().take(3).map(|start| time(*start)).collect();
        let more = if digest.late_windows.len() > 3 { ", …" } else { "" };
        notes.push(format!("late entries changed the past windows of {}{more}", windows.join(", ")));
    }
    if !digest.notices.is_empty() {
        notes.push(format!("the export: {}", clean(&digest.notices.join(", "))));
    }
    notes.push(format!("digest {}", digest.sequence));
    notes
}
