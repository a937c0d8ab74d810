//! Counts formatted for people.

use super::ParamError;

/// The most digits of a padded number: as many as the largest count has.
pub const MAX_PAD: u8 = 19;

/// The values of `format=`, for error messages.
const ALLOWED: &str = "plain, separated, short, or padN with N from 1 to 19 (for example pad7)";

/// The format of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// `1234567`
    Plain,
    /// `1,234,567`
    #[default]
    Separated,
    /// `1.2M`, see [`short`].
    Short,
    /// `12.3K`: short with a capital `K`, as in komarev's counter.
    ShortCapital,
    /// `0001234`: padded with zeros to this many digits (1 to [`MAX_PAD`]). A longer
    /// number keeps all of its digits.
    Padded(u8),
}

impl Format {
    /// Reads `plain`, `separated` (`comma`), `short` (`abbreviated`) or `padN`.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        match value.trim().to_ascii_lowercase().as_str() {
            "plain" | "none" => Ok(Self::Plain),
            "separated" | "comma" => Ok(Self::Separated),
            "short" | "abbreviated" => Ok(Self::Short),
            other => other
                .strip_prefix("pad")
                .and_then(|digits| digits.parse().ok())
                .filter(|digits| (1..=MAX_PAD).contains(digits))
                .map(Self::Padded)
                .ok_or_else(|| ParamError::new(param, value, ALLOWED)),
        }
    }

    /// Writes one count. At most 26 characters for any 64-bit number.
    pub fn print(self, count: impl Into<i128>) -> String {
        let count = count.into();
        match self {
            Self::Plain => count.to_string(),
            Self::Separated => separated(count),
            Self::Short => short(count),
            Self::ShortCapital => short(count).to_ascii_uppercase(),
            Self::Padded(digits) => {
                let sign = if count < 0 { "-" } else { "" };
                let width = usize::from(digits.min(MAX_PAD));
                format!("{sign}{:0width$}", count.unsigned_abs())
            }
        }
    }

    /// Writes today's count and the total: `12 / 3,456`.
    pub fn print_today(self, today: impl Into<i128>, total: impl Into<i128>) -> String {
        format!("{} / {}", self.print(today), self.print(total))
    }
}

fn separated(count: i128) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut out = String::with_capacity(27);
    if count < 0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// At most three significant digits and an SI prefix, like shields' `metric`: `999`, `1.2k`, `12.3k`, `123k`, `3.4M`, …, `9.2E`.
///
/// Rounds towards zero, so that a counter never claims a visit that did not happen, and
/// `999,999` becomes `999k` instead of `1000k`.
pub fn short(count: impl Into<i128>) -> String {
    let count = count.into();
    let magnitude = count.unsigned_abs();
    let sign = if count < 0 { "-" } else { "" };
    let mut unit = 1;
    let mut prefix = "";
    for next in ["k", "M", "G", "T", "P", "E"] {
        if magnitude / unit < 1000 {
            break;
        }
        unit *= 1000;
        prefix = next;
    }
    let whole = magnitude / unit;
    let tenth = if prefix.is_empty() { 0 } else { magnitude % unit / (unit / 10) };
    if whole >= 100 || tenth == 0 {
        format!("{sign}{whole}{prefix}")
    } else {
        format!("{sign}{whole}.{tenth}{prefix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_stand_at_thousands() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1234567, "-1,234,567"),
            (i64::MAX, "9,223,372,036,854,775,807"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(Format::Separated.print(count), text);
        }
    }

    #[test]
    fn short_never_rounds_up() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1k"),
            (1099, "1k"),
            (1299, "1.2k"),
            (12_345, "12.3k"),
            (99_999, "99.9k"),
            (100_000, "100k"),
            (999_999, "999k"),
            (3_456_789, "3.4M"),
            (-1_999, "-1.9k"),
            (i64::MAX, "9.2E"),
            (i64::MIN, "-9.2E"),
        ] {
            assert_eq!(short(count), text);
        }
        assert_eq!(short(u64::MAX), "18.4E");
    }

    #[test]
    fn padding_fills_and_never_cuts() {
        assert_eq!(Format::Padded(7).print(1234), "0001234");
        assert_eq!(Format::Padded(3).print(1234), "1234");
        assert_eq!(Format::Padded(4).print(-7), "-0007");
    }

    #[test]
    fn today_and_total() {
        assert_eq!(Format::Separated.print_today(12, 3456), "12 / 3,456");
    }

    #[test]
    fn formats_are_read_and_refused() {
        assert_eq!(Format::parse("format", "pad7"), Ok(Format::Padded(7)));
        assert_eq!(Format::parse("format", "Short"), Ok(Format::Short));
        for bad in ["", "pad", "pad0", "pad20", "pad999", "roman"] {
            assert!(Format::parse("format", bad).is_err(), "{bad}");
        }
    }
}
