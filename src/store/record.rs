//! All that the embedded store keeps of one counter, and how hits change it.

use serde::{Deserialize, Serialize};

use crate::hit::Source;
use crate::time::Timestamp;

/// A counter: its total, where its hits came from, and its history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The number that the counter shows.
    pub total: i64,
    /// When it was created, in seconds since the epoch.
    pub created: u64,
    /// Hits by source, in the order of [`Source::ALL`].
    pub sources: [u64; 5],
    /// Hits by day.
    pub days: Buckets,
    /// Hits by hour.
    pub hours: Buckets,
}

/// Hits by a unit of time since the epoch, oldest first, without the empty ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets(pub Vec<(u32, u64)>);

impl Record {
    /// A counter that nobody has seen yet.
    pub fn new(at: Timestamp) -> Self {
        Self { created: at.0, ..Self::default() }
    }

    /// Adds hits everywhere that they count.
    pub fn add(&mut self, hits: u64, source: Source, at: Timestamp) {
        self.total = self.total.saturating_add_unsigned(hits);
        self.sources[source.index()] += hits;
        self.days.add(at.day(), hits);
        self.hours.add(at.hour(), hits);
    }

    /// Takes back what [`Record::add`] added.
    pub fn take_back(&mut self, hits: u64, source: Source, at: Timestamp) {
        self.total = self.total.saturating_sub_unsigned(hits);
        let sum = &mut self.sources[source.index()];
        *sum = sum.saturating_sub(hits);
        self.days.take_back(at.day(), hits);
        self.hours.take_back(at.hour(), hits);
    }

    /// Forgets buckets that are older than their retention.
    pub fn trim(&mut self, at: Timestamp, days: u32, hours: u32) {
        self.days.keep_from(at.day().saturating_sub(days.saturating_sub(1)));
        self.hours.keep_from(at.hour().saturating_sub(hours.saturating_sub(1)));
    }
}

impl Buckets {
    /// The hits of one unit of time.
    pub fn get(&self, unit: u32) -> u64 {
        self.0.binary_search_by_key(&unit, |b| b.0).map_or(0, |i| self.0[i].1)
    }

    fn add(&mut self, unit: u32, hits: u64) {
        match self.0.binary_search_by_key(&unit, |b| b.0) {
            Ok(i) => self.0[i].1 += hits,
            // Nearly always at the end: time moves on.
            Err(i) => self.0.insert(i, (unit, hits)),
        }
    }

    fn take_back(&mut self, unit: u32, hits: u64) {
        if let Ok(i) = self.0.binary_search_by_key(&unit, |b| b.0) {
            self.0[i].1 = self.0[i].1.saturating_sub(hits);
            if self.0[i].1 == 0 {
                self.0.remove(i);
            }
        }
    }

    fn keep_from(&mut self, oldest: u32) {
        let stale = self.0.partition_point(|b| b.0 < oldest);
        self.0.drain(..stale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(100 * 86_400 + 12 * 3600);

    #[test]
    fn what_is_taken_back_leaves_no_trace() {
        let mut record = Record::new(NOON);
        let before = record.clone();
        record.add(3, Source::Bot, NOON);
        assert_eq!((record.total, record.days.get(100), record.sources[2]), (3, 3, 3));
        record.take_back(3, Source::Bot, NOON);
        assert_eq!(record, before);
    }

    #[test]
    fn old_buckets_are_forgotten_and_the_total_is_not() {
        let mut record = Record::new(NOON);
        for day in 0..10 {
            record.add(1, Source::Browser, Timestamp(day * 86_400));
        }
        record.trim(Timestamp(9 * 86_400), 3, 1);
        assert_eq!(record.days.0, [(7, 1), (8, 1), (9, 1)]);
        assert_eq!(record.hours.0, [(9 * 24, 1)]);
        assert_eq!(record.total, 10);
    }
}
