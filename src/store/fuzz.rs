//! Entry points of the fuzz targets in `fuzz/`: they read stored bytes and a store's answers,
//! and panic if a promise is broken.

#[cfg(test)]
pub(crate) mod corpus;

use super::pack::Unpacker;
use super::past::{entries, pack_past, unpack_past};
use super::record::Record;
use super::redis::{read, tally};
use super::whole::Whole;
use crate::model::count::History;
use crate::model::export::ExportedCounter;
use crate::model::hit::{Hit, HitId, Source, Visitor};
use crate::model::name::{Counter, Name};
use crate::model::tally::{Lane, Tally};
use crate::model::time::Timestamp;
use crate::sketch::Sketch;

/// The time of every read.
const NOW: Timestamp = Timestamp(1_800_000_000);

/// Reads stored bytes. If they can be read, they are written back with the same meaning, and
/// shown without an overflow.
pub fn stored(bytes: &[u8]) {
    if let Ok(record) = Record::unpack(bytes) {
        assert_eq!(Record::unpack(&record.pack()).ok(), Some(record.clone()));
        record.count(NOW);
        let (mut counted, mut past) = (record.clone(), Vec::new());
        counted.add(1, Source::Browser, NOW, &mut past);
        counted.see(1, NOW.day(), &mut past);
    }
    let mut history = History::default();
    if unpack_past(bytes, &mut history).is_ok() {
        let mut again = History::default();
        let log = pack_past(entries(&history));
        assert!(unpack_past(&log, &mut again).is_ok(), "a log of its own");
        assert_eq!(again, history);
    }
    if let Ok(sketch) = Sketch::from_redis(bytes) {
        assert!(Sketch::from_redis(&sketch.to_redis()).is_ok_and(|again| again == sketch));
        sketch.count();
    }
    let _ = read::facts(Some(bytes), 0);
    let mut values = Unpacker::new(bytes);
    while values.int().is_ok() {}
}

/// Reads Redis' answer to a write.
pub fn answer(bytes: &[u8]) {
    let Ok(name) = Name::new("n") else { return };
    let counter = Counter { namespace: name.clone(), key: name };
    let hit = |id, visitor| Hit { counter: counter.clone(), source: Source::Browser, visitor, id };
    let visitor = Visitor { register: 1, rank: 1, mark: [1; 8] };
    let hits = [hit(None, None), hit(Some(HitId([1; 16])), None), hit(None, Some(visitor))];
    let tally = Tally::join(Lane::Shared(0), 1, NOW, hits.iter()).0;
    if let Ok(tally::Answer::Done { outcomes, .. }) = tally::answer(bytes, &tally) {
        assert_eq!(outcomes.len(), tally.entries.len());
    }
}

/// Imports a counter, and adds it to itself.
pub fn import(exported: &ExportedCounter) {
    let Ok(mut whole) = Whole::import(exported, NOW) else { return };
    let same = whole.clone();
    whole.absorb(&same);
    assert_eq!(Record::unpack(&whole.record.pack()).ok(), Some(whole.record.clone()));
    whole.record.count(NOW);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_once_is_read() {
        corpus::read("stored", stored);
        corpus::read("answers", answer);
    }
}
