//! A counter's past: an append-only log of its finished hours, days and daily uniques.

use super::StoreError;
use super::pack::{Packer, Unpacker};
use crate::model::buckets::Buckets;
use crate::model::count::History;

/// A finished hour or day, as an entry of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastEntry {
    /// What the number counts.
    pub kind: PastKind,
    /// The hour or the day since the epoch.
    pub unit: u32,
    /// Hits, or distinct visitors.
    pub number: u64,
}

/// What a number of the past counts. count.lua writes the same values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastKind {
    /// An hour's hits.
    Hour = 0,
    /// A day's hits.
    Day = 1,
    /// A day's distinct visitors.
    Uniques = 2,
}

/// Adds an entry, unless its number is 0.
pub fn push(past: &mut Vec<PastEntry>, kind: PastKind, unit: u32, number: u64) {
    if number > 0 {
        past.push(PastEntry { kind, unit, number });
    }
}

/// Entries in the form in which they are appended to the log.
pub fn pack_past(past: impl IntoIterator<Item = PastEntry>) -> Vec<u8> {
    let mut packer = Packer::default();
    for PastEntry { kind, unit, number } in past {
        packer = packer.uint(kind as u64).uint(unit.into()).uint(number);
    }
    packer.finish()
}

/// Reads a log into a history. Repeated hours and days are summed; of repeated uniques the
/// larger number counts.
pub fn unpack_past(bytes: &[u8], history: &mut History) -> Result<(), StoreError> {
    let mut values = Unpacker::new(bytes);
    while !values.is_empty() {
        let (kind, unit, number) = (values.uint::<u8>()?, values.uint()?, values.uint()?);
        match kind {
            0 => history.hours.add(unit, number),
            1 => history.days.add(unit, number),
            2 => history.uniques.set(unit, history.uniques.get(unit).max(number)),
            _ => return Err(StoreError::Damaged(format!("a past of kind {kind}"))),
        }
    }
    Ok(())
}

/// The entries of a history.
pub fn entries(history: &History) -> impl Iterator<Item = PastEntry> {
    let of = |kind, buckets: &Buckets| {
        buckets
            .iter()
            .map(move |(unit, number)| PastEntry { kind, unit, number })
            .collect::<Vec<_>>()
    };
    [
        of(PastKind::Hour, &history.hours),
        of(PastKind::Day, &history.days),
        of(PastKind::Uniques, &history.uniques),
    ]
    .into_iter()
    .flatten()
}
