//! The interface of the web layer: count a hit, read a count, change a counter. It hides
//! the store.

pub mod batcher;
pub mod deadline;
pub mod last_known;
mod shared;
pub mod sums;
pub mod visitor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout_at};

use crate::counters::batcher::{Batcher, HitError};
use crate::counters::last_known::LastKnown;
use crate::counters::shared::SharedReads;
use crate::counters::sums::{Sum, Sums};
use crate::model::count::{Count, History};
use crate::model::edit::{
    Change, ChangeId, Credential, Edit, Edited, Namespace, NamespaceChange, NamespaceEdit,
};
use crate::model::export::{Exported, Imported, OnConflict, Page};
use crate::model::hit::Hit;
use crate::model::name::{Counter, Name};
use crate::model::site::Depth;
use crate::model::time::Timestamp;
use crate::store::EditError;
use crate::store::live::Subscription;
use crate::store::{Store, StoreError};

/// The wait before a change is repeated.
const CHANGE_PAUSE: Duration = Duration::from_millis(50);

/// Histories by the namespace and the keys of their counters.
type Histories = SharedReads<(Name, Vec<Name>), Vec<Option<History>>>;

/// Parts of rankings by namespace, offset and limit.
type Rankings = SharedReads<(Name, u64, u32), Vec<(Name, i64)>>;

/// All counters of this instance. A clone shares them.
#[derive(Clone)]
pub struct Counters {
    store: Arc<dyn Store>,
    batcher: Batcher,
    last_known: Arc<LastKnown>,
    sums: Sums,
    histories: Arc<Histories>,
    rankings: Arc<Rankings>,
    pings: Arc<SharedReads<(), ()>>,
    /// How long a read or a change may wait for the store.
    deadline: Duration,
}

/// A total, and whether it is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// The store's answer.
    Present(i64),
    /// The last answer that this process saw: the store is unreachable.
    LastKnown(i64),
}

impl Total {
    /// The number, current or not.
    pub fn value(self) -> i64 {
        match self {
            Self::Present(value) | Self::LastKnown(value) => value,
        }
    }

    /// Whether it may be out of date.
    pub fn is_stale(self) -> bool {
        matches!(self, Self::LastKnown(_))
    }
}

impl Counters {
    /// Counters kept in `store`, with hits batched by `batcher`.
    pub fn new(store: Arc<dyn Store>, batcher: Batcher, deadline: Duration) -> Self {
        let last_known = batcher.last_known();
        let sums = Sums::new(store.clone());
        let (histories, rankings, pings) = (Arc::default(), Arc::default(), Arc::default());
        Self { store, batcher, deadline, last_known, sums, histories, rankings, pings }
    }

    /// The store's answer within the deadline. A store that hangs counts as unreachable.
    async fn in_time<T, E: From<StoreError>>(
        &self,
        asking: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match timeout_at(deadline::due(self.deadline).into(), asking).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Unavailable("it did not answer in time".into()).into()),
        }
    }

    /// Counts a hit, and returns its number once the store has it.
    pub async fn hit(&self, hit: Hit) -> Result<i64, HitError> {
        self.batcher.hit(hit).await
    }

    /// The total of a counter, or `None` if it does not exist.
    pub async fn total(&self, counter: &Counter) -> Result<Option<i64>, StoreError> {
        let keys = std::slice::from_ref(&counter.key);
        Ok(self.totals(&counter.namespace, keys).await?.into_iter().next().flatten())
    }

    /// The totals of some counters of a namespace.
    pub async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        let totals = self.in_time(self.store.totals(namespace, keys)).await?;
        for (key, total) in keys.iter().zip(&totals) {
            self.know(&Counter { namespace: namespace.clone(), key: key.clone() }, *total);
        }
        Ok(totals)
    }

    /// The total of a counter. While the store is unreachable, the last total that this
    /// process saw, or an error if it saw none.
    pub async fn total_or_last_known(
        &self,
        counter: &Counter,
    ) -> Result<Option<Total>, StoreError> {
        match self.total(counter).await {
            Ok(total) => Ok(total.map(Total::Present)),
            Err(error) => match self.last_known(counter) {
                Some(total) => Ok(Some(Total::LastKnown(total))),
                None => Err(error),
            },
        }
    }

    /// The last total that this process saw, without asking the store: shown after a hit that
    /// was not counted.
    pub fn last_known(&self, counter: &Counter) -> Option<i64> {
        self.last_known.get(counter)
    }

    /// Everything that a counter shows now, with its owner's settings and token digest.
    pub async fn count(&self, counter: &Counter) -> Result<Option<Count>, StoreError> {
        let count = self.in_time(self.store.count(counter, Timestamp::now())).await?;
        self.know(counter, count.as_ref().map(|c| c.total));
        Ok(count)
    }

    /// A counter's whole history, from which [`crate::model::history`] takes ranges.
    pub async fn history(&self, counter: &Counter) -> Result<Option<History>, StoreError> {
        let histories = self.histories(&counter.namespace, std::slice::from_ref(&counter.key));
        Ok(histories.await?.into_iter().next().flatten())
    }

    /// The histories of some counters of a namespace.
    pub async fn histories(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<History>>, StoreError> {
        let key = (namespace.clone(), keys.to_vec());
        self.in_time(self.histories.get(key, self.store.histories(namespace, keys))).await
    }

    /// The sum of a namespace's counters as of a short while ago. If a new sum takes too long,
    /// the last one that this process made.
    pub async fn sum(&self, namespace: &Name, depth: Depth) -> Result<Sum, StoreError> {
        match self.in_time(self.sums.of(namespace, depth)).await {
            Ok(site) => Ok(Sum { site, is_stale: false }),
            Err(error) => match self.sums.last(namespace, depth) {
                Some(site) => Ok(Sum { site, is_stale: true }),
                None => Err(error),
            },
        }
    }

    /// Makes a change exactly once: it is repeated under its id until an answer arrives.
    pub async fn edit(
        &self,
        counter: &Counter,
        credential: Credential,
        edit: Edit,
    ) -> Result<Edited, EditError> {
        let id = ChangeId::random().map_err(StoreError::from)?;
        let change =
            Change { id, counter: counter.clone(), at: Timestamp::now(), credential, edit };
        let edited = self.repeat(deadline::due(self.deadline), || self.store.edit(&change)).await?;
        self.know(counter, edited.new);
        Ok(edited)
    }

    /// A namespace's settings and size, with its owner's token digest.
    pub async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError> {
        self.in_time(self.store.namespace(namespace)).await
    }

    /// Makes a change to a namespace, and repeats it until an answer arrives.
    pub async fn edit_namespace(
        &self,
        namespace: &Name,
        credential: Credential,
        edit: NamespaceEdit,
    ) -> Result<(), EditError> {
        let (namespace, at) = (namespace.clone(), Timestamp::now());
        let change = NamespaceChange { namespace, at, credential, edit };
        self.repeat(deadline::due(self.deadline), || self.store.edit_namespace(&change)).await
    }

    /// `limit` counters of a namespace from rank `offset` on: by total, the largest first,
    /// then by name.
    pub async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError> {
        let key = (namespace.clone(), offset, limit);
        self.in_time(self.rankings.get(key, self.store.ranking(namespace, offset, limit))).await
    }

    /// Subscribes to every change of a total in a namespace.
    pub async fn subscribe(&self, namespace: &Name) -> Result<Subscription, StoreError> {
        self.in_time(self.store.subscribe(namespace)).await
    }

    /// The approximate number of counters.
    pub async fn size(&self) -> Result<u64, StoreError> {
        self.in_time(self.store.size()).await
    }

    /// A page of all namespaces.
    pub async fn namespaces(&self, after: Option<&str>) -> Result<Page<Name>, StoreError> {
        self.in_time(self.store.namespaces(after)).await
    }

    /// A page of a namespace's content.
    pub async fn export(
        &self,
        namespace: &Name,
        after: Option<&str>,
    ) -> Result<Page<Exported>, StoreError> {
        self.in_time(self.store.export(namespace, after)).await
    }

    /// Imports a line of an export. It is repeated until an answer arrives, and added only
    /// once under the same id.
    pub async fn import(
        &self,
        id: ChangeId,
        exported: &Exported,
        on_conflict: OnConflict,
    ) -> Result<Imported, EditError> {
        let now = Timestamp::now();
        // One request brings many lines, so each line has a deadline of its own.
        let deadline = Instant::now() + self.deadline;
        self.repeat(deadline, || self.store.import(id, exported, on_conflict, now)).await
    }

    /// Checks that the store takes writes, once for all callers at the same time: anybody may
    /// call this, and each check writes something.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.in_time(self.pings.get((), self.store.ping())).await
    }

    /// The number of hits that wait for an answer.
    pub fn in_flight(&self) -> usize {
        self.batcher.waiting()
    }

    /// Whether the store has room for more counters.
    pub fn has_room(&self) -> bool {
        self.store.has_room()
    }

    /// How many writes no replica had in time. They were repeated until one had.
    pub fn writes_not_replicated(&self) -> u64 {
        self.store.writes_not_replicated()
    }

    /// How long a request may wait for the store.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The number of hits that the store may or may not have: their writes have no answer.
    pub fn in_doubt(&self) -> u64 {
        self.batcher.in_doubt()
    }

    /// Writes the last tallies and closes the store.
    pub async fn close(&self) {
        self.batcher.drained().await;
        self.store.close().await;
    }

    fn know(&self, counter: &Counter, total: Option<i64>) {
        match total {
            Some(total) => self.last_known.put(counter, total),
            None => self.last_known.forget(counter),
        }
    }

    async fn repeat<T, F>(&self, deadline: Instant, attempt: impl Fn() -> F) -> Result<T, EditError>
    where
        F: Future<Output = Result<T, EditError>>,
    {
        let late = || StoreError::Unavailable("no answer in time".into());
        loop {
            match timeout_at(deadline.into(), attempt()).await {
                Ok(Err(EditError::Store(error))) if error.is_passing() => {
                    if Instant::now() + CHANGE_PAUSE >= deadline {
                        return Err(error.into());
                    }
                    sleep(CHANGE_PAUSE).await;
                }
                Ok(answer) => return answer,
                Err(_) => return Err(late().into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use crate::model::hit::Source;
    use crate::store::embedded::Embedded;
    use crate::store::{Limits, Mode};

    #[tokio::test]
    async fn the_last_number_is_shown_while_the_store_is_away() {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            mode: Mode::Open,
            counters_per_namespace: 10,
            counters: 10,
            history_days: 10,
            history_hours: 10,
        };
        let store: Arc<dyn Store> =
            Arc::new(Embedded::open(&folder.path().join("seen.redb"), limits).unwrap());
        let metrics = Arc::new(Metrics::default());
        let batcher = Batcher::new(store.clone(), metrics, 10, Duration::from_secs(1));
        let counters = Counters::new(store, batcher, Duration::from_secs(2));
        let counter =
            |key| Counter { namespace: Name::default_namespace(), key: Name::new(key).unwrap() };
        let hit =
            |key| Hit { counter: counter(key), source: Source::Browser, visitor: None, id: None };
        for key in ["a", "b", "b"] {
            counters.hit(hit(key)).await.unwrap();
        }
        counters.edit(&counter("a"), Credential::Instance, Edit::Delete).await.unwrap();
        let shown = counters.total_or_last_known(&counter("b")).await.unwrap();
        assert_eq!(shown, Some(Total::Present(2)));
        let site = Name::default_namespace();
        let sum = counters.sum(&site, Depth::Counts).await.unwrap();
        assert_eq!((sum.site.total, sum.is_stale), (2, false));
        counters.close().await;
        let shown = counters.total_or_last_known(&counter("b")).await.unwrap();
        assert_eq!(shown, Some(Total::LastKnown(2)));
        assert!(counters.total_or_last_known(&counter("a")).await.is_err());
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let sum = counters.sum(&site, Depth::Counts).await.unwrap();
        assert_eq!((sum.site.total, sum.is_stale), (2, true));
        assert!(counters.sum(&site, Depth::Histories).await.is_err());
    }
}
