//! What one run saw, window by window: the figures that a digest remembers.
//!
//! Every figure can be joined with that of another run that saw a part of the same window again: identities
//! are kept beside counts, so that an entry that was exported twice is counted once.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Identities kept of one set. Up to this many distinct things, counts stay exact when sets are joined;
/// beyond it they are estimated within about 6 % (1 / √(256 − 2)).
pub const IDS_MAX: usize = 256;

/// All windows of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Findings that were found and are not in it, because a report names only so many.
    #[serde(default)]
    pub left_out: usize,
    /// Windows that hold an entry, by their start (a whole multiple of their length since the epoch).
    pub windows: BTreeMap<Timestamp, WindowTally>,
}

/// One window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowTally {
    /// Unique entries with a time in it.
    pub entries: u64,
    /// Covered stretches, in whole seconds from the start of the window, in order and apart.
    pub covered: Vec<(u32, u32)>,
    /// Entries of it that may matter: everything that is not plainly healthy.
    pub kept: Marks,
    /// Requests and instance starts by service.
    pub services: BTreeMap<String, Traffic>,
    /// What each finding did in it, by fingerprint.
    pub findings: BTreeMap<String, Occurred>,
}

/// Requests and instance starts of one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Request entries.
    pub requests: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Instances that started.
    pub starts: u64,
    /// Of these, failed, now or later.
    pub crashes: u64,
}

impl Traffic {
    /// The sum, or whatever `both` makes of each pair of figures.
    #[must_use]
    pub fn join(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            requests: both(self.requests, other.requests),
            failed: both(self.failed, other.failed),
            starts: both(self.starts, other.starts),
            crashes: both(self.crashes, other.crashes),
        }
    }
}

/// What failed, each thing once however many entries report it, by kind: a lost instance loses its requests, so
/// kinds cannot be added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Occurrences {
    /// Instances.
    pub instances: u64,
    /// Requests.
    pub requests: u64,
    /// Deploys, jobs, builds and workers; where nothing failed, entries that tell of the cause.
    pub others: u64,
}

impl Occurrences {
    /// Of the kind that failed most.
    pub fn most(self) -> u64 {
        self.instances.max(self.requests).max(self.others)
    }

    /// The sum, kind by kind.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            instances: self.instances + other.instances,
            requests: self.requests + other.requests,
            others: self.others + other.others,
        }
    }
}

/// What one finding did in one window, by kind as in [`Occurrences`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occurred {
    /// Instances.
    pub instances: Marks,
    /// Requests.
    pub requests: Marks,
    /// Everything else.
    pub others: Marks,
    /// First in this window.
    pub first: Timestamp,
    /// Last in this window.
    pub last: Timestamp,
}

impl Occurred {
    /// How many of each kind.
    pub fn counts(&self) -> Occurrences {
        Occurrences { instances: self.instances.count, requests: self.requests.count, others: self.others.count }
    }

    /// What two readings of the window saw together.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Self {
            instances: self.instances.join(&other.instances),
            requests: self.requests.join(&other.requests),
            others: self.others.join(&other.others),
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An instance failed.
    Instance,
    /// A request failed.
    Request,
    /// Anything else.
    Other,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// When, nanoseconds since the epoch.
    pub time: i64,
    /// What kind of thing.
    pub kind: Kind,
    /// Which: equal for the same thing in every export of it.
    pub id: u64,
}

/// A set of distinct things: how many, and the [`IDS_MAX`] smallest of their identities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Distinct things.
    pub count: u64,
    /// The smallest identities, ascending.
    pub ids: Vec<u64>,
}

impl Marks {
    /// The set of these identities; repeats count once.
    pub fn of(ids: impl IntoIterator<Item = u64>) -> Self {
        let ids: BTreeSet<u64> = ids.into_iter().collect();
        Self { count: ids.len() as u64, ids: ids.into_iter().take(IDS_MAX).collect() }
    }

    /// Whether every identity is kept.
    pub fn is_exact(&self) -> bool {
        self.ids.len() as u64 == self.count
    }

    /// Whether these are all in `other`, as far as the kept identities of both can tell.
    pub fn within(&self, other: &Self) -> bool {
        // Above the largest kept identity of a cut set nothing is known.
        let limit = if other.is_exact() { u64::MAX } else { other.ids.last().copied().unwrap_or(0) };
        self.count <= other.count
            && self.ids.iter().take_while(|id| **id <= limit).all(|id| other.ids.binary_search(id).is_ok())
    }

    /// Both together. Exact while all identities are kept; else the estimate of a bottom-k sketch, which is
    /// never below the larger of the two.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let all: BTreeSet<u64> = self.ids.iter().chain(&other.ids).copied().collect();
        if self.is_exact() && other.is_exact() {
            return Self::of(all);
        }
        let ids: Vec<u64> = all.into_iter().take(IDS_MAX).collect();
        let estimate = match ids.last() {
            // k − 1 identities are expected below the k-th smallest, as a share of all 64-bit numbers.
            Some(last) if *last > 0 => {
                u64::try_from((ids.len() as u128 - 1) * u128::from(u64::MAX) / u128::from(*last)).unwrap_or(u64::MAX)
            }
            _ => 0,
        };
        let count = estimate.clamp(self.count.max(other.count), self.count.saturating_add(other.count));
        Self { count, ids }
    }
}

#[cfg(test)]
mod tests {
    use super::{IDS_MAX, Marks};

    /// Identities that are spread like hashes.
    fn id(n: u64) -> u64 {
        let mut z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[test]
    fn what_was_exported_twice_is_counted_once() {
        let (first, second) = (Marks::of((0..60).map(id)), Marks::of((40..100).map(id)));
        assert_eq!(first.join(&second), Marks::of((0..100).map(id)));
        assert_eq!(first.join(&first), first);
        assert!(!first.within(&second) && first.within(&first.join(&second)));
    }

    #[test]
    fn large_sets_are_estimated_and_never_below_either() {
        let (first, second) = (Marks::of((0..6_000).map(id)), Marks::of((4_000..10_000).map(id)));
        let both = first.join(&second);
        assert!((9_000..=11_000).contains(&both.count) && both.ids.len() == IDS_MAX, "{}", both.count);
        assert!(first.within(&both) && !both.within(&first) && !first.within(&second));
    }
}
