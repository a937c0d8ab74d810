//! Encodes a tally for count.lua, and decodes the answer.

use std::collections::{HashMap, HashSet};

use super::keys;
use crate::model::hit::Source;
use crate::model::name::{Counter, Name};
use crate::model::tally::{
    Counted, Entry, ID_MEMORY, Lane, MAX_TOTAL, Outcome, Refusal, Run, Tally, WRITE_MEMORY,
};
use crate::sketch::element;
use crate::store::known::{Known, Visit};
use crate::store::pack::{Packer, Unpacker};
use crate::store::{Limits, Mode, StoreError};

/// How long a sketch is kept after it last changed, in seconds.
pub(crate) const SKETCH_MEMORY: u64 = 2 * 86_400;

/// An encoded write.
pub(crate) struct EncodedWrite {
    pub(crate) keys: Vec<String>,
    pub(crate) argument: Vec<u8>,
    /// The visitors that are in their sketches once these entries are counted.
    pub(crate) visits: Vec<(usize, Visit)>,
}

/// The context of a write.
pub(crate) struct WriteContext<'a> {
    /// The name of this process.
    pub(crate) process: &'a str,
    pub(crate) limits: &'a Limits,
    /// Whether the server stands alone. A namespace may have got a lane of its own before that was
    /// known.
    pub(crate) alone: bool,
    /// How many more counters may be created, besides the script's own limit.
    pub(crate) room: u64,
    /// Whether the servers have memory for more counters.
    pub(crate) has_room: bool,
    /// Visitors known to be in their sketches.
    pub(crate) known: &'a Known,
    /// Counters with dedupe, whose visitors must be told apart.
    pub(crate) apart: &'a HashSet<Counter>,
}

/// Encodes a write.
pub(crate) fn write(tally: &Tally, context: &WriteContext) -> EncodedWrite {
    let alone = context.alone;
    let mut keys = vec![keys::write(context.process, &tally.lane)];
    keys.push(keys::listening(match &tally.lane {
        Lane::Apart(namespace) if !alone => Some(namespace),
        _ => None,
    }));
    let mut namespaces: HashMap<&Name, u64> = HashMap::new();
    let mut bases: Vec<String> = Vec::new();
    let (mut visits, mut values) = (Vec::new(), 0);
    let mut entries = Packer::default();
    for (number, entry) in tally.entries.iter().enumerate() {
        let Counter { namespace, .. } = &entry.counter;
        let place = *namespaces.entry(namespace).or_insert_with(|| {
            bases.push(keys::base(namespace));
            bases.len() as u64
        });
        let record = keys::record(&entry.counter);
        entries = entries.bytes(record.as_bytes()).uint(place);
        if !alone {
            keys.push(record);
            touched(tally, entry, &mut keys);
        }
        let known = context.known;
        let packing = Packing { tally, number, entry, known, visits: &mut visits };
        let is_apart = context.apart.contains(&entry.counter);
        if is_apart || entry.runs.iter().any(|run| run.id.is_some()) {
            entries = packing.runs(entries, is_apart);
            values += 4 + 5 * entry.runs.len();
        } else {
            let more;
            (entries, more) = packing.sums(entries);
            values += 5 + more;
        }
    }
    let creation = match context.limits.mode {
        _ if !context.has_room => 3,
        Mode::Create => 0,
        Mode::Open => 1,
        Mode::Private => 2,
    };
    let mut head = Packer::default()
        .uint(tally.number)
        .uint(tally.at.0)
        .uint(tally.at.hour().into())
        .uint(tally.at.day().into())
        // As text, since Redis' Lua is slow to print a number.
        .bytes(WRITE_MEMORY.to_string().as_bytes())
        .uint(ID_MEMORY)
        .bytes(SKETCH_MEMORY.to_string().as_bytes())
        .uint(creation)
        .uint(context.limits.counters_per_namespace)
        .uint(context.room)
        .int(MAX_TOTAL)
        .uint(alone.into())
        .uint(longest_past(context.limits))
        .array(bases.len());
    for base in &bases {
        head = head.bytes(base.as_bytes());
    }
    let argument = head.array(values).append(entries).finish();
    EncodedWrite { keys, argument, visits }
}

/// How long the log of a past may be, in bytes, before it is compacted: one and a half times the
/// size of a full history.
fn longest_past(limits: &Limits) -> u64 {
    12 * (2 * u64::from(limits.history_days) + u64::from(limits.history_hours)) + 256
}

/// The keys besides the record that a hit on a counter may touch.
fn touched(tally: &Tally, entry: &Entry, keys: &mut Vec<String>) {
    let counter = &entry.counter;
    keys.push(keys::past(counter));
    keys.push(keys::sketch(counter, tally.at.day()));
    for key in [keys::ranking, keys::moved, keys::namespace] {
        let key = key(&counter.namespace);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
}

struct Packing<'a> {
    tally: &'a Tally,
    number: usize,
    entry: &'a Entry,
    known: &'a Known,
    visits: &'a mut Vec<(usize, Visit)>,
}

impl Packing<'_> {
    /// A visitor that the sketch may lack, as an element for `PFADD`.
    fn new_visitor(&mut self, run: &Run, is_known: &mut bool) -> Option<[u8; 8]> {
        let visitor = run.visitor.filter(|_| run.source == Source::Browser)?;
        let visit = self.known.visit(&self.entry.counter, self.tally.at.day(), visitor);
        if self.known.has(visit) {
            *is_known = true;
            return None;
        }
        // A hit repeated under its id adds no visitor.
        if run.id.is_none() {
            self.visits.push((self.number, visit));
        }
        Some(element(visitor.register, visitor.rank))
    }

    /// Hits that all count: their number by source, and the new visitors. The second result is
    /// the number of values.
    fn sums(mut self, entries: Packer) -> (Packer, usize) {
        let mut sums = crate::model::count::Sources::default();
        let (mut elements, mut is_known) = (Vec::new(), false);
        for run in &self.entry.runs {
            sums.add(run.source, run.hits);
            elements.extend(self.new_visitor(run, &mut is_known));
        }
        elements.sort_unstable();
        elements.dedup();
        let sums: Vec<_> = sums.0.into_iter().enumerate().filter(|(_, hits)| *hits > 0).collect();
        let mut entries = entries.uint(visited(self.entry, is_known)).uint(sums.len() as u64);
        for (source, hits) in &sums {
            entries = entries.uint(*source as u64 + 1).uint(*hits);
        }
        entries = entries.uint(elements.len() as u64);
        for element in &elements {
            entries = entries.bytes(element);
        }
        (entries, 2 * sums.len() + elements.len())
    }

    /// Hits that may each count or not.
    fn runs(mut self, entries: Packer, is_apart: bool) -> Packer {
        let (mut runs, mut is_known) = (Packer::default(), false);
        for run in &self.entry.runs {
            let element = self.new_visitor(run, &mut is_known);
            let mark = run.visitor.filter(|_| is_apart).map(|visitor| visitor.mark);
            runs = runs
                .uint(run.source.index() as u64 + 1)
                .uint(run.hits)
                .maybe(element)
                .maybe(mark)
                .maybe(run.id.map(|id| id.0));
        }
        let mut entries = entries.uint(if is_apart { 0 } else { visited(self.entry, is_known) });
        let length = self.entry.runs.len() as i64;
        entries = entries.int(-length);
        entries.append(runs)
    }
}

fn visited(entry: &Entry, is_known: bool) -> u64 {
    match entry.runs.iter().any(|run| run.visitor.is_some()) {
        true if is_known => 2,
        any => any.into(),
    }
}

/// The result of count.lua.
pub(crate) enum Answer {
    /// Nothing was counted: these counters have dedupe, so their hits need marks.
    Apart(Vec<Counter>),
    /// The tally was counted.
    Done {
        /// A sketch was lost or replaced, so no visitor is known to be in one any more.
        forgotten: bool,
        /// The number of new counters.
        created: u64,
        /// Counters whose pasts are to be compacted.
        long: Vec<Counter>,
        /// The outcomes, one for each entry.
        outcomes: Vec<Outcome>,
    },
}

/// Decodes the answer.
pub(crate) fn answer(bytes: &[u8], tally: &Tally) -> Result<Answer, StoreError> {
    // An unreadable answer does not tell what was done.
    read(bytes, tally).map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn read(bytes: &[u8], tally: &Tally) -> Result<Answer, StoreError> {
    let mut values = Unpacker::new(bytes);
    values.array()?;
    if values.is_array() {
        return places(&mut values, tally).map(Answer::Apart);
    }
    let (forgotten, created) = (values.uint::<u8>()? == 1, values.uint()?);
    let long = places(&mut values, tally)?;
    let outcome = |entry: &Entry| {
        if values.is_text() {
            return Ok(Outcome::Refused(match values.bytes()? {
                b"missing" => Refusal::Missing,
                b"owned" => Refusal::Owned,
                b"full" => Refusal::NamespaceFull,
                b"instance" => Refusal::InstanceFull,
                b"store" => Refusal::StoreNearlyFull,
                b"range" => Refusal::OutOfRange,
                b"damaged" => Refusal::Damaged,
                _ => return Err(odd("an unknown refusal")),
            }));
        }
        if !values.is_array() {
            return Ok(Outcome::Counted(all(&entry.runs, values.int()?)));
        }
        if values.array()? != 2 * entry.runs.len() {
            return Err(odd("too few runs"));
        }
        let runs = entry.runs.iter().map(|run| {
            let (hits, last) = (values.uint::<u64>()?, values.int()?);
            let counted = Counted { hits, last };
            (hits <= run.hits).then_some(counted).ok_or_else(|| odd("more hits than were sent"))
        });
        runs.collect::<Result<_, _>>().map(Outcome::Counted)
    };
    let outcomes = tally.entries.iter().map(outcome).collect::<Result<_, _>>()?;
    Ok(Answer::Done { forgotten, created, long, outcomes })
}

/// The counters at these positions of the tally, from 1.
fn places(values: &mut Unpacker, tally: &Tally) -> Result<Vec<Counter>, StoreError> {
    let length = values.array()?;
    let place = |_| {
        let place: usize = values.uint()?;
        let entry = place.checked_sub(1).and_then(|place| tally.entries.get(place));
        entry.map(|entry| entry.counter.clone()).ok_or_else(|| odd("a position outside the tally"))
    };
    (0..length).map(place).collect()
}

/// The outcome of runs whose hits all count, the last of them with this number.
fn all(runs: &[Run], total: i64) -> Vec<Counted> {
    let mut last = total;
    let backwards = runs.iter().rev().map(|run| {
        let counted = Counted { hits: run.hits, last };
        last = last.saturating_sub_unsigned(run.hits);
        counted
    });
    let mut counted: Vec<_> = backwards.collect();
    counted.reverse();
    counted
}

fn odd(what: &str) -> StoreError {
    StoreError::Damaged(format!("Redis answered {what}"))
}
