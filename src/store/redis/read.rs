//! Reads records, pasts and namespaces from Redis.

use bytes::Bytes;
use fred::types::Value;

use super::keys;
use super::servers::Servers;
use crate::model::edit::Namespace;
use crate::model::export::ExportedSketch;
use crate::model::name::{Counter, Name};
use crate::model::time::Timestamp;
use crate::sketch::Sketch;
use crate::store::StoreError;
use crate::store::namespace;
use crate::store::pack::Unpacker;
use crate::store::past::unpack_past;
use crate::store::record::Record;
use crate::store::whole::Whole;

/// The error of an unreadable answer.
pub(crate) fn odd(what: &str) -> StoreError {
    StoreError::Unavailable(format!("Redis answered {what}"))
}

/// A string, or nothing.
pub(crate) fn bulk(answer: Value) -> Result<Option<Bytes>, StoreError> {
    match answer {
        Value::Null => Ok(None),
        answer => answer.into_bytes().map(Some).ok_or_else(|| odd("something other than a string")),
    }
}

/// A whole number, which may be written as text.
pub(crate) fn number(answer: &Value) -> Result<i64, StoreError> {
    answer.as_i64().ok_or_else(|| odd("something other than a number"))
}

/// The values of some keys of one namespace, all of one moment.
pub(crate) async fn values(
    servers: &Servers,
    keys: &[String],
) -> Result<Vec<Option<Bytes>>, StoreError> {
    let Some(first) = keys.first() else { return Ok(Vec::new()) };
    let arguments = keys.iter().map(|key| Value::from(key.as_str())).collect();
    let found = servers.run(first, "MGET", arguments).await?;
    let found: Vec<_> = found.into_array().into_iter().map(bulk).collect::<Result<_, _>>()?;
    if found.len() == keys.len() { Ok(found) } else { Err(odd("too few values")) }
}

/// A counter's record.
pub(crate) fn record(found: Option<&Bytes>) -> Result<Option<Record>, StoreError> {
    found.map(|bytes| Record::unpack(bytes)).transpose()
}

/// The records of some counters of a namespace.
pub(crate) async fn records(
    servers: &Servers,
    namespace: &Name,
    keys: &[Name],
) -> Result<Vec<Option<Record>>, StoreError> {
    let of = |key: &Name| Counter { namespace: namespace.clone(), key: key.clone() };
    let keys: Vec<String> = keys.iter().map(|key| keys::record(&of(key))).collect();
    let found = values(servers, &keys).await?;
    found.iter().map(|found| record(found.as_ref())).collect()
}

/// The records and pasts of some counters of a namespace; their sketches, which are much
/// larger, are not read.
pub(crate) async fn pasts(
    servers: &Servers,
    namespace: &Name,
    keys: &[Name],
) -> Result<Vec<Option<Whole>>, StoreError> {
    let of = |key: &Name| Counter { namespace: namespace.clone(), key: key.clone() };
    let keys = keys.iter().map(of).flat_map(|of| [keys::record(&of), keys::past(&of)]);
    let found = values(servers, &keys.collect::<Vec<_>>()).await?;
    found.chunks(2).map(with_past).collect()
}

/// A namespace's settings, as they are stored.
pub(crate) fn pack_facts(namespace: &Namespace) -> Vec<u8> {
    namespace::pack(namespace, 0).finish()
}

/// Unpacks the settings of a namespace that has `counters` counters.
pub(crate) fn facts(found: Option<&[u8]>, counters: u64) -> Result<Namespace, StoreError> {
    let Some(bytes) = found else { return Ok(Namespace { counters, ..Namespace::default() }) };
    Ok(Namespace { counters, ..namespace::unpack(&mut Unpacker::new(bytes), 0)? })
}

/// A namespace, and its facts as they are stored.
pub(crate) async fn namespace(
    servers: &Servers,
    name: &Name,
) -> Result<(Namespace, Option<Bytes>), StoreError> {
    let (ranking, key) = (keys::ranking(name), keys::namespace(name));
    let counters = servers.run(&ranking, "ZCARD", vec![ranking.as_str().into()]);
    let facts_of = servers.run(&key, "GET", vec![key.as_str().into()]);
    let (counters, found) = tokio::try_join!(counters, facts_of)?;
    let found = bulk(found)?;
    let counters = u64::try_from(number(&counters)?).unwrap_or(0);
    Ok((facts(found.as_deref(), counters)?, found))
}

/// The days whose sketches may be there.
pub(crate) fn sketch_days(now: Timestamp) -> std::ops::RangeInclusive<u32> {
    now.day().saturating_sub(3)..=now.day() + 1
}

/// The keys of all that is kept of a counter: record, past and sketches.
pub(crate) fn keys_of(counter: &Counter, now: Timestamp) -> Vec<String> {
    let mut keys = vec![keys::record(counter), keys::past(counter)];
    keys.extend(sketch_days(now).map(|day| keys::sketch(counter, day)));
    keys
}

/// Counters with all that is kept of them, and the records and pasts as they are stored.
pub(crate) async fn wholes(
    servers: &Servers,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Vec<(Option<Whole>, Vec<Option<Bytes>>)>, StoreError> {
    let keys: Vec<String> = counters.iter().flat_map(|counter| keys_of(counter, now)).collect();
    let found = values(servers, &keys).await?;
    let days = sketch_days(now);
    found
        .chunks(2 + days.clone().count())
        .map(|of_one| Ok((whole(of_one, now)?, of_one.to_vec())))
        .collect()
}

/// A counter without its sketches, of a record and a past.
fn with_past(found: &[Option<Bytes>]) -> Result<Option<Whole>, StoreError> {
    let Some(record) = record(found[0].as_ref())? else { return Ok(None) };
    let mut whole = Whole { record, ..Whole::default() };
    if let Some(past) = &found[1] {
        unpack_past(past, &mut whole.past)?;
    }
    Ok(Some(whole))
}

fn whole(found: &[Option<Bytes>], now: Timestamp) -> Result<Option<Whole>, StoreError> {
    let Some(mut whole) = with_past(found)? else { return Ok(None) };
    for (day, sketch) in sketch_days(now).zip(&found[2..]) {
        // Older ones are of no use, and expire soon.
        if let (Some(bytes), true) = (sketch, day + 1 >= now.day()) {
            let sketch = Sketch::from_redis(bytes)
                .map_err(|error| StoreError::Damaged(format!("a sketch is {error}")))?;
            whole.sketches.push(ExportedSketch { day, sketch });
        }
    }
    Ok(Some(whole))
}
