//! Which namespaces there are, and how many counters in all.
//!
//! A namespace's data is in one slot of a Cluster, and what spans namespaces is
//! in another: `seen:namespaces`, a sorted set of namespaces by their number of
//! counters. A namespace is entered before the first write that may create a
//! counter in it, and its number is set after each write that did, so an entry
//! that was not set in time is put right by the next.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fred::clients::Client;
use fred::interfaces::SortedSetsInterface;
use fred::types::SetOptions;
use fred::types::Value;
use fred::types::sorted_sets::Ordering as Compare;

use super::answer::Words;
use crate::model::name::Name;
use crate::store::StoreError;

const NAMESPACES: &str = "seen:namespaces";

/// How long the sum of all counters is taken for true.
const SUM_AGE: Duration = Duration::from_secs(30);

/// How many namespaces are summed in one command.
const SUM_PAGE: i64 = 1000;

/// How many namespaces are known to be entered; with more, all are forgotten
/// and entered again.
const MAX_KNOWN: usize = 16_384;

/// Held by the store; a clone shares what it knows.
#[derive(Clone)]
pub struct Registry {
    client: Client,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    known: Mutex<HashSet<Name>>,
    /// Counters in all: as last summed, with what this process created since.
    sum: AtomicU64,
    /// When the sum was last asked for.
    summed: Mutex<Option<Instant>>,
    /// Held while the first sum is made.
    summing: tokio::sync::Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    pub fn new(client: Client) -> Self {
        Self { client, shared: Arc::default() }
    }

    /// Enters namespaces that may get their first counter.
    pub async fn enter(&self, namespaces: &[&Name]) -> Result<(), StoreError> {
        let new: Vec<&Name> = {
            let known = lock(&self.shared.known);
            namespaces.iter().copied().filter(|namespace| !known.contains(*namespace)).collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        let entries: Vec<_> = new.iter().map(|namespace| (0.0, namespace.as_str())).collect();
        let () =
            self.client.zadd(NAMESPACES, Some(SetOptions::NX), None, false, false, entries).await?;
        let mut known = lock(&self.shared.known);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.extend(new.into_iter().cloned());
        Ok(())
    }

    /// A namespace has this many counters now, `change` more than before.
    /// Nobody waits for the entry: the next one puts right what failed.
    pub fn set(&self, namespace: &Name, counters: u64, change: i64, is_owned: bool) {
        self.shared
            .sum
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |sum| {
                Some(sum.saturating_add_signed(change))
            })
            .ok();
        let (registry, namespace) = (self.clone(), namespace.clone());
        if counters == 0 && !is_owned {
            lock(&self.shared.known).remove(&namespace);
        }
        tokio::spawn(async move {
            let done: Result<(), _> = if counters == 0 && !is_owned {
                registry.client.zrem(NAMESPACES, namespace.as_str()).await
            } else {
                let entry = (counters as f64, namespace.as_str());
                registry.client.zadd(NAMESPACES, None, None::<Compare>, false, false, entry).await
            };
            if let Err(error) = done {
                tracing::debug!(%error, %namespace, "the number of counters was not noted");
            }
        });
    }

    /// Whether there are as many counters as allowed in all.
    pub async fn is_full(&self, most: u64) -> Result<bool, StoreError> {
        let (first, due) = {
            let mut summed = lock(&self.shared.summed);
            let due = summed.is_none_or(|at| at.elapsed() >= SUM_AGE);
            let first = summed.is_none();
            if due && !first {
                *summed = Some(Instant::now());
            }
            (first, due)
        };
        if first {
            let _one = self.shared.summing.lock().await;
            if lock(&self.shared.summed).is_none() {
                self.sum().await?;
                *lock(&self.shared.summed) = Some(Instant::now());
            }
        } else if due {
            let registry = self.clone();
            tokio::spawn(async move {
                if let Err(error) = registry.sum().await {
                    tracing::debug!(%error, "the counters were not summed");
                }
            });
        }
        Ok(self.shared.sum.load(Ordering::Relaxed) >= most)
    }

    /// Counts all counters.
    pub async fn sum(&self) -> Result<u64, StoreError> {
        let mut sum = 0_u64;
        for from in (0..).step_by(SUM_PAGE as usize) {
            let page: Vec<(String, f64)> = self
                .client
                .zrange(NAMESPACES, from, from + SUM_PAGE - 1, None, false, None, true)
                .await?;
            sum += page.iter().map(|(_, counters)| *counters as u64).sum::<u64>();
            if page.len() < SUM_PAGE as usize {
                break;
            }
        }
        self.shared.sum.store(sum, Ordering::Relaxed);
        Ok(sum)
    }

    /// Some of the namespaces, and the cursor for more.
    pub async fn page(&self, cursor: &str) -> Result<(Vec<Name>, Option<String>), StoreError> {
        let (mut words, next) = scan(&self.client, NAMESPACES, cursor).await?;
        let mut names = Vec::new();
        while !words.is_empty() {
            names.push(words.name()?);
            words.next()?;
        }
        Ok((names, next))
    }
}

/// One step of ZSCAN: members and scores in turn, and the cursor for more.
pub async fn scan(
    client: &Client,
    key: &str,
    cursor: &str,
) -> Result<(Words, Option<String>), StoreError> {
    use fred::interfaces::ClientLike;
    use fred::types::{ClusterHash, CustomCommand};
    let command = CustomCommand::new_static("ZSCAN", ClusterHash::FirstKey, false);
    let arguments: Vec<Value> = vec![key.into(), cursor.into(), "COUNT".into(), 100.into()];
    let mut answer = Words::of(client.custom(command, arguments).await?);
    let next = answer.text()?;
    Ok((Words::of(answer.next()?), (next != "0").then_some(next)))
}
