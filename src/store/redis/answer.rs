//! Reads what the scripts answer.

use bytes::Bytes;
use fred::types::Value;

use crate::model::buckets::Buckets;
use crate::model::count::{Settings, Sources};
use crate::model::edit::Edited;
use crate::model::export::ExportedSketch;
use crate::model::hit::Source;
use crate::model::name::Name;
use crate::model::tally::{Counted, Entry, Outcome, Refusal, Run};
use crate::model::token::Digest;
use crate::sketch::Sketch;
use crate::store::EditError;
use crate::store::StoreError;
use crate::store::record::Record;

/// Takes an array apart, word by word.
pub struct Words(std::vec::IntoIter<Value>);

fn odd(what: &str) -> StoreError {
    StoreError::Failed(format!("Redis answered {what}"))
}

impl Words {
    pub fn of(answer: Value) -> Self {
        let words = match answer {
            Value::Null => Vec::new(),
            answer => answer.into_array(),
        };
        Self(words.into_iter())
    }

    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    pub fn next(&mut self) -> Result<Value, StoreError> {
        self.0.next().ok_or_else(|| odd("too little"))
    }

    pub fn number(&mut self) -> Result<i64, StoreError> {
        number(&self.next()?)
    }

    pub fn text(&mut self) -> Result<String, StoreError> {
        self.next()?.into_string().ok_or_else(|| odd("something that is no text"))
    }

    pub fn bytes(&mut self) -> Result<Bytes, StoreError> {
        self.next()?.into_bytes().ok_or_else(|| odd("something that is no string"))
    }

    pub fn name(&mut self) -> Result<Name, StoreError> {
        Name::new(&self.text()?).map_err(|e| odd(&format!("a name that is none: {e}")))
    }

    /// A whole number as text, or nothing where that is empty.
    fn maybe(&mut self) -> Result<Option<i64>, StoreError> {
        match self.text()?.as_str() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| odd("something that is no number")),
        }
    }
}

fn number(word: &Value) -> Result<i64, StoreError> {
    // A score is a double in RESP3, and exact: a total is never above 2^53.
    let exact = word.as_i64().or_else(|| word.as_f64().map(|n| n as i64));
    exact.ok_or_else(|| odd("something that is no number"))
}

fn unsigned<T: TryFrom<i64>>(n: i64) -> Result<T, StoreError> {
    n.try_into().map_err(|_| odd("a number that is too small or too large"))
}

/// What apply.lua did with a namespace.
#[derive(Clone, Default)]
pub struct Grown {
    /// How many of its counters are new.
    pub created: i64,
    /// How many it has, if some are new.
    pub counters: Option<u64>,
}

/// Reads the answer of apply.lua: what became of each namespace and of each
/// entry, whose namespaces are at these places.
pub fn applied(
    answer: Value,
    namespaces: usize,
    entries: &[Entry],
    places: &[usize],
) -> Result<(Vec<Grown>, Vec<Outcome>), StoreError> {
    let mut words = Words::of(answer);
    let mut grown = vec![Grown::default(); namespaces];
    for namespace in &mut grown {
        namespace.counters = u64::try_from(words.number()?).ok();
    }
    let outcomes = entries
        .iter()
        .zip(places)
        .map(|(entry, place)| match words.number()? {
            -1 => {
                grown[*place].created += words.number()?;
                Ok(Outcome::Counted(all(&entry.runs, words.number()?)))
            }
            0 => match words.text()?.as_str() {
                "missing" => Ok(Outcome::Refused(Refusal::Missing)),
                "full" => Ok(Outcome::Refused(Refusal::NamespaceFull)),
                "instance" => Ok(Outcome::Refused(Refusal::InstanceFull)),
                "range" => Ok(Outcome::Refused(Refusal::OutOfRange)),
                "damaged" => Ok(Outcome::Refused(Refusal::Damaged)),
                _ => Err(odd("an unknown refusal")),
            },
            runs => {
                grown[*place].created += words.number()?;
                let counted = (0..runs).map(|_| -> Result<_, StoreError> {
                    Ok(Counted { hits: unsigned(words.number()?)?, last: words.number()? })
                });
                Ok(Outcome::Counted(counted.collect::<Result<_, StoreError>>()?))
            }
        })
        .collect::<Result<_, StoreError>>()?;
    Ok((grown, outcomes))
}

/// Runs of which every hit counts, the last one with this number.
fn all(runs: &[Run], total: i64) -> Vec<Counted> {
    let mut last = total;
    let backwards = runs.iter().rev().map(|run| {
        let counted = Counted { hits: run.hits, last };
        last = last.saturating_sub_unsigned(run.hits);
        counted
    });
    let mut counted: Vec<_> = backwards.collect();
    counted.reverse();
    counted
}

/// Reads the answer of edit.lua: what was done, and the number of counters if
/// that has changed.
pub fn edited(answer: Value) -> Result<(Edited, Option<u64>), EditError> {
    let mut words = Words::of(answer);
    let word = words.text()?;
    let (old, new) = (words.maybe()?, words.maybe()?);
    let counters = u64::try_from(words.number()?).ok();
    match word.as_str() {
        "ok" => Ok((Edited { old, new }, counters)),
        word => Err(refusal(word, old)),
    }
}

/// The error of a script's word.
pub fn refusal(word: &str, value: Option<i64>) -> EditError {
    match word {
        "missing" => EditError::Missing,
        "exists" => EditError::Exists { value: value.unwrap_or(0) },
        "forbidden" => EditError::Forbidden { value },
        "bounds" => EditError::OutOfBounds { value: value.unwrap_or(0) },
        "range" => EditError::OutOfRange { value },
        "full" => EditError::NamespaceFull,
        "instance" => EditError::InstanceFull,
        _ => odd("an unknown refusal").into(),
    }
}

/// A counter, and the sketches that were asked for.
pub type Found = (Record, Vec<ExportedSketch>);

/// Reads the answer of read.lua: a counter or nothing for each key.
pub fn records(answer: Value) -> Result<Vec<Option<Found>>, StoreError> {
    Words::of(answer).0.map(record).collect()
}

/// Reads the answer of read.lua when only totals were asked for.
pub fn totals(answer: Value) -> Result<Vec<Option<i64>>, StoreError> {
    let total = |found: Value| (!is_nothing(&found)).then(|| number(&found)).transpose();
    Words::of(answer).0.map(total).collect()
}

fn is_nothing(found: &Value) -> bool {
    matches!(found, Value::Null | Value::Boolean(_))
}

fn record(found: Value) -> Result<Option<Found>, StoreError> {
    if is_nothing(&found) {
        return Ok(None);
    }
    let mut words = Words::of(found);
    let mut record = Record { total: words.number()?, ..Record::default() };
    about(&mut record, Words::of(words.next()?))?;
    record.days = buckets(words.next()?)?;
    record.hours = buckets(words.next()?)?;
    record.uniques = buckets(words.next()?)?;
    let mut days = Words::of(words.next()?);
    let mut sketches = Vec::new();
    while !days.is_empty() {
        let day = unsigned(days.number()?)?;
        let sketch = Sketch::from_redis(&days.bytes()?)
            .map_err(|e| odd(&format!("a sketch that is {e}")))?;
        sketches.push(ExportedSketch { day, sketch });
    }
    Ok(Some((record, sketches)))
}

fn about(record: &mut Record, mut fields: Words) -> Result<(), StoreError> {
    while !fields.is_empty() {
        let field = fields.text()?;
        match field.as_str() {
            "created" => record.created = unsigned(fields.number()?)?,
            "dedupe" => record.settings.dedupe = unsigned(fields.number()?)?,
            "reset" => record.settings.enable_reset = fields.number()? == 1,
            "lower" => record.settings.update_lowerbound = fields.number()?,
            "upper" => record.settings.update_upperbound = fields.number()?,
            "token" => record.token = Digest::from_hex(&fields.text()?),
            name => {
                let value = fields.next()?;
                if let Some(source) = Source::ALL.into_iter().find(|s| s.as_str() == name) {
                    record.sources.add(source, unsigned(number(&value)?)?);
                }
            }
        }
    }
    Ok(())
}

fn buckets(hash: Value) -> Result<Buckets, StoreError> {
    let mut fields = Words::of(hash);
    let mut numbers = Vec::new();
    while !fields.is_empty() {
        let (unit, number) = (unsigned(fields.number()?)?, unsigned(fields.number()?)?);
        if number > 0 {
            numbers.push((unit, number));
        }
    }
    Ok(numbers.into())
}

/// The fields of the about hash that an owner sets, and their values.
pub fn settings(settings: &Settings) -> Vec<Value> {
    let Settings { dedupe, enable_reset, update_lowerbound, update_upperbound } = *settings;
    let fields = [
        ("dedupe", i64::from(dedupe)),
        ("reset", i64::from(enable_reset)),
        ("lower", update_lowerbound),
        ("upper", update_upperbound),
    ];
    fields.into_iter().flat_map(|(f, n)| [Value::from_static_str(f), n.into()]).collect()
}

/// Units and numbers, in turn.
pub fn pairs(buckets: &Buckets, from: u32) -> Vec<Value> {
    let kept = buckets.iter().filter(|(unit, _)| *unit >= from);
    kept.flat_map(|(unit, n)| [unit.into(), super::integer(n)]).collect()
}

/// Sources and hits, in turn.
pub fn sources(sources: &Sources) -> Vec<Value> {
    let some = Source::ALL.into_iter().filter(|s| sources.get(*s) > 0);
    some.flat_map(|s| [Value::from_static_str(s.as_str()), super::integer(sources.get(s))])
        .collect()
}
