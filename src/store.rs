//! Where counts live: one contract, two stores.
//!
//! A store knows names, tallies and counts, and never HTTP. `tests/contract.rs`
//! runs the same suite against each.

pub mod embedded;
pub mod record;
pub mod redis;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use async_trait::async_trait;

use crate::name::Name;
use crate::tally::{Outcome, Tally};

/// What each store does. All of it may be called at once from many tasks.
#[async_trait]
pub trait Store: Send + Sync {
    /// Counts a tally and answers once that is as durable as the store makes
    /// things: one [`Outcome`] for each entry, in order.
    ///
    /// After [`StoreError::Unavailable`] the tally may or may not have been
    /// counted; applying the same number again is safe and answers the same.
    /// After any other error nothing was counted.
    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError>;

    /// Makes sure that a tally whose hits were given up is not counted: undoes
    /// it if it was, and forbids it to arrive later if it was not.
    async fn retract(&self, tally: &Tally) -> Result<(), StoreError>;

    /// The totals of some counters of a namespace; `None` where there is none.
    async fn totals(&self, namespace: &Name, keys: &[Name])
    -> Result<Vec<Option<i64>>, StoreError>;

    /// One round trip.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Writes what is left and lets go. Nothing is called afterwards.
    async fn close(&self);
}

/// What bounds a store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Whether a hit on a counter that does not exist creates it.
    pub hits_create: bool,
    /// The most counters in one namespace.
    pub counters_per_namespace: u64,
    /// How many days' buckets a counter keeps.
    pub history_days: u32,
    /// How many hours' buckets a counter keeps.
    pub history_hours: u32,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer: the connection is down, was cut, or took too long.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// The store answers, and must not be used as it is configured.
    #[error("the store is refused: {0}")]
    Refused(String),
    /// The store's memory or disk is used up.
    #[error("the store is full: {0}")]
    Full(String),
    /// An answer that cannot be understood, or a damaged file.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Where counts are to live, as `--store` says it.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A Redis or Valkey server, Sentinel or Cluster, by URL.
    Redis(String),
    /// A file of the embedded store.
    File(PathBuf),
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            _ if text.is_empty() => Err("it is empty; give a file path or a redis:// URL".into()),
            None => Ok(Self::File(text.into())),
            Some((scheme, _)) if redis::SCHEMES.contains(&scheme) => {
                redis::check_url(text)?;
                Ok(Self::Redis(text.into()))
            }
            Some((scheme, _)) => Err(format!(
                "{scheme}:// is not a store; give a file path or one of {}",
                redis::SCHEMES.map(|s| format!("{s}://")).join(", ")
            )),
        }
    }
}

impl fmt::Display for Location {
    /// Never shows the password of a URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Redis(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    // Sentinel passwords stand in the query, which says nothing worth showing.
    let rest = rest.split('?').next().unwrap_or(rest);
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}"),
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_or_a_redis_url() {
        assert_eq!("seen.redb".parse(), Ok(Location::File("seen.redb".into())));
        assert!(matches!("redis://h:1/2".parse(), Ok(Location::Redis(_))));
        assert!("http://h".parse::<Location>().unwrap_err().contains("redis://"));
        assert!("".parse::<Location>().is_err());
        assert!("redis://h:port".parse::<Location>().is_err());
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = "redis-sentinel://me:secret@h:1/0?sentinelPassword=secret";
        let location: Location = Location::Redis(url.into());
        assert_eq!(location.to_string(), "redis-sentinel://h:1/0");
        assert_eq!(format!("{location:?}"), "redis-sentinel://h:1/0");
    }
}
