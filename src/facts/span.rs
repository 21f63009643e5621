//! How many entries there are of some part of the export, and from when to when.

use serde::{Deserialize, Serialize};

/// Count and extent of some part of the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Entries.
    pub count: u64,
    /// First, nanoseconds since the epoch.
    pub first: i64,
    /// Last.
    pub last: i64,
}

impl Default for Span {
    fn default() -> Self {
        Self { count: 0, first: i64::MAX, last: i64::MIN }
    }
}

impl Span {
    pub(super) fn add(&mut self, time: i64) {
        self.count += 1;
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    /// Adds the entries of another part.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}
