//! Kinds of unremarkable lines, and since when each is written: what is new just before a failure is worth a question.
//!
//! In: lines that are only counted, with their kinds. Out: for each service a bounded choice of the kinds, each with its
//! first entry and the minutes in which it was written, and the minutes in which the service wrote any. Of more kinds
//! than [`KINDS_MAX`] those with the smallest hashes stay, so the choice depends on the set of lines alone, and every
//! kind that stays is told whole. All of it is minima and sets: entries that are read twice change nothing, so nothing
//! has to be taken back when shards meet.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::Map;
use super::symbols::Symbol;
use super::tables::Unsound;
use crate::classify::{redact, shown_line};
use crate::model::time::minute_of;
use crate::model::{Entry, Position, Timestamp};

/// Kinds kept of one service.
pub const KINDS_MAX: usize = 512;

/// Minutes kept of one kind; one that is written in more is not rare.
const MINUTES_MAX: usize = 64;

/// Bytes of a body that are kept until it is shown.
const BODY_BYTES_MAX: usize = 2_048;

/// Longest text of a sound first entry, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// The first entry of a kind; names are texts, so that parts merge without their tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// Nanoseconds since the epoch.
    pub time: i64,
    /// `insertId`; may be empty.
    pub insert_id: String,
    /// Tells entries apart that have no insertId.
    tie: u64,
    /// Instance; may be empty.
    pub instance: String,
    /// Its first line, cleaned and without secrets; empty until that is done.
    pub text: String,
    /// Identity for finding other copies; 0 where there is none.
    identity: u64,
    /// As it stands in the entry; never leaves the process.
    #[serde(skip)]
    body: String,
}

impl First {
    fn order(&self, other: &Self) -> Ordering {
        (self.time, &self.insert_id, self.tie).cmp(&(other.time, &other.insert_id, other.tie))
    }
}

/// One kind of line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// Its first entry.
    pub first: First,
    /// Where copies of that entry stand, one place a file.
    places: Vec<Position>,
    /// Minutes since the epoch in which it was written; empty where there are too many.
    minutes: BTreeSet<i64>,
    is_frequent: bool,
    /// Minute of the last entry: the next one is most likely in it.
    #[serde(skip)]
    recent: i64,
}

impl Kind {
    /// Minutes since the epoch in which it was written; `None` where it was in more than are kept.
    pub fn minutes(&self) -> Option<&BTreeSet<i64>> {
        (!self.is_frequent).then_some(&self.minutes)
    }

    /// Where its first entry stands first.
    pub fn position(&self) -> Position {
        self.places.iter().copied().min().unwrap_or_default()
    }

    fn merge(&mut self, other: Self) {
        match self.first.order(&other.first) {
            Ordering::Greater => (self.first, self.places) = (other.first, other.places),
            Ordering::Equal => other.places.into_iter().for_each(|place| self.stands(place)),
            Ordering::Less => {}
        }
        self.is_frequent |= other.is_frequent;
        self.minutes.extend(other.minutes);
        self.bound();
    }

    /// Takes an entry for the first one if it is. Newest-first exports do so with every entry, so room is used again.
    fn see(&mut self, entry: &Entry<'_>, time: Timestamp, identity: u64) {
        let order = (time.0, &*entry.insert_id).cmp(&(self.first.time, self.first.insert_id.as_str()));
        let body: &str = if entry.text.is_empty() { entry.json.as_deref().unwrap_or("") } else { &entry.text };
        let mark = || FixedState::with_seed(31).hash_one((body, &*entry.instance));
        let mark = if order != Ordering::Greater && entry.insert_id.is_empty() { mark() } else { 0 };
        match order.then(mark.cmp(&self.first.tie)) {
            Ordering::Greater => return,
            Ordering::Equal => {}
            Ordering::Less => {
                let first = &mut self.first;
                (first.time, first.tie, first.identity) = (time.0, mark, identity);
                let texts = [(&mut first.insert_id, &*entry.insert_id), (&mut first.instance, &*entry.instance)];
                let body = &body[..body.floor_char_boundary(BODY_BYTES_MAX)];
                for (mine, theirs) in texts.into_iter().chain([(&mut first.body, body)]) {
                    mine.clear();
                    mine.push_str(theirs);
                }
                self.places.clear();
            }
        }
        self.stands(entry.position);
    }

    fn stands(&mut self, place: Position) {
        match self.places.iter_mut().find(|known| known.file == place.file) {
            Some(known) => *known = (*known).min(place),
            None => self.places.push(place),
        }
    }

    fn bound(&mut self) {
        if self.is_frequent || self.minutes.len() > MINUTES_MAX {
            self.is_frequent = true;
            self.minutes.clear();
        }
    }
}

/// The kinds of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds {
    /// Kinds by their hash.
    by_hash: BTreeMap<u64, Kind>,
    /// Whether kinds were left out.
    is_sample: bool,
    /// Minutes since the epoch in which the service wrote any of them.
    spoke: BTreeSet<i64>,
}

impl Kinds {
    /// The kinds, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.by_hash.values()
    }

    /// Whether there were more kinds than are kept.
    pub fn is_sample(&self) -> bool {
        self.is_sample
    }

    /// Minutes since the epoch in which the service wrote any of them, in order.
    pub fn spoke(&self) -> impl Iterator<Item = i64> {
        self.spoke.iter().copied()
    }

    /// Adds what another part knows.
    pub(super) fn merge(&mut self, other: Self) {
        for (hash, kind) in other.by_hash {
            match self.by_hash.get_mut(&hash) {
                Some(known) => known.merge(kind),
                None => {
                    self.by_hash.insert(hash, kind);
                }
            }
        }
        self.is_sample |= other.is_sample;
        self.spoke.extend(other.spoke);
        self.bound();
    }

    fn bound(&mut self) {
        while self.by_hash.len() > KINDS_MAX {
            self.by_hash.pop_last();
            self.is_sample = true;
        }
    }

    /// Counts one line.
    fn add(&mut self, hash: u64, entry: &Entry<'_>, time: Timestamp, identity: u64) {
        let minute = minute_of(time.0);
        let is_out =
            self.by_hash.len() >= KINDS_MAX && self.by_hash.last_key_value().is_some_and(|(last, _)| *last < hash);
        if is_out {
            self.is_sample = true;
            self.spoke.insert(minute);
            return;
        }
        if let Some(kind) = self.by_hash.get_mut(&hash) {
            if kind.recent != minute {
                kind.recent = minute;
                self.spoke.insert(minute);
                if !kind.is_frequent {
                    kind.minutes.insert(minute);
                    kind.bound();
                }
            }
            kind.see(entry, time, identity);
            return;
        }
        self.spoke.insert(minute);
        let mut kind = Kind { minutes: BTreeSet::from([minute]), recent: minute, ..Kind::default() };
        kind.first.time = i64::MAX;
        kind.see(entry, time, identity);
        self.by_hash.insert(hash, kind);
        self.bound();
    }
}

/// The kinds of every service.
#[derive(Debug, Default)]
pub struct Novelty {
    by_service: Map<Symbol, Kinds>,
}

impl Novelty {
    /// The kinds of a service.
    pub fn of(&self, service: Symbol) -> Option<&Kinds> {
        self.by_service.get(&service)
    }

    /// The kinds of all services, in no order.
    pub(super) fn all_mut(&mut self) -> &mut Map<Symbol, Kinds> {
        &mut self.by_service
    }

    /// The kinds of all services, without anything else.
    pub(super) fn into_all(self) -> Map<Symbol, Kinds> {
        self.by_service
    }

    /// Every place where a first entry stands, with its identity.
    pub(super) fn places_mut(&mut self) -> impl Iterator<Item = (u64, &mut Position)> {
        let kinds = self.by_service.values_mut().flat_map(|kinds| kinds.by_hash.values_mut());
        kinds.flat_map(|kind| {
            let identity = kind.first.identity;
            kind.places.iter_mut().map(move |place| (identity, place))
        })
    }

    /// Gives files other numbers. Of what was read before, the first reading tells the same lines at a known place.
    pub(super) fn renumber_files(&mut self, ours: impl Fn(u32) -> Result<Option<u32>, Unsound>) -> Result<(), Unsound> {
        for kind in self.by_service.values_mut().flat_map(|kinds| kinds.by_hash.values_mut()) {
            for place in std::mem::take(&mut kind.places) {
                kind.places.extend(ours(place.file)?.map(|file| Position { file, ..place }));
            }
        }
        Ok(())
    }

    /// Makes the first lines fit to be shown, and to leave the process.
    pub(super) fn clean(&mut self, level: redact::Level) {
        for kind in self.by_service.values_mut().flat_map(|kinds| kinds.by_hash.values_mut()) {
            let body = std::mem::take(&mut kind.first.body);
            if !body.is_empty() {
                kind.first.text = shown_line(&body, level);
            }
            kind.places = kind.places.iter().copied().min().into_iter().collect();
        }
    }

    /// Counts a line that says nothing remarkable.
    pub(super) fn add(&mut self, service: Symbol, entry: &Entry<'_>, kind: u64, time: Timestamp, identity: u64) {
        if entry.stream.is_output() {
            self.by_service.entry(service).or_default().add(kind, entry, time, identity);
        }
    }

    /// Adds what another part knows; `ours` gives its names in our numbers.
    pub(super) fn merge(&mut self, other: Self, ours: impl Fn(Symbol) -> Symbol) {
        for (service, kinds) in other.by_service {
            self.by_service.entry(ours(service)).or_default().merge(kinds);
        }
    }

    /// What was read back from a file, if it can be of this program.
    pub(super) fn from_all(by_service: impl IntoIterator<Item = (Symbol, Kinds)>) -> Option<Self> {
        let by_service: Map<Symbol, Kinds> = by_service.into_iter().collect();
        let is_kind = |kind: &Kind| kind.minutes.len() <= MINUTES_MAX && kind.first.text.len() <= TEXT_BYTES_MAX;
        let is_sound = |kinds: &Kinds| kinds.by_hash.len() <= KINDS_MAX && kinds.by_hash.values().all(is_kind);
        by_service.values().all(is_sound).then_some(Self { by_service })
    }
}

#[cfg(test)]
mod tests {
    use super::{First, KINDS_MAX, Kind, Kinds, MINUTES_MAX};
    use crate::model::Position;
    use crate::model::time::NANOS_PER_MINUTE;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// One line of a kind, in a minute.
    fn seen(hash: u64, minute: i64, file: u32) -> Kinds {
        let first = First {
            time: minute * NANOS_PER_MINUTE,
            insert_id: String::new(),
            tie: 0,
            instance: String::new(),
            text: format!("kind {hash}"),
            identity: 0,
            body: String::new(),
        };
        let place = Position { file, ..Position::default() };
        let minutes = BTreeSet::from([minute]);
        let kind = Kind { first, places: vec![place], minutes, is_frequent: false, recent: 0 };
        Kinds { by_hash: [(hash, kind)].into(), is_sample: false, spoke: BTreeSet::from([minute]) }
    }

    fn told(lines: impl Iterator<Item = (u64, i64)>) -> Kinds {
        lines.fold(Kinds::default(), |mut all, (hash, minute)| {
            all.merge(seen(hash, minute, 0));
            all
        })
    }

    proptest! {
        #[test]
        fn order_split_and_repetition_change_nothing(
            lines in prop::collection::vec((0_u64..900, 0_i64..90), 0..1_500),
            at in 0_usize..1_500,
        ) {
            let whole = told(lines.iter().copied());
            let at = at.min(lines.len());
            let mut split = told(lines[at..].iter().rev().copied());
            split.merge(told(lines[..at].iter().copied()));
            split.merge(told(lines.iter().copied()));
            prop_assert_eq!(&whole, &split);
            prop_assert!(whole.by_hash.len() <= KINDS_MAX);
            prop_assert!(whole.iter().all(|kind| kind.minutes().is_none_or(|minutes| minutes.len() <= MINUTES_MAX)));
        }
    }
}
