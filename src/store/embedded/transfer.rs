//! Pages of what is in the file, and what is taken into it.

use redb::ReadTransaction;

use super::edit::odd_name;
use super::marks::{self, MARKS, Mark, sketch_expiry};
use super::tables::{COUNTERS, NAMESPACES, Tables, from_bytes, held, record, to_bytes};
use crate::model::edit::ChangeId;
use crate::model::export::{
    Exported, ExportedCounter, ExportedNamespace, Imported, MAX_PAGE, OnConflict, Page,
};
use crate::model::name::{Counter, Name};
use crate::model::tally::MAX_TOTAL;
use crate::model::time::Timestamp;
use crate::sketch::Sketch;
use crate::store::EditError;
use crate::store::record::Record;
use crate::store::{Limits, StoreError};

/// How many counters are exported at once: each may have 12 KB of sketches.
const EXPORTED_AT_ONCE: usize = 100;

/// The namespaces after one.
pub fn namespaces(txn: &ReadTransaction, after: Option<&str>) -> Result<Page<Name>, StoreError> {
    let table = txn.open_table(NAMESPACES)?;
    let items = table
        .range(after.unwrap_or_default().as_bytes()..)?
        .map(|row| Name::new(&String::from_utf8_lossy(row?.0.value())).map_err(odd_name))
        .skip_while(|name| name.as_ref().is_ok_and(|n| Some(n.as_str()) == after))
        .take(MAX_PAGE)
        .collect::<Result<Vec<_>, StoreError>>()?;
    let next = (items.len() == MAX_PAGE).then(|| items.last().map(|n| n.as_str().to_owned()));
    Ok(Page { next: next.flatten(), items })
}

/// What a namespace holds after a key.
pub fn export(
    txn: &ReadTransaction,
    namespace: &Name,
    after: Option<&str>,
) -> Result<Page<Exported>, StoreError> {
    let (counters, marks) = (txn.open_table(COUNTERS)?, txn.open_table(MARKS)?);
    let mut items = Vec::new();
    if after.is_none() {
        let held = held(&txn.open_table(NAMESPACES)?, namespace)?;
        if held.owner.is_some() || held.public {
            items.push(Exported::Namespace(ExportedNamespace {
                namespace: namespace.clone(),
                owner: held.owner,
                public: held.public,
            }));
        }
    }
    let mut last = None;
    let mut exported = 0;
    for row in counters.range((namespace.as_str(), after.unwrap_or_default())..)? {
        let (place, bytes) = row?;
        let (of, key) = place.value();
        if of != namespace.as_str() {
            break;
        }
        if Some(key) == after {
            continue;
        }
        let counter =
            Counter { namespace: namespace.clone(), key: Name::new(key).map_err(odd_name)? };
        let record: Record = from_bytes(bytes.value(), &counter)?;
        let sketches = marks::sketches(&marks, &counter, Timestamp::now())?;
        items.push(Exported::Counter(Box::new(record.export(counter, sketches))));
        exported += 1;
        if exported == EXPORTED_AT_ONCE {
            last = Some(key.to_owned());
            break;
        }
    }
    Ok(Page { items, next: last })
}

/// Takes in a line of an export; an addition once.
pub fn import(
    tables: &mut Tables,
    id: ChangeId,
    exported: &Exported,
    on_conflict: OnConflict,
    limits: &Limits,
    now: Timestamp,
) -> Result<Imported, EditError> {
    if on_conflict != OnConflict::Add {
        return import_now(tables, exported, on_conflict, limits, now);
    }
    let mark = Mark::Change(id);
    if let Some(bytes) = tables.marks.get(mark, now)? {
        return Ok(from_bytes(&bytes, "an import")?);
    }
    let imported = import_now(tables, exported, on_conflict, limits, now)?;
    tables.marks.put(mark, now.0 + ChangeId::MEMORY, &to_bytes(&imported)?)?;
    Ok(imported)
}

fn import_now(
    tables: &mut Tables,
    exported: &Exported,
    on_conflict: OnConflict,
    limits: &Limits,
    now: Timestamp,
) -> Result<Imported, EditError> {
    match exported {
        Exported::Namespace(exported) => {
            let mut found = held(&tables.namespaces, &exported.namespace)?;
            let known = found.owner.is_some() || found.public;
            if known && on_conflict != OnConflict::Replace {
                return Ok(Imported::Skipped);
            }
            (found.owner, found.public) = (exported.owner, exported.public);
            tables.put_namespace(&exported.namespace, &found)?;
            Ok(if known { Imported::Replaced } else { Imported::Created })
        }
        Exported::Counter(exported) => import_counter(tables, exported, on_conflict, limits, now),
    }
}

fn import_counter(
    tables: &mut Tables,
    exported: &ExportedCounter,
    on_conflict: OnConflict,
    limits: &Limits,
    now: Timestamp,
) -> Result<Imported, EditError> {
    let counter = Counter { namespace: exported.namespace.clone(), key: exported.key.clone() };
    let found = record(&tables.counters, &counter)?;
    let mut imported = Record::import(exported, now);
    let done = match (found, on_conflict) {
        (None, _) => {
            if let Some(refusal) = tables.cap(&counter.namespace, limits)? {
                return Err(refusal.into());
            }
            Imported::Created
        }
        (Some(_), OnConflict::Skip) => return Ok(Imported::Skipped),
        (Some(_), OnConflict::Replace) => Imported::Replaced,
        (Some(mut found), OnConflict::Add) => {
            found.absorb(&imported);
            imported = found;
            Imported::Added
        }
    };
    if imported.total.saturating_abs() > MAX_TOTAL {
        return Err(EditError::OutOfRange { value: None });
    }
    if done == Imported::Replaced {
        tables.marks.delete_sketches(&counter)?;
    }
    for exported in &exported.sketches {
        // Yesterday's may still get a late hit; older ones are done with.
        if exported.day + 1 < now.day() {
            continue;
        }
        let mark = Mark::Sketch(&counter, exported.day);
        let mut sketch = match tables.marks.get(mark, now)? {
            Some(bytes) => marks::read_sketch(&bytes, &counter)?,
            None => Sketch::default(),
        };
        sketch.merge(&exported.sketch);
        imported.uniques.set(exported.day, sketch.count());
        tables.marks.put(mark, sketch_expiry(exported.day), &sketch.to_redis())?;
    }
    imported.trim(now, limits);
    if done == Imported::Created {
        tables.create(&counter, &imported)?;
    } else {
        tables.put(&counter, &imported)?;
    }
    Ok(done)
}
