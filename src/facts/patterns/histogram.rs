//! When something happened, in a bounded number of buckets.
//!
//! Buckets have one of [`WIDTHS`], the smallest for which the times fill at most [`BUCKETS_MAX`] of them, and
//! are aligned to the epoch. Fewer times never need wider buckets than more times do, so the outcome is the
//! same for any order and any split of the times.

use std::collections::BTreeMap;

use crate::model::time::NANOS_PER_SECOND;

/// Widths in seconds. Each is a multiple of the one before, so that buckets can be joined.
pub(super) const WIDTHS: [i64; 14] = [1, 2, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800];

/// Most buckets of one histogram, unless they are weeks.
const BUCKETS_MAX: usize = 256;

/// Counts over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Histogram {
    /// Index into [`WIDTHS`].
    width: usize,
    buckets: BTreeMap<i64, u64>,
}

impl Histogram {
    /// Counts one moment, in nanoseconds since the epoch.
    pub(super) fn add(&mut self, nanos: i64) {
        self.add_many(nanos.div_euclid(NANOS_PER_SECOND).div_euclid(WIDTHS[self.width]), 1);
        self.narrow();
    }

    /// Counts what another one counted.
    pub(super) fn merge(&mut self, mut other: Self) {
        let width = self.width.max(other.width);
        self.widen(width);
        other.widen(width);
        for (bucket, count) in other.buckets {
            self.add_many(bucket, count);
        }
        self.narrow();
    }

    /// Counts per window of a width (an index into [`WIDTHS`]), by window number since the epoch. Buckets
    /// that are wider stay as they are.
    pub(super) fn windows(&self, width: usize) -> BTreeMap<i64, u64> {
        let mut wide = self.clone();
        wide.widen(width);
        wide.buckets
    }

    fn add_many(&mut self, bucket: i64, count: u64) {
        let known = self.buckets.entry(bucket).or_insert(0);
        *known = known.saturating_add(count);
    }

    fn narrow(&mut self) {
        while self.buckets.len() > BUCKETS_MAX && self.width + 1 < WIDTHS.len() {
            self.widen(self.width + 1);
        }
    }

    fn widen(&mut self, width: usize) {
        if width <= self.width {
            return;
        }
        let joined = WIDTHS[width] / WIDTHS[self.width];
        for (bucket, count) in std::mem::take(&mut self.buckets) {
            self.add_many(bucket.div_euclid(joined), count);
        }
        self.width = width;
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS_MAX, Histogram, WIDTHS};
    use crate::model::time::NANOS_PER_SECOND;
    use proptest::prelude::*;

    fn of(seconds: impl Iterator<Item = i64>) -> Histogram {
        let mut histogram = Histogram::default();
        seconds.for_each(|second| histogram.add(second * NANOS_PER_SECOND));
        histogram
    }

    #[test]
    fn each_width_is_a_multiple_of_the_one_before() {
        assert!(WIDTHS.windows(2).all(|pair| pair[1] > pair[0] && pair[1] % pair[0] == 0));
    }

    proptest! {
        #[test]
        fn order_and_split_change_nothing(seconds in prop::collection::vec(-9_000_i64..900_000, 0..900), at in 0_usize..900) {
            let whole = of(seconds.iter().copied());
            let at = at.min(seconds.len());
            let mut split = of(seconds[at..].iter().rev().copied());
            split.merge(of(seconds[..at].iter().copied()));
            prop_assert_eq!(&whole, &split);
            prop_assert!(whole.buckets.len() <= BUCKETS_MAX);
            prop_assert_eq!(whole.windows(13).values().sum::<u64>(), seconds.len() as u64);
        }
    }
}
