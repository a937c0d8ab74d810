//! What the fuzz targets in `fuzz/` call to have the store's answers read. Each of these
//! panics where a promise is broken.

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
#[cfg(test)]
use random::Random;

/// When all of it happens.
const NOW: Timestamp = Timestamp(1_800_000_000);

/// Reads what may have been stored: whatever can be read is written as it was meant, and
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

/// Reads what Redis answers to a write.
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

/// Takes in a counter of an import, and adds it to itself.
pub fn import(exported: &ExportedCounter) {
    let Ok(mut whole) = Whole::import(exported, NOW) else { return };
    let same = whole.clone();
    whole.absorb(&same);
    assert_eq!(Record::unpack(&whole.record.pack()).ok(), Some(whole.record.clone()));
    whole.record.count(NOW);
}

/// How many changed inputs a test tries of each target. `.ci/fuzz` tries as many as there is time
/// for, and learns from each.
#[cfg(test)]
const MUTANTS: u64 = 3000;

/// Gives each file of a target's corpus to a function, and then changed ones, the same in every
/// run.
#[cfg(test)]
pub(crate) fn corpus(target: &str, read: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("a corpus")
        .map(|file| file.expect("a file").path())
        .collect();
    assert!(paths.len() > 2, "{}", folder.display());
    paths.sort_unstable();
    let inputs: Vec<Vec<u8>> =
        paths.iter().map(|path| std::fs::read(path).expect("a file of the corpus")).collect();
    for (path, input) in paths.iter().zip(&inputs) {
        println!("{}", path.display());
        read(input);
    }
    for number in 0..MUTANTS {
        let mut random = Random::new(number);
        let mut input = inputs[random.below(inputs.len())].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut input, &inputs, &mut random);
        }
        println!("{target} {number}: {}", input.escape_ascii());
        read(&input);
    }
}

/// Changes one byte, cuts something out, or puts something in.
#[cfg(test)]
fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(9)).min(input.len());
    match random.below(4) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 => drop(input.drain(at..end)),
        2 => {
            let other = &others[random.below(others.len())];
            let from = random.below(other.len() + 1);
            let until = (from + random.below(17)).min(other.len());
            input.splice(at..end, other[from..until].iter().copied());
        }
        _ => input.insert(at, random.below(256) as u8),
    }
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "a file of the ledger, where these are used by other files")]
#[path = "../../tests/ledger/random.rs"]
mod random;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_once_is_read() {
        corpus("stored", stored);
        corpus("answers", answer);
    }
}
