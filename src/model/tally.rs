//! Hits that go to the store together, and their outcomes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::hit::{Hit, HitId, Source, Visitor};
use crate::model::name::{Counter, Name};
use crate::model::time::Timestamp;

/// A sequence of writes to the store: a lane's tallies are written one after the other.
#[derive(Clone)]
pub enum Lane {
    /// A lane for hits of any namespace, by its number.
    Shared(usize),
    /// The lane of a namespace, in a Cluster.
    Apart(Name),
}

/// The hits of one write. If the write has no answer, it may be repeated and still counts
/// them once.
///
/// `number` rises with every tally of a lane, so that a store can tell a repeated
/// write from a new one.
#[derive(Clone)]
pub struct Tally {
    /// The writer of this process that sends it.
    pub lane: Lane,
    /// This write's number within its lane.
    pub number: u64,
    /// The instant that decides the hour and the day of every hit in it.
    pub at: Timestamp,
    /// One entry for each counter, in the order of the first arrival.
    pub entries: Vec<Entry>,
}

/// The hits of a tally on one counter.
#[derive(Clone)]
pub struct Entry {
    /// The counter.
    pub counter: Counter,
    /// Its hits in the order of arrival, grouped into runs of equal hits.
    pub runs: Vec<Run>,
}

/// Consecutive hits that are equal.
#[derive(Clone)]
pub struct Run {
    /// How many; always 1 with an `id`.
    pub hits: u64,
    /// Their source.
    pub source: Source,
    /// Their visitor.
    pub visitor: Option<Visitor>,
    /// The id under which the hit counts once.
    pub id: Option<HitId>,
}

impl Run {
    fn of(hit: &Hit) -> Self {
        Self { hits: 1, source: hit.source, visitor: hit.visitor, id: hit.id }
    }

    fn takes(&self, hit: &Hit) -> bool {
        self.id.is_none()
            && hit.id.is_none()
            && self.source == hit.source
            && self.visitor == hit.visitor
    }
}

/// The outcome of one [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Its hits were accepted: one [`Counted`] for each run, in order.
    Counted(Vec<Counted>),
    /// Nothing was counted, for this reason.
    Refused(Refusal),
}

/// The outcome of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// How many hits raised the total; they are the first of the run.
    pub hits: u64,
    /// The total after the run; for a repeated id, the number of its first arrival.
    pub last: i64,
}

impl Counted {
    /// The number of the hit at `index` in the run, from 0.
    pub fn number(self, index: u64) -> i64 {
        let behind = self.hits - (index + 1).min(self.hits);
        self.last - i64::try_from(behind).unwrap_or(i64::MAX)
    }
}

/// Why the store refused to count on a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The counter does not exist and hits may not create it.
    Missing,
    /// The counter does not exist, and only the namespace's owner creates counters there.
    Owned,
    /// The counter does not exist and its namespace holds as many as it may.
    NamespaceFull,
    /// The counter does not exist and the instance holds as many as it may.
    InstanceFull,
    /// The counter does not exist and the store has little room left.
    StoreNearlyFull,
    /// The total would leave the range in which JavaScript counts exactly.
    OutOfRange,
    /// The stored counter cannot be read.
    Damaged,
}

/// The largest total, and the smallest without its sign: 2^53 − 1, up to which JSON readers,
/// Lua and Redis' scores are exact (ECMA-262, MAX_SAFE_INTEGER).
pub const MAX_TOTAL: i64 = (1 << 53) - 1;

/// How long an id is remembered, in seconds: a hit repeated within that time is the same hit.
pub const ID_MEMORY: u64 = 3600;

/// How long a store remembers the last write of a lane, in seconds. A write is repeated for at
/// most this long.
pub const WRITE_MEMORY: u64 = 3600;

/// The position of a hit in a tally, to find its number in the outcomes.
#[derive(Clone, Copy)]
pub struct Position {
    entry: usize,
    run: usize,
    index: u64,
}

impl Position {
    /// The hit's number, from the store's answer.
    pub fn number(self, outcomes: &[Outcome]) -> Result<i64, Refusal> {
        match &outcomes[self.entry] {
            Outcome::Counted(runs) => Ok(runs[self.run].number(self.index)),
            Outcome::Refused(refusal) => Err(*refusal),
        }
    }
}

impl Tally {
    /// Joins `hits` in their order, and returns their positions in the same order.
    pub fn join<'a>(
        lane: Lane,
        number: u64,
        at: Timestamp,
        hits: impl Iterator<Item = &'a Hit>,
    ) -> (Self, Vec<Position>) {
        let mut entries: Vec<Entry> = Vec::new();
        let mut entry_of: HashMap<&Counter, usize> = HashMap::new();
        let mut positions = Vec::with_capacity(hits.size_hint().0);
        let mut latest = 0;
        for hit in hits {
            // A hot counter's hits come in a row, which saves the look-up.
            if entries.get(latest).is_none_or(|e: &Entry| e.counter != hit.counter) {
                latest = *entry_of.entry(&hit.counter).or_insert_with(|| {
                    let counter = hit.counter.clone();
                    entries.push(Entry { counter, runs: Vec::with_capacity(1) });
                    entries.len() - 1
                });
            }
            let runs = &mut entries[latest].runs;
            match runs.last_mut() {
                Some(run) if run.takes(hit) => run.hits += 1,
                _ => runs.push(Run::of(hit)),
            }
            let run = runs.len() - 1;
            positions.push(Position { entry: latest, run, index: runs[run].hits - 1 });
        }
        (Self { lane, number, at, entries }, positions)
    }

    /// The counters' totals after it, from the store's answer.
    pub fn totals<'a>(
        &'a self,
        outcomes: &'a [Outcome],
    ) -> impl Iterator<Item = (&'a Counter, i64)> {
        self.entries.iter().zip(outcomes).filter_map(|(entry, outcome)| {
            let Outcome::Counted(counted) = outcome else { return None };
            // A repeated hit has its old number, which is not a total.
            let new = |(run, counted): &(&Run, &Counted)| run.id.is_none() || counted.hits > 0;
            let (_, last) = entry.runs.iter().zip(counted).rev().find(new)?;
            Some((&entry.counter, last.last))
        })
    }

    /// The number of its hits.
    pub fn hits(&self) -> u64 {
        self.entries.iter().flat_map(|e| &e.runs).map(|r| r.hits).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(key: &str, source: Source) -> Hit {
        let counter =
            Counter { namespace: Name::default_namespace(), key: Name::new(key).unwrap() };
        Hit { counter, source, visitor: None, id: None }
    }

    fn join(hits: &[Hit]) -> (Tally, Vec<Position>) {
        Tally::join(Lane::Shared(0), 1, Timestamp(0), hits.iter())
    }

    #[test]
    fn alike_hits_become_one_run_and_keep_their_order() {
        let (tally, positions) = join(&vec![hit("a", Source::Browser); 3]);
        assert_eq!((tally.entries.len(), tally.entries[0].runs.len(), tally.hits()), (1, 1, 3));
        let outcome = [Outcome::Counted(vec![Counted { hits: 3, last: 10 }])];
        let numbers: Vec<_> = positions.iter().map(|p| p.number(&outcome).unwrap()).collect();
        assert_eq!(numbers, [8, 9, 10]);
    }

    #[test]
    fn counters_that_alternate_share_the_write() {
        let (tally, positions) = join(&[
            hit("a", Source::Browser),
            hit("b", Source::Browser),
            hit("a", Source::Bot),
            hit("a", Source::Bot),
        ]);
        assert_eq!(tally.entries.len(), 2);
        let outcome = [
            Outcome::Counted(vec![Counted { hits: 1, last: 1 }, Counted { hits: 2, last: 3 }]),
            Outcome::Refused(Refusal::NamespaceFull),
        ];
        let numbers: Vec<_> = positions.iter().map(|p| p.number(&outcome)).collect();
        assert_eq!(numbers, [Ok(1), Err(Refusal::NamespaceFull), Ok(2), Ok(3)]);
    }

    #[test]
    fn a_repeated_hit_tells_no_total() {
        let id = |n| Hit { id: Some(HitId([n; 16])), ..hit("a", Source::Browser) };
        let (tally, _) = join(&[id(1), id(2), hit("b", Source::Browser)]);
        let counted = |hits, last| Counted { hits, last };
        let outcomes = [
            Outcome::Counted(vec![counted(1, 9), counted(0, 4)]),
            Outcome::Refused(Refusal::Missing),
        ];
        let totals: Vec<_> = tally.totals(&outcomes).map(|(c, n)| (c.key.as_str(), n)).collect();
        assert_eq!(totals, [("a", 9)]);
        let outcomes = [Outcome::Counted(vec![counted(0, 3), counted(0, 4)])];
        assert_eq!(tally.totals(&outcomes).count(), 0);
    }

    #[test]
    fn hits_that_a_window_left_out_show_the_total() {
        let run = Counted { hits: 1, last: 7 };
        assert_eq!([run.number(0), run.number(1), run.number(2)], [7, 7, 7]);
        let repeated = Counted { hits: 0, last: 4 };
        assert_eq!(repeated.number(0), 4);
    }
}
