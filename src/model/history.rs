//! A counter's history as a series of hours or days in a time zone, with zeros in the gaps.
//!
//! Hours are exact in every zone: each is an hour of UTC, named in the zone's time. Days of
//! a zone other than UTC are summed from hours, as far back as the counter keeps them.
//! Earlier days are UTC's, and the series says where the zone's days begin. In a zone that
//! is off by part of an hour, the hour around midnight belongs to the day in which it begins.

mod range;
mod zone_days;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::range::{MAX_POINTS, Range, RangeError, Step};
use self::range::{start_of, zoned};
use self::zone_days::ZoneDays;
use crate::model::count::History;
use crate::model::time::Timestamp;

/// A series of points.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Series {
    /// The length of a step.
    pub step: Step,
    /// The zone, by its name in the tz database.
    pub tz: String,
    /// For days of a zone other than UTC: the first of them that is the zone's. Earlier ones
    /// are UTC's; null if all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone_from: Option<Option<String>>,
    /// One point for each step, oldest first.
    pub points: Vec<Point>,
}

/// The numbers of a step.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// A day (`2026-11-24`), or the start of an hour with the zone's offset
    /// (`2026-11-24T10:00:00+01:00`).
    pub at: String,
    /// Hits.
    pub hits: u64,
    /// Unique visitors, for days of UTC. The sum over several days counts a visitor once
    /// for each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniques: Option<u64>,
}

/// The series for a range. A counter keeps the `history_hours` hours up to its last hit.
pub fn series(history: &History, range: &Range, history_hours: u32) -> Series {
    let (zone_from, points) = match range.step {
        Step::Hour => (None, hours(history, range)),
        Step::Day if range.name == "UTC" => (None, days(range, |day| utc_day(history, day))),
        Step::Day => match ZoneDays::new(history, &range.zone, history_hours) {
            Some(zone) => {
                let from = (zone.first <= range.to).then(|| zone.first.to_string());
                (Some(from), days(range, |day| zone.numbers(day)))
            }
            None => (Some(None), days(range, |day| utc_day(history, day))),
        },
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

/// A point for each day of the range, with the hits and the unique visitors of `numbers`.
fn days(range: &Range, numbers: impl Fn(Date) -> (u64, Option<u64>)) -> Vec<Point> {
    let dates = range.from.series(1.day()).take_while(|day| *day <= range.to);
    dates
        .map(|day| {
            let (hits, uniques) = numbers(day);
            Point { at: day.to_string(), hits, uniques }
        })
        .collect()
}

/// The hits and the unique visitors of a day of UTC.
fn utc_day(history: &History, day: Date) -> (u64, Option<u64>) {
    let day = Timestamp::day(start_of(day, &TimeZone::UTC));
    (history.days.get(day), Some(history.uniques.get(day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T12:00Z.
    const NOW: Timestamp = Timestamp(20_781 * 86_400 + 12 * 3600);

    fn range(from: Option<&str>, to: Option<&str>, step: &str, tz: &str) -> Range {
        Range::parse(from, to, Some(step), Some(tz), NOW).unwrap()
    }

    /// A hit in each of the last `hours` hours, of which the last `kept` are still known.
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

    /// The setting promised hours that a counter had lost under an earlier, shorter one.
    #[test]
    fn days_whose_hours_are_missing_are_those_of_utc() {
        let history = busy(24 * 10, 72);
        let range = range(Some("2026-11-10"), Some("2026-11-25"), "day", "Asia/Tokyo");
        let series = series(&history, &range, 480);
        assert_eq!(series.points.iter().map(|p| p.hits).sum::<u64>(), 240);
        let first = series.zone_from.clone().flatten().unwrap();
        assert!(["2026-11-22", "2026-11-23"].contains(&first.as_str()), "{first}");
    }

    #[test]
    fn days_of_a_zone_count_every_hit_once() {
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
}
