//! What single entries show of instances, and of the requests that they answered.
//!
//! Names of instances are long and there are many, so that hashes stand for them here, and what a group of entries
//! shows of lives is told together: look-ups in a large table then wait for memory side by side.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::home::Origin;
use super::life::Life;
use super::symbols::{EMPTY, Symbol};
use super::{Facts, Map};
use crate::classify;
use crate::model::time::minute_of;
use crate::model::{Entry, Stream, Timestamp};

/// Numbers of instances by the hash of their names, which knows them as well as the identity of an entry knows it.
pub(super) type InstanceNumbers = Map<u64, Symbol>;

/// What one entry shows of the life of an instance.
pub(super) struct Sign {
    service: Symbol,
    instance: Symbol,
    life: Life,
}

impl Facts {
    /// The number of an instance.
    pub(super) fn instance(&mut self, name: &str) -> Symbol {
        if name.is_empty() {
            return EMPTY;
        }
        let hash = FixedState::with_seed(13).hash_one(name);
        *self.numbers.entry(hash).or_insert_with(|| self.symbols.intern(name))
    }

    /// Health of a request, and what the entry shows of its instance; returns when the entry happened (a request
    /// happens at its end).
    pub(super) fn observe_life(
        &mut self,
        entry: &Entry<'_>,
        origin: Origin,
        instance: Symbol,
        time: Timestamp,
    ) -> Timestamp {
        let Origin { service, revision, .. } = origin;
        let mut end = time;
        let mut status = 0;
        let mut failed = false;
        if let Some(http) = entry.http.as_ref().filter(|_| entry.stream == Stream::Requests) {
            status = classify::status_of(http);
            failed = classify::is_failed_request(status, !entry.text.is_empty());
            end = time.plus(http.latency_nanos.unwrap_or(0));
            let health = self.health.entry((service, revision)).or_default();
            health.add(time.0, status, !entry.text.is_empty(), http.latency_nanos, classify::caller_of(http));
            if classify::is_health_check(http) {
                health.add_health_check(failed);
            }
            let minute = self.traffic.entry((service, revision)).or_default().entry(minute_of(time.0)).or_default();
            *minute = (minute.0 + 1, minute.1 + u64::from(failed));
        }
        if instance != EMPTY {
            let mut life = Life { revision, first: time.0, last: end.0, ..Life::default() };
            if failed {
                life.failed = 1;
            } else if status > 0 {
                (life.answered, life.first_answer, life.last_answer) = (1, end.0, end.0);
            }
            self.signs.push(Sign { service, instance, life });
        }
        end
    }

    /// Adds the signs of a group to the lives.
    pub(super) fn tell_lives(&mut self) {
        for Sign { service, instance, life } in self.signs.drain(..) {
            let revision = life.revision;
            self.lives.entry((service, instance)).or_default().merge(&life, revision, &self.symbols);
        }
    }
}
