//! Reads that many callers share.
//!
//! While a read runs, all further callers of the same one wait for a second, which begins when
//! the first ends. So at most one such read runs at a time, however many callers there are, and
//! each gets the state at the time of its call, or a later one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::store::StoreError;

/// A read, and its result once it has one.
type Read<V> = OnceCell<Result<V, StoreError>>;

/// Reads by what they read.
pub(super) struct SharedReads<K, V> {
    asked: Mutex<HashMap<K, Asked<V>>>,
}

/// The reads of one key under way.
struct Asked<V> {
    /// Held by the read that runs.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The read that has not begun.
    next: Option<Arc<Read<V>>>,
    /// The number of callers who wait for one of the two.
    callers: usize,
}

impl<K, V> Default for SharedReads<K, V> {
    fn default() -> Self {
        Self { asked: Mutex::default() }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> SharedReads<K, V> {
    /// The result of `read`, or of another caller's that begins later than this call. If the
    /// caller whose read runs stops waiting, that of another one runs instead.
    pub(super) async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, StoreError>>,
    ) -> Result<V, StoreError> {
        let caller = Caller { reads: self, key };
        let (turn, next) = caller.arrive();
        let result = next.get_or_init(|| async {
            let _turn = turn.lock().await;
            caller.begin(&next);
            read.await
        });
        result.await.clone()
    }
}

/// A caller who waits. It leaves when dropped.
struct Caller<'a, K: Eq + Hash, V> {
    reads: &'a SharedReads<K, V>,
    key: K,
}

impl<K: Clone + Eq + Hash, V> Caller<'_, K, V> {
    fn arrive(&self) -> (Arc<tokio::sync::Mutex<()>>, Arc<Read<V>>) {
        let mut asked = self.reads.asked.lock();
        let asked = asked.entry(self.key.clone()).or_insert_with(|| Asked {
            turn: Arc::default(),
            next: None,
            callers: 0,
        });
        asked.callers += 1;
        (asked.turn.clone(), asked.next.get_or_insert_default().clone())
    }

    /// Later callers wait for another read.
    fn begin(&self, read: &Arc<Read<V>>) {
        if let Some(asked) = self.reads.asked.lock().get_mut(&self.key) {
            asked.next.take_if(|next| Arc::ptr_eq(next, read));
        }
    }
}

impl<K: Eq + Hash, V> Drop for Caller<'_, K, V> {
    fn drop(&mut self) {
        let mut asked = self.reads.asked.lock();
        if let Some(of_key) = asked.get_mut(&self.key) {
            of_key.callers -= 1;
            if of_key.callers == 0 {
                asked.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::{sleep, timeout};

    use super::*;

    /// A store that counts its reads and shows the number that was written last.
    #[derive(Default)]
    struct Slow {
        written: AtomicUsize,
        reads: AtomicUsize,
        running: AtomicUsize,
    }

    impl Slow {
        async fn read(&self) -> Result<usize, StoreError> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            assert_eq!(self.running.fetch_add(1, Ordering::SeqCst), 0, "two reads run at a time");
            let read = self.written.load(Ordering::SeqCst);
            sleep(Duration::from_millis(50)).await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            Ok(read)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_reads_twice_and_everybody_sees_what_they_wrote() {
        let (slow, reads) = (Slow::default(), SharedReads::default());
        let crowd = (0..100).map(|n| {
            let (slow, reads) = (&slow, &reads);
            async move {
                // One begins, and the others come while its read runs.
                sleep(Duration::from_millis(if n == 0 { 0 } else { 10 })).await;
                let written = slow.written.fetch_add(1, Ordering::SeqCst) + 1;
                assert!(reads.get("key", slow.read()).await.unwrap() >= written);
            }
        });
        futures_util::future::join_all(crowd).await;
        assert_eq!(slow.reads.load(Ordering::SeqCst), 2);
        assert!(reads.asked.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn another_caller_goes_on_for_one_who_left() {
        let (slow, other, reads) = (Slow::default(), Slow::default(), SharedReads::default());
        let impatient = timeout(Duration::from_millis(10), reads.get("key", other.read()));
        let patient = async {
            sleep(Duration::from_millis(5)).await;
            reads.get("key", slow.read()).await
        };
        let another = reads.get("another key", async { Ok(7) });
        let (left, read, another) = tokio::join!(impatient, patient, another);
        assert!(left.is_err());
        assert_eq!((read, another), (Ok(0), Ok(7)));
        assert_eq!(slow.reads.load(Ordering::SeqCst), 1);
        assert!(reads.asked.lock().is_empty());
    }
}
