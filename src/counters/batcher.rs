//! Group commit: hits that arrive while a write is in flight share the next one.
//!
//! Hits wait in a queue that several lanes drain. While there are hits, each lane has a writer
//! task, which takes everything in the queue, sends it to the store as one tally, answers each
//! hit with its own number once the store has acknowledged, and ends when the queue is empty.
//! So a lone hit waits for one round trip, hits in a crowd for two at most, and the more hits
//! arrive, the more of them share a write.
//!
//! A write without an answer is in doubt: the store may have done it. The lane repeats it
//! under the same number, which the store counts only once, until an answer arrives. Meanwhile
//! the other lanes go on, and each hit is answered by its deadline. Nothing is ever taken back.
//!
//! On a single server and in the file, all hits share one queue. In a Cluster a write goes to
//! one slot, so each namespace has a queue of its own, with one lane.

mod error;
mod waiting;
mod write;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

pub use self::error::HitError;
use self::waiting::{Waiting, answer_late};
use self::write::Write;
use crate::counters::deadline;
use crate::counters::last_known::LastKnown;
use crate::metrics::{Metrics, Uncounted};
use crate::model::hit::Hit;
use crate::model::name::Name;
use crate::model::tally::Lane;
use crate::store::Store;

/// With several lanes, the store works on one lane's hits while seen answers another's. With
/// many, fewer hits share a write (benches/README.md).
const LANES: usize = 2;

/// The most hits in one tally, which bounds the size of a write.
const MAX_TALLY: usize = 8192;

/// The queues by namespace; the key of a queue for all namespaces is `None`.
type Queues = BTreeMap<Option<Name>, Queue>;

/// Exists exactly while one of its writers runs.
#[derive(Default)]
struct Queue {
    /// In the order of arrival.
    waiting: Vec<Waiting>,
    /// The lanes whose writers run.
    running: [bool; LANES],
}

impl Queue {
    /// Takes the waiting hits, or as many as fit in one tally.
    fn take(&mut self) -> Vec<Waiting> {
        let waiting = &mut self.waiting;
        // Reserve as much as this time: the next crowd will be about as large.
        let rest = match waiting.len() {
            0..=MAX_TALLY => Vec::with_capacity(waiting.len()),
            _ => waiting.split_off(MAX_TALLY),
        };
        std::mem::replace(waiting, rest)
    }
}

/// Held by [`crate::counters::Counters`]; a clone shares the queues.
#[derive(Clone)]
pub struct Batcher(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    /// Receives the totals that the store acknowledges.
    last_known: Arc<LastKnown>,
    /// The lock is held for a push, never across an await.
    queues: Mutex<Queues>,
    /// The number of the next tally of this process.
    number: AtomicU64,
    /// The number of hits that wait for an answer.
    waiting: AtomicUsize,
    /// The number of hits in writes that the store has not answered.
    in_doubt: AtomicU64,
    /// The number of running writers.
    writers: AtomicUsize,
    idle: Notify,
    /// The most hits that may wait at once.
    queue: usize,
    /// How long a hit may wait.
    deadline: Duration,
}

impl Batcher {
    /// A batcher in front of `store`. At most `queue` hits wait at once, each for at most
    /// `deadline`.
    pub fn new(
        store: Arc<dyn Store>,
        metrics: Arc<Metrics>,
        queue: usize,
        deadline: Duration,
    ) -> Self {
        Self(Arc::new(Shared {
            store,
            metrics,
            last_known: Arc::default(),
            queues: Mutex::default(),
            number: AtomicU64::new(1),
            waiting: AtomicUsize::new(0),
            in_doubt: AtomicU64::new(0),
            writers: AtomicUsize::new(0),
            idle: Notify::new(),
            queue,
            deadline,
        }))
    }

    /// Counts a hit, and returns its number once the store has it.
    ///
    /// The hit is counted even if the caller goes away. After [`HitError::Unanswered`] it may be
    /// counted, once; after any other error it is not.
    pub async fn hit(&self, hit: Hit) -> Result<i64, HitError> {
        let reply = self.push(hit)?;
        reply.await.unwrap_or(Err(HitError::Unanswered))
    }

    fn push(&self, hit: Hit) -> Result<oneshot::Receiver<Result<i64, HitError>>, HitError> {
        let shared = &self.0;
        if shared.waiting.fetch_add(1, Ordering::Relaxed) >= shared.queue {
            shared.waiting.fetch_sub(1, Ordering::Relaxed);
            shared.metrics.uncounted(Uncounted::busy);
            return Err(HitError::Busy);
        }
        let spans = shared.store.spans_namespaces();
        let namespace = (!spans).then(|| hit.counter.namespace.clone());
        let (reply, receiver) = oneshot::channel();
        let due = deadline::due(shared.deadline);
        let waiting = Waiting { hit, due, reply: Some(reply), shared: shared.clone() };
        let mut queues = shared.queues.lock();
        let queue = queues.entry(namespace.clone()).or_default();
        queue.waiting.push(waiting);
        let lanes = if spans { LANES } else { 1 };
        if let Some(free) = queue.running[..lanes].iter().position(|running| !running) {
            queue.running[free] = true;
            shared.writers.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(shared.clone().write_all(namespace, free));
        }
        drop(queues);
        Ok(receiver)
    }

    /// The table of last known totals, which reads share with hits.
    pub fn last_known(&self) -> Arc<LastKnown> {
        self.0.last_known.clone()
    }

    /// The number of hits that wait for an answer.
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// The number of hits that the store may or may not have: their writes have no answer.
    pub fn in_doubt(&self) -> u64 {
        self.0.in_doubt.load(Ordering::Relaxed)
    }

    /// Waits until every hit has its answer and the store has answered every write.
    pub async fn drained(&self) {
        loop {
            let idle = self.0.idle.notified();
            if self.0.writers.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Shared {
    /// A lane's writer: writes until the queue is empty.
    async fn write_all(self: Arc<Self>, namespace: Option<Name>, number: usize) {
        let lane = match &namespace {
            Some(namespace) => Lane::Apart(namespace.clone()),
            None => Lane::Shared(number),
        };
        while let Some(hits) = self.gather(&namespace, number).await {
            let write = Write::new(&self, &namespace, hits);
            // A panic must not end the lane. Dropping its hits answers them.
            if AssertUnwindSafe(write.run(&lane)).catch_unwind().await.is_err() {
                tracing::error!("a bug: a write panicked, and its hits may be counted or not");
            }
        }
        self.writers.fetch_sub(1, Ordering::Release);
        self.idle.notify_waiters();
    }

    /// Takes the waiting hits once there are enough or no more arrive. If there are none, the
    /// writer must end: it is marked as stopped, and the next hit starts another.
    async fn gather(&self, namespace: &Option<Name>, number: usize) -> Option<Vec<Waiting>> {
        let enough = self.store.enough().min(MAX_TALLY);
        let mut before = 0;
        loop {
            // Let tasks that have a request at hand push their hits first.
            tokio::task::yield_now().await;
            let mut queues = self.queues.lock();
            let queue = queues.get_mut(namespace)?;
            match queue.waiting.len() {
                0 => {
                    queue.running[number] = false;
                    if queue.running == [false; LANES] {
                        queues.remove(namespace);
                    }
                    return None;
                }
                waiting if waiting == before || waiting >= enough => return Some(queue.take()),
                waiting => before = waiting,
            }
        }
    }

    /// Answers the queued hits whose deadline has passed. Returns the next deadline.
    fn answer_queued(&self, namespace: &Option<Name>, now: Instant) -> Option<Instant> {
        let (mut late, next) = {
            let mut queues = self.queues.lock();
            let queue = &mut queues.get_mut(namespace)?.waiting;
            let late: Vec<Waiting> = queue.extract_if(.., |waiting| waiting.due <= now).collect();
            (late, queue.iter().map(|waiting| waiting.due).min())
        };
        answer_late(late.iter_mut(), now, &HitError::Unsent);
        next
    }
}
