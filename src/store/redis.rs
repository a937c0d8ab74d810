//! The Redis store: one server, Sentinel or Cluster, Redis and Valkey alike.
//!
//! One script call counts a whole tally of a namespace ([`APPLY`] says how the
//! counts are laid out). Each call carries this process's name and a number,
//! and Redis remembers the last number's answer, so a call whose answer was
//! lost is repeated and counts once.

pub mod guard;

use std::time::Duration;

use async_trait::async_trait;
use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike, SortedSetsInterface};
use fred::types::config::{
    Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, UnresponsiveConfig,
};
use fred::types::scripts::Script;
use fred::types::{ConnectHandle, Value};
use tokio::sync::Mutex;

use self::guard::Guard;
use super::{Limits, Store, StoreError};
use crate::name::Name;
use crate::tally::{Counted, MAX_TOTAL, Outcome, Refusal, Tally};

/// The URL schemes of a Redis store; a second `s` means TLS.
pub const SCHEMES: [&str; 6] =
    ["redis", "rediss", "redis-cluster", "rediss-cluster", "redis-sentinel", "rediss-sentinel"];

const APPLY: &str = include_str!("redis/apply.lua");
const RETRACT: &str = include_str!("redis/retract.lua");

/// How long a process's last write is remembered, in seconds. An outage longer
/// than this can leave hits counted that were answered 503.
const WRITE_MEMORY: u64 = 3600;

/// The waits between attempts to reconnect, in milliseconds.
const RECONNECT_MIN: u32 = 20;
const RECONNECT_MAX: u32 = 1000;

/// A server that says nothing for this long while it owes an answer is taken
/// for dead, and the connection is made anew.
const UNRESPONSIVE: Duration = Duration::from_secs(3);

/// A store in Redis. All requests share one connection to each server.
pub struct Redis {
    client: Client,
    apply: Script,
    retract: Script,
    guard: Guard,
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
        let connection = ConnectionConfig {
            connection_timeout: Duration::from_secs(2),
            internal_command_timeout: Duration::from_secs(2),
            // A write is repeated by the joiner, which knows its number, never by the client.
            max_command_attempts: 1,
            reconnect_on_auth_error: true,
            auto_client_setname: false,
            unresponsive: UnresponsiveConfig {
                max_timeout: Some(UNRESPONSIVE),
                interval: Duration::from_millis(500),
            },
            ..ConnectionConfig::default()
        };
        let policy = ReconnectPolicy::new_exponential(0, RECONNECT_MIN, RECONNECT_MAX, 2);
        let client =
            Client::new(config, Some(PerformanceConfig::default()), Some(connection), Some(policy));
        let guard = Guard::watch(client.clone(), allow_eviction);
        let handle = client.connect();
        Ok(Self {
            client,
            apply: Script::from_lua(APPLY),
            retract: Script::from_lua(RETRACT),
            guard,
            process: random_name()?,
            limits,
            connection: Mutex::new(Some(handle)),
        })
    }

    /// Waits until the server was reached and looked at, for `patience` at
    /// most; a server that must not be used is an error.
    pub async fn ready(&self, patience: Duration) -> Result<(), StoreError> {
        match tokio::time::timeout(patience, self.guard.settled()).await {
            Ok(verdict) => verdict,
            Err(_) => Ok(()),
        }
    }

    /// Calls a script of one namespace; loads it where the server lacks it.
    async fn call(&self, script: &Script, tally: &Tally) -> Result<Value, StoreError> {
        self.guard.check()?;
        let keys = vec![totals_key(&tally.namespace)];
        let answer = script.evalsha_with_reload(&self.client, keys, self.arguments(tally)).await;
        Ok(answer?)
    }

    /// ARGV of apply.lua and retract.lua.
    fn arguments(&self, tally: &Tally) -> Vec<Value> {
        let Limits { hits_create, counters_per_namespace, history_days, history_hours } =
            self.limits;
        let (hour, day) = (tally.at.hour(), tally.at.day());
        let mut arguments: Vec<Value> = Vec::with_capacity(11 + 4 * tally.entries.len());
        arguments.push(self.process.as_str().into());
        arguments.extend(
            [
                tally.number,
                WRITE_MEMORY,
                tally.at.0,
                hour.into(),
                day.into(),
                hour.saturating_sub(history_hours.saturating_sub(1)).into(),
                day.saturating_sub(history_days.saturating_sub(1)).into(),
                hits_create.into(),
                counters_per_namespace,
                MAX_TOTAL.unsigned_abs(),
            ]
            .map(integer),
        );
        for entry in &tally.entries {
            arguments.push(entry.key.as_str().into());
            arguments.push(integer(entry.runs.len() as u64));
            for run in &entry.runs {
                arguments.push(integer(run.hits));
                arguments.push(Value::from_static_str(run.source.as_str()));
            }
        }
        arguments
    }
}

#[async_trait]
impl Store for Redis {
    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        outcomes(self.call(&self.apply, tally).await?, tally.entries.len())
    }

    async fn retract(&self, tally: &Tally) -> Result<(), StoreError> {
        self.call(&self.retract, tally).await.map(drop)
    }

    async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        self.guard.check()?;
        let members: Vec<&str> = keys.iter().map(Name::as_str).collect();
        let scores: Vec<Option<f64>> = self.client.zmscore(totals_key(namespace), members).await?;
        // Exact: a total is never above 2^53.
        Ok(scores.into_iter().map(|score| score.map(|s| s as i64)).collect())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.guard.check()?;
        Ok(self.client.ping::<()>(None).await?)
    }

    async fn close(&self) {
        if let Err(error) = self.client.quit().await {
            tracing::debug!(%error, "the connection did not end well");
        }
        if let Some(handle) = self.connection.lock().await.take() {
            handle.abort();
        }
    }
}

/// The sorted set of a namespace's totals. The braces keep all of a namespace
/// in one slot of a Cluster.
fn totals_key(namespace: &Name) -> String {
    format!("seen:{{{namespace}}}:total")
}

fn integer(n: u64) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

/// What names this process among all that write to the same Redis.
fn random_name() -> Result<String, StoreError> {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut bytes = [0; 12];
    let failed = |_| StoreError::Failed("the system gives no random numbers".into());
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// Reads the answer of apply.lua.
fn outcomes(answer: Value, entries: usize) -> Result<Vec<Outcome>, StoreError> {
    let odd = |what: &str| StoreError::Failed(format!("the script answered {what}"));
    let mut words = answer.into_array().into_iter();
    let mut next = || words.next().ok_or_else(|| odd("too little"));
    let number = |word: Value| word.as_i64().ok_or_else(|| odd("something that is no number"));
    (0..entries)
        .map(|_| match number(next()?)? {
            0 => match next()?.as_str().as_deref() {
                Some("missing") => Ok(Outcome::Refused(Refusal::Missing)),
                Some("full") => Ok(Outcome::Refused(Refusal::NamespaceFull)),
                Some("range") => Ok(Outcome::Refused(Refusal::OutOfRange)),
                _ => Err(odd("an unknown refusal")),
            },
            runs => {
                let counted = (0..runs).map(|_| -> Result<_, StoreError> {
                    let hits =
                        u64::try_from(number(next()?)?).map_err(|_| odd("less than none"))?;
                    Ok(Counted { hits, last: number(next()?)? })
                });
                Ok(Outcome::Counted(counted.collect::<Result<_, StoreError>>()?))
            }
        })
        .collect()
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let details = error.details();
        match details.split(' ').next() {
            Some("OOM") => Self::Full(details.into()),
            // What the server says before it has touched anything.
            Some("MISCONF" | "NOAUTH" | "NOPERM" | "WRONGPASS" | "RETRACTED") => {
                Self::Refused(details.into())
            }
            // A server that understood and could not; to ask again would not help.
            Some("ERR" | "WRONGTYPE") => Self::Failed(details.into()),
            // Anything else may be a passing state of the server or of the
            // connection (fred has many words for that), and to repeat is safe.
            _ => Self::Unavailable(details.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use fred::error::ErrorKind;

    use super::*;

    /// A lost connection was once answered 500, for fred called it unknown.
    #[test]
    fn what_is_not_understood_is_tried_again() {
        let error = |kind, details: &'static str| StoreError::from(Error::new(kind, details));
        let lost = error(ErrorKind::Unknown, "Failed to route command.");
        assert!(matches!(lost, StoreError::Unavailable(_)));
        let loading = error(ErrorKind::Unknown, "LOADING Redis is loading the dataset in memory");
        assert!(matches!(loading, StoreError::Unavailable(_)));
        let bug = error(ErrorKind::Unknown, "ERR Error running script");
        assert!(matches!(bug, StoreError::Failed(_)));
        let full =
            error(ErrorKind::Unknown, "OOM command not allowed when used memory > 'maxmemory'");
        assert!(matches!(full, StoreError::Full(_)));
    }
}
