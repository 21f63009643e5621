//! What a worker counts of every entry, counted once and told to each table at the end.
//!
//! Nearly every entry is alike in file, origin, stream and severity to one before it, and four tables count some of
//! these each. One look-up an entry does for all of them; [`Facts::gather`] then adds the sums where they belong.

use super::file_span::FileSpan;
use super::home::Origin;
use super::symbols::EMPTY;
use super::{Facts, Map, Span};
use crate::model::time::minute_of;
use crate::model::{Entry, Severity, Stream, Timestamp};

/// In what entries are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    file: u32,
    origin: Origin,
    stream: Stream,
    severity: Option<Severity>,
}

/// Entries that were counted and not yet told to the tables.
#[derive(Default)]
pub(super) struct Tallies {
    kinds: Map<Kind, FileSpan>,
    /// Of the entries with an equal minute met last: minute since the epoch, and how many.
    minute: (i64, u64),
}

impl Facts {
    /// Counts an entry that is no copy and no audit entry.
    pub(super) fn tally(&mut self, entry: &Entry<'_>, origin: Origin, time: Timestamp) {
        let kind = Kind { file: entry.position.file, origin, stream: entry.stream, severity: entry.severity };
        self.tallies.kinds.entry(kind).or_default().add(entry, time);
        let minute = minute_of(time.0);
        if self.tallies.minute.0 != minute {
            self.gather_minute();
            self.tallies.minute.0 = minute;
        }
        self.tallies.minute.1 += 1;
    }

    /// Counts an entry of the deployment history.
    pub(super) fn count_audit(&mut self, entry: &Entry<'_>, origin: Origin, time: Timestamp) {
        let mut span = Span::default();
        span.add(time.0);
        self.cover(origin, entry.stream, entry.severity, span);
        *self.minutes.entry(minute_of(time.0)).or_default() += 1;
    }

    /// Tells the tables what was counted. To be called when the last entry was seen; again does no harm.
    pub fn gather(&mut self) {
        self.gather_minute();
        for (Kind { file, origin, stream, severity }, span) in std::mem::take(&mut self.tallies.kinds) {
            self.files.entry((file, stream, severity)).or_default().merge(span);
            self.cover(origin, stream, severity, span.span);
        }
    }

    fn gather_minute(&mut self) {
        let (minute, count) = std::mem::take(&mut self.tallies.minute);
        if count > 0 {
            *self.minutes.entry(minute).or_default() += count;
        }
    }

    fn cover(&mut self, origin: Origin, stream: Stream, severity: Option<Severity>, span: Span) {
        let Origin { service, revision, project } = origin;
        self.coverage.entry((service, stream, severity)).or_default().merge(span);
        if revision != EMPTY {
            self.revisions.entry((service, revision)).or_default().merge(span);
        }
        if project != EMPTY {
            *self.projects.entry(project).or_default() += span.count;
        }
    }
}
