//! What a digest remembers between runs: the figures of past windows, and what was told of each finding.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Status;
use crate::compare::findings::Brief;
use crate::model::Timestamp;
use crate::model::tally::{Occurred, Tally, WindowTally};

/// Version of the stored form.
pub const VERSION: u32 = 1;

/// Windows remembered; the oldest are forgotten first. Sixteen days of hours.
const WINDOWS_MAX: usize = 400;

/// The newest windows keep identities, so that entries that come late or twice are told apart; older ones keep counts.
const EXACT_WINDOWS_MAX: usize = 48;

/// Findings remembered; those last seen longest ago are forgotten first.
const FINDINGS_MAX: usize = 1_000;

/// All that is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Always [`VERSION`].
    pub version: u32,
    /// Number of the last digest.
    pub sequence: u64,
    /// Length of the windows.
    pub window_seconds: i64,
    /// Figures by start of window.
    pub windows: BTreeMap<Timestamp, WindowTally>,
    /// Findings by fingerprint.
    pub findings: BTreeMap<String, Known>,
}

/// A finding that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// In the words of the last run that saw it, with its first and last occurrence in all runs.
    pub brief: Brief,
    /// Since when it goes on as it does: the first occurrence, or when it was last told to be worse.
    pub since: Timestamp,
    /// What was last told of it; `None` before it is told.
    pub status: Option<Status>,
}

impl Memory {
    /// Nothing remembered yet.
    pub fn new(window_seconds: i64) -> Self {
        Self { version: VERSION, sequence: 0, window_seconds, windows: BTreeMap::new(), findings: BTreeMap::new() }
    }

    /// Joins the figures of a run; says which windows are different now.
    pub fn absorb(&mut self, tally: &Tally) -> BTreeSet<Timestamp> {
        let mut changed = BTreeSet::new();
        for (start, seen) in &tally.windows {
            let known = self.windows.entry(*start).or_default();
            let joined = join(known, seen, tally.left_out == 0);
            if *known != joined {
                *known = joined;
                changed.insert(*start);
            }
        }
        changed
    }

    /// Keeps the state small: drops old windows, old identities and old findings.
    pub fn forget(&mut self) {
        while self.windows.len() > WINDOWS_MAX {
            self.windows.pop_first();
        }
        let old = self.windows.len().saturating_sub(EXACT_WINDOWS_MAX);
        for window in self.windows.values_mut().take(old) {
            window.kept.ids.clear();
            for occurred in window.findings.values_mut() {
                for marks in [&mut occurred.instances, &mut occurred.requests, &mut occurred.others] {
                    marks.ids.clear();
                }
            }
        }
        if self.findings.len() > FINDINGS_MAX {
            let mut by_age: Vec<(Timestamp, String)> =
                self.findings.iter().map(|(fingerprint, known)| (known.brief.last, fingerprint.clone())).collect();
            by_age.sort();
            for (_, fingerprint) in &by_age[..by_age.len() - FINDINGS_MAX] {
                self.findings.remove(fingerprint);
            }
        }
    }

    /// What a finding did, window by window.
    pub fn occurred(&self, fingerprint: &str) -> impl DoubleEndedIterator<Item = (Timestamp, &Occurred)> {
        self.windows.iter().filter_map(move |(start, window)| Some((*start, window.findings.get(fingerprint)?)))
    }
}

/// The figures of one window after another reading of it.
///
/// A reading that holds all of what was known replaces it, so that what was only a guess from half of the entries
/// goes. Any other reading, such as a late shard or an overlapping export, adds to it; what both hold counts once.
/// One that left findings out replaces nothing.
fn join(known: &WindowTally, seen: &WindowTally, names_all: bool) -> WindowTally {
    let whole = names_all
        && known.kept.within(&seen.kept)
        && known.entries <= seen.entries
        && known.covered.iter().all(|stretch| covers(&seen.covered, *stretch));
    if whole {
        return seen.clone();
    }
    // Healthy entries have no identities here. Readings of the same time may hold the same ones, so the larger
    // count stands: too few requests only make "resolved" harder to reach.
    let apart = known.covered.iter().all(|a| seen.covered.iter().all(|b| a.1 <= b.0 || b.1 <= a.0));
    let both = |a: u64, b: u64| if apart { a.saturating_add(b) } else { a.max(b) };
    let mut joined = known.clone();
    joined.entries = both(known.entries, seen.entries);
    joined.covered = union(&known.covered, &seen.covered);
    joined.kept = known.kept.join(&seen.kept);
    for (service, traffic) in &seen.services {
        let mine = joined.services.entry(service.clone()).or_default();
        *mine = mine.join(*traffic, both);
    }
    for (fingerprint, occurred) in &seen.findings {
        joined
            .findings
            .entry(fingerprint.clone())
            .and_modify(|mine| *mine = mine.join(occurred))
            .or_insert_with(|| occurred.clone());
    }
    joined
}

fn covers(stretches: &[(u32, u32)], (from, to): (u32, u32)) -> bool {
    stretches.iter().any(|stretch| stretch.0 <= from && to <= stretch.1)
}

/// Stretches in order and apart.
fn union(a: &[(u32, u32)], b: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut all: Vec<(u32, u32)> = a.iter().chain(b).copied().collect();
    all.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(all.len());
    for (from, to) in all {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}
