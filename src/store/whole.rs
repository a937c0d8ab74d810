//! A whole counter: its record, past and sketches, for reading, export, import and merging.

use super::Limits;
use super::record::Record;
use crate::model::count::History;
use crate::model::export::{ExportedCounter, ExportedSketch};
use crate::model::hit::Source;
use crate::model::name::Counter;
use crate::model::tally::MAX_TOTAL;
use crate::model::time::Timestamp;

/// A counter with its past and its remaining sketches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whole {
    /// Its record.
    pub record: Record,
    /// Its past, without the latest day and hour, which are in the record.
    pub past: History,
    /// The visitors of the most recent days.
    pub sketches: Vec<ExportedSketch>,
}

impl Whole {
    /// Its history within the limits. Older numbers may still be stored, since buckets are
    /// dropped several at a time, and numbers after the latest hit came from a wrong clock.
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

    /// Its line in an export.
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

    /// Reads a line of [`Whole::export`]. A counter without a date counts as created now. The
    /// error names the number that is out of range.
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
        // Numbers of future days would be hidden now, and wrong once their day comes.
        past.days.keep(0..=now.day());
        past.uniques.keep(0..=now.day());
        past.hours.keep(0..=now.hour());
        let created = if created == 0 { now.0 } else { created };
        // Yesterday's sketch may still receive a late hit; older ones cannot.
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

    /// Adds the numbers of another counter. The date of creation stays: visitors and repeated hits
    /// are remembered under it.
    pub fn absorb(&mut self, other: &Self) {
        let (record, theirs) = (&mut self.record, &other.record);
        record.total = record.total.saturating_add(theirs.total);
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
        // Only sketches can tell which visitors both have; without them, keep the larger count.
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

    /// Moves the latest day and hour from the past into the record.
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
    use super::*;
    use crate::store::past::{pack_past, unpack_past};

    const NOON: Timestamp = Timestamp(100 * 86_400 + 12 * 3600);
    const LIMITS: Limits = Limits {
        mode: crate::store::Mode::Open,
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
}
