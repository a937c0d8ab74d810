//! The names of all namespaces, and the number of all counters and claims.
//!
//! A namespace's data is in one slot of a Cluster, and the registry in another, so they cannot
//! change atomically. To miss no namespace, it is entered *before* the first write that may
//! create something in it, or by that write. An empty namespace is marked with the time, and
//! removed ten minutes later if it is still empty and was not entered again. A process relies on
//! an entry for at most a minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fred::types::Value;
use parking_lot::Mutex;

use super::keys;
use super::node::Script;
use super::plan::Plan;
use super::read::{bulk, number};
use super::servers::Servers;
use crate::model::log_interval::LogInterval;
use crate::model::name::Name;
use crate::model::time::Timestamp;
use crate::store::StoreError;

/// Limits the line about a number that is none.
static UNREADABLE: Mutex<LogInterval> = Mutex::new(LogInterval::new());

/// How long the number of all counters stays valid, in a Cluster.
const SUM_AGE: Duration = Duration::from_secs(10);

/// How long a process relies on an entry, and on how many entries.
const ENTERED_AGE: Duration = Duration::from_secs(60);
const MAX_ENTERED: usize = 16_384;

/// How long an empty namespace stays entered, in seconds. Much longer than [`ENTERED_AGE`], so
/// that a process that has cached the entry checks it again before it is removed.
const EMPTY_AGE: u64 = 600;

/// How many empty namespaces are removed at once.
const MAX_STRUCK_OFF: i64 = 100;

/// Held by the store.
pub(crate) struct Registry {
    servers: Arc<Servers>,
    entered: Mutex<HashMap<Name, Instant>>,
    /// The last known number of counters in all, plus those that this process created since.
    sum: AtomicU64,
    /// Claimed namespaces likewise.
    claims: AtomicU64,
    summed: Mutex<Option<Instant>>,
}

impl Registry {
    pub(crate) fn new(servers: Arc<Servers>) -> Self {
        Self {
            servers,
            entered: Mutex::default(),
            sum: AtomicU64::new(0),
            claims: AtomicU64::new(0),
            summed: Mutex::default(),
        }
    }

    /// Enters a namespace before something is created in it.
    pub(crate) async fn enter(&self, namespace: &Name) -> Result<(), StoreError> {
        let known = self.entered.lock().get(namespace).copied();
        if known.is_some_and(|at| at.elapsed() < ENTERED_AGE) {
            return Ok(());
        }
        let now = Instant::now();
        self.mark(namespace, 0).await?;
        let mut entered = self.entered.lock();
        if entered.len() >= MAX_ENTERED {
            entered.clear();
        }
        entered.insert(namespace.clone(), now);
        Ok(())
    }

    /// Marks a namespace as empty. Only the length of the registry depends on this.
    pub(crate) async fn left_empty(
        &self,
        namespace: &Name,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.entered.lock().remove(namespace);
        self.mark(namespace, now.0).await
    }

    async fn mark(&self, namespace: &Name, score: u64) -> Result<(), StoreError> {
        let arguments = vec![keys::NAMESPACES.into(), integer(score), namespace.as_str().into()];
        self.servers.run(keys::NAMESPACES, "ZADD", arguments).await.map(drop)
    }

    /// Removes namespaces that have been empty for long.
    pub(crate) async fn strike_off(
        &self,
        commit: &Script,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = now.0.saturating_sub(EMPTY_AGE);
        let range = vec![
            keys::NAMESPACES.into(),
            1.into(),
            integer(until),
            "BYSCORE".into(),
            "LIMIT".into(),
            0.into(),
            MAX_STRUCK_OFF.into(),
            "WITHSCORES".into(),
        ];
        let empty = self.servers.run(keys::NAMESPACES, "ZRANGE", range).await?;
        for (name, since) in pairs(empty)? {
            let Ok(name) = Name::new(&name) else { continue };
            let ranking = keys::ranking(&name);
            let counters =
                self.servers.run(&ranking, "ZCARD", vec![ranking.as_str().into()]).await?;
            let facts = keys::namespace(&name);
            let facts = self.servers.run(&facts, "GET", vec![facts.as_str().into()]).await?;
            if number(&counters)? > 0 || bulk(facts)?.is_some() {
                self.mark(&name, 0).await?;
                continue;
            }
            // Only if it was not entered meanwhile.
            let mut plan = Plan::default();
            plan.check_text(&since, "ZSCORE", &[keys::NAMESPACES, name.as_str()]);
            plan.run("ZREM", &[keys::NAMESPACES.as_bytes(), name.as_str().as_bytes()]);
            plan.commit(&self.servers, commit).await?;
        }
        Ok(())
    }

    /// Records that the number of counters changed by `counters`. A server that stands alone
    /// counts by itself.
    pub(crate) async fn grow(&self, counters: i64) {
        self.note(keys::COUNTERS, &self.sum, counters).await;
    }

    /// Records that the number of claimed namespaces changed by `more`.
    pub(crate) async fn claimed(&self, more: i64) {
        self.note(keys::CLAIMS, &self.claims, more).await;
    }

    async fn note(&self, key: &str, known: &AtomicU64, more: i64) {
        let add = |sum: u64| Some(sum.saturating_add_signed(more));
        known.try_update(Ordering::Relaxed, Ordering::Relaxed, add).ok();
        if more == 0 || self.servers.stands_alone() {
            return;
        }
        if let Err(error) = self.servers.run(key, "INCRBY", vec![key.into(), more.into()]).await {
            tracing::debug!(%error, key, "the new number was not stored");
        }
    }

    /// The last known number of counters and claimed namespaces.
    pub(crate) async fn nearly(&self) -> Result<u64, StoreError> {
        let claims = self.claims().await?;
        Ok(self.sum.load(Ordering::Relaxed).saturating_add(claims))
    }

    /// The last known number of claimed namespaces.
    pub(crate) async fn claims(&self) -> Result<u64, StoreError> {
        if self.summed.lock().is_none_or(|at| at.elapsed() >= SUM_AGE) {
            self.size().await?;
        }
        Ok(self.claims.load(Ordering::Relaxed))
    }

    /// The number of counters in all.
    pub(crate) async fn size(&self) -> Result<u64, StoreError> {
        for (key, known) in [(keys::COUNTERS, &self.sum), (keys::CLAIMS, &self.claims)] {
            let sum = match self.servers.run(key, "GET", vec![key.into()]).await {
                Ok(found) if found.is_null() => Some(0),
                Ok(found) => found.as_i64(),
                // It has another type.
                Err(StoreError::Failed(_)) => None,
                Err(error) => return Err(error),
            };
            match sum {
                Some(sum) => known.store(u64::try_from(sum).unwrap_or(0), Ordering::Relaxed),
                // A cap is no reason to refuse hits.
                None if UNREADABLE.lock().is_due() => {
                    tracing::error!(
                        key,
                        "this key of Redis should hold a number: set it, or delete it"
                    );
                }
                None => {}
            }
        }
        *self.summed.lock() = Some(Instant::now());
        Ok(self.sum.load(Ordering::Relaxed))
    }

    /// A page of namespaces, and the next cursor.
    pub(crate) async fn page(
        &self,
        cursor: &str,
    ) -> Result<(Vec<Name>, Option<String>), StoreError> {
        let (members, next) = scan(&self.servers, keys::NAMESPACES, cursor).await?;
        Ok((members.iter().filter_map(|name| Name::new(name).ok()).collect(), next))
    }
}

/// One step of ZSCAN: members, and the next cursor.
pub(crate) async fn scan(
    servers: &Servers,
    key: &str,
    cursor: &str,
) -> Result<(Vec<String>, Option<String>), StoreError> {
    let arguments: Vec<Value> = vec![key.into(), cursor.into(), "COUNT".into(), 100.into()];
    let mut answer = servers.run(key, "ZSCAN", arguments).await?.into_array().into_iter();
    let next = answer.next().and_then(Value::into_string);
    let members = pairs(answer.next().unwrap_or(Value::Null))?;
    let next = next.filter(|next| next != "0");
    Ok((members.into_iter().map(|(member, _)| member).collect(), next))
}

/// Members of a sorted set and their scores as text.
pub(crate) fn pairs(answer: Value) -> Result<Vec<(String, String)>, StoreError> {
    if answer.is_null() {
        return Ok(Vec::new());
    }
    let mut values = answer.into_array().into_iter();
    let mut pairs = Vec::new();
    while let Some(member) = values.next() {
        let odd = || StoreError::Unavailable("Redis answered a member other than a text".into());
        // RESP3 puts each pair in an array of its own.
        let (member, score) = match member {
            Value::Array(pair) => {
                let mut pair = pair.into_iter();
                (pair.next(), pair.next())
            }
            member => (Some(member), values.next()),
        };
        let member = member.and_then(Value::into_string).ok_or_else(odd)?;
        pairs.push((member, score.and_then(Value::into_string).ok_or_else(odd)?));
    }
    Ok(pairs)
}

fn integer(n: u64) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}
