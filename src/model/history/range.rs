//! A range of hours or days in a time zone, as a client asks for it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ToSpan, ZonedDateTime};
use schemars::JsonSchema;
use serde::Serialize;

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
    pub(super) from: Date,
    /// The first hour, since the epoch.
    pub(super) from_hour: u32,
    pub(super) to: Date,
    /// The last hour, since the epoch.
    pub(super) to_hour: u32,
    pub(super) step: Step,
    pub(super) zone: TimeZone,
    /// The zone's name in the tz database.
    pub(super) name: String,
}

/// Why a range is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// Not a step.
    #[error("step {0:?} is neither hour nor day")]
    Step(String),
    /// Neither a day nor an instant.
    #[error(
        "{0} {1:?} is neither a day such as 2026-11-24 nor an instant such as 2026-11-24T10:00Z"
    )]
    Instant(&'static str, String),
    /// A zone that is not in the tz database.
    #[error("tz {0:?} is not a time zone such as Europe/Berlin")]
    Zone(String),
    /// The range ends before it begins.
    #[error("from is after to, which is now if it is not given")]
    Order,
    /// The range has too many steps.
    #[error("the range has {0} steps, and at most {MAX_POINTS} are allowed")]
    TooLong(usize),
}

impl Range {
    /// Reads a client's parameters. The default is the last 30 days, or with hours as steps
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

/// Reads one end of a range. A day stands for its first second, or as the end of the
/// range for its last.
fn instant(
    which: &'static str,
    text: &str,
    zone: &TimeZone,
    is_end: bool,
) -> Result<ZonedDateTime, RangeError> {
    // A query's `+` is a space, and answers print offsets with a `+`.
    let instant = match text.split_at_checked(11) {
        Some((day, time)) => [day, &time.replace(' ', "+")].concat(),
        None => text.into(),
    };
    if let Ok(instant) = instant.parse::<Instant>() {
        return Ok(instant.to_zoned_datetime(zone.clone()));
    }
    let invalid = || RangeError::Instant(which, text.into());
    let day: Date = text.parse().map_err(|_| invalid())?;
    // `2026-11-24T10:00` lacks an offset. jiff would read it as the day alone.
    if text.len() != 10 {
        return Err(invalid());
    }
    let begin = |day: Date| day.to_zoned_datetime(zone.clone()).map_err(|_| invalid());
    if is_end {
        Ok(begin(day.saturating_add(1.day()))?.saturating_sub(1.second()))
    } else {
        begin(day)
    }
}

/// A timestamp as a local time of the zone.
pub(super) fn zoned(at: Timestamp, zone: &TimeZone) -> ZonedDateTime {
    let seconds = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = Instant::from_second(seconds).unwrap_or(Instant::MAX);
    at.to_zoned_datetime(zone.clone())
}

/// The instant at which a day begins in the zone; 1970 for all days before it.
pub(super) fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    let start =
        day.to_zoned_datetime(zone.clone()).map_or(0, |start| start.timestamp().as_second());
    Timestamp(u64::try_from(start).unwrap_or(0))
}

/// The hour since the epoch.
fn hour_of(at: &ZonedDateTime) -> u32 {
    Timestamp(u64::try_from(at.timestamp().as_second()).unwrap_or(0)).hour()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T12:00Z.
    const NOW: Timestamp = Timestamp(20_781 * 86_400 + 12 * 3600);

    /// What an answer prints as `at` works as `from`, though its `+` arrives as a space.
    #[test]
    fn an_offset_may_have_lost_its_plus() {
        let from = |text| instant("from", text, &TimeZone::UTC, false);
        let right = from("2026-11-23T10:00:00+01:00").expect("an offset");
        for text in ["2026-11-23T10:00:00 01:00", "2026-11-23 10:00:00 01:00"] {
            assert_eq!(from(text).expect(text), right, "{text}");
        }
        assert!(from("2026-11-23T10:00:00 ").is_err());
    }

    #[test]
    fn invalid_ranges_are_refused() {
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
        // The last day of the calendar has no day after it.
        let last = parse(Some("9999-12-31"), Some("9999-12-31"), None, Some("Asia/Tokyo"));
        assert_eq!(last, Err(RangeError::Order));
    }
}
