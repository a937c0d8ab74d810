//! Joins the hits that arrive while a write is in flight into the next write.
//!
//! Hits under way wait in lanes, and each lane with hits has one writer task. The
//! writer takes all that waits, sends it to the store as one tally, answers each
//! hit with its own number once the store has acknowledged, and ends when nothing
//! waits. So a lone hit waits one round trip, a crowd two at most, and the store
//! gets one write per lane and round trip whatever the load.
//!
//! A counter's hits are always in the same one of [`LANES`] lanes. In a Cluster a
//! write goes to one slot, and each namespace is a lane.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout_at};

use crate::hit::Hit;
use crate::last_known::LastKnown;
use crate::metrics::{Metrics, Uncounted};
use crate::store::{Store, StoreError};
use crate::tally::{Lane, Outcome, Refusal, Tally};
use crate::time::Timestamp;

/// With several, the store works on the hits of one while seen answers those of
/// another; with many, few hits share a write (benches/README.md).
const LANES: u8 = 2;

/// The waits between attempts to repeat a write.
const RETRY_FIRST: Duration = Duration::from_millis(5);
const RETRY_MOST: Duration = Duration::from_millis(200);

/// The most hits in one tally; bounds the size of one write.
const TALLY_MOST: usize = 8192;

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

/// A hit on its way, and who waits for its number.
struct Waiting {
    hit: Hit,
    since: Instant,
    reply: oneshot::Sender<Result<i64, HitError>>,
}

type Queues = BTreeMap<Lane, Vec<Waiting>>;

/// Held by [`crate::counters::Counters`]; a clone shares the queues.
#[derive(Clone)]
pub struct Joiner(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    /// Gets the totals that the store acknowledges.
    last_known: Arc<LastKnown>,
    /// A lane is here exactly while its writer runs. The lock is std's: it is
    /// held for a push and never across an await.
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

impl Joiner {
    /// A joiner in front of `store`. At most `queue` hits wait at once, each for
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
        let lane = shared.lane(&hit);
        let (reply, receiver) = oneshot::channel();
        let waiting = Waiting { hit, since: Instant::now(), reply };
        match shared.queues().entry(lane) {
            Entry::Occupied(mut queue) => queue.get_mut().push(waiting),
            Entry::Vacant(vacant) => {
                shared.writers.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(shared.clone().write_all(vacant.key().clone()));
                vacant.insert(vec![waiting]);
            }
        }
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
    fn lane(&self, hit: &Hit) -> Lane {
        if self.store.spans_namespaces() {
            let sum = hit.counter.key.as_str().bytes().fold(0, u8::wrapping_add);
            Lane::Shared(sum % LANES)
        } else {
            Lane::Apart(hit.counter.namespace.clone())
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        // A panic elsewhere must not stop the counting.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lane's writer: writes until nothing waits.
    async fn write_all(self: Arc<Self>, lane: Lane) {
        loop {
            // Whoever has a request at hand gets to push it first: nearly twice
            // as many hits share a write, for the wait of a few tasks' turn.
            tokio::task::yield_now().await;
            let Some(hits) = self.take(&lane) else { break };
            self.write(&lane, hits).await;
        }
        self.writers.fetch_sub(1, Ordering::Release);
        self.idle.notify_waiters();
    }

    /// Takes what waits; with nothing there, the queue is gone and its writer
    /// must end, for the next hit starts another.
    fn take(&self, lane: &Lane) -> Option<Vec<Waiting>> {
        let mut queues = self.queues();
        let queue = queues.get_mut(lane)?;
        if queue.is_empty() {
            queues.remove(lane);
            return None;
        }
        if queue.len() > TALLY_MOST {
            let later = queue.split_off(TALLY_MOST);
            return Some(std::mem::replace(queue, later));
        }
        // As much room as this time: the next crowd will be about as large.
        let room = Vec::with_capacity(queue.len());
        Some(std::mem::replace(queue, room))
    }

    /// Sends one tally and answers its hits.
    async fn write(&self, lane: &Lane, hits: Vec<Waiting>) {
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
            self.retract(lane, &tally).await;
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
                    pause = (pause * 2).min(RETRY_MOST);
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
    async fn retract(&self, lane: &Lane, tally: &Tally) {
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
                () = self.refuse_late(lane) => {}
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.refuse_late(lane) => {}
            }
            pause = (pause * 2).min(RETRY_MOST);
        }
    }

    /// Answers each hit of the queue when its time is up; never ends.
    async fn refuse_late(&self, lane: &Lane) {
        loop {
            let next = {
                let mut queues = self.queues();
                let queue = queues.entry(lane.clone()).or_default();
                let now = Instant::now();
                // The queue is in the order of arrival, so the late ones are in front.
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
