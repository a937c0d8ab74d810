//! What is forgotten by itself: ids of hits, marks of visitors, ids of changes
//! and sketches of days. Each has an expiry; what has expired is as if it was
//! not there, and is removed little by little as time goes on.

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::tables::BytesTable;
use crate::model::edit::ChangeId;
use crate::model::export::ExportedSketch;
use crate::model::hit::{HitId, Visitor};
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::sketch::Sketch;
use crate::store::StoreError;

/// A mark's key, as [`Mark`] makes it, to its expiry, as [`dated`] has it, and its value.
pub const MARKS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("marks");
/// When to look at which mark: an expiry and a mark's key, [`dated`], to nothing.
const EXPIRIES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("expiries");

/// The most marks that one write removes: more than it can add but for the
/// largest, which idle times make up for.
pub const REMOVED_PER_WRITE: usize = 64;

/// Whose mark it is. Marks of hits belong to a counter since its creation, so
/// that a new counter of the same name has none.
#[derive(Clone, Copy)]
pub enum Mark<'a> {
    /// A hit's id, of a counter that was created then.
    Id(&'a Counter, u64, HitId),
    /// A visitor that was counted, of a counter that was created then.
    Visitor(&'a Counter, u64, Visitor),
    /// A change.
    Change(ChangeId),
    /// The visitors of a day.
    Sketch(&'a Counter, u32),
}

impl Mark<'_> {
    fn key(self) -> Vec<u8> {
        match self {
            Self::Id(counter, created, id) => {
                [prefix(b'i', counter), created.to_be_bytes().into(), id.0.into()].concat()
            }
            Self::Visitor(counter, created, visitor) => {
                [prefix(b'v', counter), created.to_be_bytes().into(), visitor.0.into()].concat()
            }
            Self::Change(id) => [&b"c"[..], &id.0].concat(),
            Self::Sketch(counter, day) => {
                [prefix(b's', counter), day.to_be_bytes().into()].concat()
            }
        }
    }
}

/// Names hold no zero byte.
fn prefix(kind: u8, counter: &Counter) -> Vec<u8> {
    let (namespace, key) = (counter.namespace.as_str(), counter.key.as_str());
    [&[kind][..], namespace.as_bytes(), &[0], key.as_bytes(), &[0]].concat()
}

/// The keys of all sketches of a counter.
fn sketches_of(counter: &Counter) -> std::ops::RangeInclusive<Vec<u8>> {
    let prefix = prefix(b's', counter);
    [prefix.clone(), vec![0; 4]].concat()..=[prefix, vec![0xff; 4]].concat()
}

/// An expiry and what goes with it; the order of such bytes is that of time.
fn dated(expiry: u64, bytes: &[u8]) -> Vec<u8> {
    [&expiry.to_be_bytes(), bytes].concat()
}

/// What [`dated`] put together.
fn undated(bytes: &[u8]) -> (u64, &[u8]) {
    bytes.split_first_chunk().map_or((0, bytes), |(at, rest)| (u64::from_be_bytes(*at), rest))
}

/// The tables of marks in a transaction that writes.
pub struct Marks<'txn> {
    marks: BytesTable<'txn>,
    expiries: BytesTable<'txn>,
}

impl<'txn> Marks<'txn> {
    pub fn open(txn: &'txn WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self { marks: txn.open_table(MARKS)?, expiries: txn.open_table(EXPIRIES)? })
    }

    /// A mark's value, unless it has expired.
    pub fn get(&self, mark: Mark, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.marks.get(mark.key().as_slice())?;
        let found = found.as_ref().map(|found| undated(found.value()));
        Ok(found.filter(|(expiry, _)| now.0 < *expiry).map(|(_, value)| value.to_vec()))
    }

    /// Writes a mark that expires at `expiry`.
    pub fn put(&mut self, mark: Mark, expiry: u64, value: &[u8]) -> Result<(), StoreError> {
        let key = mark.key();
        let before = self.marks.insert(key.as_slice(), dated(expiry, value).as_slice())?;
        let before = before.map(|before| undated(before.value()).0);
        if before != Some(expiry) {
            if let Some(before) = before {
                self.expiries.remove(dated(before, &key).as_slice())?;
            }
            self.expiries.insert(dated(expiry, &key).as_slice(), b"".as_slice())?;
        }
        Ok(())
    }

    fn delete_key(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let expiry = self.marks.remove(key)?.map(|found| undated(found.value()).0);
        if let Some(expiry) = expiry {
            self.expiries.remove(dated(expiry, key).as_slice())?;
        }
        Ok(())
    }

    /// Deletes a counter's sketches.
    pub fn delete_sketches(&mut self, counter: &Counter) -> Result<(), StoreError> {
        let range = sketches_of(counter);
        let keys: Vec<Vec<u8>> = self
            .marks
            .range(range.start().as_slice()..=range.end().as_slice())?
            .map(|found| Ok(found?.0.value().to_vec()))
            .collect::<Result<_, StoreError>>()?;
        keys.iter().try_for_each(|key| self.delete_key(key))
    }

    /// Removes expired marks, `most` of them; tells how many there were.
    pub fn expire(&mut self, now: Timestamp, most: usize) -> Result<usize, StoreError> {
        for removed in 0..most {
            let Some((first, _)) = self.expiries.first()? else { return Ok(removed) };
            let entry = first.value().to_vec();
            drop(first);
            let (expiry, key) = undated(&entry);
            if expiry > now.0 {
                return Ok(removed);
            }
            self.marks.remove(key)?;
            self.expiries.remove(entry.as_slice())?;
        }
        Ok(most)
    }
}

/// The sketches of a counter that are still there.
pub fn sketches(
    marks: &impl ReadableTable<&'static [u8], &'static [u8]>,
    counter: &Counter,
    now: Timestamp,
) -> Result<Vec<ExportedSketch>, StoreError> {
    let range = sketches_of(counter);
    marks
        .range(range.start().as_slice()..=range.end().as_slice())?
        .filter(|found| found.as_ref().map_or(true, |(_, mark)| now.0 < undated(mark.value()).0))
        .map(|found| {
            let (key, value) = found?;
            let day = key.value().last_chunk().map_or(0, |day| u32::from_be_bytes(*day));
            Ok(ExportedSketch { day, sketch: read_sketch(undated(value.value()).1, counter)? })
        })
        .collect()
}

/// When a day's sketch is forgotten: a day after the day is over.
pub fn sketch_expiry(day: u32) -> u64 {
    Timestamp::of_day(day.saturating_add(2)).0
}

/// Reads a sketch.
pub fn read_sketch(bytes: &[u8], counter: &Counter) -> Result<Sketch, StoreError> {
    Sketch::from_redis(bytes)
        .map_err(|e| StoreError::Failed(format!("the uniques of {counter} are {e}")))
}

/// Whether a mark waits to be removed.
pub fn any_expired(txn: &redb::ReadTransaction, now: Timestamp) -> Result<bool, StoreError> {
    let expiries = txn.open_table(EXPIRIES)?;
    Ok(expiries.first()?.is_some_and(|(entry, _)| undated(entry.value()).0 <= now.0))
}
