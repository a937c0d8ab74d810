//! The contract of a store, implemented by the embedded one.

use async_trait::async_trait;

use super::apply::{self, CountedTally, Progress};
use super::map::Snapshot;
use super::{Embedded, tables};
use crate::model::count::{Count, History};
use crate::model::edit::{Change, ChangeId, Edited, Namespace, NamespaceChange};
use crate::model::export::{Exported, ExportedNamespace, Imported, MAX_PAGE, OnConflict, Page};
use crate::model::hit::DayKeys;
use crate::model::name::{Counter, Name};
use crate::model::site::{Depth, Member};
use crate::model::tally::{Lane, Outcome, Tally};
use crate::model::time::Timestamp;
use crate::model::token;
use crate::store::live::{Hub, News, Subscription, Update};
use crate::store::record::Record;
use crate::store::whole::Whole;
use crate::store::{EditError, Limits, Store, StoreError};

/// How many counters are exported at once: each may have 12 KB of sketches.
const EXPORTED_AT_ONCE: usize = 100;

/// The most histories read from one snapshot: hits wait to be published meanwhile.
const HISTORIES_AT_ONCE: usize = 50;

/// How many counters one batch ranks.
const RANKED_AT_ONCE: usize = 1000;

#[async_trait]
impl Store for Embedded {
    fn spans_namespaces(&self) -> bool {
        true
    }

    /// A sync to the disk takes longer than answering any number of hits.
    fn enough(&self) -> usize {
        usize::MAX
    }

    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        let lane = match &tally.lane {
            Lane::Shared(number) => number.to_string(),
            Lane::Apart(namespace) => namespace.to_string(),
        };
        let (last_writes, answered) = (self.last_writes.clone(), self.last_writes.clone());
        let (hub, tally, limits) = (self.hub.clone(), tally.clone(), self.limits);
        let (number, of_lane) = (tally.number, lane.clone());
        let (known, known_after) = (self.known.clone(), self.known.clone());
        let applied = self.write(
            move |batch| {
                match answered.lock().get(&of_lane) {
                    Some((last, outcomes)) if *last == tally.number => {
                        return Ok(CountedTally {
                            outcomes: outcomes.clone(),
                            ..CountedTally::default()
                        });
                    }
                    Some((last, _)) if *last > tally.number => {
                        return Err(StoreError::Failed("a later write came first".into()));
                    }
                    _ => {}
                }
                apply::count(batch, &tally, &limits, &known)
            },
            move |CountedTally { outcomes, updates, visits }| {
                last_writes.lock().insert(lane, (number, outcomes.clone()));
                known_after.put(visits.iter().copied());
                tell(&hub, updates);
            },
        );
        Ok(applied.await?.outcomes)
    }

    async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        let mut totals = Vec::with_capacity(keys.len());
        for key in keys {
            let counter = Counter { namespace: namespace.clone(), key: key.clone() };
            totals.push(self.record(&counter).await?.map(|record| record.total));
        }
        Ok(totals)
    }

    async fn count(&self, counter: &Counter, now: Timestamp) -> Result<Option<Count>, StoreError> {
        Ok(self.record(counter).await?.map(|record| record.count(now)))
    }

    async fn histories(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<History>>, StoreError> {
        let of = |key: &Name| Counter { namespace: namespace.clone(), key: key.clone() };
        let counters: Vec<Counter> = keys.iter().map(of).collect();
        let limits = self.limits;
        self.read(move |snapshot| {
            let history = |counter| {
                let found = tables::record(snapshot, counter)?;
                found.map(|record| history(snapshot, counter, record, &limits)).transpose()
            };
            counters.iter().map(history).collect()
        })
        .await
    }

    async fn members(
        &self,
        namespace: &Name,
        depth: Depth,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<Page<Member>, StoreError> {
        let (namespace, after, limits) = (namespace.clone(), after.map(str::to_owned), self.limits);
        let most = match depth {
            Depth::Counts => MAX_PAGE,
            Depth::Histories => HISTORIES_AT_ONCE,
        };
        self.read(move |snapshot| {
            let rows = tables::counters(snapshot, &namespace, after.as_deref(), most)?;
            let is_full = rows.len() == most;
            let next = rows.last().filter(|_| is_full).map(|(key, _)| key.as_str().to_owned());
            let member = |(key, bytes): (Name, Vec<u8>)| {
                let record = Record::unpack(&bytes)?;
                let count = record.count(now);
                let counter = Counter { namespace: namespace.clone(), key };
                let history = match depth {
                    Depth::Counts => None,
                    Depth::Histories => Some(history(snapshot, &counter, record, &limits)?),
                };
                Ok::<_, StoreError>(Member { key: counter.key, count, history })
            };
            Ok(Page { items: rows.into_iter().map(member).collect::<Result<_, _>>()?, next })
        })
        .await
    }

    async fn edit(&self, change: &Change) -> Result<Edited, EditError> {
        let (hub, change, limits) = (self.hub.clone(), change.clone(), self.limits);
        let known = self.known.clone();
        let Counter { namespace, key } = change.counter.clone();
        self.change(
            move |batch| apply::edit(batch, &change, &limits, &known),
            move |edited| {
                if edited.old != edited.new {
                    tell(&hub, &[(namespace, Update { key, total: edited.new })]);
                }
            },
        )
        .await
    }

    async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError> {
        let namespace = namespace.clone();
        self.read(move |snapshot| tables::namespace(snapshot, &namespace)).await
    }

    async fn edit_namespace(&self, change: &NamespaceChange) -> Result<(), EditError> {
        let mut after = None;
        loop {
            let (hub, change, limits) = (self.hub.clone(), change.clone(), self.limits);
            let known = self.known.clone();
            let progress = self.change(
                move |batch| apply::edit_namespace(batch, &change, &limits, after.as_ref(), &known),
                move |(Progress::Done(updates) | Progress::More(updates, _))| tell(&hub, updates),
            );
            match progress.await? {
                Progress::Done(_) => return Ok(()),
                Progress::More(_, last) => after = last,
            }
        }
    }

    async fn day_keys(&self, day: u32) -> Result<DayKeys, StoreError> {
        let mut known = self.day_keys.lock();
        if let Some((of, keys)) = *known
            && of == day
        {
            return Ok(keys);
        }
        let keys = DayKeys(token::random()?);
        *known = Some((day, keys));
        Ok(keys)
    }

    fn forget_day_keys(&self, before: u32) {
        self.day_keys.lock().take_if(|(day, _)| *day < before);
    }

    async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError> {
        loop {
            let of = namespace.clone();
            let ranked = self.write(move |batch| tables::rank(batch, &of, RANKED_AT_ONCE), |_| {});
            if ranked.await? < RANKED_AT_ONCE {
                break;
            }
        }
        let of = namespace.clone();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.read(move |snapshot| tables::ranking(snapshot, &of, offset, limit as usize)).await
    }

    async fn size(&self) -> Result<u64, StoreError> {
        self.read(|snapshot| Ok(tables::fact(snapshot, tables::Fact::Counters)?.unwrap_or(0))).await
    }

    async fn namespaces(&self, after: Option<&str>) -> Result<Page<Name>, StoreError> {
        let after = after.map(str::to_owned);
        self.read(move |snapshot| {
            let items = tables::namespaces(snapshot, after.as_deref(), MAX_PAGE)?;
            let is_full = items.len() == MAX_PAGE;
            let next = items.last().filter(|_| is_full).map(|name| name.as_str().to_owned());
            Ok(Page { items, next })
        })
        .await
    }

    async fn export(
        &self,
        namespace: &Name,
        after: Option<&str>,
    ) -> Result<Page<Exported>, StoreError> {
        let (namespace, after, limits) = (namespace.clone(), after.map(str::to_owned), self.limits);
        self.read(move |snapshot| export(snapshot, &namespace, after.as_deref(), &limits)).await
    }

    async fn import(
        &self,
        id: ChangeId,
        exported: &Exported,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, EditError> {
        let (hub, exported, limits) = (self.hub.clone(), exported.clone(), self.limits);
        let known = self.known.clone();
        let imported = self.change(
            move |batch| apply::import(batch, id, &exported, on_conflict, &limits, &known, now),
            move |(_, updates)| tell(&hub, updates),
        );
        Ok(imported.await?.0)
    }

    async fn subscribe(&self, namespace: &Name) -> Result<Subscription, StoreError> {
        // All writers are in this process, so there is nothing to connect to.
        Ok(self.hub.subscribe(namespace))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.write(apply::ping, |()| {}).await
    }

    fn has_room(&self) -> bool {
        self.map.has_room()
    }

    async fn close(&self) {
        drop(self.jobs.lock().take());
        let writer = self.writer.lock().take();
        if let Some(writer) = writer {
            let joined = tokio::task::spawn_blocking(|| writer.join());
            if !matches!(joined.await, Ok(Ok(()))) {
                tracing::error!("the store's writer did not end well");
            }
        }
    }
}

/// What a counter with this record remembers.
fn history(
    snapshot: &Snapshot,
    counter: &Counter,
    record: Record,
    limits: &Limits,
) -> Result<History, StoreError> {
    let past = tables::past(snapshot, counter)?;
    Ok(Whole { record, past, ..Whole::default() }.history(limits))
}

fn export(
    snapshot: &Snapshot,
    namespace: &Name,
    after: Option<&str>,
    limits: &Limits,
) -> Result<Page<Exported>, StoreError> {
    let mut items = Vec::new();
    if after.is_none() {
        let found = tables::namespace(snapshot, namespace)?;
        items.extend(ExportedNamespace::of(namespace, &found).map(Exported::Namespace));
    }
    let rows = tables::counters(snapshot, namespace, after, EXPORTED_AT_ONCE)?;
    let is_full = rows.len() == EXPORTED_AT_ONCE;
    let next = rows.last().filter(|_| is_full).map(|(key, _)| key.as_str().to_owned());
    for (key, _) in rows {
        let counter = Counter { namespace: namespace.clone(), key };
        if let Some(whole) = tables::whole(snapshot, &counter, Timestamp::now())? {
            items.push(Exported::Counter(Box::new(whole.export(counter, limits))));
        }
    }
    Ok(Page { items, next })
}

/// Publishes each namespace's changes.
fn tell(hub: &Hub, updates: &[(Name, Update)]) {
    if hub.is_empty() {
        return;
    }
    let mut updates: Vec<_> = updates.iter().collect();
    updates.sort_by_key(|(namespace, _)| namespace);
    for of_one in updates.chunk_by(|one, other| one.0 == other.0) {
        let news = || News::Updates(of_one.iter().map(|(_, update)| update.clone()).collect());
        hub.tell(&of_one[0].0, news);
    }
}
