//! Joins the hits that arrive while others are on their way into one write.
//!
//! Hits wait in a queue, in front of it are lanes, and each lane has a writer task
//! while there are hits. A writer takes all that waits, sends it to the store as one
//! tally, answers each hit with its own number once the store has acknowledged, and
//! ends when nothing waits. So a lone hit waits one round trip, a crowd two at most,
//! and the more hits there are the more of them share a write.
//!
//! A write without an answer is in doubt: it may have been done. It is repeated under its own
//! number until the store answers, for the store counts a number once; its lane waits, the
//! others go on, and each hit is answered in its time. Nothing is ever taken back.
//!
//! On one server and in the file all hits share one queue. In a Cluster a write goes
//! to one slot, and each namespace has a queue of its own, with one lane.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::sleep_until;

use crate::counters::deadline;
use crate::counters::last_known::LastKnown;
use crate::metrics::{Metrics, Uncounted};
use crate::model::hit::Hit;
use crate::model::name::Name;
use crate::model::tally::{Lane, Outcome, Place, Refusal, Tally, WRITE_MEMORY};
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
    #[error("too many hits are waiting for the store; nothing was counted")]
    Busy,
    /// Its time was up before it was sent to the store; it is not counted.
    #[error("the store cannot be reached just now; nothing was counted")]
    Unsent,
    /// It was sent, and the store has not answered in time: it may be counted, once.
    #[error("the store did not answer in time; the hit may still be counted, once")]
    Unanswered,
    /// The store cannot be used.
    #[error(transparent)]
    Store(StoreError),
    /// The store would not count on this counter.
    #[error("{}", match .0 {
        Refusal::Missing => "the counter does not exist",
        Refusal::Owned => "the counter does not exist, and only the owner of its namespace creates counters there",
        Refusal::NamespaceFull => "the namespace holds as many counters as it may",
        Refusal::InstanceFull => "this instance holds as many counters as it may",
        Refusal::StoreNearlyFull => "the store has little room left and takes no new counters",
        Refusal::OutOfRange => "the counter is at its largest number",
        Refusal::Damaged => "what the store has of the counter cannot be read",
    })]
    Refused(Refusal),
}

impl From<&HitError> for Uncounted {
    fn from(error: &HitError) -> Self {
        match error {
            HitError::Busy => Self::busy,
            HitError::Unsent | HitError::Unanswered => Self::late,
            HitError::Store(_) | HitError::Refused(Refusal::Damaged) => Self::store,
            HitError::Refused(_) => Self::refused,
        }
    }
}

/// A hit on its way, and who waits for its number.
struct Waiting {
    hit: Hit,
    /// When it is to be answered, whatever has become of it.
    due: Instant,
    /// `None` once it was answered.
    reply: Option<oneshot::Sender<Result<i64, HitError>>>,
    shared: Arc<Shared>,
}

impl Waiting {
    fn answer(&mut self, answer: Result<i64, HitError>) {
        if let Some(reply) = self.reply.take() {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            if let Err(error) = &answer {
                self.shared.metrics.uncounted(Uncounted::from(error));
            }
            // Whoever is gone does not need to know.
            let _ = reply.send(answer);
        }
    }
}

/// No hit is without an answer, whatever becomes of its writer.
impl Drop for Waiting {
    fn drop(&mut self) {
        self.answer(Err(HitError::Unanswered));
    }
}

/// Answers those whose time is up, and tells when the next one's is.
fn answer_late<'a>(
    hits: impl Iterator<Item = &'a mut Waiting>,
    now: Instant,
    error: &HitError,
) -> Option<Instant> {
    let mut next = None;
    for waiting in hits.filter(|waiting| waiting.reply.is_some()) {
        if waiting.due <= now {
            waiting.answer(Err(error.clone()));
        } else {
            next = Some(next.map_or(waiting.due, |next: Instant| next.min(waiting.due)));
        }
    }
    next
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
    /// The lock is held for a push and never across an await.
    queues: Mutex<Queues>,
    /// The number of the next tally of this process.
    number: AtomicU64,
    /// Hits that wait for a number now.
    waiting: AtomicUsize,
    /// Hits in writes that the store has not answered.
    in_doubt: AtomicU64,
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
            in_doubt: AtomicU64::new(0),
            writers: AtomicUsize::new(0),
            idle: Notify::new(),
            queue,
            deadline,
        }))
    }

    /// Counts a hit: answers with its own number once the store has it.
    ///
    /// The hit goes on if the caller goes away. After [`HitError::Unanswered`] it may be
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

    /// The totals that hits brought, and where others are put.
    pub fn last_known(&self) -> Arc<LastKnown> {
        self.0.last_known.clone()
    }

    /// Hits that wait for a number now.
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Hits that may or may not be in the store: their writes have no answer.
    pub fn in_doubt(&self) -> u64 {
        self.0.in_doubt.load(Ordering::Relaxed)
    }

    /// Waits until every hit that was pushed has been answered, and the store has answered
    /// every write.
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
    /// A lane's writer: writes until nothing waits.
    async fn write_all(self: Arc<Self>, namespace: Option<Name>, number: usize) {
        let lane = match &namespace {
            Some(namespace) => Lane::Apart(namespace.clone()),
            None => Lane::Shared(number),
        };
        while let Some(hits) = self.gather(&namespace, number).await {
            let write = Write { shared: &self, namespace: &namespace, hits, in_doubt: 0 };
            // A bug must not end the lane: its hits are answered as they are dropped.
            if AssertUnwindSafe(write.run(&lane)).catch_unwind().await.is_err() {
                tracing::error!("a bug: a write panicked, and its hits may be counted or not");
            }
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

    /// Answers each hit of a queue whose time is up, and tells when the next one's is.
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

/// One write on its way.
struct Write<'a> {
    shared: &'a Arc<Shared>,
    namespace: &'a Option<Name>,
    /// In the order of arrival.
    hits: Vec<Waiting>,
    /// How many hits the store may have without having said so.
    in_doubt: u64,
}

impl Write<'_> {
    /// Sends the hits until the store has answered, and answers each in its time.
    async fn run(mut self, lane: &Lane) {
        let number = self.shared.number.fetch_add(1, Ordering::Relaxed);
        let (mut pause, mut prepared, mut first) = (RETRY_FIRST, None, None);
        loop {
            // Until it was sent, a hit whose time is up is out of it.
            let (tally, places) = match prepared.take() {
                Some(prepared) => prepared,
                None => {
                    answer_late(self.hits.iter_mut(), Instant::now(), &HitError::Unsent);
                    self.hits.retain(|waiting| waiting.reply.is_some());
                    if self.hits.is_empty() {
                        return;
                    }
                    let hits = self.hits.iter().map(|waiting| &waiting.hit);
                    Tally::join(lane.clone(), number, Timestamp::now(), hits)
                }
            };
            match self.attempt(&tally).await {
                Ok(outcomes) => return self.done(&tally, &places, &outcomes),
                Err(StoreError::Unavailable(why)) => {
                    tracing::debug!(%why, "a write has no answer and is repeated");
                    self.doubt(tally.hits());
                }
                Err(StoreError::Away(why)) => tracing::debug!(%why, "a write waits for the store"),
                // This attempt did nothing. An earlier one may have.
                Err(StoreError::Refused(_)) if self.in_doubt > 0 => {}
                Err(error) => return self.failed(&error),
            }
            if self.in_doubt > 0 {
                let since = *first.get_or_insert_with(Instant::now);
                if since.elapsed().as_secs() >= WRITE_MEMORY {
                    tracing::error!(
                        hits = self.in_doubt,
                        "the store has not answered for an hour; these hits may be counted or not"
                    );
                    return;
                }
                prepared = Some((tally, places));
            }
            let until = Instant::now() + pause;
            while let Some(next) = self.answer_due().filter(|next| *next < until) {
                sleep_until(next.into()).await;
            }
            sleep_until(until.into()).await;
            pause = (pause * 2).min(MAX_RETRY);
        }
    }

    /// Asks the store once, while those are answered whose time is up.
    async fn attempt(&mut self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        let shared = self.shared.clone();
        let started = Instant::now();
        if self.in_doubt == 0 {
            shared.metrics.joined(self.hits.len());
        }
        let asking = shared.store.apply(tally);
        tokio::pin!(asking);
        let mine = self.hits.iter().filter(|w| w.reply.is_some()).map(|w| w.due).min();
        // Once its own hits are answered, those behind a repeated write are due next.
        let queued = (self.in_doubt > 0)
            .then(|| shared.answer_queued(self.namespace, Instant::now()))
            .flatten();
        let mut next = mine.into_iter().chain(queued).min();
        let answer = loop {
            let until = next.unwrap_or_else(|| Instant::now() + shared.deadline);
            tokio::select! {
                biased;
                answer = &mut asking => break answer,
                () = sleep_until(until.into()) => {
                    // It is on its way: nobody knows what becomes of it.
                    self.doubt(tally.hits());
                    next = self.answer_due();
                }
            }
        };
        shared.metrics.wrote(started.elapsed(), answer.is_ok());
        answer
    }

    /// From now on nobody knows whether the store has the hits.
    fn doubt(&mut self, hits: u64) {
        if self.in_doubt == 0 {
            self.in_doubt = hits;
            self.shared.in_doubt.fetch_add(hits, Ordering::Relaxed);
        }
    }

    /// Answers those whose time is up, here and in the queue behind; tells when the next
    /// one's is.
    fn answer_due(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let error = if self.in_doubt > 0 { HitError::Unanswered } else { HitError::Unsent };
        let mine = answer_late(self.hits.iter_mut(), now, &error);
        let queued = self.shared.answer_queued(self.namespace, now);
        mine.into_iter().chain(queued).min()
    }

    fn done(mut self, tally: &Tally, places: &[Place], outcomes: &[Outcome]) {
        self.shared.last_known.put_all(tally.totals(outcomes));
        for (waiting, place) in self.hits.iter_mut().zip(places) {
            let answer = place.number(outcomes).map_err(HitError::Refused);
            if answer.is_ok() {
                self.shared.metrics.counted(waiting.hit.source);
            }
            waiting.answer(answer);
        }
    }

    /// The store will not have the hits. What it may have from an earlier attempt is not
    /// called uncounted.
    fn failed(mut self, error: &StoreError) {
        let unanswered = self.in_doubt > 0;
        if unanswered {
            tracing::error!(
                %error,
                hits = self.in_doubt,
                "a write without an answer was refused in the end; its hits may be counted or not"
            );
        }
        for waiting in &mut self.hits {
            waiting.answer(Err(match unanswered {
                true => HitError::Unanswered,
                false => HitError::Store(error.clone()),
            }));
        }
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.shared.in_doubt.fetch_sub(self.in_doubt, Ordering::Relaxed);
    }
}
