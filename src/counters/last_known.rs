//! The totals that this process saw last, for when the store is away.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::name::Counter;

/// Parts of the table, each with a lock of its own.
const SHARDS: usize = 16;

/// The most counters in a part; with all names of the longest kind, all parts
/// hold about 16 MB.
const SHARD_MOST: usize = 4096;

/// Totals by counter, bounded: with too many, any one makes room.
pub struct LastKnown {
    /// Std's locks: they are held for a look-up and never across an await.
    shards: [Mutex<HashMap<Counter, i64>>; SHARDS],
    hasher: RandomState,
}

impl Default for LastKnown {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl LastKnown {
    pub fn get(&self, counter: &Counter) -> Option<i64> {
        self.shard(counter).get(counter).copied()
    }

    pub fn put(&self, counter: Counter, total: i64) {
        let mut shard = self.shard(&counter);
        if shard.len() >= SHARD_MOST
            && !shard.contains_key(&counter)
            && let Some(any) = shard.keys().next().cloned()
        {
            shard.remove(&any);
        }
        shard.insert(counter, total);
    }

    pub fn forget(&self, counter: &Counter) {
        self.shard(counter).remove(counter);
    }

    fn shard(&self, counter: &Counter) -> MutexGuard<'_, HashMap<Counter, i64>> {
        let shard = self.hasher.hash_one(counter) as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn it_remembers_and_stays_small() {
        let known = LastKnown::default();
        let counter = |n: usize| Counter {
            namespace: Name::default_namespace(),
            key: Name::new(&n.to_string()).unwrap(),
        };
        for n in 0..100_000 {
            known.put(counter(n), n as i64);
        }
        assert_eq!(known.get(&counter(99_999)), Some(99_999));
        let held = (0..100_000).filter(|n| known.get(&counter(*n)).is_some()).count();
        assert!(held <= SHARDS * SHARD_MOST, "{held}");
        known.forget(&counter(99_999));
        assert_eq!(known.get(&counter(99_999)), None);
    }
}
