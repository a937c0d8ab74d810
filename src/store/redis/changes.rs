//! Changes other than hits, by optimistic locking: load the state, let `rules.rs` decide, and
//! commit the result if nothing has changed meanwhile; otherwise start over.

use bytes::Bytes;
use fred::types::Value;

use super::plan::Plan;
use super::{Redis, keys, read};
use crate::model::edit::{Change, ChangeId, Edit, Edited, Namespace, NamespaceChange};
use crate::model::name::{Counter, Name};
use crate::model::time::Timestamp;
use crate::store::past::{entries, pack_past, unpack_past};
use crate::store::record::Record;
use crate::store::remembered::{pack_edited, unpack_edited};
use crate::store::rules::{self, NamespaceChanged, Place};
use crate::store::whole::Whole;
use crate::store::{EditError, StoreError};

/// How many times a change is tried while others change the same keys.
pub(super) const MAX_CONFLICTS: usize = 100;

/// How many counters of a deleted namespace are deleted at once.
const DELETED_AT_ONCE: i64 = 200;

impl Redis {
    /// The caps and the room of a namespace, and its stored value.
    pub(super) async fn place(
        &self,
        namespace: &Name,
    ) -> Result<(Place, Option<Bytes>), StoreError> {
        let (namespace, facts) = read::namespace(&self.servers, namespace).await?;
        let things = self.registry.nearly().await?;
        let has_room = self.servers.has_room();
        Ok((Place { namespace, things, has_room }, facts))
    }

    pub(crate) async fn change(&self, change: &Change) -> Result<Edited, EditError> {
        let (counter, limits) = (&change.counter, &self.limits);
        let creates = matches!(change.edit, Edit::Create { .. });
        let record_key = keys::record(counter);
        for _ in 0..MAX_CONFLICTS {
            let (place, facts) = self.place(&counter.namespace).await?;
            let once = keys::change(&counter.namespace, change.id);
            let found = read::values(&self.servers, &[record_key.clone(), once.clone()]).await?;
            if let Some(done) = &found[1] {
                self.written_again(&once).await?;
                return Ok(unpack_edited(done)?);
            }
            let record = read::record(found[0].as_ref())?;
            let mut changed = rules::edit(change, record.as_ref(), &place, limits)?;
            let edited = rules::edited(record.as_ref(), &changed);
            let mut plan = Plan::default();
            plan.unchanged(&record_key, found[0].as_deref());
            plan.unchanged(&keys::namespace(&counter.namespace), facts.as_deref());
            plan.unchanged(&once, None);
            if creates {
                self.registry.enter(&counter.namespace).await?;
                plan.same_size(&keys::ranking(&counter.namespace), place.namespace.counters);
            }
            match &mut changed.record {
                Some(record) => put(&mut plan, counter, record),
                None => {
                    self.delete(&mut plan, &counter.namespace, std::slice::from_ref(&counter.key))
                }
            }
            if changed.forget {
                for key in &read::keys_of(counter, change.at)[1..] {
                    plan.run("UNLINK", &[key.as_bytes()]);
                }
                self.known.clear();
            }
            remember(&mut plan, &once, &pack_edited(edited));
            let grown = i64::from(creates) - i64::from(changed.record.is_none());
            self.count_alone(&mut plan, keys::COUNTERS, grown);
            if edited.old != edited.new {
                publish(&mut plan, &counter.namespace, &[(&counter.key, edited.new)]);
            }
            if plan.commit(&self.servers, &self.commit).await? {
                self.registry.grow(grown).await;
                if changed.record.is_none() {
                    self.note_if_empty(&counter.namespace, change.at).await;
                }
                return Ok(edited);
            }
        }
        Err(contended().into())
    }

    /// Waits until a replica has a change that was made before. A write is acknowledged once a
    /// replica has it and all writes before it.
    pub(super) async fn written_again(&self, once: &str) -> Result<(), StoreError> {
        let mut plan = Plan::default();
        plan.run("EXPIRE", &[once.as_bytes(), ChangeId::MEMORY.to_string().as_bytes()]);
        plan.commit(&self.servers, &self.commit).await.map(drop)
    }

    pub(crate) async fn change_namespace(&self, change: &NamespaceChange) -> Result<(), EditError> {
        for _ in 0..MAX_CONFLICTS {
            let (place, facts) = self.place(&change.namespace).await?;
            let found = place.namespace;
            let name = &change.namespace;
            let (found, facts, new) = match rules::edit_namespace(change, &place, &self.limits)? {
                NamespaceChanged::Nothing if facts.is_none() => return Ok(()),
                // It may have been done just now, and no replica had it in time.
                NamespaceChanged::Nothing => (found, facts, found),
                NamespaceChanged::Put(new) => (found, facts, new),
                NamespaceChanged::Delete => {
                    if !self.delete_counters(name, facts.as_deref(), change.at).await? {
                        continue;
                    }
                    // Last, so that a deletion that was cut short can be repeated by the owner.
                    let (left, facts) = read::namespace(&self.servers, name).await?;
                    let gone = Namespace { counters: left.counters, ..Namespace::default() };
                    (left, facts, gone)
                }
            };
            if self.put_namespace(name, &found, facts.as_deref(), new, change.at).await? {
                return Ok(());
            }
        }
        Err(contended().into())
    }

    /// Stores a namespace's settings; false if they have changed meanwhile.
    pub(super) async fn put_namespace(
        &self,
        name: &Name,
        found: &Namespace,
        facts: Option<&[u8]>,
        new: Namespace,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::namespace(name);
        let mut plan = Plan::default();
        plan.unchanged(&key, facts);
        plan.same_size(&keys::ranking(name), found.counters);
        if new.has_settings() {
            self.registry.enter(name).await?;
            plan.run("SET", &[key.as_bytes(), &read::pack_facts(&new)]);
        } else {
            plan.run("UNLINK", &[key.as_bytes()]);
        }
        let claimed = i64::from(new.has_settings()) - i64::from(found.has_settings());
        self.count_alone(&mut plan, keys::CLAIMS, claimed);
        let done = plan.commit(&self.servers, &self.commit).await?;
        if done {
            self.registry.claimed(claimed).await;
            self.note_if_empty(name, now).await;
        }
        Ok(done)
    }

    /// Deletes all counters of a namespace, some at a time; false if it has another owner by now,
    /// or if somebody else is deleting them too.
    async fn delete_counters(
        &self,
        name: &Name,
        facts: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ranking = keys::ranking(name);
        loop {
            let range = vec![ranking.as_str().into(), 0.into(), (DELETED_AT_ONCE - 1).into()];
            let found = self.servers.run(&ranking, "ZRANGE", range).await?;
            let found: Vec<Value> = if found.is_null() { Vec::new() } else { found.into_array() };
            let keys: Vec<Name> =
                found.into_iter().filter_map(|key| Name::new(&key.into_string()?).ok()).collect();
            if keys.is_empty() {
                return Ok(true);
            }
            let of = |key: &Name| Counter { namespace: name.clone(), key: key.clone() };
            let records: Vec<_> = keys.iter().map(|key| keys::record(&of(key))).collect();
            let found = read::values(&self.servers, &records).await?;
            let mut plan = Plan::default();
            plan.unchanged(&keys::namespace(name), facts);
            for (record, found) in records.iter().zip(&found) {
                plan.exists(record, found.is_some());
            }
            self.delete(&mut plan, name, &keys);
            for key in &keys {
                for key in &read::keys_of(&of(key), now)[1..] {
                    plan.run("UNLINK", &[key.as_bytes()]);
                }
            }
            // Another deletion may have come before the records were read.
            let gone = -i64::try_from(found.iter().flatten().count()).unwrap_or(0);
            self.count_alone(&mut plan, keys::COUNTERS, gone);
            let updates: Vec<_> = keys.iter().map(|key| (key, None)).collect();
            publish(&mut plan, name, &updates);
            if !plan.commit(&self.servers, &self.commit).await? {
                return Ok(false);
            }
            self.known.clear();
            self.registry.grow(gone).await;
            if keys.len() < DELETED_AT_ONCE as usize {
                return Ok(true);
            }
        }
    }

    /// Removes counters from their namespace.
    fn delete(&self, plan: &mut Plan, namespace: &Name, counters: &[Name]) {
        for key in counters {
            let counter = Counter { namespace: namespace.clone(), key: key.clone() };
            plan.run("UNLINK", &[keys::record(&counter).as_bytes()]);
            let key = key.as_str().as_bytes();
            plan.run("ZREM", &[keys::ranking(namespace).as_bytes(), key]);
            plan.run("SREM", &[keys::moved(namespace).as_bytes(), key]);
        }
    }

    /// On a single server, the commit also maintains the counts of counters and claims.
    pub(super) fn count_alone(&self, plan: &mut Plan, of: &str, grown: i64) {
        if grown != 0 && self.servers.stands_alone() {
            plan.run("INCRBY", &[of.as_bytes(), grown.to_string().as_bytes()]);
        }
    }

    /// Marks a namespace if it is empty. Nothing depends on it, so a failure is only logged.
    async fn note_if_empty(&self, name: &Name, now: Timestamp) {
        let noting = async {
            let (left, _) = read::namespace(&self.servers, name).await?;
            if left == Namespace::default() {
                self.registry.left_empty(name, now).await
            } else {
                Ok(())
            }
        };
        if let Err(error) = noting.await {
            tracing::debug!(%error, "an empty namespace was not noted");
        }
    }

    /// Compacts the log of a past: sums repeated entries and drops old ones.
    pub(crate) async fn shorten(&self, counter: &Counter) -> Result<(), StoreError> {
        let key = keys::past(counter);
        let found = read::values(&self.servers, std::slice::from_ref(&key)).await?;
        let mut whole = Whole::default();
        unpack_past(found[0].as_deref().unwrap_or_default(), &mut whole.past)?;
        // By number and not by date, so that a wrong clock does not erase the past.
        whole.past.days.keep_newest(self.limits.history_days as usize);
        whole.past.uniques.keep_newest(self.limits.history_days as usize);
        whole.past.hours.keep_newest(self.limits.history_hours as usize);
        let mut plan = Plan::default();
        plan.unchanged(&key, found[0].as_deref());
        plan.run("SET", &[key.as_bytes(), &pack_past(entries(&whole.past))]);
        // If something was appended meanwhile, the next hit asks for this again.
        plan.commit(&self.servers, &self.commit).await.map(drop)
    }
}

/// Writes a record and ranks the counter.
pub(super) fn put(plan: &mut Plan, counter: &Counter, record: &mut Record) {
    record.ranked = record.total;
    plan.run("SET", &[keys::record(counter).as_bytes(), &record.pack()]);
    let (ranking, moved) = (keys::ranking(&counter.namespace), keys::moved(&counter.namespace));
    let (score, key) = ((-record.total).to_string(), counter.key.as_str().as_bytes());
    plan.run("ZADD", &[ranking.as_bytes(), score.as_bytes(), key]);
    plan.run("SREM", &[moved.as_bytes(), key]);
}

/// Publishes updates to the listeners of all processes, before any later ones.
pub(super) fn publish(plan: &mut Plan, namespace: &Name, updates: &[(&Name, Option<i64>)]) {
    let word = |total: Option<i64>| total.map_or_else(|| "-".into(), |total| total.to_string());
    let words: Vec<String> =
        updates.iter().map(|(key, total)| format!("{key} {}", word(*total))).collect();
    plan.run("SPUBLISH", &[keys::live(namespace).as_bytes(), words.join(" ").as_bytes()]);
}

/// Remembers a change and its result for a while, so that it is made once.
pub(super) fn remember(plan: &mut Plan, key: &str, done: &[u8]) {
    plan.run("SET", &[key.as_bytes(), done, b"EX", ChangeId::MEMORY.to_string().as_bytes()]);
}

pub(super) fn contended() -> StoreError {
    StoreError::Unavailable("other changes came first, every time".into())
}
