//! Hours and days since the Unix epoch, in UTC, for buckets.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The machine's clock; a time before 1970 reads as 1970.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(since.map_or(0, |d| d.as_secs()))
    }

    /// The beginning of a day.
    pub fn of_day(day: u32) -> Self {
        Self(u64::from(day) * 86_400)
    }

    /// The beginning of an hour.
    pub fn of_hour(hour: u32) -> Self {
        Self(u64::from(hour) * 3600)
    }

    /// The date and the time in UTC. `Display` writes it as RFC 3339 without the `Z`. Times
    /// beyond the calendar become 1970.
    pub fn civil(self) -> DateTime {
        let seconds = i64::try_from(self.0).unwrap_or_default();
        Offset::UTC.to_datetime(jiff::Timestamp::from_second(seconds).unwrap_or_default())
    }

    /// Whole hours since the epoch.
    pub fn hour(self) -> u32 {
        u32::try_from(self.0 / 3600).unwrap_or(u32::MAX)
    }

    /// Whole days since the epoch.
    pub fn day(self) -> u32 {
        self.hour() / 24
    }
}
