//! Looks at a Redis server before seen counts in it, and after each reconnect:
//! a server that may delete counters is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike, ConfigInterface, EventInterface};
use fred::types::config::{Options, Server};
use tokio::sync::watch;

use crate::store::StoreError;

/// The wait before a server that gave no account of itself is asked again.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

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

/// Holds the verdict on the server. Its task ends with the store.
pub struct ServerCheck {
    verdict: watch::Receiver<Verdict>,
    /// Whether the server is known to be of no Cluster, however it is spoken to.
    alone: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl ServerCheck {
    /// Watches the client's connections from now on; call it before the client
    /// connects. `allow_eviction` turns that refusal into a warning.
    pub fn watch(client: Client, allow_eviction: bool) -> Self {
        let (sender, verdict) = watch::channel(Verdict::Unknown);
        let alone = Arc::<AtomicBool>::default();
        let task = tokio::spawn(follow(client, allow_eviction, sender, alone.clone()));
        Self { verdict, alone, task }
    }

    /// Whether the server is of no Cluster, which one may be that was given as if
    /// it stood alone; false before it was looked at.
    pub fn stands_alone(&self) -> bool {
        self.alone.load(Ordering::Relaxed)
    }

    /// Whether the store may be used now.
    pub fn check(&self) -> Result<(), StoreError> {
        match &*self.verdict.borrow() {
            Verdict::Good => Ok(()),
            Verdict::Unknown => Err(StoreError::Away("not connected".into())),
            Verdict::Refused(why) => Err(StoreError::Refused(why.clone())),
        }
    }

    /// Waits for a verdict on the server.
    pub async fn settled(&self) -> Result<(), StoreError> {
        let mut verdict = self.verdict.clone();
        // An error means that the task has ended, and `check` then tells the rest.
        let _ = verdict.wait_for(|v| *v != Verdict::Unknown).await;
        self.check()
    }
}

impl Drop for ServerCheck {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(
    client: Client,
    allow_eviction: bool,
    verdict: watch::Sender<Verdict>,
    alone: Arc<AtomicBool>,
) {
    let (mut connected, mut failed) = (client.reconnect_rx(), client.error_rx());
    let mut asked = false;
    loop {
        tokio::select! {
            // A connection fails before it is made anew; seen the other way round, a good
            // server would stay unknown until the next failure.
            biased;
            lost = failed.recv() => {
                if let Ok((error, _)) = lost {
                    tracing::warn!(%error, "the connection to Redis failed");
                }
                // A Cluster's other nodes go on, and the lost one will be judged on its return.
                if !client.is_clustered() {
                    verdict.send_replace(Verdict::Unknown);
                }
                continue;
            }
            _ = connected.recv() => asked = true,
            () = tokio::time::sleep(RETRY_INTERVAL), if asked => {}
        }
        match judge(&client, allow_eviction, &alone).await {
            Ok(now) => {
                asked = false;
                if let Verdict::Refused(why) = &now {
                    tracing::error!("Redis is refused: {why}");
                }
                verdict.send_replace(now);
            }
            Err(error) => tracing::warn!(%error, "Redis gave no account of itself"),
        }
    }
}

/// Asks every server that is connected to.
async fn judge(
    client: &Client,
    allow_eviction: bool,
    alone: &AtomicBool,
) -> Result<Verdict, Error> {
    let servers: Vec<Option<Server>> = if client.is_clustered() {
        client.active_connections().into_iter().map(Some).collect()
    } else {
        vec![None]
    };
    for cluster_node in servers {
        let options = Options {
            cluster_node,
            fail_fast: true,
            timeout: Some(Duration::from_secs(2)),
            ..Options::default()
        };
        let asking = client.with_options(&options);
        let info: String = asking.info(None).await?;
        // A managed service may forbid CONFIG; then its snapshots are unknown.
        let save: Option<Vec<String>> = asking.config_get("save").await.ok();
        let facts = Facts::read(&info, save.as_deref());
        alone.store(!facts.cluster, Ordering::Relaxed);
        if let Some(why) = facts.refusal(allow_eviction) {
            return Ok(Verdict::Refused(why));
        }
        for warning in facts.warnings() {
            tracing::warn!("{warning}");
        }
    }
    Ok(Verdict::Good)
}

/// What matters of a server's own account of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    replica: bool,
    policy: String,
    append_only: bool,
    cluster: bool,
    /// `None` where the server does not tell.
    snapshots: Option<bool>,
}

impl Facts {
    /// Reads the answers to `INFO` and `CONFIG GET save`.
    fn read(info: &str, save: Option<&[String]>) -> Self {
        let mut facts = Self {
            snapshots: save.and_then(|s| s.get(1)).map(|points| !points.is_empty()),
            ..Self::default()
        };
        for (name, value) in info.lines().filter_map(|line| line.trim_end().split_once(':')) {
            match name {
                "role" => facts.replica = value == "slave",
                "maxmemory_policy" => facts.policy = value.into(),
                "cluster_enabled" => facts.cluster = value == "1",
                "aof_enabled" => facts.append_only = value == "1",
                _ => {}
            }
        }
        facts
    }

    fn refusal(&self, allow_eviction: bool) -> Option<String> {
        if self.replica {
            return Some(
                "it is a replica, and a replica cannot be written to; \
                 give the address of its master"
                    .into(),
            );
        }
        (self.policy.starts_with("allkeys-") && !allow_eviction).then(|| {
            format!(
                "its maxmemory-policy is {}, which deletes counters when memory runs out; \
                 set `maxmemory-policy noeviction`, or accept the loss with --allow-eviction",
                self.policy
            )
        })
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.policy.starts_with("allkeys-") {
            warnings.push(format!(
                "Redis has maxmemory-policy {}: it will delete counters when memory runs out",
                self.policy
            ));
        }
        if self.policy.starts_with("volatile-") {
            warnings.push(format!(
                "Redis has maxmemory-policy {}: when memory runs out it will forget which \
                 writes were done, and a write that is repeated then may count twice",
                self.policy
            ));
        }
        match (self.append_only, self.snapshots) {
            (true, _) => {}
            (false, Some(false)) => warnings.push(
                "Redis HAS NO PERSISTENCE: every count is lost when it stops; \
                 set `appendonly yes`"
                    .into(),
            ),
            (false, _) => warnings.push(
                "Redis keeps no append-only file: a crash loses the counts since its last \
                 snapshot; set `appendonly yes`"
                    .into(),
            ),
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(policy: &str, role: &str, aof: u8, save: &str) -> Facts {
        let info = format!(
            "# Memory\r\nmaxmemory_policy:{policy}\r\naof_enabled:{aof}\r\nrole:{role}\r\n"
        );
        Facts::read(&info, Some(&["save".into(), save.into()]))
    }

    #[test]
    fn only_what_loses_counters_is_refused() {
        assert_eq!(facts("noeviction", "master", 1, "").refusal(false), None);
        assert_eq!(facts("volatile-lru", "master", 1, "").refusal(false), None);
        assert!(facts("allkeys-lru", "master", 1, "").refusal(false).is_some());
        assert_eq!(facts("allkeys-lru", "master", 1, "").refusal(true), None);
        assert!(facts("noeviction", "slave", 1, "").refusal(true).is_some());
    }

    #[test]
    fn missing_persistence_is_a_warning() {
        assert!(facts("noeviction", "master", 1, "").warnings().is_empty());
        let none = facts("noeviction", "master", 0, "").warnings();
        assert!(none[0].contains("NO PERSISTENCE"), "{none:?}");
        let snapshots = facts("noeviction", "master", 0, "3600 1").warnings();
        assert!(snapshots[0].contains("snapshot"), "{snapshots:?}");
    }
}
