//! Which entries were read before: equal (insertId, timestamp, logName) is the same entry.
//!
//! Shared by all workers of one scan; 8 bytes an entry. Whichever worker comes first counts the
//! entry, and the others report only where their copy stands, so the outcome does not depend on order.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;

use crate::model::{Entry, Timestamp};

/// Locks are spread over this many shards so that workers rarely meet. A group of entries takes each lock once.
const SHARDS: usize = 8;

/// Identities looked up together.
const GROUP_LEN: usize = 32;

/// The identities read so far.
pub struct Seen {
    shards: Vec<Mutex<HashSet<u64, FixedState>>>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Seen {
    /// The entry's identity, the same on every machine because Facts files hold it; `None` where the exporter dropped
    /// the insertId: such entries are all different.
    #[allow(clippy::unused_self, reason = "what is asked next is whether this one has it")]
    pub fn identity(&self, entry: &Entry<'_>) -> Option<u64> {
        identity_of(&entry.insert_id, entry.timestamp, &entry.log_name)
    }

    /// Which of these identities are read for the first time; `None` always is. A table of a million identities
    /// does not fit a cache, so they are looked up side by side and wait for memory together.
    pub fn are_new(&self, identities: &[Option<u64>], are_new: &mut Vec<bool>) {
        are_new.clear();
        are_new.resize(identities.len(), true);
        for (identities, are_new) in identities.chunks(GROUP_LEN).zip(are_new.chunks_mut(GROUP_LEN)) {
            // The upper bits choose the shard; the table below uses the lower ones.
            let (mut places, mut counts) = ([[0; GROUP_LEN]; SHARDS], [0; SHARDS]);
            for (place, identity) in identities.iter().enumerate() {
                if let Some(identity) = identity {
                    let shard = (identity >> 61) as usize % SHARDS;
                    places[shard][counts[shard]] = place;
                    counts[shard] += 1;
                }
            }
            for ((shard, places), count) in self.shards.iter().zip(&places).zip(counts).filter(|(_, count)| *count > 0)
            {
                let mut known = shard.lock().unwrap_or_else(PoisonError::into_inner);
                for place in &places[..count] {
                    are_new[*place] = identities[*place].is_none_or(|identity| known.insert(identity));
                }
            }
        }
    }
}

/// The identity of an entry with this insertId, time and log; `None` without an insertId.
pub fn identity_of(insert_id: &str, time: Option<Timestamp>, log_name: &str) -> Option<u64> {
    (!insert_id.is_empty()).then(|| FixedState::with_seed(11).hash_one((insert_id, time, log_name)))
}
