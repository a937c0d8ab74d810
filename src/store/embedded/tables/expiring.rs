//! Marks: facts that are remembered for a while, and their expiry.

use super::{EXPIRY, MARK, odd, of_counter};
use crate::model::edit::ChangeId;
use crate::model::hit::HitId;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::store::StoreError;
use crate::store::embedded::map::{Batch, Read};

/// A fact that is remembered for a while. A hit's marks carry the time at which their counter
/// was created, so that a new counter of the same name has none.
#[derive(Clone, Copy)]
pub(crate) enum Mark<'a> {
    /// A hit's id, with the counter and its creation.
    Id(&'a Counter, u64, HitId),
    /// A visitor who was counted, with the counter and its creation.
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

pub(super) fn expiry_key(expiry: u64, key: &[u8]) -> Vec<u8> {
    [&[EXPIRY][..], &expiry.to_be_bytes(), key].concat()
}

/// Removes up to `most` expired rows, and returns how many.
pub(crate) fn expire(batch: &mut Batch, now: Timestamp, most: usize) -> Result<usize, StoreError> {
    let due = batch.scan(&[EXPIRY], &expiry_key(now.0.saturating_add(1), &[]), most)?;
    for (row, _) in &due {
        let key = row[9..].to_vec();
        // A mark may have been renewed since.
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
