//! A history without gaps.

use crate::picture::Day;

/// The most days in a chart: three years, about one for each pixel.
pub const MAX_DAYS: usize = 1096;

/// One count for each day from the first to the last.
pub(crate) struct DailyCounts {
    /// Meaningless without counts.
    pub first: Day,
    pub counts: Vec<u64>,
}

impl DailyCounts {
    /// Fills gaps with zeros, adds up repeated days, and keeps the last [`MAX_DAYS`].
    pub(crate) fn of(days: &[(Day, u64)]) -> Self {
        let (Some(first), Some(last)) =
            (days.iter().map(|day| day.0.0).min(), days.iter().map(|day| day.0.0).max())
        else {
            return Self { first: Day(0), counts: Vec::new() };
        };
        let first = first.max(last.saturating_sub(MAX_DAYS as i32 - 1));
        let mut counts = vec![0u64; (last - first) as usize + 1];
        for (day, count) in days {
            if day.0 >= first {
                let slot = &mut counts[(day.0 - first) as usize];
                *slot = slot.saturating_add(*count);
            }
        }
        Self { first: Day(first), counts }
    }

    pub(crate) fn day(&self, index: usize) -> Day {
        Day(self.first.0 + index as i32)
    }

    pub(crate) fn max(&self) -> u64 {
        self.counts.iter().copied().max().unwrap_or(0)
    }

    pub(crate) fn sum(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_zero_and_doubles_add_up() {
        let series = DailyCounts::of(&[(Day(5), 1), (Day(2), 7), (Day(5), 2)]);
        assert_eq!(series.first, Day(2));
        assert_eq!(series.counts, [7, 0, 0, 3]);
        assert_eq!((series.max(), series.sum()), (7, 10));
    }

    #[test]
    fn a_long_history_keeps_its_end() {
        let series = DailyCounts::of(&[(Day(i32::MIN), 1), (Day(0), 2), (Day(10), u64::MAX)]);
        assert_eq!(series.counts.len(), MAX_DAYS);
        assert_eq!(series.sum(), u64::MAX);
        assert_eq!(DailyCounts::of(&[]).counts.len(), 0);
    }
}
