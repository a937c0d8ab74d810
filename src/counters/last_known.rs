//! The totals that this process saw last, shown while the store is unreachable.

use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};

use crate::model::name::Counter;

/// The most counters in each half of the table. With names of full length, both halves take
/// about 16 MB.
const GENERATION_SIZE: usize = 1 << 15;

/// A bounded table of totals by counter, which forgets those that were put longest ago.
#[derive(Default)]
pub struct LastKnown {
    /// The lock is held for a look-up, never across an await.
    halves: Mutex<Halves>,
}

/// A full young half replaces the old half, whose totals are forgotten. This makes room
/// without a search for the oldest entries.
#[derive(Default)]
struct Halves {
    young: HashMap<Counter, i64>,
    old: HashMap<Counter, i64>,
}

impl Halves {
    fn put(&mut self, counter: &Counter, total: i64) {
        if let Some(known) = self.young.get_mut(counter) {
            *known = total;
            return;
        }
        if self.young.len() >= GENERATION_SIZE {
            // Reuse the memory of the forgotten half.
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(counter.clone(), total);
    }
}

impl LastKnown {
    /// The total that was put last, if it is still known.
    pub fn get(&self, counter: &Counter) -> Option<i64> {
        let halves = self.halves();
        halves.young.get(counter).or_else(|| halves.old.get(counter)).copied()
    }

    /// Stores a total.
    pub fn put(&self, counter: &Counter, total: i64) {
        self.halves().put(counter, total);
    }

    /// Stores several totals.
    pub fn put_all<'a>(&self, totals: impl Iterator<Item = (&'a Counter, i64)>) {
        let mut halves = self.halves();
        totals.for_each(|(counter, total)| halves.put(counter, total));
    }

    /// Forgets a counter, which may be gone.
    pub fn forget(&self, counter: &Counter) {
        let mut halves = self.halves();
        halves.young.remove(counter);
        halves.old.remove(counter);
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock()
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
