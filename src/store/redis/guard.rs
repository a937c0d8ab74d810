//! Checks a Redis server before seen counts in it, at each reconnect and every few seconds, and
//! refuses one that may delete counters.

mod facts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike, ConfigInterface, EventInterface};
use fred::types::config::Options;
use tokio::sync::watch;

use self::facts::Facts;
use super::error::plain;
use crate::model::log_interval::LogInterval;
use crate::store::{Replicas, StoreError};

/// How often a server is checked: a bad one, and a good one.
const LOOK_SOON: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long a server may take to answer a check.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long writes keep waiting for replicas that are gone. A failover is over by then, and a
/// server without replicas must not stop counting for good.
const REPLICAS_GRACE: Duration = Duration::from_secs(15);

/// The requirements for servers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requirements {
    /// Whether to use a server that may delete counters.
    pub(crate) allow_eviction: bool,
    /// How many replicas must have a write.
    pub(crate) replicas: Replicas,
    /// Whether another server may take over from this one (Sentinel, Cluster).
    pub(crate) fails_over: bool,
}

/// The current verdict on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// Not connected, with the error of the last attempt, if there was one.
    Unknown(Option<String>),
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
    /// Whether the server is known not to be part of a Cluster, however the URL names it.
    alone: AtomicBool,
    /// How many replicas must have a write.
    replicas: AtomicI64,
    /// Whether less than a tenth of its memory is free.
    short: AtomicBool,
    /// How many writes no replica had in time.
    not_replicated: AtomicU64,
}

impl Guard {
    /// Watches the client's connections. Call it before the client connects.
    pub(crate) fn watch(client: Client, requirements: Requirements) -> Self {
        let (sender, verdict) = watch::channel(Verdict::Unknown(None));
        let shared = Arc::<Shared>::default();
        let follower = Follower {
            client,
            requirements,
            shared: shared.clone(),
            warned: Vec::new(),
            replicas_seen: None,
        };
        let task = tokio::spawn(follower.follow(sender));
        Self { verdict, shared, task }
    }

    /// Whether the server is not part of a Cluster, even if the URL names a single server;
    /// false before the first check.
    pub(crate) fn stands_alone(&self) -> bool {
        self.shared.alone.load(Ordering::Relaxed)
    }

    /// Whether it has memory for more counters; true before the first check.
    pub(crate) fn has_room(&self) -> bool {
        !self.shared.short.load(Ordering::Relaxed)
    }

    /// How many replicas must have a write.
    pub(crate) fn replicas(&self) -> i64 {
        self.shared.replicas.load(Ordering::Relaxed)
    }

    /// Counts a write that too few replicas had in time.
    pub(crate) fn not_replicated(&self) {
        self.shared.not_replicated.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of such writes.
    pub(crate) fn writes_not_replicated(&self) -> u64 {
        self.shared.not_replicated.load(Ordering::Relaxed)
    }

    /// Whether the store may be used now.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match &*self.verdict.borrow() {
            Verdict::Good => Ok(()),
            Verdict::Unknown(why) => {
                Err(StoreError::Away(why.clone().unwrap_or_else(|| "not connected".into())))
            }
            Verdict::Refused(why) => Err(StoreError::Refused(why.clone())),
        }
    }

    /// Waits for a verdict on the server.
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        let mut verdict = self.verdict.clone();
        // An error means that the task has ended; `check` then reports the reason.
        let _ = verdict.wait_for(|v| !matches!(v, Verdict::Unknown(_))).await;
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
    requirements: Requirements,
    shared: Arc<Shared>,
    /// The warnings of the last check.
    warned: Vec<String>,
    /// When it last had replicas.
    replicas_seen: Option<Instant>,
}

impl Follower {
    async fn follow(mut self, verdict: watch::Sender<Verdict>) {
        let (mut connected, mut failed) = (self.client.reconnect_rx(), self.client.error_rx());
        let mut is_up = false;
        let (mut logged, mut silent) = (LogInterval::default(), LogInterval::default());
        loop {
            let pause = if *verdict.borrow() == Verdict::Good { LOOK_AGAIN } else { LOOK_SOON };
            tokio::select! {
                // A connection fails before it is made again. In the other order, a good server
                // would stay unknown until the next failure.
                biased;
                lost = failed.recv() => {
                    let lost = lost.ok().map(|(error, _)| plain(&error.to_string()));
                    // Every attempt to connect fails anew.
                    let is_due = logged.is_due() || is_up;
                    if let Some(error) = lost.as_ref().filter(|_| is_due) {
                        tracing::warn!(error, "the connection to Redis failed");
                    }
                    is_up = false;
                    verdict.send_replace(Verdict::Unknown(lost));
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
                Err(error) => {
                    let text = plain(&error.to_string());
                    if silent.is_due() {
                        tracing::warn!(error = text, "Redis gave no account of itself");
                    }
                    verdict.send_if_modified(|verdict| {
                        let is_unknown = *verdict == Verdict::Unknown(None);
                        if is_unknown {
                            *verdict = Verdict::Unknown(Some(text));
                        }
                        is_unknown
                    });
                    if *error.kind() == ErrorKind::Timeout {
                        self.reconnect();
                    }
                }
            }
        }
    }

    /// Makes the connection again. Its server may have vanished, and fred would go on waiting for
    /// it as long as requests are sent.
    fn reconnect(&self) {
        let client = self.client.clone();
        tokio::spawn(async move { client.force_reconnection().await });
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
        if facts.replica && self.requirements.fails_over && !facts.cluster {
            // It was the master. Sentinel knows which one is now.
            let _ = self.client.force_reconnection().await;
        }
        if let Some(why) = facts.refusal(self.requirements.allow_eviction) {
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
        let warnings = facts.warnings(self.requirements.fails_over && replicas == 0);
        for warning in warnings.iter().filter(|warning| !self.warned.contains(warning)) {
            tracing::warn!("{warning}");
        }
        self.warned = warnings;
        Ok(Verdict::Good)
    }

    /// How many replicas must have a write, given the current number of replicas.
    fn replicas(&mut self, now: i64) -> i64 {
        match self.requirements.replicas {
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
