//! What the files cover and what they lack, before anything is concluded from them.
//!
//! In: settled facts and the list of files. Out: [`Coverage`], plain numbers; the advisor turns them into
//! notices with commands. "Not in the export" is never "did not happen".

use std::collections::BTreeMap;

use crate::facts::{Settled, Span};
use crate::model::{Platform, Severity, Stream};

/// Exports are cut at round numbers from this one up; smaller files are too often complete by chance.
const ROUND_COUNT_MIN: u64 = 50;

/// Less covered time than this allows no statement about an hour.
pub const SHORT_SECONDS: f64 = 600.0;

/// A silence is named when it is longer than this and than half of the covered time.
const GAP_MINUTES_MIN: i64 = 60;

/// Severities cut by limits of their own begin at least this part of the covered time apart.
const UNEVEN_PART: i64 = 20;

/// Files cut at a round number: (file, entries, span).
pub type Cut = Vec<(usize, u64, Span)>;

/// Files cut at one number for each severity: (file, entries each, severities with their spans).
pub type Capped = Vec<(usize, u64, Vec<(String, Span)>)>;

/// The audit of the export.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// First and last event, nanoseconds since the epoch; `None` without any timed entry.
    pub extent: Option<(i64, i64)>,
    /// Files that hold a round number of entries: (file, entries, span).
    pub cut: Cut,
    /// Files that hold the same round number of entries of several severities: (file, entries each, their spans).
    pub capped: Capped,
    /// Streams without any entry although entries of a service are there.
    pub missing: Vec<Missing>,
    /// The lowest severity present, where nothing below WARNING is.
    pub lowest_severity: Option<Severity>,
    /// Entries that were read more than once.
    pub duplicates: u64,
    /// Entries without a readable time.
    pub untimed: u64,
    /// Longest silence, as (from, to) in minutes since the epoch, where it is remarkable.
    pub gap: Option<(i64, i64)>,
    /// Projects named by the entries.
    pub projects: Vec<String>,
}

/// A stream that the files lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// No request entries.
    Requests,
    /// No entries of the platform about instances.
    System,
    /// No output of the application.
    ApplicationOutput,
    /// No audit entries.
    Audit,
}

impl Coverage {
    /// Seconds from the first to the last event.
    pub fn seconds(&self) -> f64 {
        self.extent
            .map_or(0.0, |(first, last)| crate::model::Timestamp(last).seconds_since(crate::model::Timestamp(first)))
    }

    /// Whether a stream has no entry.
    pub fn lacks(&self, missing: Missing) -> bool {
        self.missing.contains(&missing)
    }

    /// Whether the files are known to be incomplete.
    pub fn is_cut(&self) -> bool {
        !self.cut.is_empty() || !self.capped.is_empty()
    }
}

/// Audits the export.
pub fn coverage(settled: &Settled) -> Coverage {
    let facts = &settled.facts;
    let spans = facts.coverage.values();
    let first = spans.clone().map(|span| span.first).min();
    let last = spans.map(|span| span.last).max();
    let mut projects: Vec<String> = facts.projects.keys().map(|project| settled.text(*project).to_owned()).collect();
    projects.sort();
    let (cut, capped) = limits(settled);
    Coverage {
        extent: first.zip(last),
        cut,
        capped,
        missing: missing(settled),
        lowest_severity: lowest_severity(settled),
        duplicates: facts.entries - facts.unique_entries,
        untimed: facts.untimed,
        gap: gap(&facts.minutes),
        projects,
    }
}

fn limits(settled: &Settled) -> (Cut, Capped) {
    let mut by_file: BTreeMap<u32, Vec<(Option<Severity>, Span)>> = BTreeMap::new();
    for ((file, severity), span) in &settled.facts.files {
        by_file.entry(*file).or_default().push((*severity, *span));
    }
    let (mut cut, mut capped) = (Vec::new(), Vec::new());
    for (file, mut severities) in by_file {
        severities.sort_by_key(|(severity, _)| *severity);
        let file = file as usize;
        let mut whole = Span::default();
        for (_, span) in &severities {
            whole.count += span.count;
            whole.first = whole.first.min(span.first);
            whole.last = whole.last.max(span.last);
        }
        let most = severities.iter().map(|(_, span)| span.count).max().unwrap_or(0);
        let at_most: Vec<_> = severities.iter().filter(|(_, span)| span.count == most).collect();
        let starts = at_most.iter().map(|(_, span)| span.first);
        // An application that writes one line a request gives equal counts too, but over the same time.
        let apart = starts.clone().max().unwrap_or(0) - starts.min().unwrap_or(0);
        let is_uneven = apart > (whole.last - whole.first) / UNEVEN_PART;
        if at_most.len() > 1 && most >= 10 && most % 10 == 0 && is_uneven {
            let named = at_most
                .iter()
                .map(|(severity, span)| (severity.unwrap_or_default().word().to_owned(), *span))
                .collect();
            capped.push((file, most, named));
        } else if is_round(whole.count) {
            cut.push((file, whole.count, whole));
        }
    }
    (cut, capped)
}

/// 50, 100, 150 … 1,000, then whole five hundreds.
fn is_round(count: u64) -> bool {
    count >= ROUND_COUNT_MIN && if count <= 1_000 { count.is_multiple_of(50) } else { count.is_multiple_of(500) }
}

fn missing(settled: &Settled) -> Vec<Missing> {
    let has = |streams: &[Stream]| settled.facts.coverage.keys().any(|(_, stream, _)| streams.contains(stream));
    let serverless = settled.facts.homes.values().any(|home| home.platform == Platform::CloudRun);
    if !serverless {
        return Vec::new();
    }
    let mut missing = Vec::new();
    if !has(&[Stream::Requests]) {
        missing.push(Missing::Requests);
    }
    if !has(&[Stream::System]) {
        missing.push(Missing::System);
    }
    if !has(&[Stream::Stdout, Stream::Stderr, Stream::Application]) {
        missing.push(Missing::ApplicationOutput);
    }
    if !has(&[Stream::Activity, Stream::SystemEvent]) {
        missing.push(Missing::Audit);
    }
    missing
}

/// The lowest severity, if all entries have one and none is below WARNING: the mark of a severity filter.
fn lowest_severity(settled: &Settled) -> Option<Severity> {
    let lowest = settled.facts.coverage.keys().map(|(_, _, severity)| severity.unwrap_or_default()).min()?;
    (lowest >= Severity::Warning).then_some(lowest)
}

fn gap(minutes: &BTreeMap<i64, u64>) -> Option<(i64, i64)> {
    let (first, last) = (*minutes.keys().next()?, *minutes.keys().next_back()?);
    let (from, to) =
        minutes.keys().zip(minutes.keys().skip(1)).map(|(a, b)| (*a, *b)).max_by_key(|(a, b)| (b - a, -a))?;
    (to - from > GAP_MINUTES_MIN && (to - from) * 2 > last - first).then_some((from, to))
}
