//! When something happened, in a bounded number of buckets.
//!
//! Buckets are 2^k seconds wide and aligned to the epoch; k is the smallest for which the times fill at
//! most [`BUCKETS_MAX`] of them. Fewer times never need wider buckets than more times do, so the outcome is
//! the same for any order and any split of the times.

use std::collections::BTreeMap;

use crate::model::time::NANOS_PER_SECOND;

/// Most buckets of one histogram.
const BUCKETS_MAX: usize = 256;

/// Counts over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Histogram {
    /// Buckets are `1 << exponent` seconds wide.
    exponent: u32,
    buckets: BTreeMap<i64, u64>,
}

impl Histogram {
    /// Counts one moment, in nanoseconds since the epoch.
    pub(super) fn add(&mut self, nanos: i64) {
        self.add_many(nanos.div_euclid(NANOS_PER_SECOND) >> self.exponent, 1);
        self.narrow();
    }

    /// Counts what another one counted.
    pub(super) fn merge(&mut self, mut other: Self) {
        let exponent = self.exponent.max(other.exponent);
        self.widen(exponent);
        other.widen(exponent);
        for (bucket, count) in other.buckets {
            self.add_many(bucket, count);
        }
        self.narrow();
    }

    /// Counts per window of `1 << exponent` seconds, by window number since the epoch.
    pub(super) fn windows(&self, exponent: u32) -> BTreeMap<i64, u64> {
        let mut wide = self.clone();
        wide.widen(exponent);
        wide.buckets
    }

    fn add_many(&mut self, bucket: i64, count: u64) {
        let known = self.buckets.entry(bucket).or_insert(0);
        *known = known.saturating_add(count);
    }

    fn narrow(&mut self) {
        while self.buckets.len() > BUCKETS_MAX {
            self.widen(self.exponent + 1);
        }
    }

    fn widen(&mut self, exponent: u32) {
        if exponent <= self.exponent {
            return;
        }
        let shift = exponent - self.exponent;
        for (bucket, count) in std::mem::take(&mut self.buckets) {
            self.add_many(bucket >> shift, count);
        }
        self.exponent = exponent;
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS_MAX, Histogram};
    use crate::model::time::NANOS_PER_SECOND;
    use proptest::prelude::*;

    fn of(seconds: impl Iterator<Item = i64>) -> Histogram {
        let mut histogram = Histogram::default();
        seconds.for_each(|second| histogram.add(second * NANOS_PER_SECOND));
        histogram
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
            prop_assert_eq!(whole.windows(20).values().sum::<u64>(), seconds.len() as u64);
        }
    }
}
