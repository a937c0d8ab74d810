//! The totals that this process saw last, for when the store is away.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::name::Counter;

/// The most counters in the table; with all names of the longest kind, they take
/// about 16 MB.
const MOST: usize = 1 << 16;

/// Totals by counter, bounded: with too many, any one makes room.
#[derive(Default)]
pub struct LastKnown {
    /// Std's lock: it is held for a look-up and never across an await.
    totals: Mutex<HashMap<Counter, i64>>,
}

impl LastKnown {
    pub fn get(&self, counter: &Counter) -> Option<i64> {
        self.totals().get(counter).copied()
    }

    pub fn put(&self, counter: Counter, total: i64) {
        let mut totals = self.totals();
        if totals.len() >= MOST
            && !totals.contains_key(&counter)
            && let Some(any) = totals.keys().next().cloned()
        {
            totals.remove(&any);
        }
        totals.insert(counter, total);
    }

    pub fn forget(&self, counter: &Counter) {
        self.totals().remove(counter);
    }

    fn totals(&self) -> MutexGuard<'_, HashMap<Counter, i64>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert!(held <= MOST, "{held}");
        known.forget(&counter(99_999));
        assert_eq!(known.get(&counter(99_999)), None);
    }
}
