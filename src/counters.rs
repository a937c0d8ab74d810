//! What the web layer asks: count a hit, read a count. It knows no store.

use std::sync::Arc;

use crate::count::{Count, History};
use crate::edit::{
    Change, ChangeId, Edit, EditError, Edited, Guard, Namespace, NamespaceChange, NamespaceEdit,
};
use crate::hit::Hit;
use crate::joiner::{HitError, Joiner};
use crate::live::Listener;
use crate::name::{Counter, Name};
use crate::store::{Store, StoreError};
use crate::time::Timestamp;

/// All counters of this instance. A clone shares them.
#[derive(Clone)]
pub struct Counters {
    store: Arc<dyn Store>,
    joiner: Joiner,
}

impl Counters {
    /// Counters kept in `store`, their hits joined by `joiner`.
    pub fn new(store: Arc<dyn Store>, joiner: Joiner) -> Self {
        Self { store, joiner }
    }

    /// Counts a hit and answers with its number, once that is stored.
    pub async fn hit(&self, namespace: &Name, hit: Hit) -> Result<i64, HitError> {
        self.joiner.hit(namespace, hit).await
    }

    /// The total of a counter, `None` if there is no such counter.
    pub async fn total(&self, counter: &Counter) -> Result<Option<i64>, StoreError> {
        let keys = std::slice::from_ref(&counter.key);
        let totals = self.store.totals(&counter.namespace, keys).await?;
        Ok(totals.into_iter().next().flatten())
    }

    /// The totals of some counters of a namespace; `None` where there is none.
    pub async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        self.store.totals(namespace, keys).await
    }

    /// All that a counter shows and that its owner set.
    pub async fn count(&self, counter: &Counter) -> Result<Option<Count>, StoreError> {
        self.store.count(counter, Timestamp::now()).await
    }

    /// All that a counter remembers, as far back as it does.
    pub async fn history(&self, counter: &Counter) -> Result<Option<History>, StoreError> {
        self.store.history(counter).await
    }

    /// Makes a change in one step with the check of who makes it.
    pub async fn edit(
        &self,
        counter: &Counter,
        guard: Guard,
        edit: Edit,
    ) -> Result<Edited, EditError> {
        let id = ChangeId::random().map_err(StoreError::from)?;
        let at = Timestamp::now();
        self.store.edit(&Change { id, counter: counter.clone(), at, guard, edit }).await
    }

    /// A namespace's own facts; those of one that nobody used are empty.
    pub async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError> {
        self.store.namespace(namespace).await
    }

    /// Makes a change to a namespace in one step with the check of who makes it.
    pub async fn edit_namespace(
        &self,
        namespace: &Name,
        guard: Guard,
        edit: NamespaceEdit,
    ) -> Result<(), EditError> {
        let namespace = namespace.clone();
        let at = Timestamp::now();
        self.store.edit_namespace(&NamespaceChange { namespace, at, guard, edit }).await
    }

    /// `limit` counters of a namespace from place `offset` on, the largest
    /// total first.
    pub async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError> {
        self.store.ranking(namespace, offset, limit).await
    }

    /// Hears of every change of a total in a namespace from now on.
    pub async fn subscribe(&self, namespace: &Name) -> Result<Listener, StoreError> {
        self.store.subscribe(namespace).await
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// Hits that wait for their number now.
    pub fn in_flight(&self) -> usize {
        self.joiner.waiting()
    }

    /// Writes the last tallies and closes the store.
    pub async fn close(&self) {
        self.joiner.drained().await;
        self.store.close().await;
    }
}
