//! The instants that buckets need: hours and days since the Unix epoch, UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The machine's clock; a clock before 1970 reads as 1970.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(since.map_or(0, |d| d.as_secs()))
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
