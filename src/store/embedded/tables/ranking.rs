//! The ranking of a namespace's counters by their totals.

use super::{MOVED, RANKING, behind, name, odd, of_counter, of_namespace, record, record_key};
use crate::model::name::{Counter, Name};
use crate::store::StoreError;
use crate::store::embedded::map::{Batch, Read, Row};
use crate::store::record::Record;

/// Writes a counter's record and ranks it; `before` is the record that it replaces.
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

pub(super) fn unrank(batch: &mut Batch, counter: &Counter, record: &Record) {
    batch.delete(ranking_key(counter, record.ranked));
    batch.delete(of_counter(MOVED, counter, &[]));
}

/// The key of a rank. Totals are inverted, so that the largest comes first.
fn ranking_key(Counter { namespace, key }: &Counter, total: i64) -> Vec<u8> {
    let turned = !(total as u64 ^ 1 << 63);
    of_namespace(RANKING, namespace, &[&turned.to_be_bytes(), key.as_str().as_bytes()].concat())
}

/// Ranks up to `most` counters of a namespace whose rank is out of date, and returns how
/// many.
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
    // The zero after the namespace ends the prefix, so the scan stays within the namespace.
    let rows = read.page(&prefix, &behind(prefix.clone()), offset, limit)?;
    let row = |(key, _): Row| {
        let (total, key) = key[prefix.len()..].split_first_chunk().ok_or_else(|| odd("a place"))?;
        Ok((name(key)?, (!u64::from_be_bytes(*total) ^ 1 << 63) as i64))
    };
    rows.into_iter().map(row).collect()
}
