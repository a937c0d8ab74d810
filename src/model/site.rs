//! The counters of a namespace, and their sum.

use crate::model::count::{Count, History, Sources};
use crate::model::key::SITE;
use crate::model::name::Name;

/// A counter of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its key.
    pub key: Name,
    /// Its current count.
    pub count: Count,
    /// Its history, if requested.
    pub history: Option<History>,
}

/// How much of each counter a sum reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// The current count.
    Counts,
    /// The history, too.
    Histories,
}

/// The counters of a namespace, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Hits of all pages.
    pub total: i64,
    /// Today's hits (UTC).
    pub today: u64,
    /// The sum of the pages' visitors today (UTC). A visitor of two pages counts twice.
    pub uniques_today: u64,
    /// Hits by source.
    pub sources: Sources,
    /// The histories of all pages, added up; empty unless they were read.
    pub history: History,
}

impl Site {
    /// Adds a counter. Skips the one that other services' scripts keep for the whole site, whose
    /// hits are counted on pages already.
    pub fn add(&mut self, Member { key, count, history }: &Member) {
        if key.as_str() == SITE {
            return;
        }
        self.total = self.total.saturating_add(count.total);
        self.today = self.today.saturating_add(count.today);
        self.uniques_today = self.uniques_today.saturating_add(count.uniques_today);
        self.sources.merge(&count.sources);
        if let Some(history) = history {
            self.history.merge(history);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::count::CounterSettings;
    use crate::model::hit::Source;
    use crate::model::time::Timestamp;

    fn member(key: &str, hits: u64) -> Member {
        let mut sources = Sources::default();
        sources.add(Source::Browser, hits);
        let days = [(7, hits), (9, 1)].into_iter().collect();
        Member {
            key: Name::new(key).unwrap(),
            count: Count {
                total: hits as i64 + 1,
                created: Timestamp(0),
                sources,
                today: hits,
                uniques_today: 1,
                settings: CounterSettings::default(),
                token: None,
            },
            history: Some(History { days, ..History::default() }),
        }
    }

    #[test]
    fn pages_are_added_up_and_the_sites_own_counter_is_left_out() {
        let mut site = Site::default();
        for (key, hits) in [("a", 3), (SITE, 100), ("b", 5)] {
            site.add(&member(key, hits));
        }
        assert_eq!((site.total, site.today, site.uniques_today), (10, 8, 2));
        assert_eq!(site.sources.human(), 8);
        assert_eq!(site.history.days.iter().collect::<Vec<_>>(), [(7, 8), (9, 2)]);
    }
}
