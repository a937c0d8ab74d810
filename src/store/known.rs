//! Visitors known to be in their sketches, which a store need not add to them again.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::model::hit::Visitor;
use crate::model::name::Counter;

/// The size of the table. A visit replaces an older one with the same slot.
const PLACES: usize = 1 << 18;

/// A visitor of a counter on a day, as that day's sketch sees it.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    /// The last byte is free for the rank.
    fingerprint: u64,
    rank: u8,
}

/// A bounded table of fingerprints and ranks, with one look-up per visit.
pub(crate) struct Known {
    places: Mutex<Box<[u64]>>,
    /// Randomly keyed, so that nobody can choose names whose hashes collide.
    hashes: RandomState,
    /// A part of each fingerprint: another one makes all visits unknown, those included that are
    /// on their way.
    epoch: AtomicU64,
}

impl Default for Known {
    fn default() -> Self {
        let places = Mutex::new(vec![0; PLACES].into());
        Self { places, hashes: RandomState::new(), epoch: AtomicU64::new(0) }
    }
}

impl Known {
    /// A visitor of a counter on a day.
    pub(crate) fn visit(&self, counter: &Counter, day: u32, visitor: Visitor) -> Visit {
        let Visitor { register, rank, .. } = visitor;
        let epoch = self.epoch.load(Ordering::Relaxed);
        Visit { fingerprint: self.hashes.hash_one((counter, day, register, epoch)) & !0xff, rank }
    }

    /// Whether the sketch has this visitor, or one with a higher rank in the same register.
    pub(crate) fn has(&self, Visit { fingerprint, rank }: Visit) -> bool {
        let known = self.places.lock()[place(fingerprint)];
        known & !0xff == fingerprint && (known & 0xff) as u8 >= rank
    }

    /// Adds visitors that are now in their sketches.
    pub(crate) fn put(&self, visits: impl Iterator<Item = Visit>) {
        let mut places = self.places.lock();
        for Visit { fingerprint, rank } in visits {
            places[place(fingerprint)] = fingerprint | u64::from(rank);
        }
    }

    /// Forgets all visitors, since sketches were changed or deleted.
    pub(crate) fn clear(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }
}

fn place(fingerprint: u64) -> usize {
    (fingerprint >> 8) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::Name;

    #[test]
    fn what_was_on_its_way_when_all_was_forgotten_stays_forgotten() {
        let name = |text| Name::new(text).unwrap();
        let (known, counter) = (Known::default(), Counter { namespace: name("n"), key: name("k") });
        let visitor = |rank| Visitor { register: 7, rank, mark: [0; 8] };
        let early = known.visit(&counter, 1, visitor(3));
        known.put([early].into_iter());
        assert!(known.has(known.visit(&counter, 1, visitor(2))));
        assert!(!known.has(known.visit(&counter, 1, visitor(4))));
        assert!(!known.has(known.visit(&counter, 2, visitor(2))));
        known.clear();
        known.put([early].into_iter());
        assert!(!known.has(known.visit(&counter, 1, visitor(2))));
    }
}
