//! A counter's record: one packed value, with the same bytes in both stores.
//!
//! It holds everything that a hit reads and writes, so a hit costs the same on an old counter
//! as on a new one. Past hours, days and uniques are in a separate log (`past.rs`), which grows
//! when an hour or a day ends.

use super::StoreError;
use super::pack::{Packer, Unpacker};
use super::past::{PastEntry, PastKind, push};
use crate::model::count::{Count, CounterSettings, Sources};
use crate::model::hit::Source;
use crate::model::time::Timestamp;
use crate::model::token::Digest;

/// The version of the packed form, which is its first value.
///
/// count.lua knows it and the order of the values: version, total, created, day, today, hour,
/// recent, uniques, five sources, ranked and, if an owner set anything, an array of dedupe,
/// reset, lower, upper and token.
pub const VERSION: u8 = 1;

/// The number of values before the owner's.
const VALUES: usize = 9 + Source::ALL.len();

/// A counter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The number that the counter shows.
    pub total: i64,
    /// When it was created, in seconds since the epoch.
    pub created: u64,
    /// The latest day with hits, since the epoch.
    pub day: u32,
    /// That day's hits.
    pub today: u64,
    /// The latest hour with hits, since the epoch.
    pub hour: u32,
    /// That hour's hits.
    pub recent: u64,
    /// That day's distinct visitors.
    pub uniques: u64,
    /// Hits by source.
    pub sources: Sources,
    /// The total under which the ranking has it. While that differs from `total`, the counter
    /// is in the set of those to be ranked again.
    pub ranked: i64,
    /// The owner's settings.
    pub settings: CounterSettings,
    /// The digest of its token.
    pub token: Option<Digest>,
}

impl Record {
    /// A new counter, without hits.
    pub fn new(at: Timestamp) -> Self {
        Self { created: at.0, day: at.day(), hour: at.hour(), ..Self::default() }
    }

    /// Adds hits to every number that they change. Hours and days that end go to `past`.
    pub fn add(&mut self, hits: u64, source: Source, at: Timestamp, past: &mut Vec<PastEntry>) {
        self.total = self.total.saturating_add_unsigned(hits);
        self.sources.add(source, hits);
        let (day, hour) = (at.day(), at.hour());
        if self.enter_day(day, past) {
            self.today = self.today.saturating_add(hits);
        } else {
            push(past, PastKind::Day, day, hits);
        }
        if hour > self.hour || self.hour > hour.saturating_add(48) {
            push(past, PastKind::Hour, self.hour, self.recent);
            (self.hour, self.recent) = (hour, hits);
        } else if hour == self.hour {
            self.recent = self.recent.saturating_add(hits);
        } else {
            push(past, PastKind::Hour, hour, hits);
        }
    }

    /// Sets a day's number of distinct visitors.
    pub fn see(&mut self, uniques: u64, day: u32, past: &mut Vec<PastEntry>) {
        if self.enter_day(day, past) {
            self.uniques = uniques;
        } else {
            push(past, PastKind::Uniques, day, uniques);
        }
    }

    /// Makes `day` the latest if it is later, and returns whether it is the latest. A latest
    /// day far in the future came from a wrong clock, and ends too.
    fn enter_day(&mut self, day: u32, past: &mut Vec<PastEntry>) -> bool {
        if day > self.day || self.day > day.saturating_add(1) {
            push(past, PastKind::Day, self.day, self.today);
            push(past, PastKind::Uniques, self.day, self.uniques);
            (self.day, self.today, self.uniques) = (day, 0, 0);
        }
        day == self.day
    }

    /// Forgets all hits; the owner's settings stay.
    pub fn reset(&mut self, at: Timestamp) {
        let Self { created, settings, token, ranked, .. } = std::mem::take(self);
        *self = Self { created, settings, token, ranked, ..Self::new(at) };
    }

    /// The count to show at `now`.
    pub fn count(&self, now: Timestamp) -> Count {
        let is_today = self.day == now.day();
        Count {
            total: self.total,
            created: Timestamp(self.created),
            sources: self.sources,
            today: if is_today { self.today } else { 0 },
            uniques_today: if is_today { self.uniques } else { 0 },
            settings: self.settings,
            token: self.token,
        }
    }

    /// The packed form.
    pub fn pack(&self) -> Vec<u8> {
        let owned = self.token.is_some() || self.settings != CounterSettings::default();
        let mut packer = Packer::default()
            .array(VALUES + usize::from(owned))
            .uint(VERSION.into())
            .int(self.total)
            .uint(self.created)
            .uint(self.day.into())
            .uint(self.today)
            .uint(self.hour.into())
            .uint(self.recent)
            .uint(self.uniques);
        for source in Source::ALL {
            packer = packer.uint(self.sources.get(source));
        }
        packer = packer.int(self.ranked);
        if owned {
            let CounterSettings { dedupe, enable_reset, update_lowerbound, update_upperbound } =
                self.settings;
            packer = packer
                .array(5)
                .uint(dedupe.into())
                .flag(enable_reset)
                .int(update_lowerbound)
                .int(update_upperbound)
                .maybe(self.token.as_ref().map(Digest::as_bytes));
        }
        packer.finish()
    }

    /// Reads the packed form.
    pub fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut values = Unpacker::new(bytes);
        let length = values.array()?;
        let version: u8 = values.uint()?;
        if version != VERSION || !(VALUES..=VALUES + 1).contains(&length) {
            return Err(StoreError::Damaged(format!("a counter of layout {version}")));
        }
        let mut record = Self {
            total: values.int()?,
            created: values.uint()?,
            day: values.uint()?,
            today: values.uint()?,
            hour: values.uint()?,
            recent: values.uint()?,
            uniques: values.uint()?,
            ..Self::default()
        };
        for source in Source::ALL {
            record.sources.add(source, values.uint()?);
        }
        record.ranked = values.int()?;
        if length > VALUES && values.array()? == 5 {
            record.settings = CounterSettings {
                dedupe: values.uint()?,
                enable_reset: values.flag()?,
                update_lowerbound: values.int()?,
                update_upperbound: values.int()?,
            };
            record.token = values.maybe()?.map(Digest::from_bytes).transpose()?;
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::count::History;
    use crate::model::tally::MAX_TOTAL;
    use crate::store::past::unpack_past;

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            total in -MAX_TOTAL..=MAX_TOTAL, numbers in proptest::array::uniform5(0..u64::MAX >> 11),
            day in any::<u32>(), dedupe in 0_u32..100, owned in any::<bool>(),
        ) {
            let record = Record {
                total,
                created: numbers[0],
                day,
                today: numbers[1],
                hour: day,
                recent: numbers[2],
                uniques: numbers[3],
                sources: Sources(numbers),
                ranked: -total,
                settings: CounterSettings { dedupe, ..CounterSettings::default() },
                token: owned.then(|| Digest::of("token")),
            };
            prop_assert_eq!(Record::unpack(&record.pack()).unwrap(), record);
        }

        #[test]
        fn no_bytes_are_trusted(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Record::unpack(&bytes);
            let _ = unpack_past(&bytes, &mut History::default());
        }
    }
}
