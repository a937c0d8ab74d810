//! The Redis store: a single server, Sentinel or Cluster, of Redis or Valkey from version 7 on
//! (for sharded publish and subscribe).
//!
//! One call of a script (`count.lua`) counts a whole tally. Any other change is loaded, decided
//! here, and committed if nothing has changed meanwhile (`changes.rs`, `import.rs`). Each call of
//! count.lua carries this process's name and a number, and Redis remembers the answer to the last
//! number, so a call whose answer was lost is repeated and counts once.

mod changes;
mod day_keys;
mod error;
mod guard;
mod import;
mod keys;
mod live;
mod marker;
mod node;
mod plan;
pub(super) mod read;
mod registry;
mod servers;
mod store;
mod subscriber;
pub(super) mod tally;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use fred::types::config::Config;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use self::day_keys::DayKeyExchange;
pub(crate) use self::error::plain;
use self::guard::Requirements;
use self::node::Script;
use self::registry::Registry;
use self::servers::Servers;
use self::tally::Answer;
use super::known::Known;
use super::live::Hub;
use super::{Limits, Replicas, StoreError};
use crate::model::hex;
use crate::model::name::Counter;
use crate::model::tally::{Outcome, Tally};
use crate::model::time::Timestamp;
use crate::model::token;

/// The URL schemes of a Redis store; a second `s` means TLS.
pub const SCHEMES: [&str; 7] = [
    "redis",
    "rediss",
    "redis+unix",
    "redis-cluster",
    "rediss-cluster",
    "redis-sentinel",
    "rediss-sentinel",
];

/// How often empty namespaces are removed from the registry.
const STRIKE_OFF_AGAIN: Duration = Duration::from_secs(300);

/// A store in Redis. All requests share one connection to each server, and all listeners
/// share another.
pub struct Redis {
    servers: Arc<Servers>,
    registry: Arc<Registry>,
    count: Script,
    commit: Arc<Script>,
    rank: Script,
    hub: Hub,
    day_keys: DayKeyExchange,
    known: Known,
    /// Counters with dedupe, whose hits are sent with their visitors' marks.
    apart: Mutex<HashSet<Counter>>,
    process: String,
    limits: Limits,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// Whether fred understands the URL.
pub fn check_url(url: &str) -> Result<(), String> {
    Config::from_url(url).map(drop).map_err(|e| e.details().to_string())
}

impl Redis {
    /// Begins to connect, and keeps trying for as long as the store lives. Until the first
    /// connection, every call returns [`StoreError::Away`].
    pub fn open(
        url: &str,
        limits: Limits,
        allow_eviction: bool,
        replicas: Replicas,
    ) -> Result<Self, StoreError> {
        let mut config = Config::from_url(url)?;
        config.fail_fast = false;
        let fails_over = config.server.is_clustered() || config.server.is_sentinel();
        let servers = Servers::open(config, Requirements { allow_eviction, replicas, fails_over });
        let registry = Arc::new(Registry::new(servers.clone()));
        let commit = Arc::new(Script::new(include_str!("redis/commit.lua")));
        let hub = Hub::default();
        let tasks = vec![
            tokio::spawn(marker::follow(Arc::downgrade(&servers))),
            tokio::spawn(live::follow(Arc::downgrade(&servers), hub.clone())),
            tokio::spawn(strike_off(Arc::downgrade(&registry), commit.clone())),
        ];
        Ok(Self {
            day_keys: DayKeyExchange::start(servers.clone()),
            servers,
            registry,
            count: Script::new(include_str!("redis/count.lua")),
            commit,
            rank: Script::new(include_str!("redis/rank.lua")),
            hub,
            known: Known::default(),
            apart: Mutex::default(),
            process: hex::encode(&token::random::<12>()?),
            limits,
            tasks: Mutex::new(tasks),
        })
    }

    /// Waits until the servers were reached and checked, for at most `timeout`. A server that
    /// must not be used is an error.
    pub async fn ready(&self, timeout: Duration) -> Result<(), StoreError> {
        match tokio::time::timeout(timeout, self.servers.settled()).await {
            Ok(verdict) => verdict,
            Err(_) => Ok(()),
        }
    }

    /// How many more counters a write may create, besides the script's own limit.
    async fn room(&self, alone: bool) -> Result<u64, StoreError> {
        let registry = &self.registry;
        let used = if alone { registry.claims().await? } else { registry.nearly().await? };
        Ok(self.limits.counters.saturating_sub(used))
    }

    async fn count_once(&self, tally: &Tally) -> Result<Answer, StoreError> {
        let alone = self.servers.stands_alone();
        let room = self.room(alone).await?;
        let write = {
            let apart = self.apart.lock();
            tally::write(
                tally,
                &tally::WriteContext {
                    process: &self.process,
                    limits: &self.limits,
                    alone,
                    room,
                    has_room: self.servers.has_room(),
                    known: &self.known,
                    apart: &apart,
                },
            )
        };
        let answer = self.servers.script(&self.count, &write.keys, &write.argument).await?;
        let bytes = read::bulk(answer)?.ok_or_else(|| read::odd("nothing"))?;
        let answer = tally::answer(&bytes, tally)?;
        if let Answer::Done { outcomes, .. } = &answer {
            let counted = |entry: &usize| matches!(outcomes[*entry], Outcome::Counted(_));
            self.known.put(write.visits.iter().filter(|(entry, _)| counted(entry)).map(|v| v.1));
        }
        Ok(answer)
    }
}

async fn strike_off(registry: std::sync::Weak<Registry>, commit: Arc<Script>) {
    loop {
        tokio::time::sleep(STRIKE_OFF_AGAIN).await;
        let Some(registry) = registry.upgrade() else { return };
        if let Err(error) = registry.strike_off(&commit, Timestamp::now()).await {
            tracing::debug!(%error, "empty namespaces were not struck off");
        }
    }
}
