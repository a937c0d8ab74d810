//! All that a store keeps of one counter, and how hits change it. It is what
//! the embedded store writes, and what a counter of Redis is read into.

use serde::{Deserialize, Serialize};

use super::Limits;
use crate::model::buckets::Buckets;
use crate::model::count::{Count, History, Settings, Sources};
use crate::model::export::{ExportedCounter, ExportedSketch};
use crate::model::hit::Source;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::model::token::Digest;

/// A counter: its total, where its hits came from, its history, and what its
/// owner set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The number that the counter shows.
    pub total: i64,
    /// When it was created, in seconds since the epoch.
    pub created: u64,
    /// Hits by source.
    pub sources: Sources,
    /// Hits by day.
    pub days: Buckets,
    /// Hits by hour.
    pub hours: Buckets,
    /// Different visitors by day.
    pub uniques: Buckets,
    /// What the owner set.
    pub settings: Settings,
    /// The digest of its token.
    pub token: Option<Digest>,
}

impl Record {
    /// A counter that nobody has seen yet.
    pub fn new(at: Timestamp) -> Self {
        Self { created: at.0, ..Self::default() }
    }

    /// Adds hits everywhere that they count.
    pub fn add(&mut self, hits: u64, source: Source, at: Timestamp) {
        self.total = self.total.saturating_add_unsigned(hits);
        self.sources.add(source, hits);
        self.days.add(at.day(), hits);
        self.hours.add(at.hour(), hits);
    }

    /// Takes back what [`Record::add`] added.
    pub fn take_back(&mut self, hits: u64, source: Source, at: Timestamp) {
        self.total = self.total.saturating_sub_unsigned(hits);
        self.sources.take_back(source, hits);
        self.days.take_back(at.day(), hits);
        self.hours.take_back(at.hour(), hits);
    }

    /// Forgets buckets that are older than their retention.
    pub fn trim(&mut self, at: Timestamp, limits: &Limits) {
        self.days.keep_from(limits.oldest_day(at));
        self.uniques.keep_from(limits.oldest_day(at));
        self.hours.keep_from(limits.oldest_hour(at));
    }

    /// Forgets all hits; the owner's settings stay.
    pub fn reset(&mut self) {
        let Self { created, settings, token, .. } = std::mem::take(self);
        *self = Self { created, settings, token, ..Self::default() };
    }

    /// Adds the numbers of another counter.
    pub fn absorb(&mut self, other: &Self) {
        self.total = self.total.saturating_add(other.total);
        for source in Source::ALL {
            self.sources.add(source, other.sources.get(source));
        }
        let sums = [(&mut self.days, &other.days), (&mut self.hours, &other.hours)];
        for (mine, theirs) in sums {
            theirs.iter().for_each(|(unit, hits)| mine.add(unit, hits));
        }
        // Visitors of both cannot be told apart but for the days with sketches.
        for (day, uniques) in other.uniques.iter() {
            self.uniques.set(day, self.uniques.get(day).max(uniques));
        }
        self.created = self.created.min(other.created);
    }

    /// What it shows at `now`.
    pub fn count(&self, now: Timestamp) -> Count {
        Count {
            total: self.total,
            created: Timestamp(self.created),
            sources: self.sources,
            today: self.days.get(now.day()),
            uniques_today: self.uniques.get(now.day()),
            settings: self.settings,
            token: self.token,
        }
    }

    /// What it remembers.
    pub fn into_history(self) -> History {
        History { days: self.days, hours: self.hours, uniques: self.uniques }
    }

    /// The line that takes it elsewhere.
    pub fn export(self, counter: Counter, sketches: Vec<ExportedSketch>) -> ExportedCounter {
        let Self { total, created, sources, days, hours, uniques, settings, token } = self;
        let Counter { namespace, key } = counter;
        ExportedCounter {
            namespace,
            key,
            total,
            created,
            sources,
            days,
            hours,
            uniques,
            sketches,
            settings,
            token,
        }
    }

    /// Reads what [`Record::export`] wrote; without a date it was created now.
    pub fn import(exported: &ExportedCounter, now: Timestamp) -> Self {
        let ExportedCounter { total, created, sources, settings, token, .. } = *exported;
        Self {
            total,
            created: if created == 0 { now.0 } else { created },
            sources,
            days: exported.days.clone(),
            hours: exported.hours.clone(),
            uniques: exported.uniques.clone(),
            settings,
            token,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Mode;

    const NOON: Timestamp = Timestamp(100 * 86_400 + 12 * 3600);

    #[test]
    fn what_is_taken_back_leaves_no_trace() {
        let mut record = Record::new(NOON);
        let before = record.clone();
        record.add(3, Source::Bot, NOON);
        assert_eq!(
            (record.total, record.days.get(100), record.sources.get(Source::Bot)),
            (3, 3, 3)
        );
        record.take_back(3, Source::Bot, NOON);
        assert_eq!(record, before);
    }

    #[test]
    fn old_buckets_are_forgotten_and_the_total_is_not() {
        let mut record = Record::new(NOON);
        for day in 0..10 {
            record.add(1, Source::Browser, Timestamp(day * 86_400));
        }
        let limits = Limits {
            mode: Mode::Open,
            counters_per_namespace: 1,
            counters: 1,
            history_days: 3,
            history_hours: 1,
        };
        record.trim(Timestamp(9 * 86_400), &limits);
        assert_eq!(record.days.iter().collect::<Vec<_>>(), [(7, 1), (8, 1), (9, 1)]);
        assert_eq!(record.hours.iter().collect::<Vec<_>>(), [(9 * 24, 1)]);
        assert_eq!(record.total, 10);
    }
}
