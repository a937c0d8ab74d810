//! Who made a hit, so far as that may be known: a keyed hash under random keys that are made
//! each day, kept in memory alone, and destroyed an hour after the day.

use std::hash::Hasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use siphasher::sip128::{Hasher128, SipHasher24};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::counters::deadline;
use crate::model::hit::{DayKeys, Visitor};
use crate::model::name::Name;
use crate::model::time::Timestamp;
use crate::sketch;
use crate::store::{Store, StoreError};

/// How long keys are kept after their day, in seconds: for processes whose clocks differ.
const GRACE: u64 = 3600;

/// How often the clock is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// How long keys are taken for the day's: of two processes that made some at once one is
/// about to take the other's.
const KEYS_AGE: Duration = Duration::from_secs(1);

/// A day's keys.
#[derive(Clone, Copy)]
struct Today {
    day: u32,
    keys: DayKeys,
    asked: Instant,
}

/// Turns requests into visitors. It holds one day's keys; the replicas share them.
pub struct Visitors {
    store: Arc<dyn Store>,
    /// How long the store may take to give keys.
    timeout: Duration,
    today: Arc<Mutex<Option<Today>>>,
    timer: JoinHandle<()>,
}

impl Visitors {
    /// Visitors under the keys of `store`, which may take `timeout` to give some. Called
    /// within a runtime.
    pub fn new(store: Arc<dyn Store>, timeout: Duration) -> Self {
        let today = Arc::new(Mutex::new(None));
        let timer = tokio::spawn(destroy(store.clone(), today.clone()));
        Self { store, timeout, today, timer }
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
        let (of_sketch, of_marks) = self.keys(now.day()).await?;
        // SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): made for a secret
        // key and short texts, at a tenth of the cost of an HMAC.
        let mut hash = SipHasher24::new_with_key(&of_sketch);
        // Both parts before the agent end where the next begins: one has a fixed
        // length, the other no zero in it.
        hash.write(client);
        hash.write(namespace.as_str().as_bytes());
        hash.write(&[0]);
        hash.write(agent);
        let hash = hash.finish128();
        let (register, rank) = sketch::place(hash.h1);
        let mut mark = SipHasher24::new_with_key(&of_marks);
        mark.write(&hash.as_bytes());
        Ok(Visitor { register, rank, mark: mark.finish128().h1.to_le_bytes() })
    }

    async fn keys(&self, day: u32) -> Result<([u8; 16], [u8; 16]), StoreError> {
        let known = *self.today.lock();
        let keys = match known {
            Some(Today { day: of, keys, asked }) if of == day && asked.elapsed() < KEYS_AGE => keys,
            _ => {
                let late = |_| StoreError::Away("it did not answer in time".into());
                // Of the time that the request has, the most is for its hit.
                let wait = deadline::due(self.timeout).saturating_duration_since(Instant::now());
                let asking = timeout(wait / 4, self.store.day_keys(day));
                let keys = asking.await.map_err(late)??;
                *self.today.lock() = Some(Today { day, keys, asked: Instant::now() });
                keys
            }
        };
        let mut halves = ([0; 16], [0; 16]);
        halves.0.copy_from_slice(&keys.0[..16]);
        halves.1.copy_from_slice(&keys.0[16..]);
        Ok(halves)
    }
}

impl Drop for Visitors {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

/// Destroys the keys of days that are over, hit or no hit.
async fn destroy(store: Arc<dyn Store>, today: Arc<Mutex<Option<Today>>>) {
    // The first visitor need not wait for them.
    let _ = store.day_keys(Timestamp::now().day()).await;
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let day = Timestamp(Timestamp::now().0.saturating_sub(GRACE)).day();
        today.lock().take_if(|today| today.day < day);
        store.forget_day_keys(day);
    }
}
