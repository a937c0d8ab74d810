//! The counters of a namespace, one by one and added up.

use crate::model::count::{Count, History, Sources};
use crate::model::key::SITE;
use crate::model::name::Name;

/// A counter of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its key.
    pub key: Name,
    /// What it shows.
    pub count: Count,
    /// What it remembers, if that was asked for.
    pub history: Option<History>,
}

/// How much of each counter is read to add them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// What it shows now.
    Counts,
    /// What it remembers too.
    Histories,
}

/// The counters of a namespace, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Hits of all pages.
    pub total: i64,
    /// Today's hits (UTC).
    pub today: u64,
    /// Each page's visitors of today (UTC): who sees two pages is in it twice.
    pub uniques_today: u64,
    /// Hits by source.
    pub sources: Sources,
    /// The pasts of all pages; empty unless they were read.
    pub history: History,
}

impl Site {
    /// Adds a counter. The one that other counters' scripts keep for the whole site is no
    /// page: its hits were counted on a page already.
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
    use crate::model::count::Settings;
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
                settings: Settings::default(),
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
