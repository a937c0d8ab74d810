//! Who made a hit, so far as that may be known: a keyed hash under a random key
//! that is made each day and destroyed after it.

use std::hash::Hasher;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use siphasher::sip128::{Hasher128, SipHasher24};
use tokio::time::timeout;

use crate::model::hit::Visitor;
use crate::model::name::Name;
use crate::model::time::Timestamp;
use crate::store::{Store, StoreError};

/// Turns requests into visitors. It holds one day's key and forgets it with the
/// day; the replicas share it through the store.
pub struct Visitors {
    store: Arc<dyn Store>,
    /// How long the store may take to give a key.
    timeout: Duration,
    today: Mutex<Option<(u32, [u8; 16])>>,
}

impl Visitors {
    /// Visitors under the keys of `store`, which may take `patience` to give one.
    pub fn new(store: Arc<dyn Store>, timeout: Duration) -> Self {
        Self { store, timeout, today: Mutex::new(None) }
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
        // SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): made for a secret
        // key and short texts, at a tenth of the cost of an HMAC.
        let mut hash = SipHasher24::new_with_key(&self.key(now.day()).await?);
        // Both parts before the agent end where the next begins: one has a fixed
        // length, the other no zero in it.
        hash.write(client);
        hash.write(namespace.as_str().as_bytes());
        hash.write(&[0]);
        hash.write(agent);
        Ok(Visitor(hash.finish128().as_bytes()))
    }

    async fn key(&self, day: u32) -> Result<[u8; 16], StoreError> {
        if let Some((of, key)) = *self.lock()
            && of == day
        {
            return Ok(key);
        }
        let late = |_| StoreError::Unavailable("it did not answer in time".into());
        let asking = timeout(self.timeout, self.store.visitor_key(day));
        let key = asking.await.map_err(late)??;
        *self.lock() = Some((day, key));
        Ok(key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(u32, [u8; 16])>> {
        self.today.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
