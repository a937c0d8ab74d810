//! The layout of the map. The first byte of a key is the kind of its row. A counter's rows
//! continue with its namespace, a zero, its key and a zero; no name holds a zero.

mod expiring;
mod past;
mod ranking;

pub(crate) use self::expiring::{Mark, expire, mark, put_mark};
pub(crate) use self::past::{append, forget, past, put_past, put_sketch, sketch, whole};
pub(crate) use self::ranking::{put_ranked, rank, ranking};
use super::map::{Batch, Read, Row};
use crate::model::edit::Namespace;
use crate::model::name::{Counter, Name};
use crate::store::StoreError;
use crate::store::namespace;
use crate::store::pack::Unpacker;
use crate::store::record::Record;
use crate::store::rules::Place;

/// A counter to its record.
const RECORD: u8 = b'c';
/// A counter, a [`crate::store::past::PastKind`] and a part of its units to a part of its past.
const PAST: u8 = b'p';
/// A counter and a day to that day's visitors. It expires.
const SKETCH: u8 = b's';
/// A namespace to the packed array of a version, owner, public, open and its number of counters.
const NAMESPACE: u8 = b'n';
/// A namespace, an inverted total and a key: the ranking.
const RANKING: u8 = b'r';
/// A counter whose rank is out of date.
const MOVED: u8 = b'm';
/// Marks, which expire: ids, visitors who were counted, changes.
const MARK: u8 = b'x';
/// An expiry in seconds since the epoch and the key that expires then.
const EXPIRY: u8 = b'e';
/// Facts about the file itself.
const FACT: u8 = b'f';

/// A fact about the file.
#[derive(Clone, Copy)]
pub(crate) enum Fact {
    /// The version of this layout.
    Layout,
    /// The store's id.
    Id,
    /// The number of its last checkpoint.
    Checkpoint,
    /// The file's length at that checkpoint, in bytes.
    Length,
    /// The number of counters in all.
    Counters,
    /// The number of pings, each of which checks that the file takes writes.
    Pings,
    /// How many namespaces are claimed, or have settings without being so.
    Claims,
}

impl Fact {
    /// Its key.
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

fn of_counter(kind: u8, counter: &Counter, rest: &[u8]) -> Vec<u8> {
    let (namespace, key) = (counter.namespace.as_str(), counter.key.as_str());
    [&[kind][..], namespace.as_bytes(), &[0], key.as_bytes(), &[0], rest].concat()
}

fn of_namespace(kind: u8, namespace: &Name, rest: &[u8]) -> Vec<u8> {
    [&[kind][..], namespace.as_str().as_bytes(), &[0], rest].concat()
}

/// The first key after all keys with this prefix, which ends with a zero.
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

/// Writes a counter's record, and marks the counter if its rank is now out of date.
pub(crate) fn put_record(batch: &mut Batch, counter: &Counter, record: &Record, before: i64) {
    if record.total != record.ranked && before == record.ranked {
        batch.put(of_counter(MOVED, counter, &[]), Vec::new());
    }
    batch.put(record_key(counter), record.pack());
}

/// Deletes a counter with everything that is stored of it.
pub(crate) fn delete(
    batch: &mut Batch,
    counter: &Counter,
    record: &Record,
) -> Result<(), StoreError> {
    ranking::unrank(batch, counter, record);
    batch.delete(record_key(counter));
    forget(batch, counter)
}

/// Reads a namespace's row.
pub(crate) fn namespace(read: &impl Read, of: &Name) -> Result<Namespace, StoreError> {
    let Some(bytes) = read.get(&of_namespace(NAMESPACE, of, &[]))? else {
        return Ok(Namespace::default());
    };
    let mut values = Unpacker::new(&bytes);
    let namespace = namespace::unpack(&mut values, 1)?;
    Ok(Namespace { counters: values.uint()?, ..namespace })
}

/// Writes a namespace's row, or deletes it if the namespace is empty.
fn put_namespace(batch: &mut Batch, of: &Name, namespace: &Namespace) {
    let key = of_namespace(NAMESPACE, of, &[]);
    if *namespace == Namespace::default() {
        return batch.delete(key);
    }
    batch.put(key, namespace::pack(namespace, 1).uint(namespace.counters).finish());
}

/// Changes a namespace's row, and counts the namespace if it is now claimed.
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

/// Adds to a namespace's number of counters, and to that of all.
pub(crate) fn grow(batch: &mut Batch, of: &Name, counters: i64) -> Result<(), StoreError> {
    let mut found = namespace(batch, of)?;
    found.counters = found.counters.saturating_add_signed(counters);
    put_namespace(batch, of, &found);
    let all = fact(batch, Fact::Counters)?.unwrap_or(0);
    set_fact(batch, Fact::Counters, all.saturating_add_signed(counters));
    Ok(())
}

/// The caps and the room for creating or changing a counter of a namespace.
pub(crate) fn place(batch: &Batch, of: &Name) -> Result<Place, StoreError> {
    let counters = fact(batch, Fact::Counters)?.unwrap_or(0);
    let things = counters.saturating_add(fact(batch, Fact::Claims)?.unwrap_or(0));
    Ok(Place { namespace: namespace(batch, of)?, things, has_room: batch.has_room() })
}

/// Namespaces in order, after the one named.
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

/// Keys of a namespace with their records, in order, after the one named.
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
