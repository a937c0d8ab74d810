//! The numbers of a counter and the settings of its owner.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::buckets::Buckets;
use crate::model::hit::Source;
use crate::model::time::Timestamp;
use crate::model::token::Digest;

/// The longest dedupe window, in seconds: a day. The next day every visitor is a new one
/// anyway, since the day's key changes.
pub const MAX_DEDUPE: u32 = 86_400;

/// A counter at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The number that it shows.
    pub total: i64,
    /// When it was created.
    pub created: Timestamp,
    /// Its hits by source. They need not add up to the total, since `set` and `update` change
    /// the total alone.
    pub sources: Sources,
    /// Today's hits (UTC).
    pub today: u64,
    /// Today's unique visitors (UTC), within about 1 %.
    pub uniques_today: u64,
    /// The settings of its owner.
    pub settings: CounterSettings,
    /// The digest of its token; `None` for a counter that a hit created.
    pub token: Option<Digest>,
}

/// The history of a counter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Hits by day since the epoch (UTC).
    pub days: Buckets,
    /// Hits by hour since the epoch.
    pub hours: Buckets,
    /// Unique visitors by day since the epoch (UTC).
    pub uniques: Buckets,
}

/// The settings that a counter's owner may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CounterSettings {
    /// A visitor's hits count again only this many seconds after the last one that counted.
    /// 0 is off; at most [`MAX_DEDUPE`].
    pub dedupe: u32,
    /// Whether anybody may set the total (CountAPI).
    pub enable_reset: bool,
    /// The least that anybody may add at once (CountAPI).
    pub update_lowerbound: i64,
    /// The most that anybody may add at once (CountAPI).
    pub update_upperbound: i64,
}

impl Default for CounterSettings {
    /// The settings of a counter that a hit created: anybody may add 1, as a hit does
    /// (CountAPI's documentation of `/hit`).
    fn default() -> Self {
        Self { dedupe: 0, enable_reset: false, update_lowerbound: 0, update_upperbound: 1 }
    }
}

/// Hits by source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources(pub [u64; Source::ALL.len()]);

impl Sources {
    /// The hits of one source.
    pub fn get(&self, source: Source) -> u64 {
        self.0[source.index()]
    }

    /// The hits of people.
    pub fn human(&self) -> u64 {
        let human = Source::ALL.into_iter().filter(|source| source.is_human());
        human.map(|source| self.get(source)).fold(0, u64::saturating_add)
    }

    /// The hits whose source is known: all but those that were imported or set as a total.
    pub fn known(&self) -> u64 {
        self.0.into_iter().fold(0, u64::saturating_add)
    }

    /// Adds hits.
    pub fn add(&mut self, source: Source, hits: u64) {
        let sum = &mut self.0[source.index()];
        *sum = sum.saturating_add(hits);
    }

    /// Adds the hits of another counter.
    pub fn merge(&mut self, other: &Self) {
        for source in Source::ALL {
            self.add(source, other.get(source));
        }
    }
}

impl History {
    /// Adds the history of another counter.
    pub fn merge(&mut self, other: &Self) {
        let Self { days, hours, uniques } = self;
        let kinds = [(days, &other.days), (hours, &other.hours), (uniques, &other.uniques)];
        for (mine, theirs) in kinds {
            theirs.iter().for_each(|(unit, number)| mine.add(unit, number));
        }
    }
}

/// In formats for people a map by name without zeros; in others a list.
impl Serialize for Sources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        let named = Source::ALL.into_iter().map(|s| (s.as_str(), self.get(s)));
        serializer.collect_map(named.filter(|(_, hits)| *hits > 0))
    }
}

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u64; Source::ALL.len()]>::deserialize(deserializer).map(Self);
        }
        // Unknown sources of later versions are ignored.
        let named = BTreeMap::<String, u64>::deserialize(deserializer)?;
        Ok(Self(Source::ALL.map(|s| named.get(s.as_str()).copied().unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_the_largest_numbers_stop_at_the_largest() {
        let sources = Sources([u64::MAX; Source::ALL.len()]);
        assert_eq!((sources.human(), sources.known()), (u64::MAX, u64::MAX));
    }
}
