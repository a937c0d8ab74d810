//! Imports lines of an export, by optimistic locking as in `changes.rs`.

use super::changes::{MAX_CONFLICTS, contended, publish, put, remember};
use super::plan::Plan;
use super::tally::SKETCH_MEMORY;
use super::{Redis, keys, read};
use crate::model::edit::ChangeId;
use crate::model::export::{ExportedCounter, ExportedNamespace, Imported, OnConflict};
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::store::past::{entries, pack_past};
use crate::store::remembered;
use crate::store::rules::{self, NamespaceChanged};
use crate::store::whole::Whole;
use crate::store::{EditError, StoreError};

impl Redis {
    /// Imports a namespace's settings.
    pub(super) async fn import_namespace(
        &self,
        exported: &ExportedNamespace,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        let name = &exported.namespace;
        for _ in 0..MAX_CONFLICTS {
            let (found, facts) = read::namespace(&self.servers, name).await?;
            let (imported, changed) = rules::import_namespace(exported, on_conflict, &found);
            let NamespaceChanged::Put(new) = changed else { return Ok(imported) };
            if self.put_namespace(name, &found, facts.as_deref(), new, now).await? {
                return Ok(imported);
            }
        }
        Err(contended())
    }

    /// Imports a counter. With [`OnConflict::Add`], a repeated id counts once.
    pub(super) async fn import_counter(
        &self,
        id: ChangeId,
        exported: &ExportedCounter,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, EditError> {
        let counter = Counter { namespace: exported.namespace.clone(), key: exported.key.clone() };
        let adds = on_conflict == OnConflict::Add;
        let once = keys::change(&counter.namespace, id);
        for _ in 0..MAX_CONFLICTS {
            let (place, _) = self.place(&counter.namespace).await?;
            let done = read::values(&self.servers, std::slice::from_ref(&once)).await?;
            if let (true, Some(done)) = (adds, &done[0]) {
                self.written_again(&once).await?;
                return Ok(remembered::imported(done)?);
            }
            let mut found =
                read::wholes(&self.servers, std::slice::from_ref(&counter), now).await?;
            let (whole, stored) = found.pop().ok_or_else(|| read::odd("nothing"))?;
            let is_new = whole.is_none();
            let (imported, whole) =
                rules::import(exported, on_conflict, whole, &place, &self.limits, now)?;
            let Some(mut whole) = whole else { return Ok(imported) };
            let mut plan = Plan::default();
            for (key, found) in read::keys_of(&counter, now).iter().zip(&stored) {
                plan.unchanged(key, found.as_deref());
            }
            if is_new {
                self.registry.enter(&counter.namespace).await?;
            }
            put(&mut plan, &counter, &mut whole.record);
            put_past(&mut plan, &counter, &whole, now);
            if adds {
                plan.unchanged(&once, None);
                remember(&mut plan, &once, &[imported as u8]);
            }
            publish(&mut plan, &counter.namespace, &[(&counter.key, Some(whole.record.total))]);
            self.count_alone(&mut plan, keys::COUNTERS, i64::from(is_new));
            if plan.commit(&self.servers, &self.commit).await? {
                self.known.clear();
                self.registry.grow(i64::from(is_new)).await;
                return Ok(imported);
            }
        }
        Err(contended().into())
    }
}

fn put_past(plan: &mut Plan, counter: &Counter, whole: &Whole, now: Timestamp) {
    let past = keys::past(counter);
    let log = pack_past(entries(&whole.past));
    if log.is_empty() {
        plan.run("UNLINK", &[past.as_bytes()]);
    } else {
        plan.run("SET", &[past.as_bytes(), &log]);
    }
    for day in read::sketch_days(now) {
        let key = keys::sketch(counter, day);
        match whole.sketches.iter().find(|sketch| sketch.day == day) {
            Some(found) => {
                let life = SKETCH_MEMORY.to_string();
                plan.run(
                    "SET",
                    &[key.as_bytes(), &found.sketch.to_redis(), b"EX", life.as_bytes()],
                );
            }
            None => plan.run("UNLINK", &[key.as_bytes()]),
        }
    }
}
