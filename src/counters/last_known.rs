//! The totals that this process saw last, for when the store is away.

use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};

use crate::model::name::Counter;

/// The most counters in each half of the table; with all names of the longest
/// kind, both take about 16 MB.
const GENERATION_SIZE: usize = 1 << 15;

/// Totals by counter, bounded: with too many, those go that were put longest ago.
#[derive(Default)]
pub struct LastKnown {
    /// Std's lock: it is held for a look-up and never across an await.
    halves: Mutex<Halves>,
}

/// Once the young half is full it becomes the old one, whose totals are forgotten;
/// so room is made without a search for what to forget.
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
            // The memory of the forgotten serves again.
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
            // One that is put again and again is always known.
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
