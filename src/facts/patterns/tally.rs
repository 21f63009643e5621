//! What is counted of one pattern; merging does not depend on order.

use std::collections::BTreeMap;

use super::histogram::Histogram;
use crate::classify::level::Level;
use crate::classify::template;
use crate::facts::Span;
use crate::facts::symbols::Symbol;
use crate::model::Position;

/// Longest sample, in characters.
const SAMPLE_CHARS_MAX: usize = 300;

/// Counts, times and places of one pattern.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Count and extent.
    pub span: Span,
    /// When.
    pub times: Histogram,
    /// Entries by (service, revision).
    pub origins: BTreeMap<(Symbol, Symbol), u64>,
    /// Highest level.
    pub level: Option<Level>,
    /// Title of what is not mined: the smallest, so that the choice does not depend on order.
    pub title: Option<Box<str>>,
    /// First entry.
    pub sample: Option<Sample>,
}

/// The first entry of a pattern; the order of the fields is the order of preference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sample {
    pub time: i64,
    pub insert_id: Box<str>,
    pub position: Position,
    pub text: Box<str>,
}

impl Tally {
    /// Counts one entry at a time in nanoseconds since the epoch.
    pub(super) fn add(&mut self, time: i64, origin: (Symbol, Symbol), level: Level) {
        self.span.add(time);
        self.times.add(time);
        *self.origins.entry(origin).or_insert(0) += 1;
        self.level = self.level.max(Some(level));
    }

    /// Keeps the entry as sample if it comes before the one that is kept.
    pub(super) fn show(&mut self, time: i64, insert_id: &str, position: Position, text: &str) {
        let known = self.sample.as_ref().map(|known| (known.time, &*known.insert_id, known.position));
        if known.is_none_or(|known| (time, insert_id, position) < known) {
            self.sample = Some(Sample { time, insert_id: insert_id.into(), position, text: shorten(text) });
        }
    }

    /// Keeps the smaller of two titles.
    pub(super) fn name(&mut self, title: &str) {
        if self.title.as_deref().is_none_or(|known| title < known) {
            self.title = Some(title.into());
        }
    }

    /// Translates the symbols of another worker.
    pub(super) fn rename(&mut self, names: &[Symbol]) {
        let ours = |symbol: Symbol| names[symbol.0 as usize];
        self.origins = std::mem::take(&mut self.origins)
            .into_iter()
            .map(|((service, revision), count)| ((ours(service), ours(revision)), count))
            .collect();
    }
}

fn shorten(text: &str) -> Box<str> {
    text.chars().take(SAMPLE_CHARS_MAX).collect::<String>().into()
}

impl template::Tally for Tally {
    fn merge(&mut self, other: Self) {
        self.span.merge(other.span);
        self.times.merge(other.times);
        for (origin, count) in other.origins {
            *self.origins.entry(origin).or_insert(0) += count;
        }
        self.level = self.level.max(other.level);
        if let Some(title) = &other.title {
            self.name(title);
        }
        if let Some(theirs) = other.sample
            && self.sample.as_ref().is_none_or(|mine| theirs < *mine)
        {
            self.sample = Some(theirs);
        }
    }
}
