//! Round numbers for an axis.

use crate::picture::number::Format;

/// The distance between ticks and the end of the axis, for counts from 0 to `max`. The
/// distance is a whole number of the form 1, 2 or 5 times a power of ten, and there are at
/// most `most` steps.
pub(crate) fn scale(max: u64, most: u128) -> (u128, u128) {
    let max = u128::from(max.max(1));
    let mut power = 1;
    loop {
        for digit in [1, 2, 5] {
            let step = digit * power;
            let steps = max.div_ceil(step);
            if steps <= most.max(1) {
                return (step, step * steps);
            }
        }
        power *= 10;
    }
}

/// The number at a tick, abbreviated from ten thousand on.
pub(crate) fn tick(count: u128) -> String {
    let count = i128::try_from(count).unwrap_or(i128::MAX);
    if count < 10_000 { Format::Separated.print(count) } else { Format::Short.print(count) }
}

/// The number of days between labels, if at most `labels` fit over `days`: one, two, whole
/// weeks, or parts of a year.
pub(crate) fn label_step(days: usize, labels: usize) -> usize {
    let least = days.div_ceil(labels.max(1)).max(1);
    [1, 2, 7, 14, 28, 56, 91, 182, 365].into_iter().find(|step| *step >= least).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_largest() {
        for (max, step, end) in [
            (0, 1, 1),
            (1, 1, 1),
            (4, 1, 4),
            (5, 2, 6),
            (9, 5, 10),
            (40, 10, 40),
            (41, 20, 60),
            (1234, 500, 1500),
            (999_999, 500_000, 1_000_000),
        ] {
            assert_eq!(scale(max, 4), (step, end), "{max}");
        }
        let (step, end) = scale(u64::MAX, 4);
        assert_eq!(scale(41, 0), (50, 50));
        assert!(end >= u128::from(u64::MAX) && end / step <= 4);
    }

    #[test]
    fn labels_keep_to_weeks() {
        assert_eq!(label_step(30, 6), 7);
        assert_eq!(label_step(7, 10), 1);
        assert_eq!(label_step(1096, 2), 1096usize.div_ceil(2));
        assert_eq!(label_step(1, 0), 1);
    }
}
