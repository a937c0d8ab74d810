//! Looks at a Redis server before seen counts in it, at each reconnect and every few seconds:
//! a server that may delete counters is refused.

mod facts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike, ConfigInterface, EventInterface};
use fred::types::config::Options;
use tokio::sync::watch;

use self::facts::Facts;
use crate::store::{Replicas, StoreError};

/// How often a server is looked at: one that is not good, and one that is.
const LOOK_SOON: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long a server may take to give an account of itself.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long writes go on waiting for replicas that are gone: a failover is over by then, and
/// a server that is on its own must not stop counting for ever.
const REPLICAS_GRACE: Duration = Duration::from_secs(15);

/// What servers are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Whether one that may delete counters is used all the same.
    pub(crate) allow_eviction: bool,
    /// How many replicas must have a write.
    pub(crate) replicas: Replicas,
    /// Whether another server may take this one's place: Sentinel, Cluster.
    pub(crate) fails_over: bool,
}

/// What is known about the server at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// Not connected, since the start or since the connection was lost.
    Unknown,
    /// It may be used.
    Good,
    /// It must not be used, for this reason.
    Refused(String),
}

/// Holds the verdict on a server. Its task ends with the store.
pub(crate) struct Guard {
    verdict: watch::Receiver<Verdict>,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// Whether the server is known to be of no Cluster, however it is spoken to.
    alone: AtomicBool,
    /// How many replicas must have a write.
    replicas: AtomicI64,
    /// Whether less than a tenth of its memory is free.
    short: AtomicBool,
    /// Writes that no replica had in time.
    not_replicated: AtomicU64,
}

impl Guard {
    /// Watches the client's connections from now on; call it before the client connects.
    pub(crate) fn watch(client: Client, terms: Terms) -> Self {
        let (sender, verdict) = watch::channel(Verdict::Unknown);
        let shared = Arc::<Shared>::default();
        let follower = Follower {
            client,
            terms,
            shared: shared.clone(),
            warned: Vec::new(),
            replicas_seen: None,
        };
        let task = tokio::spawn(follower.follow(sender));
        Self { verdict, shared, task }
    }

    /// Whether the server is of no Cluster, which one may be that was given as if
    /// it stood alone; false before it was looked at.
    pub(crate) fn stands_alone(&self) -> bool {
        self.shared.alone.load(Ordering::Relaxed)
    }

    /// Whether it has memory for more counters; true before it was looked at.
    pub(crate) fn has_room(&self) -> bool {
        !self.shared.short.load(Ordering::Relaxed)
    }

    /// How many replicas must have a write.
    pub(crate) fn replicas(&self) -> i64 {
        self.shared.replicas.load(Ordering::Relaxed)
    }

    /// A write was not on enough replicas in time.
    pub(crate) fn not_replicated(&self) {
        self.shared.not_replicated.fetch_add(1, Ordering::Relaxed);
    }

    /// How many writes were not.
    pub(crate) fn writes_not_replicated(&self) -> u64 {
        self.shared.not_replicated.load(Ordering::Relaxed)
    }

    /// Whether the store may be used now.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match &*self.verdict.borrow() {
            Verdict::Good => Ok(()),
            Verdict::Unknown => Err(StoreError::Away("not connected".into())),
            Verdict::Refused(why) => Err(StoreError::Refused(why.clone())),
        }
    }

    /// Waits for a verdict on the server.
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        let mut verdict = self.verdict.clone();
        // An error means that the task has ended, and `check` then tells the rest.
        let _ = verdict.wait_for(|v| *v != Verdict::Unknown).await;
        self.check()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Follower {
    client: Client,
    terms: Terms,
    shared: Arc<Shared>,
    /// What was warned of when the server was last looked at.
    warned: Vec<String>,
    /// When it last had replicas.
    replicas_seen: Option<Instant>,
}

impl Follower {
    async fn follow(mut self, verdict: watch::Sender<Verdict>) {
        let (mut connected, mut failed) = (self.client.reconnect_rx(), self.client.error_rx());
        let mut is_up = false;
        loop {
            let pause = if *verdict.borrow() == Verdict::Good { LOOK_AGAIN } else { LOOK_SOON };
            tokio::select! {
                // A connection fails before it is made again. Were these taken in the other
                // order, a good server would stay unknown until the next failure.
                biased;
                lost = failed.recv() => {
                    if let Ok((error, _)) = lost {
                        tracing::warn!(%error, "the connection to Redis failed");
                    }
                    is_up = false;
                    verdict.send_replace(Verdict::Unknown);
                    continue;
                }
                _ = connected.recv() => is_up = true,
                () = tokio::time::sleep(pause), if is_up => {}
            }
            match self.judge().await {
                Ok(now) => {
                    if let Verdict::Refused(why) = &now
                        && *verdict.borrow() != now
                    {
                        tracing::error!("Redis is refused: {why}");
                    }
                    verdict.send_if_modified(|verdict| {
                        let is_new = *verdict != now;
                        *verdict = now;
                        is_new
                    });
                }
                Err(error) => tracing::warn!(%error, "Redis gave no account of itself"),
            }
        }
    }

    async fn judge(&mut self) -> Result<Verdict, Error> {
        let options =
            Options { fail_fast: true, timeout: Some(LOOK_TIMEOUT), ..Options::default() };
        let asking = self.client.with_options(&options);
        let info: String = asking.info(None).await?;
        // A managed service may forbid CONFIG; then its snapshots are unknown.
        let save: Option<Vec<String>> = asking.config_get("save").await.ok();
        let facts = Facts::read(&info, save.as_deref());
        self.shared.alone.store(!facts.cluster, Ordering::Relaxed);
        if facts.replica && self.terms.fails_over && !facts.cluster {
            // It was the master. Sentinel knows which one is now.
            let _ = self.client.force_reconnection().await;
        }
        if let Some(why) = facts.refusal(self.terms.allow_eviction) {
            return Ok(Verdict::Refused(why));
        }
        let short = facts.is_short();
        if self.shared.short.swap(short, Ordering::Relaxed) != short {
            if short {
                tracing::error!(
                    used = facts.used_memory,
                    maxmemory = facts.max_memory,
                    "less than a tenth of Redis' memory is free: no new counters"
                );
            } else {
                tracing::info!("Redis has memory for new counters again");
            }
        }
        let replicas = self.replicas(facts.replicas);
        self.shared.replicas.store(replicas, Ordering::Relaxed);
        let warnings = facts.warnings(self.terms.fails_over && replicas == 0);
        for warning in warnings.iter().filter(|warning| !self.warned.contains(warning)) {
            tracing::warn!("{warning}");
        }
        self.warned = warnings;
        Ok(Verdict::Good)
    }

    /// How many replicas must have a write, where there are so many now.
    fn replicas(&mut self, now: i64) -> i64 {
        match self.terms.replicas {
            Replicas::Number(number) => number.into(),
            Replicas::Auto if now > 0 => {
                self.replicas_seen = Some(Instant::now());
                1
            }
            Replicas::Auto => {
                i64::from(self.replicas_seen.is_some_and(|seen| seen.elapsed() < REPLICAS_GRACE))
            }
        }
    }
}
