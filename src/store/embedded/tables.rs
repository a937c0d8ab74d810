//! What is in the map, by the first byte of the key. A counter's keys go on with its
//! namespace, a zero, its key and a zero; no name holds a zero.

use super::map::{Batch, Read, Row};
use crate::model::count::History;
use crate::model::edit::{ChangeId, Namespace};
use crate::model::export::ExportedSketch;
use crate::model::hit::HitId;
use crate::model::name::{Counter, Name};
use crate::model::time::Timestamp;
use crate::model::token::Digest;
use crate::sketch::Sketch;
use crate::store::pack::{Packer, Unpacker};
use crate::store::past::{self, Kind, Over, pack_past, unpack_past};
use crate::store::record::Record;
use crate::store::rules::Place;
use crate::store::whole::Whole;
use crate::store::{Limits, StoreError};

/// A counter to its record.
const RECORD: u8 = b'c';
/// A counter, a [`Kind`] and a part of its units to a part of its past.
const PAST: u8 = b'p';
/// A counter and a day to that day's visitors. It expires.
const SKETCH: u8 = b's';
/// A namespace to the packed array of a version, owner, public, open and its number of counters.
const NAMESPACE: u8 = b'n';
/// A namespace, a total with its bits turned and a key: the ranking.
const RANKING: u8 = b'r';
/// A counter that is not in its place in the ranking.
const MOVED: u8 = b'm';
/// What is remembered for a while: ids, visitors who were counted, changes.
const MARK: u8 = b'x';
/// An expiry in seconds since the epoch and a key that then goes.
const EXPIRY: u8 = b'e';
/// Facts about the file itself.
const FACT: u8 = b'f';

/// How many units of the past share a row, so that a row is small and there are few.
const UNITS_PER_PART: u32 = 32;

/// A longer row has a unit in more parts than one, which are summed then.
const PART_MAX: usize = 1024;

/// A fact about the file.
#[derive(Clone, Copy)]
pub(crate) enum Fact {
    /// The layout of everything in it.
    Layout,
    /// The store's id.
    Id,
    /// The number of its last checkpoint.
    Checkpoint,
    /// How long the file was then, in bytes.
    Length,
    /// How many counters there are in all.
    Counters,
    /// How often somebody asked whether it can be written to.
    Pings,
    /// How many namespaces are claimed, or have settings without being so.
    Claims,
}

impl Fact {
    /// The key of it.
    pub(crate) fn key(self) -> [u8; 2] {
        [FACT, self as u8]
    }
}

/// Reads a fact.
pub(crate) fn fact(read: &impl Read, fact: Fact) -> Result<Option<u64>, StoreError> {
    let found = read.get(&fact.key())?;
    found
        .map(|bytes| bytes.try_into().map(u64::from_be_bytes).map_err(|_| odd("a fact")))
        .transpose()
}

/// Sets a fact.
pub(crate) fn set_fact(batch: &mut Batch, fact: Fact, number: u64) {
    batch.put(fact.key().into(), number.to_be_bytes().into());
}

/// What is remembered for a while. Marks of hits belong to a counter since its creation, so
/// that a new counter of the same name has none.
#[derive(Clone, Copy)]
pub(crate) enum Mark<'a> {
    /// A hit's id, of a counter that was created then.
    Id(&'a Counter, u64, HitId),
    /// A visitor who was counted, of a counter that was created then.
    Visitor(&'a Counter, u64, [u8; 8]),
    /// A change.
    Change(ChangeId),
}

impl Mark<'_> {
    fn key(self) -> Vec<u8> {
        match self {
            Self::Id(counter, created, id) => {
                of_counter(MARK, counter, &[b"i", &created.to_be_bytes()[..], &id.0].concat())
            }
            Self::Visitor(counter, created, visitor) => {
                of_counter(MARK, counter, &[b"v", &created.to_be_bytes()[..], &visitor].concat())
            }
            Self::Change(id) => [&[MARK, 0][..], &id.0].concat(),
        }
    }
}

fn of_counter(kind: u8, counter: &Counter, rest: &[u8]) -> Vec<u8> {
    let (namespace, key) = (counter.namespace.as_str(), counter.key.as_str());
    [&[kind][..], namespace.as_bytes(), &[0], key.as_bytes(), &[0], rest].concat()
}

fn of_namespace(kind: u8, namespace: &Name, rest: &[u8]) -> Vec<u8> {
    [&[kind][..], namespace.as_str().as_bytes(), &[0], rest].concat()
}

/// The first key behind all that begin like this one, which ends with a zero.
fn behind(mut prefix: Vec<u8>) -> Vec<u8> {
    if let Some(last) = prefix.last_mut() {
        *last = 1;
    }
    prefix
}

fn odd(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} in the file cannot be read"))
}

fn name(bytes: &[u8]) -> Result<Name, StoreError> {
    let text = std::str::from_utf8(bytes).map_err(|_| odd("a name"))?;
    Name::new(text).map_err(|_| odd("a name"))
}

/// The key of a counter's record.
pub(crate) fn record_key(counter: &Counter) -> Vec<u8> {
    of_counter(RECORD, counter, &[])
}

/// Reads a counter's record.
pub(crate) fn record(read: &impl Read, counter: &Counter) -> Result<Option<Record>, StoreError> {
    read.get(&record_key(counter))?.map(|bytes| Record::unpack(&bytes)).transpose()
}

/// Writes a counter's record; one that has moved in the ranking is noted as such.
pub(crate) fn put_record(batch: &mut Batch, counter: &Counter, record: &Record, before: i64) {
    if record.total != record.ranked && before == record.ranked {
        batch.put(of_counter(MOVED, counter, &[]), Vec::new());
    }
    batch.put(record_key(counter), record.pack());
}

/// Writes a counter's record, in its place in the ranking; `before` is what was there.
pub(crate) fn put_ranked(
    batch: &mut Batch,
    counter: &Counter,
    record: &mut Record,
    before: Option<&Record>,
) {
    if let Some(before) = before {
        unrank(batch, counter, before);
    }
    record.ranked = record.total;
    batch.put(ranking_key(counter, record.total), Vec::new());
    batch.put(record_key(counter), record.pack());
}

fn unrank(batch: &mut Batch, counter: &Counter, record: &Record) {
    batch.delete(ranking_key(counter, record.ranked));
    batch.delete(of_counter(MOVED, counter, &[]));
}

/// Such that the largest total comes first.
fn ranking_key(Counter { namespace, key }: &Counter, total: i64) -> Vec<u8> {
    let turned = !(total as u64 ^ 1 << 63);
    of_namespace(RANKING, namespace, &[&turned.to_be_bytes(), key.as_str().as_bytes()].concat())
}

/// Deletes a counter with all that is kept of it.
pub(crate) fn delete(
    batch: &mut Batch,
    counter: &Counter,
    record: &Record,
) -> Result<(), StoreError> {
    unrank(batch, counter, record);
    batch.delete(record_key(counter));
    forget(batch, counter)
}

/// Deletes a counter's past and its sketches.
pub(crate) fn forget(batch: &mut Batch, counter: &Counter) -> Result<(), StoreError> {
    for kind in [PAST, SKETCH] {
        let prefix = of_counter(kind, counter, &[]);
        for (key, _) in batch.scan(&prefix, &behind(prefix.clone()), usize::MAX)? {
            batch.delete(key);
        }
    }
    Ok(())
}

/// Adds to a counter's past.
pub(crate) fn append(
    batch: &mut Batch,
    counter: &Counter,
    overs: &[Over],
    limits: &Limits,
) -> Result<(), StoreError> {
    for over in overs {
        let kind = of_counter(PAST, counter, &[over.kind as u8]);
        let key = [&kind[..], &(over.unit / UNITS_PER_PART).to_be_bytes()].concat();
        let found = batch.get(&key)?;
        let is_new = found.is_none();
        let mut part = found.unwrap_or_default();
        part.extend(pack_past([*over]));
        if part.len() > PART_MAX {
            let mut whole = Whole::default();
            unpack_past(&part, &mut whole.past)?;
            part = pack_past(past::overs(&whole.past));
        }
        batch.put(key, part);
        if is_new {
            // By number and not by date: a clock that is wrong must not forget all.
            let units =
                if over.kind == Kind::Hour { limits.history_hours } else { limits.history_days };
            let parts = (units / UNITS_PER_PART + 4) as usize;
            let to = of_counter(PAST, counter, &[over.kind as u8 + 1]);
            let rows = batch.scan(&kind, &to, usize::MAX)?;
            for (key, _) in rows.iter().take(rows.len().saturating_sub(parts)) {
                batch.delete(key.clone());
            }
        }
    }
    Ok(())
}

/// A counter's past.
pub(crate) fn past(read: &impl Read, counter: &Counter) -> Result<History, StoreError> {
    let mut past = History::default();
    let prefix = of_counter(PAST, counter, &[]);
    for (_, part) in read.scan(&prefix, &behind(prefix.clone()), usize::MAX)? {
        unpack_past(&part, &mut past)?;
    }
    Ok(past)
}

/// A counter with its past and its sketches.
pub(crate) fn whole(
    read: &impl Read,
    counter: &Counter,
    now: Timestamp,
) -> Result<Option<Whole>, StoreError> {
    let Some(record) = record(read, counter)? else { return Ok(None) };
    let mut whole = Whole { record, past: past(read, counter)?, ..Whole::default() };
    let prefix = of_counter(SKETCH, counter, &[]);
    for (key, bytes) in read.scan(&prefix, &behind(prefix.clone()), usize::MAX)? {
        let day = key.last_chunk().map_or(0, |day| u32::from_be_bytes(*day));
        if day.saturating_add(1) >= now.day() {
            let sketch = Sketch::from_redis(&bytes).map_err(|_| odd("a sketch"))?;
            whole.sketches.push(ExportedSketch { day, sketch });
        }
    }
    Ok(Some(whole))
}

/// Writes a counter's past and its sketches in place of what was there.
pub(crate) fn put_past(
    batch: &mut Batch,
    counter: &Counter,
    whole: &Whole,
    limits: &Limits,
) -> Result<(), StoreError> {
    forget(batch, counter)?;
    let overs: Vec<Over> = past::overs(&whole.past).collect();
    for of_part in overs
        .chunk_by(|a, b| a.kind == b.kind && a.unit / UNITS_PER_PART == b.unit / UNITS_PER_PART)
    {
        append(batch, counter, of_part, limits)?;
    }
    for ExportedSketch { day, sketch } in &whole.sketches {
        put_sketch(batch, counter, *day, sketch.to_redis());
    }
    Ok(())
}

/// A day's visitors, as [`Sketch::to_redis`] writes them.
pub(crate) fn sketch(
    read: &impl Read,
    counter: &Counter,
    day: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    read.get(&of_counter(SKETCH, counter, &day.to_be_bytes()))
}

/// Writes a day's visitors, which are forgotten a day after the day is over.
pub(crate) fn put_sketch(batch: &mut Batch, counter: &Counter, day: u32, sketch: Vec<u8>) {
    let key = of_counter(SKETCH, counter, &day.to_be_bytes());
    batch.put(expiry_key(Timestamp::of_day(day.saturating_add(2)).0, &key), Vec::new());
    batch.put(key, sketch);
}

/// Reads what is kept of a namespace.
pub(crate) fn namespace(read: &impl Read, of: &Name) -> Result<Namespace, StoreError> {
    let Some(bytes) = read.get(&of_namespace(NAMESPACE, of, &[]))? else {
        return Ok(Namespace::default());
    };
    let mut values = Unpacker::new(&bytes);
    if values.array()? != 5 || values.uint::<u8>()? != 1 {
        return Err(odd("a namespace"));
    }
    let owner = values.maybe()?.map(Digest::from_bytes).transpose()?;
    let (public, open) = (values.flag()?, values.flag()?);
    Ok(Namespace { owner, public, open, counters: values.uint()? })
}

/// Writes what is kept of a namespace; nothing is kept of one without anything.
fn put_namespace(batch: &mut Batch, of: &Name, namespace: &Namespace) {
    let key = of_namespace(NAMESPACE, of, &[]);
    if *namespace == Namespace::default() {
        return batch.delete(key);
    }
    let Namespace { owner, public, open, counters } = namespace;
    let owner = owner.as_ref().map(Digest::as_bytes);
    let packer = Packer::default().array(5).uint(1).maybe(owner).flag(*public).flag(*open);
    batch.put(key, packer.uint(*counters).finish());
}

/// Writes what has become of a namespace, and counts it if it is claimed now.
pub(crate) fn change_namespace(
    batch: &mut Batch,
    of: &Name,
    before: &Namespace,
    now: &Namespace,
) -> Result<(), StoreError> {
    let claimed = i64::from(now.has_settings()) - i64::from(before.has_settings());
    if claimed != 0 {
        let claims = fact(batch, Fact::Claims)?.unwrap_or(0);
        set_fact(batch, Fact::Claims, claims.saturating_add_signed(claimed));
    }
    put_namespace(batch, of, now);
    Ok(())
}

/// So many counters of a namespace are new, or gone.
pub(crate) fn grow(batch: &mut Batch, of: &Name, counters: i64) -> Result<(), StoreError> {
    let mut found = namespace(batch, of)?;
    found.counters = found.counters.saturating_add_signed(counters);
    put_namespace(batch, of, &found);
    let all = fact(batch, Fact::Counters)?.unwrap_or(0);
    set_fact(batch, Fact::Counters, all.saturating_add_signed(counters));
    Ok(())
}

/// Where a counter of a namespace is to be created or changed.
pub(crate) fn place(batch: &Batch, of: &Name) -> Result<Place, StoreError> {
    let counters = fact(batch, Fact::Counters)?.unwrap_or(0);
    let things = counters.saturating_add(fact(batch, Fact::Claims)?.unwrap_or(0));
    Ok(Place { namespace: namespace(batch, of)?, things, has_room: batch.has_room() })
}

/// Some namespaces, those after one.
pub(crate) fn namespaces(
    read: &impl Read,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<Name>, StoreError> {
    let after = after.map_or_else(Vec::new, |after| [after.as_bytes(), &[0, 0]].concat());
    let from = [&[NAMESPACE][..], &after].concat();
    let rows = read.scan(&from, &[NAMESPACE + 1], most)?;
    rows.iter().map(|(key, _)| name(&key[1..key.len() - 1])).collect()
}

/// Some keys of a namespace with their records, those after one.
pub(crate) fn counters(
    read: &impl Read,
    of: &Name,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<(Name, Vec<u8>)>, StoreError> {
    let prefix = of_namespace(RECORD, of, &[]);
    let after = after.map_or_else(Vec::new, |after| [after.as_bytes(), &[0, 0]].concat());
    let rows = read.scan(&[&prefix[..], &after].concat(), &behind(prefix.clone()), most)?;
    let row = |(key, bytes): Row| Ok((name(&key[prefix.len()..key.len() - 1])?, bytes));
    rows.into_iter().map(row).collect()
}

/// Puts counters of a namespace that have moved in their places in the ranking; tells how
/// many, `most` at most.
pub(crate) fn rank(batch: &mut Batch, of: &Name, most: usize) -> Result<usize, StoreError> {
    let prefix = of_namespace(MOVED, of, &[]);
    let moved = batch.scan(&prefix, &behind(prefix.clone()), most)?;
    for (row, _) in &moved {
        let counter =
            Counter { namespace: of.clone(), key: name(&row[prefix.len()..row.len() - 1])? };
        match record(batch, &counter)? {
            Some(before) => put_ranked(batch, &counter, &mut before.clone(), Some(&before)),
            None => batch.delete(row.clone()),
        }
    }
    Ok(moved.len())
}

/// A page of the ranking.
pub(crate) fn ranking(
    read: &impl Read,
    of: &Name,
    offset: usize,
    limit: usize,
) -> Result<Vec<(Name, i64)>, StoreError> {
    let prefix = of_namespace(RANKING, of, &[]);
    // Keys of a fixed length are no prefix of each other: the next namespace begins behind.
    let rows = read.scan(&prefix, &behind(prefix.clone()), offset.saturating_add(limit))?;
    let row = |(key, _): Row| {
        let (total, key) = key[prefix.len()..].split_first_chunk().ok_or_else(|| odd("a place"))?;
        Ok((name(key)?, (!u64::from_be_bytes(*total) ^ 1 << 63) as i64))
    };
    rows.into_iter().skip(offset).map(row).collect()
}

/// A mark's value, unless it has expired.
pub(crate) fn mark(
    read: &impl Read,
    mark: Mark,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut found) = read.get(&mark.key())? else { return Ok(None) };
    let value = found.split_off(8.min(found.len()));
    let expiry = found.try_into().map(u64::from_be_bytes).map_err(|_| odd("a mark"))?;
    Ok((now.0 < expiry).then_some(value))
}

/// Sets a mark, which expires.
pub(crate) fn put_mark(batch: &mut Batch, mark: Mark, expiry: u64, value: &[u8]) {
    let key = mark.key();
    batch.put(expiry_key(expiry, &key), Vec::new());
    batch.put(key, [&expiry.to_be_bytes(), value].concat());
}

fn expiry_key(expiry: u64, key: &[u8]) -> Vec<u8> {
    [&[EXPIRY][..], &expiry.to_be_bytes(), key].concat()
}

/// Removes what has expired, `most` of it; tells how much that was.
pub(crate) fn expire(batch: &mut Batch, now: Timestamp, most: usize) -> Result<usize, StoreError> {
    let due = batch.scan(&[EXPIRY], &expiry_key(now.0.saturating_add(1), &[]), most)?;
    for (row, _) in &due {
        let key = row[9..].to_vec();
        // A mark may have been set again since.
        let is_over = match key.first() {
            Some(&MARK) => batch.get(&key)?.is_none_or(|found| {
                found.first_chunk().is_none_or(|at| u64::from_be_bytes(*at) <= now.0)
            }),
            _ => true,
        };
        if is_over {
            batch.delete(key);
        }
        batch.delete(row.clone());
    }
    Ok(due.len())
}
