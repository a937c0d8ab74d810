//! Days, as charts label them. UTC or not is the store's affair.

use std::fmt;

use super::ParamError;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// Reads `2026-09-24`.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        Self::read(value).ok_or_else(|| ParamError::new(param, value, "a day like 2026-09-24"))
    }

    fn read(value: &str) -> Option<Self> {
        let well_formed = value.len() == 10
            && value.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        if !well_formed {
            return None;
        }
        let (year, month, day) =
            (value[..4].parse().ok()?, value[5..7].parse().ok()?, value[8..].parse().ok()?);
        // A day that the month doesn't have comes back as another.
        let parsed = Self::from_civil(year, month, day);
        (parsed.civil() == (year, month, day)).then_some(parsed)
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
    /// `days_from_civil`: years start in March, so that the leap day is last.
    fn from_civil(year: i32, month: u32, day: u32) -> Self {
        let year = year - i32::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = (month as i32 + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month and day; the same source, `civil_from_days`.
    pub fn civil(self) -> (i32, u32, u32) {
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }

    /// `24 Sep`
    pub fn short(self) -> String {
        let (_, month, day) = self.civil();
        format!("{day} {}", MONTHS[month as usize - 1])
    }

    /// `24 Sep 2026`
    pub fn long(self) -> String {
        format!("{} {}", self.short(), self.civil().0)
    }
}

/// `2026-09-24`
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_printed() {
        for (text, number) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-09-24", 20_720), ("1969-12-31", -1)]
        {
            assert_eq!(Day::parse("day", text), Ok(Day(number)), "{text}");
            assert_eq!(Day(number).to_string(), text);
        }
        assert_eq!(Day(20_720).long(), "24 Sep 2026");
        for bad in
            ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "+026-01-01", "2026-01-0é"]
        {
            assert!(Day::parse("day", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn any_number_is_some_day() {
        for number in [i32::MIN, i32::MAX, 0] {
            assert!(!Day(number).long().is_empty());
        }
    }
}
