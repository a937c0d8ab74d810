//! What the web layer asks: count a hit, read a count. It knows no store.

use std::sync::Arc;

use crate::hit::Hit;
use crate::joiner::{HitError, Joiner};
use crate::name::{Counter, Name};
use crate::store::{Store, StoreError};

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
