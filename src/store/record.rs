//! A counter as both stores keep it: one packed value, the same bytes in each.
//!
//! It holds all that a hit reads and writes, so that a hit costs the same on an old counter
//! as on a new one. Past hours, days and uniques are a log beside it, to which something is
//! appended when an hour or a day is over.

use super::pack::{Packer, Unpacker};
use super::{Limits, StoreError};
use crate::model::count::{Count, History, Settings, Sources};
use crate::model::export::{ExportedCounter, ExportedSketch};
use crate::model::hit::Source;
use crate::model::name::Counter;
use crate::model::tally::MAX_TOTAL;
use crate::model::time::Timestamp;
use crate::model::token::Digest;

/// The version of the packed form, its first value.
///
/// count.lua knows it and the order of the values: version, total, created, day, today, hour, recent, uniques, five sources,
/// ranked and, where an owner set something, an array of dedupe, reset, lower, upper, token.
pub const VERSION: u8 = 1;

/// How many values there are before what the owner set.
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
    /// That day's different visitors.
    pub uniques: u64,
    /// Hits by source.
    pub sources: Sources,
    /// The total under which it stands in its namespace's ranking; while that is another
    /// one, the counter is in the set of those that have moved.
    pub ranked: i64,
    /// What the owner set.
    pub settings: Settings,
    /// The digest of its token.
    pub token: Option<Digest>,
}

/// What is over, for the log of a counter's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Of what.
    pub kind: Kind,
    /// The hour or the day since the epoch.
    pub unit: u32,
    /// Hits or different visitors.
    pub number: u64,
}

/// What a number of the past counts. The values are what count.lua writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An hour's hits.
    Hour = 0,
    /// A day's hits.
    Day = 1,
    /// A day's different visitors.
    Uniques = 2,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Uniques];
}

impl Record {
    /// A counter that nobody has seen yet.
    pub fn new(at: Timestamp) -> Self {
        Self { created: at.0, day: at.day(), hour: at.hour(), ..Self::default() }
    }

    /// Adds hits everywhere that they count; what is over goes to `past`.
    pub fn add(&mut self, hits: u64, source: Source, at: Timestamp, past: &mut Vec<Over>) {
        self.total = self.total.saturating_add_unsigned(hits);
        self.sources.add(source, hits);
        let (day, hour) = (at.day(), at.hour());
        if self.enter_day(day, past) {
            self.today = self.today.saturating_add(hits);
        } else {
            push(past, Kind::Day, day, hits);
        }
        if hour > self.hour || self.hour > hour.saturating_add(48) {
            push(past, Kind::Hour, self.hour, self.recent);
            (self.hour, self.recent) = (hour, hits);
        } else if hour == self.hour {
            self.recent = self.recent.saturating_add(hits);
        } else {
            push(past, Kind::Hour, hour, hits);
        }
    }

    /// A day's different visitors are so many by now.
    pub fn see(&mut self, uniques: u64, day: u32, past: &mut Vec<Over>) {
        if self.enter_day(day, past) {
            self.uniques = uniques;
        } else {
            push(past, Kind::Uniques, day, uniques);
        }
    }

    /// Makes a day the latest if it is later; tells whether it is the latest. A latest day
    /// that is far ahead is one of a clock that was wrong, and over too.
    fn enter_day(&mut self, day: u32, past: &mut Vec<Over>) -> bool {
        if day > self.day || self.day > day.saturating_add(1) {
            push(past, Kind::Day, self.day, self.today);
            push(past, Kind::Uniques, self.day, self.uniques);
            (self.day, self.today, self.uniques) = (day, 0, 0);
        }
        day == self.day
    }

    /// Forgets all hits; the owner's settings stay.
    pub fn reset(&mut self, at: Timestamp) {
        let Self { created, settings, token, ranked, .. } = std::mem::take(self);
        *self = Self { created, settings, token, ranked, ..Self::new(at) };
        self.created = created;
    }

    /// What it shows at `now`.
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
        let owned = self.token.is_some() || self.settings != Settings::default();
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
            let Settings { dedupe, enable_reset, update_lowerbound, update_upperbound } =
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
            record.settings = Settings {
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

fn push(past: &mut Vec<Over>, kind: Kind, unit: u32, number: u64) {
    if number > 0 {
        past.push(Over { kind, unit, number });
    }
}

/// The log of what is over, as it is appended to.
pub fn pack_past(past: impl IntoIterator<Item = Over>) -> Vec<u8> {
    let mut packer = Packer::default();
    for Over { kind, unit, number } in past {
        packer = packer.uint(kind as u64).uint(unit.into()).uint(number);
    }
    packer.finish()
}

/// Reads such a log into a history. What is in it twice came in two parts; of uniques the
/// larger number holds.
pub fn unpack_past(bytes: &[u8], history: &mut History) -> Result<(), StoreError> {
    let mut values = Unpacker::new(bytes);
    while !values.is_empty() {
        let (kind, unit, number) = (values.uint::<u8>()?, values.uint()?, values.uint()?);
        match kind {
            0 => history.hours.add(unit, number),
            1 => history.days.add(unit, number),
            2 => history.uniques.set(unit, history.uniques.get(unit).max(number)),
            _ => return Err(StoreError::Damaged(format!("a past of kind {kind}"))),
        }
    }
    Ok(())
}

/// What is over of a history.
pub fn overs(history: &History) -> impl Iterator<Item = Over> {
    let of = |kind, buckets: &crate::model::buckets::Buckets| {
        buckets.iter().map(move |(unit, number)| Over { kind, unit, number }).collect::<Vec<_>>()
    };
    [
        of(Kind::Hour, &history.hours),
        of(Kind::Day, &history.days),
        of(Kind::Uniques, &history.uniques),
    ]
    .into_iter()
    .flatten()
}

/// A counter with its past and the sketches that are still there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whole {
    /// The counter.
    pub record: Record,
    /// What is over; not the latest day and hour, which are in the record.
    pub past: History,
    /// The visitors of the days that are not over for long.
    pub sketches: Vec<ExportedSketch>,
}

impl Whole {
    /// All that it remembers. Older numbers may still be stored, for buckets go some at a
    /// time; and numbers later than the latest hit are of a clock that was wrong.
    pub fn history(&self, limits: &Limits) -> History {
        let Record { day, today, hour, recent, uniques, .. } = self.record;
        let mut history = self.past.clone();
        history.days.add(day, today);
        history.hours.add(hour, recent);
        if uniques > 0 {
            history.uniques.set(day, uniques.max(history.uniques.get(day)));
        }
        let oldest = day.saturating_sub(limits.history_days.saturating_sub(1));
        history.days.keep(oldest..=day);
        history.uniques.keep(oldest..=day);
        history.hours.keep(hour.saturating_sub(limits.history_hours.saturating_sub(1))..=hour);
        history
    }

    /// The line that takes it elsewhere.
    pub fn export(self, counter: Counter, limits: &Limits) -> ExportedCounter {
        let History { days, hours, uniques } = self.history(limits);
        let Record { total, created, sources, settings, token, .. } = self.record;
        let Counter { namespace, key } = counter;
        let sketches = self.sketches;
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

    /// Reads what [`Whole::export`] wrote; without a date it was created now. The error says
    /// which number is out of range.
    pub fn import(exported: &ExportedCounter, now: Timestamp) -> Result<Self, &'static str> {
        let ExportedCounter { total, created, sources, settings, token, .. } = *exported;
        let mut past = History {
            days: exported.days.clone(),
            hours: exported.hours.clone(),
            uniques: exported.uniques.clone(),
        };
        let largest = MAX_TOTAL.unsigned_abs();
        let hits = [&past.days, &past.hours, &past.uniques];
        let hits = hits.into_iter().flat_map(|b| b.iter()).map(|(_, number)| number);
        if hits.chain(sources.0).any(|number| number > largest) || created > largest {
            return Err("a number of its hits");
        }
        if total.saturating_abs() > MAX_TOTAL {
            return Err("its total");
        }
        let bounds = [settings.update_lowerbound, settings.update_upperbound];
        if bounds.iter().any(|bound| bound.saturating_abs() > MAX_TOTAL) {
            return Err("a bound");
        }
        // Numbers of days to come would be hidden, and then be wrong.
        past.days.keep(0..=now.day());
        past.uniques.keep(0..=now.day());
        past.hours.keep(0..=now.hour());
        let created = if created == 0 { now.0 } else { created };
        // Yesterday's sketch may still get a late hit; older ones are done with.
        let sketches =
            exported.sketches.iter().filter(|s| s.day.saturating_add(1) >= now.day()).cloned();
        let sketches: Vec<ExportedSketch> = sketches.filter(|s| s.day <= now.day()).collect();
        for ExportedSketch { day, sketch } in &sketches {
            past.uniques.set(*day, sketch.count());
        }
        let record = Record { total, created, sources, settings, token, ..Record::new(now) };
        let mut whole = Self { record, past, sketches };
        whole.settle();
        Ok(whole)
    }

    /// Adds the numbers of another counter.
    pub fn absorb(&mut self, other: &Self) {
        let (record, theirs) = (&mut self.record, &other.record);
        record.total = record.total.saturating_add(theirs.total);
        record.created = record.created.min(theirs.created);
        for source in Source::ALL {
            record.sources.add(source, theirs.sources.get(source));
        }
        self.unsettle();
        let mut other = other.clone();
        other.unsettle();
        for (mine, theirs) in
            [(&mut self.past.days, &other.past.days), (&mut self.past.hours, &other.past.hours)]
        {
            theirs.iter().for_each(|(unit, hits)| mine.add(unit, hits));
        }
        // Visitors of both cannot be told apart but for the days with sketches.
        for (day, uniques) in other.past.uniques.iter() {
            self.past.uniques.set(day, self.past.uniques.get(day).max(uniques));
        }
        for theirs in other.sketches {
            match self.sketches.iter_mut().find(|mine| mine.day == theirs.day) {
                Some(mine) => mine.sketch.merge(&theirs.sketch),
                None => self.sketches.push(theirs),
            }
        }
        for ExportedSketch { day, sketch } in &self.sketches {
            self.past.uniques.set(*day, sketch.count());
        }
        self.settle();
    }

    /// Takes the latest day and hour from the past into the record.
    fn settle(&mut self) {
        let (record, past) = (&mut self.record, &mut self.past);
        if let Some(day) = past.days.latest() {
            record.day = day;
        }
        if let Some(hour) = past.hours.latest() {
            record.hour = hour;
        }
        record.today = past.days.take(record.day);
        record.uniques = past.uniques.take(record.day);
        record.recent = past.hours.take(record.hour);
    }

    fn unsettle(&mut self) {
        let Record { day, today, hour, recent, uniques, .. } = self.record;
        self.past.days.add(day, today);
        self.past.hours.add(hour, recent);
        if uniques > 0 {
            self.past.uniques.set(day, uniques.max(self.past.uniques.get(day)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp(100 * 86_400 + 12 * 3600);
    const LIMITS: Limits = Limits {
        mode: super::super::Mode::Open,
        counters_per_namespace: 1,
        counters: 1,
        history_days: 3,
        history_hours: 2,
    };

    fn at(day: u64, hour: u64) -> Timestamp {
        Timestamp(day * 86_400 + hour * 3600)
    }

    /// A record after hits at these instants, and all that it remembers.
    fn after(instants: &[Timestamp]) -> History {
        let (mut record, mut past) = (Record::new(instants[0]), Vec::new());
        for instant in instants {
            record.add(1, Source::Browser, *instant, &mut past);
        }
        assert_eq!(record.total, instants.len() as i64);
        let mut whole = Whole { record, ..Whole::default() };
        unpack_past(&pack_past(past), &mut whole.past).unwrap();
        whole.history(&LIMITS)
    }

    #[test]
    fn each_hour_and_day_keeps_its_hits_in_whatever_order_they_come() {
        let history = after(&[at(9, 0), at(9, 1), at(9, 0), at(10, 0), at(9, 23), at(10, 0)]);
        assert_eq!(history.days.iter().collect::<Vec<_>>(), [(9, 4), (10, 2)]);
        assert_eq!(history.hours.iter().collect::<Vec<_>>(), [(10 * 24 - 1, 1), (10 * 24, 2)]);
    }

    #[test]
    fn a_clock_that_was_years_ahead_leaves_the_history_as_it_was() {
        let history = after(&[at(9, 0), at(10, 0), at(9999, 5), at(9999, 6), at(11, 0)]);
        assert_eq!(history.days.iter().collect::<Vec<_>>(), [(9, 1), (10, 1), (11, 1)]);
        assert_eq!(history.hours.iter().collect::<Vec<_>>(), [(11 * 24, 1)]);
    }

    #[test]
    fn what_is_imported_is_bounded_as_hits_are() {
        let line =
            r#"{"namespace":"n","key":"k","total":1,"sources":{"browser":9223372036854775808}}"#;
        let exported: ExportedCounter = serde_json::from_str(line).unwrap();
        assert!(Whole::import(&exported, NOON).is_err());
    }

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
                settings: Settings { dedupe, ..Settings::default() },
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
