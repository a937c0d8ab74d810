//! The totals that this process saw last, shown while the store is unreachable.

use parking_lot::Mutex;

use crate::model::name::Counter;
use crate::model::recent::Recent;

/// The most counters in each half of the table. With names of full length, both halves take
/// about 16 MB.
const GENERATION_SIZE: usize = 1 << 15;

/// A bounded table of totals by counter.
pub struct LastKnown {
    /// The lock is held for a look-up, never across an await.
    totals: Mutex<Recent<Counter, i64>>,
}

impl Default for LastKnown {
    fn default() -> Self {
        Self { totals: Mutex::new(Recent::new(GENERATION_SIZE)) }
    }
}

impl LastKnown {
    /// The total that was put last, if it is still known.
    pub fn get(&self, counter: &Counter) -> Option<i64> {
        self.totals.lock().get(counter)
    }

    /// Stores a total.
    pub fn put(&self, counter: &Counter, total: i64) {
        self.totals.lock().put(counter, total);
    }

    /// Stores several totals.
    pub fn put_all<'a>(&self, totals: impl Iterator<Item = (&'a Counter, i64)>) {
        let mut table = self.totals.lock();
        totals.for_each(|(counter, total)| table.put(counter, total));
    }

    /// Forgets a counter, which may be gone.
    pub fn forget(&self, counter: &Counter) {
        self.totals.lock().remove(counter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::Name;

    #[test]
    fn it_remembers_and_stays_small() {
        let known = LastKnown::default();
        let counter = |n: usize| Counter {
            namespace: Name::default_namespace(),
            key: Name::new(&n.to_string()).unwrap(),
        };
        for n in 0..100_000 {
            known.put(&counter(n), n as i64);
            // A total that is put again and again stays.
            known.put(&counter(0), n as i64);
        }
        for n in (100_000 - GENERATION_SIZE)..100_000 {
            assert_eq!(known.get(&counter(n)), Some(n as i64));
        }
        assert_eq!(known.get(&counter(0)), Some(99_999));
        let held = (0..100_000).filter(|n| known.get(&counter(*n)).is_some()).count();
        assert!(held <= 2 * GENERATION_SIZE, "{held}");
        known.forget(&counter(99_999));
        assert_eq!(known.get(&counter(99_999)), None);
    }
}
