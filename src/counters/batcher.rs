//! Joins the hits that arrive while others are on their way into one write.
//!
//! Hits wait in a queue, in front of it are lanes, and each lane has a writer task
//! while there are hits. A writer takes all that waits, sends it to the store as one
//! tally, answers each hit with its own number once the store has acknowledged, and
//! ends when nothing waits. So a lone hit waits one round trip, a crowd two at most,
//! and the more hits there are the more of them share a write.
//!
//! On one server and in the file all hits share one queue. In a Cluster a write goes
//! to one slot, and each namespace has a queue of its own, with one lane.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout_at};

use crate::counters::last_known::LastKnown;
use crate::metrics::{Metrics, Uncounted};
use crate::model::hit::Hit;
use crate::model::name::Name;
use crate::model::tally::{Lane, Outcome, Refusal, Tally};
use crate::model::time::Timestamp;
use crate::store::{Store, StoreError};

/// With several, the store works on the hits of one while seen answers those of
/// another; with many, few hits share a write (benches/README.md).
const LANES: usize = 2;

/// The waits between attempts to repeat a write.
const RETRY_FIRST: Duration = Duration::from_millis(5);
const MAX_RETRY: Duration = Duration::from_millis(200);

/// The most hits in one tally; bounds the size of one write.
const MAX_TALLY: usize = 8192;

/// Why a hit was not counted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HitError {
    /// As many hits as allowed wait already.
    #[error("too many hits are waiting for the store")]
    Busy,
    /// The store did not acknowledge in time.
    #[error("the store did not answer in time")]
    Late,
    /// The store cannot be used.
    #[error(transparent)]
    Store(StoreError),
    /// The store would not count on this counter.
    #[error("{}", match .0 {
        Refusal::Missing => "the counter does not exist",
        Refusal::NamespaceFull => "the namespace holds as many counters as it may",
        Refusal::InstanceFull => "this instance holds as many counters as it may",
        Refusal::OutOfRange => "the counter is at its largest number",
        Refusal::Damaged => "what the store has of the counter cannot be read",
    })]
    Refused(Refusal),
}

impl From<&HitError> for Uncounted {
    fn from(error: &HitError) -> Self {
        match error {
            HitError::Busy => Self::busy,
            HitError::Late | HitError::Store(StoreError::Unavailable(_)) => Self::late,
            HitError::Store(_) | HitError::Refused(Refusal::Damaged) => Self::store,
            HitError::Refused(_) => Self::refused,
        }
    }
}

/// A hit on its way, and who waits for its number.
struct Waiting {
    hit: Hit,
    since: Instant,
    reply: oneshot::Sender<Result<i64, HitError>>,
}

/// The queues by namespace; one for all has none.
type Queues = BTreeMap<Option<Name>, Queue>;

/// It is there exactly while a writer runs.
#[derive(Default)]
struct Queue {
    /// In the order of arrival.
    waiting: Vec<Waiting>,
    /// The lanes whose writers run.
    running: [bool; LANES],
}

impl Queue {
    /// Takes what waits, or as much of it as one tally holds.
    fn take(&mut self) -> Vec<Waiting> {
        let waiting = &mut self.waiting;
        // As much room as this time: the next crowd will be about as large.
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
    /// Gets the totals that the store acknowledges.
    last_known: Arc<LastKnown>,
    /// The lock is std's: it is held for a push and never across an await.
    queues: Mutex<Queues>,
    /// The number of the next tally of this process.
    number: AtomicU64,
    /// Hits that wait for a number now.
    waiting: AtomicUsize,
    /// Writers that run now.
    writers: AtomicUsize,
    idle: Notify,
    /// The most hits that may wait at once.
    queue: usize,
    /// The longest that a hit waits.
    deadline: Duration,
}

impl Batcher {
    /// A batcher in front of `store`. At most `queue` hits wait at once, each for
    /// `deadline` at most.
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
            writers: AtomicUsize::new(0),
            idle: Notify::new(),
            queue,
            deadline,
        }))
    }

    /// Counts a hit: answers with its own number once the store has it.
    ///
    /// The hit goes on if the caller goes away. After an error it is not
    /// counted, nor will it be.
    pub async fn hit(&self, hit: Hit) -> Result<i64, HitError> {
        let reply = self.push(hit)?;
        // The writer answers every hit it took, unless it panicked.
        reply.await.unwrap_or(Err(HitError::Late))
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
        let mut queues = shared.queues();
        let queue = queues.entry(namespace.clone()).or_default();
        queue.waiting.push(Waiting { hit, since: Instant::now(), reply });
        let lanes = if spans { LANES } else { 1 };
        if let Some(free) = queue.running[..lanes].iter().position(|running| !running) {
            queue.running[free] = true;
            shared.writers.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(shared.clone().write_all(namespace, free));
        }
        drop(queues);
        Ok(receiver)
    }

    /// The totals that hits brought, and where others are put.
    pub fn last_known(&self) -> Arc<LastKnown> {
        self.0.last_known.clone()
    }

    /// Hits that wait for a number now.
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Waits until every hit that was pushed has been answered.
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
    fn queues(&self) -> MutexGuard<'_, Queues> {
        // A panic elsewhere must not stop the counting.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lane's writer: writes until nothing waits.
    async fn write_all(self: Arc<Self>, namespace: Option<Name>, number: usize) {
        let lane = match &namespace {
            Some(namespace) => Lane::Apart(namespace.clone()),
            None => Lane::Shared(number),
        };
        while let Some(hits) = self.gather(&namespace, number).await {
            self.write(&namespace, &lane, hits).await;
        }
        self.writers.fetch_sub(1, Ordering::Release);
        self.idle.notify_waiters();
    }

    /// Takes what waits once it is enough or no more comes. With nothing there the
    /// writer must end, for the next hit starts another.
    async fn gather(&self, namespace: &Option<Name>, number: usize) -> Option<Vec<Waiting>> {
        let enough = self.store.enough().min(MAX_TALLY);
        let mut before = 0;
        loop {
            // Whoever has a request at hand gets to push its hit first.
            tokio::task::yield_now().await;
            let mut queues = self.queues();
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

    /// Sends one tally and answers its hits.
    async fn write(&self, namespace: &Option<Name>, lane: &Lane, hits: Vec<Waiting>) {
        let deadline = hits[0].since + self.deadline;
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (tally, places) =
            Tally::join(lane.clone(), number, Timestamp::now(), hits.iter().map(|w| &w.hit));
        self.metrics.joined(hits.len());
        let mut in_doubt = false;
        let result = self.apply(&tally, deadline, &mut in_doubt).await;
        if let Ok(outcomes) = &result {
            self.last_known.put_all(tally.totals(outcomes));
        }
        self.waiting.fetch_sub(hits.len(), Ordering::Relaxed);
        for (waiting, place) in hits.into_iter().zip(places) {
            let answer = match &result {
                Ok(outcomes) => place.number(outcomes).map_err(HitError::Refused),
                Err(error) => Err(error.clone()),
            };
            self.answer(waiting, answer);
        }
        if in_doubt {
            self.retract(namespace, &tally).await;
        }
    }

    fn answer(&self, waiting: Waiting, answer: Result<i64, HitError>) {
        match &answer {
            Ok(_) => self.metrics.counted(waiting.hit.source),
            Err(error) => self.metrics.uncounted(Uncounted::from(error)),
        }
        // Whoever is gone does not need to know.
        let _ = waiting.reply.send(answer);
    }

    /// Repeats the write until it is acknowledged, refused, or too late.
    /// `in_doubt` tells whether the store may have it although this failed.
    async fn apply(
        &self,
        tally: &Tally,
        deadline: Instant,
        in_doubt: &mut bool,
    ) -> Result<Vec<Outcome>, HitError> {
        let mut pause = RETRY_FIRST;
        loop {
            let started = Instant::now();
            if started >= deadline {
                return Err(HitError::Late);
            }
            let answer = timeout_at(deadline.into(), self.store.apply(tally)).await;
            self.metrics.wrote(started.elapsed(), matches!(answer, Ok(Ok(_))));
            match answer {
                Ok(Ok(outcomes)) => {
                    *in_doubt = false;
                    return Ok(outcomes);
                }
                Ok(Err(StoreError::Unavailable(why))) => {
                    *in_doubt = true;
                    tracing::debug!(%why, "a write had no answer and is repeated");
                    sleep(pause.min(deadline.saturating_duration_since(Instant::now()))).await;
                    pause = (pause * 2).min(MAX_RETRY);
                }
                Ok(Err(error)) => return Err(HitError::Store(error)),
                Err(_) => {
                    *in_doubt = true;
                    return Err(HitError::Late);
                }
            }
        }
    }

    /// Sees to it that hits which were answered "not counted" are not. Hits that
    /// arrive meanwhile cannot be counted either; each is told so in time.
    async fn retract(&self, namespace: &Option<Name>, tally: &Tally) {
        let mut pause = RETRY_FIRST;
        loop {
            let attempt =
                timeout_at((Instant::now() + self.deadline).into(), self.store.retract(tally));
            tokio::select! {
                answer = attempt => match answer {
                    Ok(Ok(())) => return,
                    Ok(Err(StoreError::Failed(why))) => {
                        tracing::error!(%why, hits = tally.hits(), "hits that were answered 503 may be counted");
                        return;
                    }
                    Ok(Err(_)) | Err(_) => {}
                },
                () = self.refuse_late(namespace) => {}
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.refuse_late(namespace) => {}
            }
            pause = (pause * 2).min(MAX_RETRY);
        }
    }

    /// Answers each hit of the queue when its time is up; never ends.
    async fn refuse_late(&self, namespace: &Option<Name>) {
        loop {
            let next = {
                let mut queues = self.queues();
                let queue = &mut queues.entry(namespace.clone()).or_default().waiting;
                let now = Instant::now();
                // In the order of arrival the late ones are in front.
                let late = queue.partition_point(|w| w.since + self.deadline <= now);
                self.waiting.fetch_sub(late, Ordering::Relaxed);
                for waiting in queue.drain(..late) {
                    self.answer(waiting, Err(HitError::Late));
                }
                queue.first().map_or(now + self.deadline, |w| w.since + self.deadline)
            };
            tokio::time::sleep_until(next.into()).await;
        }
    }
}
