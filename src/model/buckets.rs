//! Numbers by hour or by day, as a counter's history keeps them.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// The largest number that both stores can keep.
const LARGEST: u64 = i64::MAX.unsigned_abs();

/// Numbers by hour or day since the epoch, oldest first, without the empty ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u32, u64)>")]
pub struct Buckets(Vec<(u32, u64)>);

impl Buckets {
    /// The number of one unit of time.
    pub fn get(&self, unit: u32) -> u64 {
        self.find(unit).map_or(0, |i| self.0[i].1)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, u64)> + '_ {
        self.0.iter().copied()
    }

    /// The latest unit that has a number.
    pub fn latest(&self) -> Option<u32> {
        self.0.last().map(|b| b.0)
    }

    /// How many units have a number.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no unit has a number.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds to a unit's number.
    pub fn add(&mut self, unit: u32, more: u64) {
        match self.find(unit) {
            Ok(i) => self.0[i].1 = self.0[i].1.saturating_add(more).min(LARGEST),
            Err(_) if more == 0 => {}
            // Nearly always at the end, since time moves on.
            Err(i) => self.0.insert(i, (unit, more)),
        }
    }

    /// Sets a unit's number.
    pub fn set(&mut self, unit: u32, number: u64) {
        match self.find(unit) {
            Ok(i) => self.0[i].1 = number,
            Err(i) => self.0.insert(i, (unit, number)),
        }
    }

    /// Removes a unit and returns its number, 0 if it has none.
    pub fn take(&mut self, unit: u32) -> u64 {
        self.find(unit).map_or(0, |i| self.0.remove(i).1)
    }

    /// Removes the units outside of a range.
    pub fn keep(&mut self, units: RangeInclusive<u32>) {
        self.0.retain(|(unit, _)| units.contains(unit));
    }

    /// Removes all but the newest units.
    pub fn keep_newest(&mut self, units: usize) {
        self.0.drain(..self.0.len().saturating_sub(units));
    }

    fn find(&self, unit: u32) -> Result<usize, usize> {
        // Fast path: most look-ups are for the current unit, which is the last.
        match self.0.last() {
            Some(last) if last.0 == unit => Ok(self.0.len() - 1),
            Some(last) if last.0 > unit => self.0.binary_search_by_key(&unit, |b| b.0),
            _ => Err(self.0.len()),
        }
    }
}

/// From numbers in any order. Those of the same unit are added up.
impl From<Vec<(u32, u64)>> for Buckets {
    fn from(mut numbers: Vec<(u32, u64)>) -> Self {
        numbers.sort_unstable();
        numbers.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(later.1).min(LARGEST);
            }
            same
        });
        Self(numbers)
    }
}

impl FromIterator<(u32, u64)> for Buckets {
    fn from_iter<I: IntoIterator<Item = (u32, u64)>>(numbers: I) -> Self {
        numbers.into_iter().collect::<Vec<_>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_in_any_order_and_are_kept_in_theirs() {
        let buckets: Buckets = [(7, 1), (3, 2), (7, 4)].into_iter().collect();
        assert_eq!(buckets.iter().collect::<Vec<_>>(), [(3, 2), (7, 5)]);
        let mut added = Buckets::default();
        for unit in [7, 3, 5, 7] {
            added.add(unit, 1);
        }
        assert_eq!(added.iter().collect::<Vec<_>>(), [(3, 1), (5, 1), (7, 2)]);
        assert_eq!((added.get(7), added.get(4), added.get(9)), (2, 0, 0));
        assert_eq!((added.take(5), added.take(5)), (1, 0));
        added.keep(4..=9);
        assert_eq!(added.iter().collect::<Vec<_>>(), [(7, 2)]);
    }
}
