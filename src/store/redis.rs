//! The Redis store: one server, Sentinel or Cluster, Redis and Valkey alike,
//! from version 7 of either on (sharded publish and subscribe).
//!
//! One script call counts a whole tally of a namespace (`apply.lua` says how the
//! counts are laid out). Each call carries this process's name and a number,
//! and Redis remembers the last number's answer, so a call whose answer was
//! lost is repeated and counts once.

mod answer;
mod error;
pub mod guard;
mod live;
mod registry;
mod script;

use std::time::Duration;

use async_trait::async_trait;
use fred::clients::Client;
use fred::interfaces::{ClientLike, HashesInterface, KeysInterface, SortedSetsInterface};
use fred::types::config::{
    Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, UnresponsiveConfig,
};
use fred::types::{ConnectHandle, Expiration, SetOptions, Value};
use tokio::sync::Mutex;

use self::answer::Words;
use self::guard::ServerCheck;
use self::live::Subscriber;
use self::registry::{Registry, scan};
use self::script::{Scripts, TallyCall};
use super::record::Record;
use super::{Limits, Mode, Store, StoreError};
use crate::model::count::{Count, History};
use crate::model::edit::{
    Change, ChangeId, Edit, Edited, Namespace, NamespaceChange, NamespaceEdit,
};
use crate::model::export::{Exported, ExportedNamespace, Imported, OnConflict, Page};
use crate::model::hex;
use crate::model::name::{Counter, Name};
use crate::model::tally::{Lane, Outcome, Tally};
use crate::model::time::Timestamp;
use crate::model::token;
use crate::model::token::Digest;
use crate::store::EditError;
use crate::store::live::{Hub, Listener};

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

/// The waits between attempts to connect, in milliseconds, the first one before the
/// first attempt: fred waits there too, and its own jitter made a start last 80 ms.
const RECONNECT_MIN: u32 = 1;
const RECONNECT_MAX: u32 = 1000;
const RECONNECT_JITTER: u32 = 4;

/// A server that says nothing for this long while it owes an answer is taken
/// for dead, and the connection is made anew.
const UNRESPONSIVE: Duration = Duration::from_secs(3);

/// How long a subscription may take before the listener is told that the store
/// cannot be reached.
const SUBSCRIPTION: Duration = Duration::from_secs(2);

/// How many messages of other processes may wait to be passed on.
const MESSAGES: usize = 1024;

/// With so many hits what a write costs apart from them is a fifth of it; a larger one
/// would leave seen without work while Redis has it (benches/README.md).
const ENOUGH: usize = 24;

/// How many counters one call of the ranking puts in their places, in some 8 ms.
const MOVED_PER_CALL: u64 = 1000;

/// How long a day's visitor key lives after it was first asked for, in seconds:
/// the day and an hour.
const VISITOR_KEY_LIFE: i64 = 25 * 3600;

/// A store in Redis. All requests share one connection to each server; those
/// who listen share another.
pub struct Redis {
    client: Client,
    config: Config,
    connection_config: ConnectionConfig,
    scripts: Scripts,
    guard: ServerCheck,
    registry: Registry,
    hub: Hub,
    subscriber: Mutex<Option<Subscriber>>,
    process: String,
    limits: Limits,
    connection: Mutex<Option<ConnectHandle>>,
}

/// Whether fred understands the URL.
pub fn check_url(url: &str) -> Result<(), String> {
    Config::from_url(url).map(drop).map_err(|e| e.details().to_string())
}

impl Redis {
    /// Begins to connect, and goes on trying for as long as the store lives.
    /// Until the first connection every call answers `Unavailable`.
    pub fn open(url: &str, limits: Limits, allow_eviction: bool) -> Result<Self, StoreError> {
        let mut config = Config::from_url(url)?;
        config.fail_fast = false;
        let connection_config = ConnectionConfig {
            connection_timeout: Duration::from_secs(2),
            internal_command_timeout: Duration::from_secs(2),
            // A write is repeated by the batcher, which knows its number, never by the client.
            max_command_attempts: 1,
            reconnect_on_auth_error: true,
            auto_client_setname: false,
            unresponsive: UnresponsiveConfig {
                max_timeout: Some(UNRESPONSIVE),
                interval: Duration::from_millis(500),
            },
            ..ConnectionConfig::default()
        };
        let client = client(&config, &connection_config);
        let guard = ServerCheck::watch(client.clone(), allow_eviction);
        let handle = client.connect();
        Ok(Self {
            registry: Registry::new(client.clone()),
            client,
            config,
            connection_config,
            scripts: Scripts::default(),
            guard,
            hub: Hub::default(),
            subscriber: Mutex::new(None),
            process: hex::encode(&token::random::<12>()?),
            limits,
            connection: Mutex::new(Some(handle)),
        })
    }

    /// Waits until the server was reached and looked at, for `patience` at
    /// most; a server that must not be used is an error.
    pub async fn ready(&self, timeout: Duration) -> Result<(), StoreError> {
        match tokio::time::timeout(timeout, self.guard.settled()).await {
            Ok(verdict) => verdict,
            Err(_) => Ok(()),
        }
    }

    /// Reads counters of one namespace, each as it is at one moment.
    async fn read(
        &self,
        much: &'static str,
        day: u32,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Value, StoreError> {
        self.guard.check()?;
        let mut arguments: Vec<Value> = vec![much.into(), day.into()];
        arguments.extend(keys.iter().map(|key| Value::from(key.as_str())));
        self.scripts.read.call(&self.client, namespace, arguments).await
    }

    async fn read_one(
        &self,
        much: &'static str,
        day: u32,
        counter: &Counter,
    ) -> Result<Option<Record>, StoreError> {
        let keys = std::slice::from_ref(&counter.key);
        let found = answer::records(self.read(much, day, &counter.namespace, keys).await?)?;
        Ok(found.into_iter().next().flatten().map(|(record, _)| record))
    }

    fn call_of<'a>(&self, tally: &'a Tally, full: bool) -> TallyCall<'a> {
        let process = &self.process;
        let record = match &tally.lane {
            Lane::Shared(number) => format!("seen:write:{process}:{number}"),
            Lane::Apart(namespace) => format!("seen:{{{namespace}}}:write:{process}"),
        };
        script::tally(record, process, tally, &self.limits, full)
    }

    async fn facts(&self, namespace: &Name) -> Result<(Option<Digest>, bool), StoreError> {
        let key = facts_key(namespace);
        let (owner, public): (Option<String>, Option<String>) =
            self.client.hmget(key, vec!["owner", "public"]).await?;
        Ok((owner.as_deref().and_then(Digest::from_hex), public.is_some()))
    }
}

#[async_trait]
impl Store for Redis {
    fn spans_namespaces(&self) -> bool {
        self.guard.stands_alone()
    }

    fn enough(&self) -> usize {
        ENOUGH
    }

    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        self.guard.check()?;
        let full = self.registry.is_full(self.limits.counters).await?;
        let TallyCall { keys, arguments, namespaces, places } = self.call_of(tally, full);
        // In the other modes a namespace is entered when it is claimed or when a
        // counter is created in it.
        if self.limits.mode == Mode::Open && !full {
            self.registry.enter(&namespaces).await?;
        }
        let answer = self.scripts.apply.evalsha_with_reload(&self.client, keys, arguments).await?;
        let (grown, outcomes) = answer::applied(answer, namespaces.len(), &tally.entries, &places)?;
        for (namespace, grown) in namespaces.iter().zip(grown) {
            if let Some(counters) = grown.counters {
                self.registry.set(namespace, counters, grown.created, true);
            }
        }
        Ok(outcomes)
    }

    async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        self.guard.check()?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        answer::totals(self.read("total", 0, namespace, keys).await?)
    }

    async fn count(&self, counter: &Counter, now: Timestamp) -> Result<Option<Count>, StoreError> {
        let record = self.read_one("count", now.day(), counter).await?;
        Ok(record.map(|record| record.count(now)))
    }

    async fn history(&self, counter: &Counter) -> Result<Option<History>, StoreError> {
        Ok(self.read_one("history", 0, counter).await?.map(Record::into_history))
    }

    async fn edit(&self, change: &Change) -> Result<Edited, EditError> {
        self.guard.check()?;
        let namespace = &change.counter.namespace;
        let creates = matches!(change.edit, Edit::Create { .. });
        let full = creates && self.registry.is_full(self.limits.counters).await?;
        if creates && !full {
            self.registry.enter(&[namespace]).await?;
        }
        let arguments = script::change(change, &self.limits, full);
        let answer = self.scripts.edit.call(&self.client, namespace, arguments).await?;
        let edited = answer::edited(answer);
        match &edited {
            Ok((_, Some(counters))) => {
                let owned = *counters > 0 || self.facts(namespace).await?.0.is_some();
                self.registry.set(namespace, *counters, if creates { 1 } else { -1 }, owned);
            }
            // It was entered for nothing.
            Err(_) if creates => {
                let Namespace { counters, owner, .. } = self.namespace(namespace).await?;
                self.registry.set(namespace, counters, 0, owner.is_some());
            }
            _ => {}
        }
        edited.map(|(edited, _)| edited)
    }

    async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError> {
        self.guard.check()?;
        let (counters, (owner, public)) = tokio::try_join!(
            async {
                Ok::<_, StoreError>(self.client.zcard::<u64, _>(totals_key(namespace)).await?)
            },
            self.facts(namespace),
        )?;
        Ok(Namespace { counters, owner, public })
    }

    async fn edit_namespace(&self, change: &NamespaceChange) -> Result<(), EditError> {
        self.guard.check()?;
        if matches!(change.edit, NamespaceEdit::Claim(_)) {
            self.registry.enter(&[&change.namespace]).await?;
        }
        let before = self.namespace(&change.namespace).await?.counters;
        loop {
            let arguments = script::namespace_change(change, &self.limits);
            let answer =
                self.scripts.namespace.call(&self.client, &change.namespace, arguments).await?;
            let mut words = Words::of(answer);
            let (word, counters, owned) = (words.text()?, words.number()?, words.number()? == 1);
            if word == "more" {
                continue;
            }
            let counters = u64::try_from(counters).unwrap_or(0);
            let change_of =
                i64::try_from(counters).unwrap_or(0) - i64::try_from(before).unwrap_or(0);
            self.registry.set(&change.namespace, counters, change_of.min(0), owned);
            return match word.as_str() {
                "ok" => Ok(()),
                word => Err(answer::refusal(word, None)),
            };
        }
    }

    async fn visitor_key(&self, day: u32) -> Result<[u8; 16], StoreError> {
        self.guard.check()?;
        let key = format!("seen:visitor-key:{day}");
        let new = hex::encode(&token::random::<16>()?);
        let life = Some(Expiration::EX(VISITOR_KEY_LIFE));
        let _: Option<String> =
            self.client.set(&key, new, life, Some(SetOptions::NX), false).await?;
        let shared: Option<String> = self.client.get(&key).await?;
        shared
            // An older seen beside this one may have made it, and longer.
            .and_then(|text| hex::decode(&text)?.first_chunk().copied())
            .ok_or_else(|| StoreError::Failed(format!("{key} is no key")))
    }

    async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError> {
        self.guard.check()?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let arguments = vec![integer(offset), limit.into(), integer(MOVED_PER_CALL)];
        let page = loop {
            match self.scripts.ranking.call(&self.client, namespace, arguments.clone()).await? {
                Value::Null => {}
                page => break page,
            }
        };
        let mut words = Words::of(page);
        let mut ranking = Vec::new();
        while !words.is_empty() {
            ranking.push((words.name()?, words.number()?));
        }
        Ok(ranking)
    }

    async fn size(&self) -> Result<u64, StoreError> {
        self.guard.check()?;
        self.registry.sum().await
    }

    async fn namespaces(&self, after: Option<&str>) -> Result<Page<Name>, StoreError> {
        self.guard.check()?;
        let (items, next) = self.registry.page(after.unwrap_or("0")).await?;
        Ok(Page { items, next })
    }

    async fn export(
        &self,
        namespace: &Name,
        after: Option<&str>,
    ) -> Result<Page<Exported>, StoreError> {
        self.guard.check()?;
        let mut items = Vec::new();
        if after.is_none() {
            let (owner, public) = self.facts(namespace).await?;
            if owner.is_some() || public {
                let namespace = namespace.clone();
                items.push(Exported::Namespace(ExportedNamespace { namespace, owner, public }));
            }
        }
        let key = totals_key(namespace);
        let (mut words, next) = scan(&self.client, &key, after.unwrap_or("0")).await?;
        let mut keys = Vec::new();
        while !words.is_empty() {
            keys.push(words.name()?);
            words.next()?;
        }
        let found = self.read("export", Timestamp::now().day(), namespace, &keys).await?;
        let found = answer::records(found)?;
        for (key, found) in keys.into_iter().zip(found) {
            let Some((record, sketches)) = found else { continue };
            let counter = Counter { namespace: namespace.clone(), key };
            items.push(Exported::Counter(Box::new(record.export(counter, sketches))));
        }
        Ok(Page { items, next })
    }

    async fn import(
        &self,
        id: ChangeId,
        exported: &Exported,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, EditError> {
        self.guard.check()?;
        match exported {
            Exported::Namespace(exported) => self.import_namespace(exported, on_conflict).await,
            Exported::Counter(exported) => {
                let full = self.registry.is_full(self.limits.counters).await?;
                if !full {
                    self.registry.enter(&[&exported.namespace]).await?;
                }
                let arguments = script::import(id, exported, on_conflict, &self.limits, full, now);
                let answer =
                    self.scripts.import.call(&self.client, &exported.namespace, arguments).await?;
                let mut words = Words::of(answer);
                let word = words.text()?;
                if let Ok(counters) = u64::try_from(words.number()?) {
                    let change = i64::from(word == "created");
                    self.registry.set(&exported.namespace, counters, change, true);
                }
                match word.as_str() {
                    "created" => Ok(Imported::Created),
                    "replaced" => Ok(Imported::Replaced),
                    "added" => Ok(Imported::Added),
                    "skipped" => Ok(Imported::Skipped),
                    word => Err(answer::refusal(word, None)),
                }
            }
        }
    }

    async fn subscribe(&self, namespace: &Name) -> Result<Listener, StoreError> {
        self.guard.check()?;
        let mut subscriber = self.subscriber.lock().await;
        if subscriber.is_none() {
            let client = client(&self.config, &self.connection_config);
            *subscriber = Some(Subscriber::start(client, &self.hub));
        }
        drop(subscriber);
        let mut listener = self.hub.listen(namespace);
        tokio::time::timeout(SUBSCRIPTION, listener.connected())
            .await
            .map_err(|_| StoreError::Unavailable("no subscription in time".into()))?;
        Ok(listener)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.guard.check()?;
        Ok(self.client.ping::<()>(None).await?)
    }

    async fn close(&self) {
        if let Some(subscriber) = self.subscriber.lock().await.take() {
            subscriber.close().await;
        }
        if let Err(error) = self.client.quit().await {
            tracing::debug!(%error, "the connection did not end well");
        }
        if let Some(handle) = self.connection.lock().await.take() {
            handle.abort();
        }
    }
}

impl Redis {
    async fn import_namespace(
        &self,
        exported: &ExportedNamespace,
        on_conflict: OnConflict,
    ) -> Result<Imported, EditError> {
        let (owner, public) = self.facts(&exported.namespace).await?;
        let known = owner.is_some() || public;
        if known && on_conflict != OnConflict::Replace {
            return Ok(Imported::Skipped);
        }
        self.registry.enter(&[&exported.namespace]).await?;
        let key = facts_key(&exported.namespace);
        let mut set = Vec::new();
        set.extend(exported.owner.map(|owner| ("owner", owner.to_hex())));
        set.extend(exported.public.then(|| ("public", "1".into())));
        let wrong = |e: StoreError| EditError::from(e);
        let clear: Result<(), _> = self.client.hdel(&key, vec!["owner", "public"]).await;
        clear.map_err(|e| wrong(e.into()))?;
        if !set.is_empty() {
            let set: Result<(), _> = self.client.hset(&key, set).await;
            set.map_err(|e| wrong(e.into()))?;
        }
        Ok(if known { Imported::Replaced } else { Imported::Created })
    }
}

fn client(config: &Config, connection: &ConnectionConfig) -> Client {
    let performance =
        PerformanceConfig { broadcast_channel_capacity: MESSAGES, ..PerformanceConfig::default() };
    let mut policy = ReconnectPolicy::new_exponential(0, RECONNECT_MIN, RECONNECT_MAX, 2);
    policy.set_jitter(RECONNECT_JITTER);
    Client::new(config.clone(), Some(performance), Some(connection.clone()), Some(policy))
}

/// The sorted set of a namespace's counters. The braces keep all of a namespace
/// in one slot of a Cluster.
fn totals_key(namespace: &Name) -> String {
    format!("seen:{{{namespace}}}:total")
}

/// The hash of what is kept of a namespace itself.
fn facts_key(namespace: &Name) -> String {
    format!("seen:{{{namespace}}}:namespace")
}

/// Where the scripts publish new totals of a namespace.
fn live_channel(namespace: &Name) -> String {
    format!("seen:{{{namespace}}}:live")
}

fn integer(n: u64) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}
