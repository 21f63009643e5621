//! Distinct shapes with what was counted of each: mergeable, bounded, the same for any order.
//!
//! A shape has a 64-bit digest. At most [`SHAPES_MAX`] shapes are kept, those with the smallest digests;
//! what the others counted is summed by their length. Which shapes stay therefore depends on the set of
//! lines alone, never on their order or on how they were split: a shape among the smallest of all lines is
//! among the smallest of any part of them, so it is never given up and its tally is complete.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::shape::{SHAPE_BYTES_MAX, Shaper};
use super::{Mined, Tally, mine};

/// Distinct shapes kept. Mining 65,536 shapes of real length takes about a second.
pub const SHAPES_MAX: usize = 1 << 16;

/// Which shape a line has, among all lines of one program run. The low byte is its [`Bucket`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeKey(u64);

/// Where a shape is counted when there is no room for it: text by its number of tokens, everything that is
/// not mined by its kind.
pub(super) type Bucket = u8;

impl ShapeKey {
    pub(super) fn bucket(self) -> Bucket {
        self.0.to_le_bytes()[0]
    }
}

/// One distinct shape.
#[derive(Debug, Clone)]
pub(super) struct Known<T> {
    pub text: Box<str>,
    pub gaps: u128,
    pub tally: T,
}

/// Collects lines; [`Miner::mine`] finds their templates.
pub struct Miner<T> {
    known: HashMap<ShapeKey, Known<T>, FixedState>,
    spilled: BTreeMap<Bucket, T>,
    /// Shapes from this key on are not kept.
    limit: Option<ShapeKey>,
    shapes_max: usize,
    shaper: Shaper,
}

impl<T> Default for Miner<T> {
    fn default() -> Self {
        Self::with_capacity(SHAPES_MAX)
    }
}

impl<T> Miner<T> {
    /// A miner that keeps at most this many distinct shapes.
    pub(super) fn with_capacity(shapes_max: usize) -> Self {
        Self {
            known: HashMap::default(),
            spilled: BTreeMap::new(),
            limit: None,
            shapes_max: shapes_max.max(1),
            shaper: Shaper::default(),
        }
    }
}

impl<T: Tally> Miner<T> {
    /// Adds a line of text. What is to be counted of it goes into the tally.
    pub fn line(&mut self, line: &str) -> (ShapeKey, &mut T) {
        let shape = self.shaper.shape(line);
        let key = key(shape.bytes, shape.tokens);
        let gaps = shape.gaps;
        let slot = slot(&mut self.known, &mut self.spilled, self.limit, key, || {
            String::from_utf8_lossy(shape.bytes).into_owned().into_boxed_str()
        });
        (key, slot.counted(gaps))
    }

    /// Adds what is a template already, of a kind below [`super::KINDS_MAX`]: it is counted, not mined. Of a
    /// long one, the beginning tells it apart.
    pub fn fixed(&mut self, kind: u8, text: &str) -> (ShapeKey, &mut T) {
        let text = &text[..text.floor_char_boundary(SHAPE_BYTES_MAX)];
        let key = key(text.as_bytes(), super::FIRST_KIND.saturating_add(kind));
        let slot = slot(&mut self.known, &mut self.spilled, self.limit, key, || Box::from(text));
        (key, slot.counted(0))
    }

    /// Every tally, in no particular order.
    pub fn tallies_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.known.values_mut().map(|known| &mut known.tally).chain(self.spilled.values_mut())
    }

    /// Gives up the shapes beyond the limit once they are twice too many; call it now and then.
    pub fn tidy(&mut self) {
        if self.known.len() >= self.shapes_max.saturating_mul(2) {
            self.prune();
        }
    }

    fn prune(&mut self) {
        if self.known.len() <= self.shapes_max {
            return;
        }
        let mut keys: Vec<ShapeKey> = self.known.keys().copied().collect();
        let (_, limit, _) = keys.select_nth_unstable(self.shapes_max);
        let limit = *limit;
        self.limit = Some(limit);
        for (key, given_up) in self.known.extract_if(|key, _| *key >= limit) {
            self.spilled.entry(key.bucket()).or_default().merge(given_up.tally);
        }
    }

    /// Adds what another miner has collected.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        let limit = self.limit.into_iter().chain(other.limit).min();
        self.limit = limit;
        let beyond = |key: &ShapeKey| limit.is_some_and(|limit| *key >= limit);
        for (key, given_up) in self.known.extract_if(|key, _| beyond(key)) {
            self.spilled.entry(key.bucket()).or_default().merge(given_up.tally);
        }
        for (bucket, tally) in other.spilled {
            self.spilled.entry(bucket).or_default().merge(tally);
        }
        for (key, theirs) in other.known {
            if beyond(&key) {
                self.spilled.entry(key.bucket()).or_default().merge(theirs.tally);
                continue;
            }
            match self.known.entry(key) {
                std::collections::hash_map::Entry::Vacant(free) => drop(free.insert(theirs)),
                std::collections::hash_map::Entry::Occupied(mut mine) => {
                    let mine = mine.get_mut();
                    mine.gaps |= theirs.gaps;
                    mine.tally.merge(theirs.tally);
                }
            }
        }
        self.tidy();
        self
    }

    /// The templates of everything that was added.
    #[must_use]
    pub fn mine(mut self) -> Mined<T> {
        self.prune();
        let mut known: Vec<(ShapeKey, Known<T>)> = self.known.into_iter().collect();
        known.sort_unstable_by(|(a_key, a), (b_key, b)| a.text.cmp(&b.text).then(a_key.cmp(b_key)));
        mine(known, self.spilled)
    }
}

/// A place to count: of a shape, or of a bucket.
enum Slot<'m, T> {
    Known(&'m mut Known<T>),
    Spilled(&'m mut T),
}

impl<'m, T> Slot<'m, T> {
    fn counted(self, gaps: u128) -> &'m mut T {
        match self {
            Self::Known(known) => {
                known.gaps |= gaps;
                &mut known.tally
            }
            Self::Spilled(tally) => tally,
        }
    }
}

fn slot<'m, T: Tally>(
    known: &'m mut HashMap<ShapeKey, Known<T>, FixedState>,
    spilled: &'m mut BTreeMap<Bucket, T>,
    limit: Option<ShapeKey>,
    key: ShapeKey,
    text: impl FnOnce() -> Box<str>,
) -> Slot<'m, T> {
    if limit.is_some_and(|limit| key >= limit) {
        return Slot::Spilled(spilled.entry(key.bucket()).or_default());
    }
    Slot::Known(known.entry(key).or_insert_with(|| Known { text: text(), gaps: 0, tally: T::default() }))
}

fn key(text: &[u8], bucket: Bucket) -> ShapeKey {
    ShapeKey((digest(text) & !0xff) | u64::from(bucket))
}

/// A digest of bytes that is the same on every machine and in every version: it decides which shapes are
/// kept, and it is what template ids are made of.
pub(super) fn digest(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = FACTOR ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        state = mix(state ^ u64::from_le_bytes(word));
    }
    let mut word = [0; 8];
    word[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    mix(mix(state ^ u64::from_le_bytes(word)))
}

/// The finaliser of `SplitMix64`: every bit of the input changes about half of the output's.
pub(super) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
