//! Days and their labels in charts. The caller chooses the time zone.

use std::fmt;

use jiff::civil::Date;
use jiff::{Span, civil};

/// 1970-01-01.
const EPOCH: Date = civil::date(1970, 1, 1);

/// A day, as the number of days since 1970-01-01. Days outside the years
/// -9999 to 9999 are drawn as the first or the last day of that range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    fn date(self) -> Date {
        let span = Span::new().try_days(self.0);
        let end = if self.0 < 0 { Date::MIN } else { Date::MAX };
        span.and_then(|span| EPOCH.checked_add(span)).unwrap_or(end)
    }

    /// `24 Sep`
    pub fn short(self) -> String {
        self.date().strftime("%-d %b").to_string()
    }

    /// `24 Sep 2026`
    pub fn long(self) -> String {
        self.date().strftime("%-d %b %-Y").to_string()
    }
}

/// `2026-09-24`
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_printed() {
        for (text, number) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-09-24", 20_720), ("1969-12-31", -1)]
        {
            assert_eq!(Day(number).to_string(), text);
        }
        assert_eq!(Day(20_720).long(), "24 Sep 2026");
        assert_eq!(Day(20_702).short(), "6 Sep");
    }

    #[test]
    fn any_number_is_some_day() {
        for number in [i32::MIN, i32::MAX, 0] {
            assert!(!Day(number).long().is_empty());
        }
    }
}
