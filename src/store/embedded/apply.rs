//! What is done in a batch: hits are counted, and changes made as `rules.rs` decides.

use parking_lot::Mutex;

use super::map::Batch;
use super::tables::{self, Mark};
use crate::model::edit::{Change, ChangeId, Edit, Edited, Namespace, NamespaceChange};
use crate::model::export::{Exported, ExportedCounter, Imported, OnConflict};
use crate::model::hit::{Source, Visitor};
use crate::model::log_interval::LogInterval;
use crate::model::name::{Counter, Name};
use crate::model::tally::{Counted, Entry, ID_MEMORY, MAX_TOTAL, Outcome, Refusal, Tally};
use crate::model::time::Timestamp;
use crate::sketch::{Sketch, raise};
use crate::store::known::{Known, Visit};
use crate::store::live::Update;
use crate::store::pack::{Packer, Unpacker};
use crate::store::past::PastEntry;
use crate::store::record::Record;
use crate::store::remembered::{self, pack_edited, unpack_edited};
use crate::store::rules::{self, NamespaceChanged};
use crate::store::{EditError, Limits, StoreError};

/// How many counters a deleted namespace loses in one batch.
const DELETED_AT_ONCE: usize = 500;

/// How much of what has expired one write removes: more than it can add but for the
/// largest, which idle times make up for.
const EXPIRED_AT_ONCE: usize = 64;

/// Limits the line about damaged counters: each hit on one fails.
static DAMAGED: Mutex<LogInterval> = Mutex::new(LogInterval::new());

/// The totals that changed, each with its namespace.
pub(crate) type Updates = Vec<(Name, Update)>;

/// What became of a tally.
#[derive(Default)]
pub(crate) struct CountedTally {
    /// What became of each entry.
    pub(crate) outcomes: Vec<Outcome>,
    /// The totals that changed.
    pub(crate) updates: Updates,
    /// The visitors that are in their sketches once the batch is stored.
    pub(crate) visits: Vec<Visit>,
}

/// Counts a tally.
pub(crate) fn count(
    batch: &mut Batch,
    tally: &Tally,
    limits: &Limits,
    known: &Known,
) -> Result<CountedTally, StoreError> {
    let mut counted = CountedTally::default();
    for entry in &tally.entries {
        let outcome = match count_entry(batch, tally.at, entry, limits, known, &mut counted) {
            // It must not take the others with it.
            Err(StoreError::Damaged(why)) => {
                if DAMAGED.lock().is_due() {
                    tracing::error!(%why, "a counter is damaged");
                }
                Outcome::Refused(Refusal::Damaged)
            }
            outcome => outcome?,
        };
        counted.outcomes.push(outcome);
    }
    tables::expire(batch, tally.at, EXPIRED_AT_ONCE)?;
    Ok(counted)
}

fn count_entry(
    batch: &mut Batch,
    at: Timestamp,
    entry: &Entry,
    limits: &Limits,
    known: &Known,
    all: &mut CountedTally,
) -> Result<Outcome, StoreError> {
    let counter = &entry.counter;
    let found = tables::record(batch, counter)?;
    let is_new = found.is_none();
    if is_new {
        let place = tables::place(batch, &counter.namespace)?;
        if let Some(refusal) = place.no_creation(limits) {
            return Ok(Outcome::Refused(refusal));
        }
    }
    let mut record = found.unwrap_or_else(|| Record::new(at));
    let hits: u64 = entry.runs.iter().map(|r| r.hits).sum();
    if record.total.saturating_add_unsigned(hits) > MAX_TOTAL {
        return Ok(Outcome::Refused(Refusal::OutOfRange));
    }
    let (before, mut past) = (record.total, Vec::new());
    let (counted, visitors) = count_runs(batch, &mut record, at, entry, &mut past)?;
    let visits = see(batch, &mut record, at, counter, visitors, known, &mut past)?;
    tables::append(batch, counter, &past, limits)?;
    if is_new {
        tables::grow(batch, &counter.namespace, 1)?;
        tables::put_ranked(batch, counter, &mut record, None);
    } else {
        tables::put_record(batch, counter, &record, before);
    }
    if is_new || record.total != before {
        all.updates.push(update(counter, Some(record.total)));
    }
    all.visits.extend(visits);
    Ok(Outcome::Counted(counted))
}

fn update(counter: &Counter, total: Option<i64>) -> (Name, Update) {
    (counter.namespace.clone(), Update { key: counter.key.clone(), total })
}

/// Counts runs one after the other: what became of each, and whom the day's sketch should have.
fn count_runs(
    batch: &mut Batch,
    record: &mut Record,
    at: Timestamp,
    entry: &Entry,
    past: &mut Vec<PastEntry>,
) -> Result<(Vec<Counted>, Vec<Visitor>), StoreError> {
    let counter = &entry.counter;
    let window = u64::from(record.settings.dedupe);
    let mut counted = Vec::with_capacity(entry.runs.len());
    let mut visitors: Vec<Visitor> = Vec::new();
    for run in &entry.runs {
        let id = run.id.map(|id| Mark::Id(counter, record.created, id));
        if let Some(id) = id
            && let Some(bytes) = tables::mark(batch, id, at)?
        {
            counted.push(Counted { hits: 0, last: Unpacker::new(&bytes).int()? });
            continue;
        }
        let mut hits = run.hits;
        if let Some(visitor) = run.visitor {
            if window > 0 {
                let mark = Mark::Visitor(counter, record.created, visitor.mark);
                if tables::mark(batch, mark, at)?.is_some() {
                    hits = 0;
                } else {
                    hits = hits.min(1);
                    tables::put_mark(batch, mark, at.0 + window, &[]);
                }
            }
            if run.source == Source::Browser {
                visitors.push(visitor);
            }
        }
        record.add(hits, run.source, at, past);
        if let Some(id) = id {
            let number = Packer::default().int(record.total).finish();
            tables::put_mark(batch, id, at.0 + ID_MEMORY, &number);
        }
        counted.push(Counted { hits, last: record.total });
    }
    Ok((counted, visitors))
}

/// Adds visitors to the day's uniques, and returns those that were not known to be in the sketch.
fn see(
    batch: &mut Batch,
    record: &mut Record,
    at: Timestamp,
    counter: &Counter,
    mut visitors: Vec<Visitor>,
    known: &Known,
    past: &mut Vec<PastEntry>,
) -> Result<Vec<Visit>, StoreError> {
    let visit = |visitor: &Visitor| known.visit(counter, at.day(), *visitor);
    visitors.retain(|visitor| !known.has(visit(visitor)));
    if visitors.is_empty() {
        return Ok(Vec::new());
    }
    let mut sketch = match tables::sketch(batch, counter, at.day())? {
        Some(bytes) => bytes,
        None => Sketch::default().to_redis(),
    };
    let pairs = visitors.iter().map(|visitor| (visitor.register, visitor.rank));
    let raised = raise(&mut sketch, pairs)
        .map_err(|error| StoreError::Damaged(format!("the uniques of {counter} are {error}")))?;
    if let Some(uniques) = raised {
        record.see(uniques, at.day(), past);
        tables::put_sketch(batch, counter, at.day(), sketch);
    }
    Ok(visitors.iter().map(visit).collect())
}

/// Makes a change, once.
pub(crate) fn edit(
    batch: &mut Batch,
    change: &Change,
    limits: &Limits,
    known: &Known,
) -> Result<Edited, EditError> {
    let mark = Mark::Change(change.id);
    if let Some(bytes) = tables::mark(batch, mark, change.at)? {
        return Ok(unpack_edited(&bytes)?);
    }
    let counter = &change.counter;
    let found = tables::record(batch, counter)?;
    let place = tables::place(batch, &counter.namespace)?;
    let mut changed = rules::edit(change, found.as_ref(), &place, limits)?;
    let edited = rules::edited(found.as_ref(), &changed);
    if matches!(change.edit, Edit::Create { .. }) {
        tables::grow(batch, &counter.namespace, 1)?;
    }
    if changed.forget {
        tables::forget(batch, counter)?;
        known.clear();
    }
    match (&mut changed.record, &found) {
        (Some(record), before) => tables::put_ranked(batch, counter, record, before.as_ref()),
        (None, Some(before)) => {
            tables::delete(batch, counter, before)?;
            tables::grow(batch, &counter.namespace, -1)?;
        }
        (None, None) => {}
    }
    tables::put_mark(batch, mark, change.at.0 + ChangeId::MEMORY, &pack_edited(edited));
    Ok(edited)
}

/// Whether a change to a namespace is done.
pub(crate) enum Progress {
    /// All is done; these counters are gone.
    Done(Updates),
    /// These counters are gone, and more may be left: to be looked for behind this name, or from
    /// the start.
    More(Updates, Option<Name>),
}

/// Makes a change to a namespace, or a part of it; a deletion goes on behind the name `after`.
pub(crate) fn edit_namespace(
    batch: &mut Batch,
    change: &NamespaceChange,
    limits: &Limits,
    after: Option<&Name>,
    known: &Known,
) -> Result<Progress, EditError> {
    let name = &change.namespace;
    let place = tables::place(batch, name)?;
    match rules::edit_namespace(change, &place, limits)? {
        NamespaceChanged::Nothing => {}
        NamespaceChanged::Put(new) => {
            tables::change_namespace(batch, name, &place.namespace, &new)?;
        }
        NamespaceChanged::Delete => {
            known.clear();
            return Ok(delete_some(batch, name, after)?);
        }
    }
    Ok(Progress::Done(Vec::new()))
}

/// Deletes a part of a namespace. To begin behind the last deleted counter saves a walk over
/// all deleted ones.
fn delete_some(
    batch: &mut Batch,
    namespace: &Name,
    after: Option<&Name>,
) -> Result<Progress, StoreError> {
    let rows = tables::counters(batch, namespace, after.map(Name::as_str), DELETED_AT_ONCE)?;
    let mut updates = Vec::with_capacity(rows.len());
    for (key, bytes) in &rows {
        let counter = Counter { namespace: namespace.clone(), key: key.clone() };
        // One that is damaged goes as well.
        tables::delete(batch, &counter, &Record::unpack(bytes).unwrap_or_default())?;
        updates.push(update(&counter, None));
    }
    tables::grow(batch, namespace, -i64::try_from(rows.len()).unwrap_or(0))?;
    if rows.len() == DELETED_AT_ONCE {
        return Ok(Progress::More(updates, rows.into_iter().next_back().map(|(key, _)| key)));
    }
    if after.is_some() {
        // Hits may have created counters before that name.
        return Ok(Progress::More(updates, None));
    }
    // Last, so that a deletion that was cut short can be repeated by the owner.
    let before = tables::namespace(batch, namespace)?;
    tables::change_namespace(batch, namespace, &before, &Namespace::default())?;
    Ok(Progress::Done(updates))
}

/// Takes in a line of an export; an addition once.
pub(crate) fn import(
    batch: &mut Batch,
    id: ChangeId,
    exported: &Exported,
    on_conflict: OnConflict,
    limits: &Limits,
    known: &Known,
    now: Timestamp,
) -> Result<(Imported, Updates), EditError> {
    match exported {
        Exported::Namespace(exported) => {
            let found = tables::namespace(batch, &exported.namespace)?;
            let (imported, changed) = rules::import_namespace(exported, on_conflict, &found);
            if let NamespaceChanged::Put(new) = changed {
                tables::change_namespace(batch, &exported.namespace, &found, &new)?;
            }
            Ok((imported, Updates::new()))
        }
        Exported::Counter(exported) => {
            known.clear();
            import_counter(batch, id, exported, on_conflict, limits, now)
        }
    }
}

fn import_counter(
    batch: &mut Batch,
    id: ChangeId,
    exported: &ExportedCounter,
    on_conflict: OnConflict,
    limits: &Limits,
    now: Timestamp,
) -> Result<(Imported, Updates), EditError> {
    let (mark, adds) = (Mark::Change(id), on_conflict == OnConflict::Add);
    if let (true, Some(done)) = (adds, tables::mark(batch, mark, now)?) {
        return Ok((remembered::imported(&done)?, Updates::new()));
    }
    let counter = Counter { namespace: exported.namespace.clone(), key: exported.key.clone() };
    let found = tables::whole(batch, &counter, now)?;
    let before = found.as_ref().map(|whole| whole.record.clone());
    let place = tables::place(batch, &counter.namespace)?;
    let (imported, whole) = rules::import(exported, on_conflict, found, &place, limits, now)?;
    let Some(mut whole) = whole else { return Ok((imported, Updates::new())) };
    if before.is_none() {
        tables::grow(batch, &counter.namespace, 1)?;
    }
    tables::put_past(batch, &counter, &whole, limits)?;
    tables::put_ranked(batch, &counter, &mut whole.record, before.as_ref());
    if adds {
        tables::put_mark(batch, mark, now.0 + ChangeId::MEMORY, &[imported as u8]);
    }
    Ok((imported, vec![update(&counter, Some(whole.record.total))]))
}

/// A number of the file changes, and so the file can be written to.
pub(crate) fn ping(batch: &mut Batch) -> Result<(), StoreError> {
    let pings = tables::fact(batch, tables::Fact::Pings)?.unwrap_or(0);
    tables::set_fact(batch, tables::Fact::Pings, pings.wrapping_add(1));
    Ok(())
}
