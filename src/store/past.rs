//! What is over of a counter's hours, days and uniques: a log that only grows at its end.

use super::StoreError;
use super::pack::{Packer, Unpacker};
use crate::model::buckets::Buckets;
use crate::model::count::History;

/// What is over, for the log of a counter's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Of what.
    pub kind: Kind,
    /// The hour or the day since the epoch.
    pub unit: u32,
    /// Hits or different visitors.
    pub number: u64,
}

/// What a number of the past counts. The values are what count.lua writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An hour's hits.
    Hour = 0,
    /// A day's hits.
    Day = 1,
    /// A day's different visitors.
    Uniques = 2,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Uniques];
}

/// Notes a number of what is over; zeros are not kept.
pub fn push(past: &mut Vec<Over>, kind: Kind, unit: u32, number: u64) {
    if number > 0 {
        past.push(Over { kind, unit, number });
    }
}

/// The log of what is over, as it is appended to.
pub fn pack_past(past: impl IntoIterator<Item = Over>) -> Vec<u8> {
    let mut packer = Packer::default();
    for Over { kind, unit, number } in past {
        packer = packer.uint(kind as u64).uint(unit.into()).uint(number);
    }
    packer.finish()
}

/// Reads such a log into a history. What is in it twice came in two parts; of uniques the
/// larger number holds.
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

/// What is over of a history.
pub fn overs(history: &History) -> impl Iterator<Item = Over> {
    let of = |kind, buckets: &Buckets| {
        buckets.iter().map(move |(unit, number)| Over { kind, unit, number }).collect::<Vec<_>>()
    };
    [
        of(Kind::Hour, &history.hours),
        of(Kind::Day, &history.days),
        of(Kind::Uniques, &history.uniques),
    ]
    .into_iter()
    .flatten()
}
