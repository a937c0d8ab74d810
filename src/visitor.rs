//! Who made a hit, so far as that may be known: a keyed hash under a random key
//! that is made each day and destroyed after it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::hmac;
use tokio::time::timeout;

use crate::hit::Visitor;
use crate::name::Name;
use crate::store::{Store, StoreError};
use crate::time::Timestamp;

/// Turns requests into visitors. It holds one day's key and forgets it with the
/// day; the replicas share it through the store.
pub struct Visitors {
    store: Arc<dyn Store>,
    /// How long the store may take to give a key.
    patience: Duration,
    today: Mutex<Option<(u32, Arc<hmac::Key>)>>,
}

impl Visitors {
    /// Visitors under the keys of `store`, which may take `patience` to give one.
    pub fn new(store: Arc<dyn Store>, patience: Duration) -> Self {
        Self { store, patience, today: Mutex::new(None) }
    }

    /// The visitor behind a request: the same one only for the same day, client
    /// network, user agent and namespace, so that nobody can be followed from
    /// one site to another or from one day to the next.
    pub async fn visitor(
        &self,
        client: &[u8; 8],
        agent: &[u8],
        namespace: &Name,
        now: Timestamp,
    ) -> Result<Visitor, StoreError> {
        let key = self.key(now.day()).await?;
        let mut hash = hmac::Context::with_key(&key);
        // Both parts before the agent end where the next begins: one has a fixed
        // length, the other no zero in it.
        hash.update(client);
        hash.update(namespace.as_str().as_bytes());
        hash.update(&[0]);
        hash.update(agent);
        let mut visitor = [0; 16];
        visitor.copy_from_slice(&hash.sign().as_ref()[..16]);
        Ok(Visitor(visitor))
    }

    async fn key(&self, day: u32) -> Result<Arc<hmac::Key>, StoreError> {
        if let Some((of, key)) = &*self.lock()
            && *of == day
        {
            return Ok(key.clone());
        }
        let late = |_| StoreError::Unavailable("it did not answer in time".into());
        let asking = timeout(self.patience, self.store.visitor_key(day));
        let bytes = asking.await.map_err(late)??;
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        *self.lock() = Some((day, key.clone()));
        Ok(key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(u32, Arc<hmac::Key>)>> {
        self.today.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
