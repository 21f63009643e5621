//! The figures of a run by window, for those who compare runs.

use std::collections::{BTreeMap, BTreeSet};

use super::occurrences::row_id;
use super::{Draft, Reasoned};
use crate::facts::Settled;
use crate::model::Timestamp;
use crate::model::tally::{IDS_MAX, Kind, Marks, Occurred, Occurrence, Tally, Traffic, WindowTally};
use crate::model::time::{NANOS_PER_MINUTE, NANOS_PER_SECOND};
use crate::state::State;
use crate::state::coverage::Coverage;

/// Sorts everything into windows of `window_seconds` (a whole number of minutes), counted from the epoch.
pub fn tally(settled: &Settled, state: &State, coverage: &Coverage, reasoned: &Reasoned, window_seconds: i64) -> Tally {
    let width = window_seconds.max(60) * NANOS_PER_SECOND;
    let start_of = |nanos: i64| Timestamp(nanos.div_euclid(width) * width);
    let mut windows: BTreeMap<Timestamp, WindowTally> = BTreeMap::new();
    for (minute, entries) in &settled.facts.minutes {
        windows.entry(start_of(minute * NANOS_PER_MINUTE)).or_default().entries += entries;
    }
    for (from, to) in &coverage.stretches {
        cover(&mut windows, *from, *to, width);
    }
    for ((service, _), minutes) in &settled.facts.traffic {
        for (minute, (requests, failed)) in minutes {
            let window = windows.entry(start_of(minute * NANOS_PER_MINUTE)).or_default();
            let traffic: &mut Traffic = window.services.entry(settled.text(*service).to_owned()).or_default();
            traffic.requests += requests;
            traffic.failed += failed;
        }
    }
    for service in &state.services {
        for instance in service.instances.iter().filter(|instance| instance.start_is_seen()) {
            let window = windows.entry(start_of(instance.life.first)).or_default();
            let traffic = window.services.entry(service.name.clone()).or_default();
            traffic.starts += 1;
            traffic.crashes += u64::from(instance.failed());
        }
    }
    for (start, ids) in kept(settled, &start_of) {
        windows.entry(start).or_default().kept = ids;
    }
    for (fingerprint, occurrences) in by_fingerprint(&reasoned.drafts) {
        let mut by_window: BTreeMap<Timestamp, Vec<Occurrence>> = BTreeMap::new();
        for one in occurrences {
            by_window.entry(start_of(one.time)).or_default().push(one);
        }
        for (start, ones) in by_window {
            let times = || ones.iter().map(|one| Timestamp(one.time));
            let (Some(first), Some(last)) = (times().min(), times().max()) else { continue };
            let of = |kind: Kind| Marks::of(ones.iter().filter(|one| one.kind == kind).map(|one| one.id));
            let (instances, requests, others) = (of(Kind::Instance), of(Kind::Request), of(Kind::Other));
            let findings = &mut windows.entry(start).or_default().findings;
            findings.insert(fingerprint.to_owned(), Occurred { instances, requests, others, first, last });
        }
    }
    Tally { left_out: reasoned.left_out, windows }
}

/// Several findings of one fingerprint are one.
fn by_fingerprint(drafts: &[Draft]) -> BTreeMap<&str, Vec<Occurrence>> {
    let mut found: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
    for draft in drafts {
        found.entry(&draft.finding.fingerprint).or_default().extend(&draft.occurrences);
    }
    found
}

/// Adds a covered stretch to the windows that it crosses.
fn cover(windows: &mut BTreeMap<Timestamp, WindowTally>, from: i64, to: i64, width: i64) {
    let mut start = from.div_euclid(width) * width;
    loop {
        let second = |nanos: i64| u32::try_from(nanos / NANOS_PER_SECOND).unwrap_or(0);
        let (first, last) = (from.max(start) - start, to.min(start + width) - start);
        // A second begun is a second covered.
        let stretch = (second(first), second(last + NANOS_PER_SECOND - 1));
        windows.entry(Timestamp(start)).or_default().covered.push(stretch);
        start += width;
        if start >= to {
            return;
        }
    }
}

/// Kept entries by window; never more than [`IDS_MAX`] identities of one in memory, beside the count.
fn kept(settled: &Settled, start_of: &dyn Fn(i64) -> Timestamp) -> BTreeMap<Timestamp, Marks> {
    let mut ids: BTreeMap<Timestamp, (u64, BTreeSet<u64>)> = BTreeMap::new();
    for row in &settled.rows {
        let (count, smallest) = ids.entry(start_of(row.time)).or_default();
        if smallest.insert(row_id(settled, row)) {
            *count += 1;
            if smallest.len() > IDS_MAX {
                smallest.pop_last();
            }
        }
    }
    ids.into_iter().map(|(start, (count, ids))| (start, Marks { count, ids: ids.into_iter().collect() })).collect()
}
