//! The contract of a store, implemented by the Redis one.

use std::time::Duration;

use async_trait::async_trait;
use fred::types::Value;

use super::node::Request;
use super::registry::scan;
use super::tally::Answer;
use super::{Redis, keys, read, registry};
use crate::model::count::{Count, History};
use crate::model::edit::{Change, ChangeId, Edited, Namespace, NamespaceChange};
use crate::model::export::{Exported, ExportedNamespace, Imported, OnConflict, Page};
use crate::model::hit::DayKeys;
use crate::model::name::{Counter, Name};
use crate::model::site::{Depth, Member};
use crate::model::tally::{Lane, Outcome, Tally};
use crate::model::time::Timestamp;
use crate::store::live::Subscription;
use crate::store::whole::Whole;
use crate::store::{EditError, Store, StoreError};

/// How long a subscription may take before the store counts as unreachable.
const SUBSCRIPTION_TIMEOUT: Duration = Duration::from_secs(2);

/// In a write of this many hits, the fixed cost is a fifth. Waiting for more would leave seen
/// idle while Redis works (benches/README.md).
const PREFERRED_BATCH: usize = 24;

/// How many counters one call ranks.
const RANKED_AT_ONCE: i64 = 1000;

/// The most counters with dedupe that are remembered.
const MAX_APART: usize = 65_536;

#[async_trait]
impl Store for Redis {
    fn spans_namespaces(&self) -> bool {
        self.servers.stands_alone()
    }

    fn enough(&self) -> usize {
        PREFERRED_BATCH
    }

    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        if let Lane::Apart(namespace) = &tally.lane {
            self.registry.enter(namespace).await?;
        }
        loop {
            match self.count_once(tally).await? {
                Answer::Apart(counters) => {
                    let mut apart = self.apart.lock();
                    if apart.len() >= MAX_APART {
                        apart.clear();
                    }
                    apart.extend(counters);
                }
                Answer::Done { forgotten, created, long, outcomes } => {
                    if forgotten {
                        self.known.clear();
                    }
                    self.registry.grow(i64::try_from(created).unwrap_or(0)).await;
                    for counter in long {
                        if let Err(error) = self.shorten(&counter).await {
                            tracing::debug!(%error, %counter, "a past was not put in order");
                        }
                    }
                    return Ok(outcomes);
                }
            }
        }
    }

    async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        let records = read::records(&self.servers, namespace, keys).await?;
        Ok(records.into_iter().map(|record| record.map(|record| record.total)).collect())
    }

    async fn count(&self, counter: &Counter, now: Timestamp) -> Result<Option<Count>, StoreError> {
        let found = read::values(&self.servers, &[keys::record(counter)]).await?;
        Ok(read::record(found[0].as_ref())?.map(|record| record.count(now)))
    }

    async fn histories(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<History>>, StoreError> {
        let found = read::pasts(&self.servers, namespace, keys).await?;
        Ok(found.into_iter().map(|whole| whole.map(|whole| whole.history(&self.limits))).collect())
    }

    async fn members(
        &self,
        namespace: &Name,
        depth: Depth,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<Page<Member>, StoreError> {
        let key = keys::ranking(namespace);
        let (members, next) = scan(&self.servers, &key, after.unwrap_or("0")).await?;
        let keys: Vec<Name> = members.iter().filter_map(|key| Name::new(key).ok()).collect();
        let (servers, limits) = (&self.servers, &self.limits);
        let found: Vec<_> = match depth {
            Depth::Counts => {
                let records = read::records(servers, namespace, &keys).await?.into_iter();
                records.map(|record| Some((record?.count(now), None))).collect()
            }
            Depth::Histories => {
                let wholes = read::pasts(servers, namespace, &keys).await?.into_iter();
                let both = |whole: Whole| (whole.record.count(now), Some(whole.history(limits)));
                wholes.map(|whole| whole.map(both)).collect()
            }
        };
        let member = |(key, found): (Name, Option<_>)| {
            let (count, history) = found?;
            Some(Member { key, count, history })
        };
        Ok(Page { items: keys.into_iter().zip(found).filter_map(member).collect(), next })
    }

    async fn edit(&self, change: &Change) -> Result<Edited, EditError> {
        self.change(change).await
    }

    async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError> {
        Ok(read::namespace(&self.servers, namespace).await?.0)
    }

    async fn edit_namespace(&self, change: &NamespaceChange) -> Result<(), EditError> {
        self.change_namespace(change).await
    }

    async fn day_keys(&self, day: u32) -> Result<DayKeys, StoreError> {
        self.day_keys.of(day).await
    }

    fn forget_day_keys(&self, before: u32) {
        self.day_keys.forget_before(before);
    }

    async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let (ranking, moved) = (keys::ranking(namespace), keys::moved(namespace));
        let keys = [moved, ranking.clone()];
        loop {
            let most = RANKED_AT_ONCE.to_string();
            let moved = self.servers.script(&self.rank, &keys, most.as_bytes()).await?;
            if read::number(&moved)? < RANKED_AT_ONCE {
                break;
            }
        }
        let to = offset.saturating_add(u64::from(limit) - 1);
        let number = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        let range = vec![ranking.as_str().into(), number(offset), number(to), "WITHSCORES".into()];
        let page = registry::pairs(self.servers.run(&ranking, "ZRANGE", range).await?)?;
        let row = |(key, score): (String, String)| {
            let total =
                score.parse::<f64>().map_err(|_| read::odd("a score other than a number"))?;
            let key = Name::new(&key).map_err(|e| StoreError::Damaged(e.to_string()))?;
            // Exact: totals stay within 2^53.
            Ok((key, -total as i64))
        };
        page.into_iter().map(row).collect()
    }

    async fn size(&self) -> Result<u64, StoreError> {
        self.registry.size().await
    }

    async fn namespaces(&self, after: Option<&str>) -> Result<Page<Name>, StoreError> {
        let (items, next) = self.registry.page(after.unwrap_or("0")).await?;
        Ok(Page { items, next })
    }

    async fn export(
        &self,
        namespace: &Name,
        after: Option<&str>,
    ) -> Result<Page<Exported>, StoreError> {
        let mut items = Vec::new();
        if after.is_none() {
            let (found, _) = read::namespace(&self.servers, namespace).await?;
            items.extend(ExportedNamespace::of(namespace, &found).map(Exported::Namespace));
        }
        let key = keys::ranking(namespace);
        let (members, next) = scan(&self.servers, &key, after.unwrap_or("0")).await?;
        let counters: Vec<Counter> = members
            .iter()
            .filter_map(|key| {
                Some(Counter { namespace: namespace.clone(), key: Name::new(key).ok()? })
            })
            .collect();
        let found = read::wholes(&self.servers, &counters, Timestamp::now()).await?;
        for (counter, (whole, _)) in counters.into_iter().zip(found) {
            let Some(whole) = whole else { continue };
            items.push(Exported::Counter(Box::new(whole.export(counter, &self.limits))));
        }
        Ok(Page { items, next })
    }

    async fn import(
        &self,
        id: ChangeId,
        exported: &Exported,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, EditError> {
        match exported {
            Exported::Namespace(exported) => {
                Ok(self.import_namespace(exported, on_conflict, now).await?)
            }
            Exported::Counter(exported) => {
                self.import_counter(id, exported, on_conflict, now).await
            }
        }
    }

    async fn subscribe(&self, namespace: &Name) -> Result<Subscription, StoreError> {
        let mut subscription = self.hub.subscribe(namespace);
        tokio::time::timeout(SUBSCRIPTION_TIMEOUT, subscription.connected())
            .await
            .map_err(|_| StoreError::Away("no subscription in time".into()))?;
        Ok(subscription)
    }

    /// Ready as long as one server takes writes: an outage of the others affects only their own
    /// namespaces.
    async fn ping(&self) -> Result<(), StoreError> {
        self.servers.open_gate().map_err(|gate| self.servers.why_away().unwrap_or(gate))?;
        let mut last = Err(StoreError::Away("no server is known".into()));
        for (node, tag) in self.servers.all() {
            let key = format!("seen:ping:{tag}{}", self.process);
            let set = vec![key.into(), "1".into(), "EX".into(), 60.into()];
            last =
                node.run(&Request::Command("SET", set)).await.map(drop).map_err(StoreError::from);
            if last.is_ok() {
                break;
            }
        }
        last
    }

    fn has_room(&self) -> bool {
        self.servers.has_room()
    }

    fn writes_not_replicated(&self) -> u64 {
        self.servers.all().iter().map(|(node, _)| node.guard.writes_not_replicated()).sum()
    }

    async fn close(&self) {
        self.tasks.lock().drain(..).for_each(|task| task.abort());
        self.servers.close().await;
    }
}
