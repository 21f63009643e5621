//! Which entries were read before: equal (insertId, timestamp, logName) is the same entry.
//!
//! Shared by all workers of one scan; 8 bytes an entry. Whichever worker comes first counts the
//! entry, and the others report only where their copy stands, so the outcome does not depend on order.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::Mutex;

use foldhash::fast::FixedState;

use crate::model::Entry;

/// Locks are spread over this many shards so that workers rarely meet.
const SHARDS: usize = 64;

/// The identities read so far.
pub struct Seen {
    shards: Vec<Mutex<HashSet<u64, FixedState>>>,
    hasher: FixedState,
}

impl Default for Seen {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: FixedState::with_seed(11) }
    }
}

impl Seen {
    /// The entry's identity, the same on every machine because Facts files hold it, or `None` where the exporter dropped the insertId: such entries are all different.
    pub fn identity(&self, entry: &Entry<'_>) -> Option<u64> {
        if entry.insert_id.is_empty() {
            return None;
        }
        Some(self.hasher.hash_one((&*entry.insert_id, entry.timestamp, &*entry.log_name)))
    }

    /// Whether this identity is read for the first time.
    pub fn is_new(&self, identity: u64) -> bool {
        // The upper bits choose the shard; the table below uses the lower ones.
        let shard = &self.shards[(identity >> 58) as usize % SHARDS];
        match shard.lock() {
            Ok(mut known) => known.insert(identity),
            Err(poisoned) => poisoned.into_inner().insert(identity),
        }
    }
}
