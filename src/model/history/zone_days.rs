//! Days of a time zone, summed from a counter's hours.
//!
//! Say the hours are known from 22 November, 18:00 UTC, and the zone is an hour ahead of UTC.
//! The zone's 22 November began before that, so the first of its days that can be summed is
//! the 23rd, which begins on the 22nd at 23:00 UTC. The 22nd and earlier days are UTC's.
//! UTC's 22nd contains the hour from 23:00 too, which therefore is subtracted from it. In a
//! zone behind UTC, the hours between UTC's midnight and the zone's are added instead.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::range::{start_of, zoned};
use super::utc_day;
use crate::model::count::History;
use crate::model::time::Timestamp;

/// The days of a zone, from the first one whose hours are all known.
pub(super) struct ZoneDays<'a> {
    history: &'a History,
    zone: &'a TimeZone,
    /// Earlier days are UTC's.
    pub(super) first: Date,
}

impl<'a> ZoneDays<'a> {
    /// `None` for a counter without hours.
    pub(super) fn new(
        history: &'a History,
        zone: &'a TimeZone,
        history_hours: u32,
    ) -> Option<Self> {
        let (oldest, latest) = (history.hours.iter().next()?.0, history.hours.latest()?);
        // Older hours were forgotten when the latest one began.
        let kept = Timestamp::of_hour(latest.saturating_sub(history_hours.saturating_sub(1)));
        // Some of these may be missing, as after a shorter `--history-hours`: their days have hits.
        let whole_days = kept.day() + 1..=Timestamp::of_hour(oldest).day();
        let are_missing = history.days.iter().any(|(day, hits)| {
            let hours = day * 24..(day + 1) * 24;
            whole_days.contains(&day) && hits > sum(history, hours)
        });
        let known = if are_missing { Timestamp::of_hour(oldest) } else { kept };
        let oldest = zoned(known, zone).date();
        let is_whole = start_of(oldest, zone) >= known;
        let first = if is_whole { oldest } else { next(oldest) };
        Some(Self { history, zone, first })
    }

    /// The hits of a day, and for a day of UTC its unique visitors.
    pub(super) fn numbers(&self, day: Date) -> (u64, Option<u64>) {
        if day >= self.first {
            return (sum(self.history, self.first_hour(day)..self.first_hour(next(day))), None);
        }
        let (hits, uniques) = utc_day(self.history, day);
        let hits = if next(day) == self.first { self.adjusted(hits) } else { hits };
        (hits, uniques)
    }

    /// The hits of UTC's last day before the zone's first one, so that the two neither
    /// overlap nor leave a gap.
    fn adjusted(&self, hits: u64) -> u64 {
        let utc_start = start_of(self.first, &TimeZone::UTC);
        let zone_start = self.first_hour(self.first);
        if zone_start > utc_start.hour() {
            let after = sum(self.history, zone_start..utc_start.hour() + 24);
            hits.saturating_add(self.history.days.get(utc_start.day()).saturating_sub(after))
        } else {
            hits.saturating_sub(sum(self.history, zone_start..utc_start.hour()))
        }
    }

    /// The first hour that begins in a day.
    fn first_hour(&self, day: Date) -> u32 {
        u32::try_from(start_of(day, self.zone).0.div_ceil(3600)).unwrap_or(u32::MAX)
    }
}

/// The hits of some hours.
fn sum(history: &History, hours: Range<u32>) -> u64 {
    let within = history.hours.iter().filter(|(hour, _)| hours.contains(hour));
    within.map(|(_, hits)| hits).fold(0, u64::saturating_add)
}

fn next(day: Date) -> Date {
    day.saturating_add(1.day())
}
