//! What the files cover and what they lack, before anything is concluded from them.
//!
//! In: settled facts and the list of files. Out: [`Coverage`], plain numbers; the advisor turns them into
//! notices with commands. "Not in the export" is never "did not happen".

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::file_span::FileSpan;
use crate::facts::{Settled, Span};
use crate::model::time::NANOS_PER_MINUTE;
use crate::model::{Platform, Severity, Stream, Timestamp};

/// Exports are cut at round numbers from this one up; smaller files are too often complete by chance.
const ROUND_COUNT_MIN: u64 = 50;

/// Less covered time than this allows no statement about an hour.
pub const SHORT_SECONDS: f64 = 600.0;

/// A silence is named when it is longer than this and than half of the covered time.
const GAP_MINUTES_MIN: i64 = 60;

/// A longer silence is not covered time: nothing tells a quiet service from a hole in the export.
pub const SILENCE_MINUTES_MAX: i64 = 15;

/// Fewest entries of each of three severities, or more, that show a limit for each; and of each of two.
const CAPPED_MIN: u64 = 10;
const CAPPED_PAIR_MIN: u64 = 30;

/// Severities cut by limits of their own begin at least this part of the covered time apart.
const UNEVEN_PART: i64 = 20;

/// A day, and how much less of it a look back over one day may show: the newest entry is a little old.
const DAY_NANOS: i64 = 86_400_000_000_000;
const DAY_SLACK_NANOS: i64 = 900_000_000_000;

/// Fewer entries of a stream say nothing about the time it covers.
const STREAM_ENTRIES_MIN: u64 = 20;

/// Pairs of overlapping files that are named.
const PAIRS_MAX: usize = 16;

/// Files cut at a round number: (file, entries, span).
pub type Cut = Vec<(usize, u64, Span)>;

/// Files cut at one number for each severity: (file, entries each, severities with their spans).
pub type Capped = Vec<(usize, u64, Vec<(String, Span)>)>;

/// The audit of the export.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// First and last event, nanoseconds since the epoch; `None` without any timed entry.
    pub extent: Option<(i64, i64)>,
    /// The covered time: from entry to entry, without silences longer than [`SILENCE_MINUTES_MAX`]; in order and
    /// apart, nanoseconds since the epoch. Rates are taken over these.
    pub stretches: Vec<(i64, i64)>,
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
    /// Files that reach back one day from their newest entry: (file, span).
    pub day_back: Vec<(usize, Span)>,
    /// Streams in files of their own that cover less than half of the time.
    pub shorter_streams: Vec<(Stream, Span)>,
    /// Pairs of files over the same time, where entries were read twice.
    pub overlapping: Vec<(usize, usize)>,
    /// What is odd about single entries, all files together.
    pub odd: FileSpan,
    /// Services that wrote entries, by name.
    pub services: Vec<String>,
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
        self.extent.map_or(0.0, |(first, last)| Timestamp(last).seconds_since(Timestamp(first)))
    }

    /// Seconds of covered time: [`Coverage::stretches`] together.
    pub fn covered_seconds(&self) -> f64 {
        self.stretches.iter().map(|(from, to)| Timestamp(*to).seconds_since(Timestamp(*from))).sum()
    }

    /// The last event; `None` without any timed entry.
    pub fn last(&self) -> Option<Timestamp> {
        self.extent.map(|(_, last)| Timestamp(last))
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
    let written = facts.coverage.keys().map(|(service, ..)| settled.text(*service));
    let services: BTreeSet<String> = written.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let services = services.into_iter().collect();
    let (cut, capped) = limits(settled);
    Coverage {
        extent: first.zip(last),
        stretches: stretches(&facts.minutes, first.zip(last)),
        cut,
        capped,
        missing: missing(settled),
        lowest_severity: lowest_severity(settled),
        duplicates: facts.entries - facts.unique_entries,
        untimed: facts.untimed,
        gap: gap(&facts.minutes),
        projects,
        day_back: day_back(settled),
        shorter_streams: shorter_streams(settled),
        overlapping: overlapping(settled),
        odd: whole(facts.files.values()),
        services,
    }
}

/// What a file holds of each severity, all streams together.
fn severities(settled: &Settled) -> BTreeMap<u32, BTreeMap<Option<Severity>, FileSpan>> {
    let mut by_file: BTreeMap<u32, BTreeMap<Option<Severity>, FileSpan>> = BTreeMap::new();
    for ((file, _, severity), span) in &settled.facts.files {
        by_file.entry(*file).or_default().entry(*severity).or_default().merge(*span);
    }
    by_file
}

fn whole<'a>(spans: impl Iterator<Item = &'a FileSpan>) -> FileSpan {
    let mut whole = FileSpan::default();
    spans.for_each(|span| whole.merge(*span));
    whole
}

fn limits(settled: &Settled) -> (Cut, Capped) {
    let (mut cut, mut capped) = (Vec::new(), Vec::new());
    for (file, severities) in severities(settled) {
        let file = file as usize;
        let whole = whole(severities.values()).span;
        let most = severities.values().map(|file| file.span.count).max().unwrap_or(0);
        let at_most: Vec<_> = severities.iter().filter(|(_, file)| file.span.count == most).collect();
        let starts = at_most.iter().map(|(_, file)| file.span.first);
        // An application that writes one line a request gives equal counts too, but over the same time.
        let apart = starts.clone().max().unwrap_or(0).saturating_sub(starts.min().unwrap_or(0));
        let is_uneven = apart > whole.last.saturating_sub(whole.first) / UNEVEN_PART;
        // Two severities of one small round number are seldom, three of it never, by chance.
        let least = if at_most.len() > 2 { CAPPED_MIN } else { CAPPED_PAIR_MIN };
        if at_most.len() > 1 && most >= least && most % 10 == 0 && is_uneven {
            let named = at_most
                .iter()
                .map(|(severity, file)| (severity.unwrap_or_default().word().to_owned(), file.span))
                .collect();
            capped.push((file, most, named));
        } else if is_round(whole.count) {
            cut.push((file, whole.count, whole));
        }
    }
    (cut, capped)
}

/// Files that reach back one day and no further, newest entry first: what `gcloud logging read` gives without a time
/// in its filter (Cloud SDK docs: logging read, `--freshness`).
fn day_back(settled: &Settled) -> Vec<(usize, Span)> {
    severities(settled)
        .into_iter()
        .map(|(file, severities)| (file as usize, whole(severities.values())))
        .filter(|(_, file)| {
            let nanos = file.span.last.saturating_sub(file.span.first);
            file.is_newest_first() && (DAY_NANOS - DAY_SLACK_NANOS..=DAY_NANOS).contains(&nanos)
        })
        .map(|(file, whole)| (file, whole.span))
        .collect()
}

/// Streams in files of their own that cover much less time than the other files: (stream, its extent).
fn shorter_streams(settled: &Settled) -> Vec<(Stream, Span)> {
    let mut by_file: BTreeMap<u32, BTreeMap<Stream, FileSpan>> = BTreeMap::new();
    for ((file, stream, _), span) in &settled.facts.files {
        by_file.entry(*file).or_default().entry(*stream).or_default().merge(*span);
    }
    let all = whole(by_file.values().flat_map(BTreeMap::values)).span;
    let mut by_stream: BTreeMap<Stream, (Span, bool)> = BTreeMap::new();
    for streams in by_file.values() {
        for (stream, file) in streams {
            let known = by_stream.entry(*stream).or_insert((Span::default(), true));
            known.0.merge(file.span);
            known.1 &= streams.len() == 1;
        }
    }
    by_stream
        .into_iter()
        .filter(|(_, (span, alone))| {
            *alone
                && span.count >= STREAM_ENTRIES_MIN
                && span.last.saturating_sub(span.first) < all.last.saturating_sub(all.first) / 2
        })
        .map(|(stream, (span, _))| (stream, span))
        .collect()
}

/// Pairs of files over the same time, where entries were read twice.
fn overlapping(settled: &Settled) -> Vec<(usize, usize)> {
    if settled.facts.entries == settled.facts.unique_entries {
        return Vec::new();
    }
    let files: Vec<(usize, Span)> = severities(settled)
        .into_iter()
        .map(|(file, severities)| (file as usize, whole(severities.values()).span))
        .collect();
    let mut pairs = Vec::new();
    for (index, (file, span)) in files.iter().enumerate() {
        let later = files[index + 1..].iter().filter(|(_, other)| span.first <= other.last && other.first <= span.last);
        pairs.extend(later.map(|(other, _)| (*file, *other)).take(PAIRS_MAX - pairs.len().min(PAIRS_MAX)));
    }
    pairs
}

/// 50, 100, 150 … 1,000, then whole five hundreds.
fn is_round(count: u64) -> bool {
    count >= ROUND_COUNT_MIN && if count <= 1_000 { count.is_multiple_of(50) } else { count.is_multiple_of(500) }
}

fn missing(settled: &Settled) -> Vec<Missing> {
    let has = |streams: &[Stream]| settled.facts.coverage.keys().any(|(_, stream, _)| streams.contains(stream));
    let runs_on = |platform| settled.facts.homes.values().any(|home| home.platform == platform);
    let (google, azure) = (runs_on(Platform::CloudRun), runs_on(Platform::AzureContainerApps));
    if !google && !azure {
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
    // Azure writes deployments into the system log of the app.
    if google && !has(&[Stream::Activity, Stream::SystemEvent]) {
        missing.push(Missing::Audit);
    }
    missing
}

/// The lowest severity, if all entries have one and none is below WARNING: the mark of a severity filter.
fn lowest_severity(settled: &Settled) -> Option<Severity> {
    let lowest = settled.facts.coverage.keys().map(|(_, _, severity)| severity.unwrap_or_default()).min()?;
    (lowest >= Severity::Warning).then_some(lowest)
}

/// Minutes with entries, joined over short silences, and cut to the first and last entry.
fn stretches(minutes: &BTreeMap<i64, u64>, extent: Option<(i64, i64)>) -> Vec<(i64, i64)> {
    let Some((first, last)) = extent else { return Vec::new() };
    let mut found: Vec<(i64, i64)> = Vec::new();
    for minute in minutes.keys() {
        match found.last_mut() {
            Some((_, to)) if minute - *to <= SILENCE_MINUTES_MAX => *to = minute + 1,
            _ => found.push((*minute, minute + 1)),
        }
    }
    found
        .into_iter()
        .map(|(from, to)| (from * NANOS_PER_MINUTE, to * NANOS_PER_MINUTE))
        .map(|(from, to)| (from.clamp(first, last), to.clamp(first, last)))
        .collect()
}

fn gap(minutes: &BTreeMap<i64, u64>) -> Option<(i64, i64)> {
    let (first, last) = (*minutes.keys().next()?, *minutes.keys().next_back()?);
    let (from, to) =
        minutes.keys().zip(minutes.keys().skip(1)).map(|(a, b)| (*a, *b)).max_by_key(|(a, b)| (b - a, -a))?;
    (to - from > GAP_MINUTES_MIN && (to - from) * 2 > last - first).then_some((from, to))
}
