//! Visitors known to be in their sketches, which need not be sent to Redis again.

use std::hash::{BuildHasher, RandomState};

use parking_lot::Mutex;

use crate::model::hit::Visitor;
use crate::model::name::Counter;

/// The size of the table. A visit replaces an older one with the same slot.
const PLACES: usize = 1 << 18;

/// A visitor of a counter on a day, as that day's sketch sees it.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    counter: u64,
    day: u32,
    register: u16,
    rank: u8,
}

impl Visit {
    /// Its fingerprint, whose last byte is free for the rank.
    fn fingerprint(self) -> u64 {
        let mixed = self.counter ^ (u64::from(self.day) << 14 | u64::from(self.register));
        let mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 32) & !0xff
    }
}

/// A bounded table of fingerprints and ranks, with one look-up per visit.
pub(crate) struct Known {
    places: Mutex<Box<[u64]>>,
    /// Randomly keyed, so that nobody can choose names whose hashes collide.
    hashes: RandomState,
}

impl Default for Known {
    fn default() -> Self {
        Self { places: Mutex::new(vec![0; PLACES].into()), hashes: RandomState::new() }
    }
}

impl Known {
    /// A visitor of a counter on a day.
    pub(crate) fn visit(&self, counter: &Counter, day: u32, visitor: Visitor) -> Visit {
        let Visitor { register, rank, .. } = visitor;
        Visit { counter: self.hashes.hash_one(counter), day, register, rank }
    }

    /// Whether the sketch has this visitor, or one with a higher rank in the same register.
    pub(crate) fn has(&self, visit: Visit) -> bool {
        let fingerprint = visit.fingerprint();
        let known = self.places.lock()[place(fingerprint)];
        known & !0xff == fingerprint && (known & 0xff) as u8 >= visit.rank
    }

    /// Adds visitors that are now in their sketches.
    pub(crate) fn put(&self, visits: impl Iterator<Item = Visit>) {
        let mut places = self.places.lock();
        for visit in visits {
            let fingerprint = visit.fingerprint();
            places[place(fingerprint)] = fingerprint | u64::from(visit.rank);
        }
    }

    /// Forgets all visitors, since sketches were changed or deleted.
    pub(crate) fn clear(&self) {
        self.places.lock().fill(0);
    }
}

fn place(fingerprint: u64) -> usize {
    (fingerprint >> 8) as usize % PLACES
}
