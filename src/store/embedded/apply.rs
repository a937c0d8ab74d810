//! Counts a tally in a transaction.

use serde::{Deserialize, Serialize};

use super::marks::{Mark, REMOVED_PER_WRITE, read_sketch, sketch_expiry};
use super::tables::{Tables, from_bytes, record, to_bytes};
use crate::model::hit::{Source, Visitor};
use crate::model::name::{Counter, Name};
use crate::model::tally::{Counted, Entry, ID_MEMORY, Lane, MAX_TOTAL, Outcome, Refusal, Tally};
use crate::sketch::Sketch;
use crate::store::live::Update;
use crate::store::record::Record;
use crate::store::{Limits, StoreError};

/// The last write of a lane. It is in the file so that a transaction that
/// fails takes it back with all else; after a start there is none.
#[derive(Serialize, Deserialize)]
pub struct Written {
    number: u64,
    /// When, in seconds since the epoch.
    pub at: u64,
    /// What it did; `None` if it was taken back.
    done: Option<Vec<Done>>,
}

/// What was done with one entry.
#[derive(Clone, Serialize, Deserialize)]
struct Done {
    outcome: Outcome,
    /// Whether the counter was not there before.
    created: bool,
}

/// The number of the write that recorded an id, and the hit's own.
#[derive(Serialize, Deserialize)]
struct IdMark {
    write: u64,
    number: i64,
}

/// The totals that changed, each with its namespace.
pub type Updates = Vec<(Name, Update)>;

/// The outcomes, and the totals that changed.
pub type Applied = (Vec<Outcome>, Updates);

/// The key of a lane's last write.
fn place(lane: &Lane) -> String {
    match lane {
        Lane::Shared(number) => number.to_string(),
        Lane::Apart(namespace) => namespace.to_string(),
    }
}

fn written(tables: &Tables, tally: &Tally) -> Result<Option<Written>, StoreError> {
    use redb::ReadableTable;
    let found = tables.writes.get(place(&tally.lane).as_bytes())?;
    found.map(|bytes| from_bytes(bytes.value(), "the last write")).transpose()
}

fn remember(tables: &mut Tables, tally: &Tally, written: &Written) -> Result<(), StoreError> {
    tables.writes.insert(place(&tally.lane).as_bytes(), to_bytes(written)?.as_slice())?;
    Ok(())
}

/// Counts a tally, once.
pub fn apply(tables: &mut Tables, tally: &Tally, limits: &Limits) -> Result<Applied, StoreError> {
    if let Some(before) = written(tables, tally)? {
        match before.done {
            Some(done) if before.number == tally.number => {
                return Ok((done.into_iter().map(|d| d.outcome).collect(), Vec::new()));
            }
            _ if before.number >= tally.number => {
                return Err(StoreError::Refused("this write was given up".into()));
            }
            _ => {}
        }
    }
    let mut done = Vec::with_capacity(tally.entries.len());
    let mut updates = Vec::with_capacity(tally.entries.len());
    for entry in &tally.entries {
        let one = match apply_entry(tables, tally, entry, limits, &mut updates) {
            // It must not take the others with it.
            Err(StoreError::Failed(why)) => {
                tracing::error!(%why, "a counter is damaged");
                Done { outcome: Outcome::Refused(Refusal::Damaged), created: false }
            }
            one => one?,
        };
        done.push(one);
    }
    tables.marks.expire(tally.at, REMOVED_PER_WRITE)?;
    let outcomes = done.iter().map(|d| d.outcome.clone()).collect();
    remember(tables, tally, &Written { number: tally.number, at: tally.at.0, done: Some(done) })?;
    Ok((outcomes, updates))
}

fn apply_entry(
    tables: &mut Tables,
    tally: &Tally,
    entry: &Entry,
    limits: &Limits,
    updates: &mut Updates,
) -> Result<Done, StoreError> {
    let refused = |refusal| Ok(Done { outcome: Outcome::Refused(refusal), created: false });
    let counter = &entry.counter;
    let found = record(&tables.counters, counter)?;
    let created = found.is_none();
    if created && let Some(refusal) = tables.no_creation(&counter.namespace, limits)? {
        return refused(refusal);
    }
    let mut record = found.unwrap_or_else(|| Record::new(tally.at));
    let hits: u64 = entry.runs.iter().map(|r| r.hits).sum();
    if record.total.saturating_add_unsigned(hits) > MAX_TOTAL {
        return refused(Refusal::OutOfRange);
    }
    let before = record.total;
    let counted = count(tables, &mut record, tally, entry)?;
    record.trim(tally.at, limits);
    if created {
        tables.create(counter, &record)?;
    } else {
        tables.put(counter, &record)?;
    }
    if created || record.total != before {
        updates.push(update(counter, Some(record.total)));
    }
    Ok(Done { outcome: Outcome::Counted(counted), created })
}

fn update(counter: &Counter, total: Option<i64>) -> (Name, Update) {
    (counter.namespace.clone(), Update { key: counter.key.clone(), total })
}

fn count(
    tables: &mut Tables,
    record: &mut Record,
    tally: &Tally,
    entry: &Entry,
) -> Result<Vec<Counted>, StoreError> {
    let counter = &entry.counter;
    let (at, window) = (tally.at, u64::from(record.settings.dedupe));
    let mut counted = Vec::with_capacity(entry.runs.len());
    let mut visitors: Vec<Visitor> = Vec::new();
    for run in &entry.runs {
        let id = run.id.map(|id| Mark::Id(counter, record.created, id));
        if let Some(id) = id
            && let Some(bytes) = tables.marks.get(id, at)?
        {
            let first: IdMark = from_bytes(&bytes, counter)?;
            counted.push(Counted { hits: 0, last: first.number });
            continue;
        }
        let mut hits = run.hits;
        if let Some(visitor) = run.visitor {
            if window > 0 {
                let mark = Mark::Visitor(counter, record.created, visitor);
                if tables.marks.get(mark, at)?.is_some() {
                    hits = 0;
                } else {
                    hits = hits.min(1);
                    tables.marks.put(mark, at.0 + window, &tally.number.to_be_bytes())?;
                }
            }
            if run.source == Source::Browser {
                visitors.push(visitor);
            }
        }
        record.add(hits, run.source, at);
        if let Some(id) = id {
            let mark = to_bytes(&IdMark { write: tally.number, number: record.total })?;
            tables.marks.put(id, at.0 + ID_MEMORY, &mark)?;
        }
        counted.push(Counted { hits, last: record.total });
    }
    see(tables, record, tally, counter, &visitors)?;
    Ok(counted)
}

/// Adds visitors to the day's uniques.
fn see(
    tables: &mut Tables,
    record: &mut Record,
    tally: &Tally,
    counter: &Counter,
    visitors: &[Visitor],
) -> Result<(), StoreError> {
    if visitors.is_empty() {
        return Ok(());
    }
    let day = tally.at.day();
    let mark = Mark::Sketch(counter, day);
    let mut sketch = match tables.marks.get(mark, tally.at)? {
        Some(bytes) => read_sketch(&bytes, counter)?,
        None => Sketch::default(),
    };
    let changed = visitors.iter().fold(false, |changed, v| sketch.add(&v.0) | changed);
    if changed {
        tables.marks.put(mark, sketch_expiry(day), &sketch.to_redis())?;
        record.uniques.set(day, sketch.count());
    }
    Ok(())
}
