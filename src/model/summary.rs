//! Summaries of a counter's history: sums of days, the best day, the first day.

use crate::model::buckets::Buckets;
use crate::model::count::History;

impl History {
    /// The hits of the last `days` days, `today` (UTC) included.
    pub fn hits_of_days(&self, days: u32, today: u32) -> u64 {
        sum(&self.days, days, today)
    }

    /// The sum of daily unique visitors over the last `days` days. A visitor on two days counts
    /// twice, since each day's keys are destroyed and nobody can tell.
    pub fn uniques_of_days(&self, days: u32, today: u32) -> u64 {
        sum(&self.uniques, days, today)
    }

    /// The day with the most hits, and its hits; the latest of equal days.
    pub fn best_day(&self) -> Option<(u32, u64)> {
        self.days.iter().filter(|(_, hits)| *hits > 0).max_by_key(|(_, hits)| *hits)
    }

    /// The first day on record.
    pub fn first_day(&self) -> Option<u32> {
        self.days.iter().next().map(|(day, _)| day)
    }
}

fn sum(buckets: &Buckets, days: u32, today: u32) -> u64 {
    let recent = buckets.iter().rev().skip_while(|(day, _)| *day > today);
    let recent = recent.take_while(|(day, _)| today - day < days);
    recent.fold(0, |sum, (_, number)| sum.saturating_add(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_summed_to_the_day() {
        let days: Buckets = [(1, 100), (93, 5), (94, 7), (100, 7), (101, 50)].into_iter().collect();
        let history = History { uniques: days.clone(), days, ..History::default() };
        assert_eq!(history.hits_of_days(7, 100), 14);
        assert_eq!(history.hits_of_days(8, 100), 19);
        assert_eq!(history.uniques_of_days(1, 100), 7);
        assert_eq!(history.hits_of_days(30, 10), 100, "today is day 10");
        assert_eq!(history.hits_of_days(u32::MAX, 101), 169);
        assert_eq!(history.best_day(), Some((1, 100)));
        assert_eq!(history.first_day(), Some(1));
        assert_eq!(History::default().best_day(), None);
    }
}
