//! Requests of one revision over time, so that two revisions can be compared in the same window.
//!
//! In: requests. Out: counts and a latency histogram for each slot of time. Slots are one minute long; where
//! there would be more than [`SLOTS_MAX`] of them, neighbours are joined until there are not. The length of a
//! slot therefore depends on the set of minutes alone, and parts merge to the same slots in any order.

use serde::{Deserialize, Serialize};

use crate::model::time::minute_of;

/// Slots kept for one revision: 34 hours by the minute, a week by eight minutes.
pub const SLOTS_MAX: usize = 2_048;

/// Minutes of all representable times are 28 bits, so no more joining can be needed.
const LEVEL_MAX: u32 = 28;

/// What became of requests of users. Requests that say nothing about users are only counted as `set_aside`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcomes {
    /// Requests of users.
    pub requests: u64,
    /// Of these, answered 5xx by the application.
    pub errors_app: u64,
    /// Of these, answered 5xx by the platform.
    pub errors_platform: u64,
    /// Of these, refused by the platform with 429, because no instance was free.
    pub refused: u64,
    /// Of these, answered 4xx by the application.
    pub client_errors: u64,
    /// Health checks, ended long connections, requests to the address of a tag.
    pub set_aside: u64,
}

/// What one request adds to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered below 400, with its latency bucket where it has one.
    Succeeded(Option<u16>),
    /// No status, or one that says nothing.
    Unknown,
    /// Answered 4xx.
    ClientError,
    /// Answered 5xx by the application.
    ErrorApp,
    /// Answered 5xx by the platform.
    ErrorPlatform,
    /// Refused for lack of an instance.
    Refused,
    /// Not a request of a user.
    SetAside,
}

impl Outcomes {
    fn add(&mut self, outcome: Outcome) {
        self.requests += u64::from(outcome != Outcome::SetAside);
        if let Some(count) = self.count_of(outcome) {
            *count += 1;
        }
    }

    fn take_back(&mut self, outcome: Outcome, times: u64) {
        if outcome != Outcome::SetAside {
            self.requests = self.requests.saturating_sub(times);
        }
        if let Some(count) = self.count_of(outcome) {
            *count = count.saturating_sub(times);
        }
    }

    /// The count that an outcome has besides that of all requests.
    fn count_of(&mut self, outcome: Outcome) -> Option<&mut u64> {
        match outcome {
            Outcome::Succeeded(_) | Outcome::Unknown => None,
            Outcome::ClientError => Some(&mut self.client_errors),
            Outcome::ErrorApp => Some(&mut self.errors_app),
            Outcome::ErrorPlatform => Some(&mut self.errors_platform),
            Outcome::Refused => Some(&mut self.refused),
            Outcome::SetAside => Some(&mut self.set_aside),
        }
    }

    fn counts(&self) -> [u64; 6] {
        [self.requests, self.errors_app, self.errors_platform, self.refused, self.client_errors, self.set_aside]
    }

    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.errors_app += other.errors_app;
        self.errors_platform += other.errors_platform;
        self.refused += other.refused;
        self.client_errors += other.client_errors;
        self.set_aside += other.set_aside;
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Slot {
    /// Start in slots of the present length since the epoch.
    start: i64,
    outcomes: Outcomes,
    /// Answered requests by latency bucket, ascending; empty buckets left out.
    latencies: Vec<(u16, u32)>,
}

impl Slot {
    fn absorb(&mut self, other: &Self) {
        self.outcomes.merge(other.outcomes);
        if self.latencies.is_empty() {
            self.latencies.clone_from(&other.latencies);
            return;
        }
        for (bucket, count) in &other.latencies {
            self.count(*bucket, *count);
        }
    }

    fn count(&mut self, bucket: u16, count: u32) {
        match self.latencies.binary_search_by_key(&bucket, |(known, _)| *known) {
            Ok(at) => self.latencies[at].1 = self.latencies[at].1.saturating_add(count),
            Err(at) => self.latencies.insert(at, (bucket, count)),
        }
    }
}

/// Requests by slot of time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Slots {
    /// A slot is 2^level minutes long.
    level: u32,
    /// By start.
    list: Vec<Slot>,
    /// Slot of the last request: the next one is most likely in it.
    #[serde(skip)]
    recent: usize,
}

impl PartialEq for Slots {
    fn eq(&self, other: &Self) -> bool {
        self.level == other.level && self.list == other.list
    }
}

impl Eq for Slots {}

/// The requests of a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stretch {
    /// Counts.
    pub outcomes: Outcomes,
    /// Answered requests by latency bucket, ascending.
    pub latencies: Vec<(u16, u64)>,
}

impl Slots {
    /// Counts one request that arrived at `arrival`, nanoseconds since the epoch.
    pub fn add(&mut self, arrival: i64, outcome: Outcome) {
        let at = self.find(minute_of(arrival));
        let slot = &mut self.list[at];
        slot.outcomes.add(outcome);
        if let Outcome::Succeeded(Some(bucket)) = outcome {
            slot.count(bucket, 1);
        }
    }

    /// Adds the requests of another part of the same revision.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        while other.level < self.level {
            other.coarsen();
        }
        while self.level < other.level {
            self.coarsen();
        }
        for theirs in &other.list {
            match self.list.binary_search_by_key(&theirs.start, |slot| slot.start) {
                Ok(at) => self.list[at].absorb(theirs),
                Err(at) => self.list.insert(at, theirs.clone()),
            }
        }
        while self.list.len() > SLOTS_MAX {
            self.coarsen();
        }
    }

    /// Takes back what `times` copies of a request in a minute since the epoch added. Another copy stays counted,
    /// so the slots themselves stay.
    pub fn take_back(&mut self, minute: i64, outcome: Outcome, times: u64) {
        let start = minute >> self.level;
        let Ok(at) = self.list.binary_search_by_key(&start, |slot| slot.start) else { return };
        let slot = &mut self.list[at];
        slot.outcomes.take_back(outcome, times);
        if let Outcome::Succeeded(Some(bucket)) = outcome
            && let Ok(at) = slot.latencies.binary_search_by_key(&bucket, |(known, _)| *known)
        {
            let left = u64::from(slot.latencies[at].1).saturating_sub(times);
            slot.latencies[at].1 = u32::try_from(left).unwrap_or(u32::MAX);
            slot.latencies.retain(|(_, count)| *count > 0);
        }
    }

    /// Whether these can be slots of this program: for what was read back from a file. No count is above
    /// `count_max`, no bucket at or above `buckets`.
    pub fn is_sound(&self, count_max: u64, buckets: u16) -> bool {
        let ascending = self.list.windows(2).all(|pair| pair[0].start < pair[1].start);
        let level = self.level <= LEVEL_MAX && self.list.len() <= SLOTS_MAX;
        ascending
            && level
            && self.list.iter().all(|slot| {
                let latencies = &slot.latencies;
                latencies.windows(2).all(|pair| pair[0].0 < pair[1].0)
                    && latencies.iter().all(|(bucket, count)| *bucket < buckets && u64::from(*count) <= count_max)
                    && slot.outcomes.counts().into_iter().all(|count| count <= count_max)
            })
    }

    /// Everything in the slots that the time `from..=to` touches, nanoseconds since the epoch.
    pub fn between(&self, from: i64, to: i64) -> Stretch {
        let slot_of = |time: i64| minute_of(time) >> self.level;
        let (first, last) = (slot_of(from), slot_of(to));
        let mut outcomes = Outcomes::default();
        let mut latencies = std::collections::BTreeMap::new();
        for slot in self.list.iter().filter(|slot| (first..=last).contains(&slot.start)) {
            outcomes.merge(slot.outcomes);
            for (bucket, count) in &slot.latencies {
                *latencies.entry(*bucket).or_insert(0) += u64::from(*count);
            }
        }
        Stretch { outcomes, latencies: latencies.into_iter().collect() }
    }

    /// Length of a slot in seconds.
    pub fn slot_seconds(&self) -> i64 {
        60 << self.level
    }

    fn find(&mut self, minute: i64) -> usize {
        let start = minute >> self.level;
        if self.list.get(self.recent).is_some_and(|slot| slot.start == start) {
            return self.recent;
        }
        self.recent = match self.list.binary_search_by_key(&start, |slot| slot.start) {
            Ok(at) => at,
            Err(at) => {
                self.list.insert(at, Slot { start, ..Slot::default() });
                if self.list.len() > SLOTS_MAX {
                    self.coarsen();
                    return self.find(minute);
                }
                at
            }
        };
        self.recent
    }

    /// Doubles the length of the slots.
    fn coarsen(&mut self) {
        self.level += 1;
        let mut joined: Vec<Slot> = Vec::with_capacity(self.list.len() / 2 + 1);
        for mut slot in self.list.drain(..) {
            slot.start >>= 1;
            match joined.last_mut().filter(|last| last.start == slot.start) {
                Some(last) => last.absorb(&slot),
                None => joined.push(slot),
            }
        }
        self.list = joined;
        self.recent = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Outcome, SLOTS_MAX, Slots};
    use crate::model::time::NANOS_PER_MINUTE;

    fn outcome(number: u64) -> Outcome {
        match number % 7 {
            0 => Outcome::ErrorApp,
            1 => Outcome::ErrorPlatform,
            2 => Outcome::ClientError,
            3 => Outcome::SetAside,
            4 => Outcome::Refused,
            _ => Outcome::Succeeded(Some((number % 40) as u16)),
        }
    }

    #[test]
    fn a_stretch_holds_what_its_minutes_hold() {
        let mut slots = Slots::default();
        for second in 0..600 {
            slots
                .add(second * 1_000_000_000, if second < 60 { Outcome::ErrorApp } else { Outcome::Succeeded(Some(7)) });
        }
        let stretch = slots.between(60_000_000_000, 299_000_000_000);
        assert_eq!((stretch.outcomes.requests, stretch.outcomes.errors_app), (240, 0));
        assert_eq!(stretch.latencies, [(7, 240)]);
        assert_eq!(slots.between(0, i64::MAX).outcomes.errors_app, 60);
    }

    #[test]
    fn slots_stay_bounded_whatever_the_times_are() {
        let mut slots = Slots::default();
        for i in 0..20_000i64 {
            slots.add((i - 10_000) * 900_000_000_000_000, Outcome::ErrorApp);
        }
        slots.add(i64::MIN, Outcome::ErrorApp);
        slots.add(i64::MAX, Outcome::ErrorApp);
        assert!(slots.list.len() <= SLOTS_MAX);
        assert_eq!(slots.between(i64::MIN, i64::MAX).outcomes.errors_app, 20_002);
    }

    #[test]
    fn copies_that_are_taken_back_leave_what_one_copy_gives() {
        let (mut once, mut thrice) = (Slots::default(), Slots::default());
        for number in 0..500u64 {
            let minute = i64::try_from(number % 90).unwrap();
            once.add(minute * NANOS_PER_MINUTE, outcome(number));
            for _ in 0..3 {
                thrice.add(minute * NANOS_PER_MINUTE, outcome(number));
            }
        }
        for number in 0..500u64 {
            thrice.take_back(i64::try_from(number % 90).unwrap(), outcome(number), 2);
        }
        assert_eq!(thrice, once);
        assert!(once.is_sound(500, 448) && !once.is_sound(500, 39) && !once.is_sound(2, 448));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_split_in_any_order_merges_to_the_same_slots(
            minutes in proptest::collection::vec((0i64..9_000, 0usize..3), 1..6_000),
        ) {
            let mut whole = Slots::default();
            let mut parts = [Slots::default(), Slots::default(), Slots::default()];
            for (number, (minute, part)) in minutes.iter().enumerate() {
                whole.add(minute * NANOS_PER_MINUTE, outcome(number as u64));
                parts[*part].add(minute * NANOS_PER_MINUTE, outcome(number as u64));
            }
            let mut forward = parts[0].clone();
            forward.merge(&parts[1]);
            forward.merge(&parts[2]);
            let mut backward = parts[2].clone();
            backward.merge(&parts[0]);
            backward.merge(&parts[1]);
            prop_assert_eq!(&forward, &whole);
            prop_assert_eq!(&backward, &whole);
        }
    }
}
