//! What is new, ongoing, worse, resolved or quiet, against what earlier runs saw.
//!
//! In: what was remembered, a report and its tally. Out: what to remember now, and the digest. A pure function: the
//! same memory and input give the same digest, so a run that was killed before its memory was written is simply
//! run again, and its digest carries the same sequence number.
//!
//! `memory` holds the figures of past windows and joins new ones to them; `judge` says what became of each finding.

mod judge;
pub mod memory;

use std::collections::BTreeSet;

use serde::Serialize;

use super::findings::{Brief, counted};
use crate::model::report::Report;
use crate::model::tally::{Tally, Traffic};
use crate::model::{Occurrences, Timestamp, Verdict};
use judge::Scene;
use memory::{Known, Memory};

/// Version of the JSON form.
pub const VERSION: u32 = 1;

/// What became of a finding, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Never told before, or back after it was resolved.
    New,
    /// It happens significantly more often than before.
    Worse,
    /// It happened in the last window, as before.
    Ongoing,
    /// Not in the last window, where it would have been.
    Resolved,
    /// A fuller reading of its windows explains the failures otherwise.
    Withdrawn,
    /// Not in the last window, but too little was seen to call it resolved.
    Quiet,
}

/// One run's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// Always [`VERSION`].
    pub digest_version: u32,
    /// Number of the digest; a repeated run after a crash has the number of the run that it repeats.
    pub sequence: u64,
    /// Length of the windows.
    pub window_seconds: i64,
    /// The stretch that "now" means: the last window's length up to the newest entry.
    pub judged: Option<(Timestamp, Timestamp)>,
    /// Entries that this run read.
    pub entries: u64,
    /// Requests of all services in the newest windows, and the failed ones.
    pub traffic: Traffic,
    /// Findings, the most urgent first.
    pub items: Vec<Item>,
    /// Past windows that this run changed.
    pub late_windows: Vec<Timestamp>,
    /// What limits the digest.
    pub notices: Vec<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// What became of it.
    pub status: Status,
    /// Whether it is back after it was resolved.
    pub returned: bool,
    /// Whether this run changed its figures of past windows.
    pub late: bool,
    /// The finding.
    pub finding: Brief,
    /// What failed through it in the newest windows.
    pub recent: Occurrences,
    /// Covered seconds of these.
    pub recent_seconds: f64,
    /// What failed in the windows before, back to the first one, or to when it last became worse.
    pub before: Occurrences,
    /// Covered seconds of these.
    pub before_seconds: f64,
    /// What decides the status, with numbers; may be empty.
    pub why: String,
}

impl Digest {
    /// Items of one status.
    pub fn of(&self, status: Status) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.status == status)
    }

    /// The strongest verdict of what is happening now.
    pub fn strongest(&self) -> Option<Verdict> {
        let active = self.items.iter().filter(|item| item.status <= Status::Ongoing);
        active.map(|item| item.finding.verdict).max()
    }
}

/// Joins what this run saw to what was remembered, and says what is to be told.
pub fn digest(memory: &Memory, report: &Report, tally: &Tally) -> (Memory, Digest) {
    let mut now = memory.clone();
    let changed = now.absorb(tally);
    let last_before = memory.windows.keys().next_back().copied();
    let late: BTreeSet<Timestamp> =
        changed.into_iter().filter(|start| last_before.is_some_and(|last| *start < last)).collect();
    for (fingerprint, one) in counted(report) {
        let brief = one.brief;
        now.findings
            .entry(fingerprint)
            .and_modify(|known| {
                known.brief = Brief { first: known.brief.first, last: known.brief.last, ..brief.clone() }
            })
            .or_insert_with(|| Known { since: brief.first, brief, status: None });
    }
    now.sequence = memory.sequence + 1;
    let scene = Scene::new(memory, &now, report, &late);
    let mut items = Vec::new();
    let mut findings = now.findings.clone();
    findings.retain(|fingerprint, known| {
        let Some(judged) = scene.judge(fingerprint, known) else { return false };
        *known = judged.known;
        items.extend(judged.item);
        true
    });
    items.sort_by(|a: &Item, b: &Item| {
        let key = |item: &Item| (item.status, std::cmp::Reverse((item.finding.verdict, item.recent.most())));
        (key(a), &a.finding.fingerprint).cmp(&(key(b), &b.finding.fingerprint))
    });
    let digest = Digest {
        digest_version: VERSION,
        sequence: now.sequence,
        window_seconds: now.window_seconds,
        judged: scene.judged(),
        entries: report.export.unique_entries,
        traffic: scene.traffic(),
        items,
        late_windows: late.iter().copied().collect(),
        notices: report
            .export
            .notices
            .iter()
            .map(|notice| notice.code.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    };
    now.findings = findings;
    now.forget();
    (now, digest)
}
