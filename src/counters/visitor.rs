//! The visitor behind a hit: a keyed hash under random keys, which are made anew each day,
//! kept only in memory, and destroyed an hour after the day ends.

use std::hash::Hasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use siphasher::sip;
use siphasher::sip128::{Hasher128, SipHasher24};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::counters::deadline;
use crate::model::hit::{DayKeys, Visitor};
use crate::model::name::{Counter, MAX_LENGTH};
use crate::model::time::Timestamp;
use crate::sketch;
use crate::store::{Store, StoreError};

/// How long keys outlive their day, in seconds: the clocks of processes differ.
const GRACE: u64 = 3600;

/// The most bytes that are hashed before the user agent: a network and two names, each of which
/// a zero byte ends.
const MAX_START: usize = 8 + 2 * (MAX_LENGTH + 1);

/// How often the clock is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// A day's keys. They are checked again each second: if two processes made keys at the same
/// time, one of them adopts the other's.
#[derive(Clone, Copy)]
struct Today {
    keys: DayKeys,
    asked: Timestamp,
}

/// Turns requests into visitors. It holds one day's keys, which replicas share.
pub struct Visitors {
    store: Arc<dyn Store>,
    /// How long the store may take to provide keys.
    timeout: Duration,
    today: Arc<Mutex<Option<Today>>>,
    timer: JoinHandle<()>,
}

impl Visitors {
    /// Visitors under the keys of `store`, which may take `timeout` to provide them. Must be
    /// called within a runtime.
    pub fn new(store: Arc<dyn Store>, timeout: Duration) -> Self {
        let today = Arc::new(Mutex::new(None));
        let timer = tokio::spawn(destroy(store.clone(), today.clone()));
        Self { store, timeout, today, timer }
    }

    /// The visitor behind a request. It is the same only for the same day, client network,
    /// user agent and counter, so nobody can be followed from one page to another or from one
    /// day to the next.
    pub async fn visitor(
        &self,
        client: &[u8; 8],
        agent: &[u8],
        counter: &Counter,
        now: Timestamp,
    ) -> Result<Visitor, StoreError> {
        let (of_sketch, of_marks) = self.keys(now).await?;
        // SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012) is made for a secret key
        // and short inputs, and costs a tenth of an HMAC.
        let mut hash = SipHasher24::new_with_key(&of_sketch);
        // In one call, since each call to the hasher costs about as much as a short name.
        let (start, length) = start_of_input(client, counter);
        hash.write(&start[..length]);
        hash.write(agent);
        let hash = hash.finish128();
        let (register, rank) = sketch::place(hash.h1);
        let mark = sip::SipHasher24::new_with_key(&of_marks).hash(&hash.as_bytes());
        Ok(Visitor { register, rank, mark: mark.to_le_bytes() })
    }

    async fn keys(&self, now: Timestamp) -> Result<([u8; 16], [u8; 16]), StoreError> {
        let known = *self.today.lock();
        let keys = match known {
            Some(Today { keys, asked }) if asked == now => keys,
            _ => {
                let late = |_| StoreError::Away("it did not answer in time".into());
                // Most of the request's time belongs to its hit.
                let wait = deadline::due(self.timeout).saturating_duration_since(Instant::now());
                let asking = timeout(wait / 4, self.store.day_keys(now.day()));
                let keys = asking.await.map_err(late)??;
                *self.today.lock() = Some(Today { keys, asked: now });
                keys
            }
        };
        let mut halves = ([0; 16], [0; 16]);
        halves.0.copy_from_slice(&keys.0[..16]);
        halves.1.copy_from_slice(&keys.0[16..]);
        Ok(halves)
    }
}

/// What is hashed before the user agent, and its length. The parts cannot run into each other:
/// the network has a fixed length, and names hold no zero byte.
fn start_of_input(client: &[u8; 8], counter: &Counter) -> ([u8; MAX_START], usize) {
    let mut input = [0; MAX_START];
    input[..8].copy_from_slice(client);
    let mut length = 8;
    for name in [&counter.namespace, &counter.key] {
        let name = name.as_str().as_bytes();
        input[length..length + name.len()].copy_from_slice(name);
        length += name.len() + 1;
    }
    (input, length)
}

impl Drop for Visitors {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

/// Destroys the keys of past days, even without hits.
async fn destroy(store: Arc<dyn Store>, today: Arc<Mutex<Option<Today>>>) {
    // Fetched at once, so that the first visitor need not wait.
    let _ = store.day_keys(Timestamp::now().day()).await;
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        destroy_past(&*store, &today, Timestamp::now());
    }
}

fn destroy_past(store: &dyn Store, today: &Mutex<Option<Today>>, now: Timestamp) {
    let day = Timestamp(now.0.saturating_sub(GRACE)).day();
    today.lock().take_if(|today| today.asked.day() < day);
    store.forget_day_keys(day);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::Name;
    use crate::store::embedded::Embedded;

    #[tokio::test]
    async fn a_days_keys_are_destroyed_an_hour_after_it_without_a_hit() {
        let (_folder, store) = Embedded::empty();
        let store: Arc<dyn Store> = Arc::new(store);
        let visitors = Visitors::new(store.clone(), Duration::from_secs(1));
        let name = Name::default_namespace();
        let counter = Counter { namespace: name.clone(), key: name };
        let day = Timestamp::now().day();
        let midnight = (u64::from(day) + 1) * 86_400;
        visitors.visitor(&[1; 8], b"", &counter, Timestamp(midnight - 1)).await.unwrap();
        let keys = store.day_keys(day).await.unwrap();

        let destroyed_at = |at| {
            destroy_past(&*store, &visitors.today, Timestamp(at));
            visitors.today.lock().is_none()
        };
        assert!(!destroyed_at(midnight + GRACE - 1));
        assert!(store.day_keys(day).await.unwrap() == keys);
        assert!(destroyed_at(midnight + GRACE));
        assert!(store.day_keys(day).await.unwrap() != keys);
    }
}
