//! A counter's past and its sketches.

use super::expiring::expiry_key;
use super::{PAST, SKETCH, behind, odd, of_counter, record};
use crate::model::count::History;
use crate::model::export::ExportedSketch;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::sketch::Sketch;
use crate::store::embedded::map::{Batch, Read};
use crate::store::past::{PastEntry, PastKind, entries as entries_of, pack_past, unpack_past};
use crate::store::whole::Whole;
use crate::store::{Limits, StoreError};

/// How many units of the past share a row: rows stay small, and few.
const UNITS_PER_PART: u32 = 32;

/// A longer row, in bytes, holds some unit in several parts, which are then summed.
const MAX_PART: usize = 1024;

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
    entries: &[PastEntry],
    limits: &Limits,
) -> Result<(), StoreError> {
    for entry in entries {
        let kind = of_counter(PAST, counter, &[entry.kind as u8]);
        let key = [&kind[..], &(entry.unit / UNITS_PER_PART).to_be_bytes()].concat();
        let found = batch.get(&key)?;
        let is_new = found.is_none();
        let mut part = found.unwrap_or_default();
        part.extend(pack_past([*entry]));
        if part.len() > MAX_PART {
            let mut whole = Whole::default();
            unpack_past(&part, &mut whole.past)?;
            part = pack_past(entries_of(&whole.past));
        }
        batch.put(key, part);
        if is_new {
            // By number and not by date, so that a wrong clock does not erase the past.
            let units = if entry.kind == PastKind::Hour {
                limits.history_hours
            } else {
                limits.history_days
            };
            let parts = (units / UNITS_PER_PART + 4) as usize;
            let to = of_counter(PAST, counter, &[entry.kind as u8 + 1]);
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

/// Replaces a counter's past and its sketches.
pub(crate) fn put_past(
    batch: &mut Batch,
    counter: &Counter,
    whole: &Whole,
    limits: &Limits,
) -> Result<(), StoreError> {
    forget(batch, counter)?;
    let entries: Vec<PastEntry> = entries_of(&whole.past).collect();
    for of_part in entries
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

/// Writes a day's visitors, which expire a day after the day ends.
pub(crate) fn put_sketch(batch: &mut Batch, counter: &Counter, day: u32, sketch: Vec<u8>) {
    let key = of_counter(SKETCH, counter, &day.to_be_bytes());
    batch.put(expiry_key(Timestamp::of_day(day.saturating_add(2)).0, &key), Vec::new());
    batch.put(key, sketch);
}
