//! A counter's history as a series: a range of hours or days in a time zone, with
//! zeros in the gaps.
//!
//! Hour steps are exact in every zone: each is an hour of UTC under the zone's
//! name for it. Day steps in a zone that is not UTC are summed from the hours,
//! as far back as a counter keeps those; the days before are UTC's, and the
//! answer says from which day on they are the zone's. (Where a zone is off by
//! part of an hour, the hour over midnight belongs to the day it begins in.)

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ToSpan, ZonedDateTime};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::count::History;
use crate::model::time::Timestamp;

/// The most points of one answer.
pub const MAX_POINTS: usize = 4000;

/// The default number of points, without `from`.
const DAYS_DEFAULT: i32 = 30;
const HOURS_DEFAULT: i32 = 24;

/// The length of a step.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// A range, with both ends included.
#[derive(Clone, Debug)]
pub struct Range {
    from: Date,
    /// For hours: the hour of `from` at which to begin.
    from_hour: u32,
    to: Date,
    to_hour: u32,
    step: Step,
    zone: TimeZone,
    name: String,
}

/// Why a range is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// Not a step.
    #[error("step {0:?} is neither hour nor day")]
    Step(String),
    /// Not a day, nor an instant.
    #[error(
        "{0} {1:?} is neither a day such as 2026-11-24 nor an instant such as 2026-11-24T10:00Z"
    )]
    Instant(&'static str, String),
    /// A zone that is not in the tz database.
    #[error("tz {0:?} is not a time zone such as Europe/Berlin")]
    Zone(String),
    /// It ends before it begins.
    #[error("to is before from")]
    Order,
    /// It is too long.
    #[error("the range has {0} steps, and {MAX_POINTS} is the most")]
    TooLong(usize),
}

/// A series of points.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Series {
    /// The length of a step.
    pub step: Step,
    /// The zone, by its name in the tz database.
    pub tz: String,
    /// In day steps of a zone that is not UTC: the first day that is the
    /// zone's, the ones before are UTC's; null if all are UTC's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone_from: Option<Option<String>>,
    /// One point for each step, oldest first.
    pub points: Vec<Point>,
}

/// The numbers of a step.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// A day (`2026-11-24`) or the instant at which an hour begins, with the
    /// zone's offset (`2026-11-24T10:00:00+01:00`).
    pub at: String,
    /// Hits.
    pub hits: u64,
    /// Unique visitors, where the step is a day of UTC. The sum over several days counts
    /// a visitor once for each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniques: Option<u64>,
}

impl Range {
    /// Reads what a client asked for; what is left out is the last 30 days or
    /// the last 24 hours, in UTC.
    pub fn parse(
        from: Option<&str>,
        to: Option<&str>,
        step: Option<&str>,
        tz: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, RangeError> {
        let step = match step {
            None | Some("day") => Step::Day,
            Some("hour") => Step::Hour,
            Some(other) => return Err(RangeError::Step(other.into())),
        };
        let name = tz.unwrap_or("UTC");
        let zone = TimeZone::get(name).map_err(|_| RangeError::Zone(name.into()))?;
        // The tz database's own spelling.
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        let now = zoned(now, &zone);
        let to = match to {
            Some(text) => instant("to", text, &zone, true)?,
            None => now,
        };
        let from = match from {
            Some(text) => instant("from", text, &zone, false)?,
            None => match step {
                Step::Day => to.saturating_sub((DAYS_DEFAULT - 1).days()),
                Step::Hour => to.saturating_sub((HOURS_DEFAULT - 1).hours()),
            },
        };
        if to < from {
            return Err(RangeError::Order);
        }
        let range = Self {
            from: from.date(),
            from_hour: hour_of(&from),
            to: to.date(),
            to_hour: hour_of(&to),
            step,
            zone,
            name,
        };
        match range.len() {
            length if length > MAX_POINTS => Err(RangeError::TooLong(length)),
            _ => Ok(range),
        }
    }

    fn len(&self) -> usize {
        let steps = match self.step {
            Step::Hour => i64::from(self.to_hour) - i64::from(self.from_hour),
            Step::Day => i64::from((self.to - self.from).get_days()),
        };
        usize::try_from(steps + 1).unwrap_or(0)
    }
}

/// The row for a range. A counter keeps `history_hours` hours before its last hit.
pub fn series(history: &History, range: &Range, history_hours: u32) -> Series {
    let (zone_from, points) = match range.step {
        Step::Hour => (None, hours(history, range)),
        Step::Day if range.name == "UTC" => (None, days(range, |day| utc_day(history, day))),
        Step::Day => {
            let (first, points) = zone_days(history, range, history_hours);
            (Some(first.filter(|first| *first <= range.to).map(|d| d.to_string())), points)
        }
    };
    Series { step: range.step, tz: range.name.clone(), zone_from, points }
}

fn hours(history: &History, range: &Range) -> Vec<Point> {
    let point = |hour| {
        let at = zoned(Timestamp::of_hour(hour), &range.zone);
        let at = at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        Point { at, hits: history.hours.get(hour), uniques: None }
    };
    (range.from_hour..=range.to_hour).map(point).collect()
}

fn days(range: &Range, numbers: impl Fn(Date) -> (u64, Option<u64>)) -> Vec<Point> {
    let dates = range.from.series(1.day()).take_while(|day| *day <= range.to);
    dates
        .map(|day| {
            let (hits, uniques) = numbers(day);
            Point { at: day.to_string(), hits, uniques }
        })
        .collect()
}

fn utc_day(history: &History, day: Date) -> (u64, Option<u64>) {
    let day = Timestamp::day(start_of(day, &TimeZone::UTC));
    (history.days.get(day), Some(history.uniques.get(day)))
}

/// The days of a zone, and the first one that is.
fn zone_days(history: &History, range: &Range, history_hours: u32) -> (Option<Date>, Vec<Point>) {
    // Hours older than this were forgotten when the last hit's was opened.
    let covered = match history.hours.latest() {
        Some(latest) => latest.saturating_sub(history_hours.saturating_sub(1)),
        None => return (None, days(range, |day| utc_day(history, day))),
    };
    let begins = |day: Date| start_of(day, &range.zone);
    let oldest = zoned(Timestamp::of_hour(covered), &range.zone).date();
    let first = if begins(oldest) >= Timestamp::of_hour(covered) {
        oldest
    } else {
        oldest.saturating_add(1.day())
    };
    let sum = |from: u32, to: u32| -> u64 {
        let within = history.hours.iter().filter(|(hour, _)| (from..to).contains(hour));
        within.map(|(_, hits)| hits).sum()
    };
    // An hour belongs to the day in which it begins.
    let first_hour = |day: Date| u32::try_from(begins(day).0.div_ceil(3600)).unwrap_or(u32::MAX);
    let numbers = |day: Date| {
        if day >= first {
            let hits = sum(first_hour(day), first_hour(day.saturating_add(1.day())));
            return (hits, None);
        }
        let (mut hits, uniques) = utc_day(history, day);
        if day.saturating_add(1.day()) == first {
            // The seam: what is between this day of UTC and the zone's first day
            // belongs here, and what the zone's first days have does not.
            let next = start_of(first, &TimeZone::UTC);
            let seam = first_hour(first);
            if seam > next.hour() {
                hits += history.days.get(next.day()).saturating_sub(sum(seam, next.hour() + 24));
            } else {
                hits = hits.saturating_sub(sum(seam, next.hour()));
            }
        }
        (hits, uniques)
    };
    (Some(first), days(range, numbers))
}

fn instant(
    which: &'static str,
    text: &str,
    zone: &TimeZone,
    is_end: bool,
) -> Result<ZonedDateTime, RangeError> {
    if let Ok(instant) = text.parse::<Instant>() {
        return Ok(instant.to_zoned_datetime(zone.clone()));
    }
    let odd = || RangeError::Instant(which, text.into());
    let day: Date = text.parse().map_err(|_| odd())?;
    // `2026-11-24T10:00` has no zone, and jiff would take the day of it.
    if text.len() != 10 {
        return Err(odd());
    }
    let begin = |day: Date| day.to_zoned_datetime(zone.clone()).map_err(|_| odd());
    if is_end {
        Ok(begin(day.saturating_add(1.day()))?.saturating_sub(1.second()))
    } else {
        begin(day)
    }
}

fn zoned(at: Timestamp, zone: &TimeZone) -> ZonedDateTime {
    let seconds = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = Instant::from_second(seconds).unwrap_or(Instant::MAX);
    at.to_zoned_datetime(zone.clone())
}

/// The instant at which a day begins; before 1970 that is 1970.
fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    let start =
        day.to_zoned_datetime(zone.clone()).map_or(0, |start| start.timestamp().as_second());
    Timestamp(u64::try_from(start).unwrap_or(0))
}

fn hour_of(at: &ZonedDateTime) -> u32 {
    Timestamp(u64::try_from(at.timestamp().as_second()).unwrap_or(0)).hour()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T12:00Z.
    const NOW: Timestamp = Timestamp(20_781 * 86_400 + 12 * 3600);

    fn range(from: Option<&str>, to: Option<&str>, step: &str, tz: &str) -> Range {
        Range::parse(from, to, Some(step), Some(tz), NOW).unwrap()
    }

    /// A hit in each of the last `hours` hours, and one more in each day's first.
    fn busy(hours: u32, kept: u32) -> History {
        let mut history = History::default();
        for hour in NOW.hour() - hours + 1..=NOW.hour() {
            history.hours.add(hour, 1);
            history.days.add(hour / 24, 1);
            history.uniques.set(hour / 24, 5);
        }
        history.hours.keep(NOW.hour() - kept + 1..=NOW.hour());
        history
    }

    #[test]
    fn days_are_utc_and_gaps_are_zeros() {
        let mut history = History::default();
        history.days.add(NOW.day(), 3);
        history.days.add(NOW.day() - 2, 1);
        history.uniques.set(NOW.day(), 2);
        let series = series(&history, &range(Some("2026-11-22"), None, "day", "UTC"), 72);
        let points: Vec<_> =
            series.points.iter().map(|p| (p.at.as_str(), p.hits, p.uniques)).collect();
        let expected =
            [("2026-11-22", 1, Some(0)), ("2026-11-23", 0, Some(0)), ("2026-11-24", 3, Some(2))];
        assert_eq!(points, expected);
        assert_eq!(series.zone_from, None);
        let whole = range(None, None, "day", "UTC");
        assert_eq!(super::series(&history, &whole, 72).points.len(), 30);
    }

    #[test]
    fn hours_are_exact_in_any_zone() {
        let history = busy(5, 72);
        let range = range(Some("2026-11-24"), Some("2026-11-24"), "hour", "America/New_York");
        let series = series(&history, &range, 72);
        assert_eq!(series.points.len(), 24);
        assert_eq!(series.points[0].at, "2026-11-24T00:00:00-05:00");
        let hits: u64 = series.points.iter().map(|p| p.hits).sum();
        // New York's day begins at 05:00Z; the hits are from 08:00Z to 12:59Z.
        assert_eq!((hits, series.points[3].hits, series.points[2].hits), (5, 1, 0));
    }

    #[test]
    fn a_day_with_a_change_of_clocks_has_its_own_length() {
        let autumn = range(Some("2026-10-25"), Some("2026-10-25"), "hour", "Europe/Berlin");
        assert_eq!(series(&History::default(), &autumn, 72).points.len(), 25);
        let spring = range(Some("2026-03-29"), Some("2026-03-29"), "hour", "Europe/Berlin");
        assert_eq!(series(&History::default(), &spring, 72).points.len(), 23);
    }

    #[test]
    fn days_of_a_zone_lose_and_double_nothing() {
        for zone in ["Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata", "Europe/Berlin"] {
            let history = busy(24 * 10, 72);
            let range = range(Some("2026-11-10"), Some("2026-11-25"), "day", zone);
            let series = series(&history, &range, 72);
            let hits: u64 = series.points.iter().map(|p| p.hits).sum();
            assert_eq!(hits, 240, "{zone}");
            let first = series.zone_from.clone().flatten().unwrap();
            assert!(["2026-11-22", "2026-11-23"].contains(&first.as_str()), "{zone} {first}");
            for point in &series.points {
                assert_eq!(point.uniques.is_none(), point.at >= first, "{zone} {}", point.at);
            }
            let whole = series.points.iter().find(|p| p.at == first).unwrap();
            assert_eq!(whole.hits, 24, "{zone}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let parse = |from, to, step, tz| Range::parse(from, to, step, tz, NOW).map(drop);
        assert!(matches!(parse(None, None, Some("week"), None), Err(RangeError::Step(_))));
        assert!(matches!(parse(None, None, None, Some("Mars/Here")), Err(RangeError::Zone(_))));
        for bad in ["", "yesterday", "2026-13-01", "2026-11-24T10:00", "-009999-01-01"] {
            let refused = parse(Some(bad), None, None, None);
            assert!(matches!(refused, Err(RangeError::Instant("from", _))), "{bad}");
        }
        let order = parse(Some("2026-11-24"), Some("2026-11-23"), None, None);
        assert_eq!(order, Err(RangeError::Order));
        let long = parse(Some("1970-01-01"), None, Some("day"), None);
        assert!(matches!(long, Err(RangeError::TooLong(_))));
        assert!(
            parse(Some("2026-11-24T10:00Z"), None, Some("hour"), Some("europe/berlin")).is_ok()
        );
        let far = parse(Some("9999-12-31"), Some("9999-12-31"), None, Some("Asia/Tokyo"));
        assert!(far.is_err() || far.is_ok());
    }
}
