//! Finds the server that has a key: a single server or Sentinel's master has all keys, and the
//! masters of a Cluster share them.
//!
//! In a Cluster each master has a client of its own, and requests are routed here. So an
//! unreachable master stops only its own namespaces, and slots may move at any time: a request
//! that is redirected reads the map again and asks the right server.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fred::types::Value;
use fred::types::config::{Config, Server, ServerConfig};
use fred::util::redis_keyslot;
use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::error::CommandError;
use super::guard::Requirements;
use super::node::{Node, Request, Script};
use crate::store::StoreError;

/// How often the map of a Cluster is read without a redirection.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// How long a server may take to return the map.
const LOOK_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a redirected or delayed request is retried, and how often.
const ELSEWHERE_TIMEOUT: Duration = Duration::from_secs(1);
const ELSEWHERE_PAUSE: Duration = Duration::from_millis(10);

/// A range of slots, and the server that has them.
type Part = (u16, u16, Server);

/// All servers of a store.
pub(crate) struct Servers {
    config: Config,
    requirements: Requirements,
    /// The servers that the URL names; empty without a Cluster.
    seeds: Vec<Server>,
    nodes: Mutex<HashMap<Server, Arc<Node>>>,
    map: Mutex<Arc<Vec<Part>>>,
    look: Notify,
    looked: Notify,
    /// Whether the marker allows the store to be used (marker.rs).
    gate: Mutex<Result<(), StoreError>>,
}

impl Servers {
    /// Begins to connect.
    pub(crate) fn open(config: Config, requirements: Requirements) -> Arc<Self> {
        let seeds = match &config.server {
            ServerConfig::Clustered { hosts, .. } => hosts.clone(),
            _ => Vec::new(),
        };
        let servers = Self {
            seeds,
            nodes: Mutex::default(),
            map: Mutex::default(),
            look: Notify::new(),
            looked: Notify::new(),
            gate: Mutex::new(Err(StoreError::Away("not checked yet".into()))),
            config,
            requirements,
        };
        for seed in servers.seeds.iter().chain(servers.alone_name().as_ref()) {
            servers.start(seed);
        }
        let servers = Arc::new(servers);
        if servers.is_cluster() {
            tokio::spawn(follow(Arc::downgrade(&servers)));
        }
        servers
    }

    /// Whether the URL names a Cluster.
    pub(crate) fn is_cluster(&self) -> bool {
        !self.seeds.is_empty()
    }

    fn alone_name(&self) -> Option<Server> {
        (!self.is_cluster()).then(|| Server::new("", 0))
    }

    fn start(&self, server: &Server) -> Arc<Node> {
        let mut nodes = self.nodes.lock();
        let node = nodes.entry(server.clone()).or_insert_with(|| {
            let mut config = self.config.clone();
            if self.is_cluster() {
                config.server = ServerConfig::Centralized { server: server.clone() };
            }
            Arc::new(Node::start(&config, self.requirements))
        });
        node.clone()
    }

    /// The configuration of the server that has a key, for a client of another kind.
    pub(crate) fn config_of(&self, key: &str) -> Option<(Server, Config)> {
        let mut config = self.config.clone();
        if !self.is_cluster() {
            return Some((Server::new("", 0), config));
        }
        let server = self.server_of(key)?;
        config.server = ServerConfig::Centralized { server: server.clone() };
        Some((server, config))
    }

    fn server_of(&self, key: &str) -> Option<Server> {
        let slot = redis_keyslot(key.as_bytes());
        let map = self.map.lock().clone();
        let part = map.iter().find(|(first, last, _)| (*first..=*last).contains(&slot))?;
        Some(part.2.clone())
    }

    fn node_of(&self, key: &str) -> Result<Arc<Node>, CommandError> {
        let server = match self.is_cluster() {
            true => self.server_of(key),
            false => self.alone_name(),
        };
        let node = server.and_then(|server| self.nodes.lock().get(&server).cloned());
        node.ok_or_else(|| CommandError::Elsewhere("no server has the key just now".into()))
    }

    /// Every server, each with a tag that hashes to one of its slots.
    pub(crate) fn all(&self) -> Vec<(Arc<Node>, String)> {
        if !self.is_cluster() {
            return self.nodes.lock().values().map(|node| (node.clone(), String::new())).collect();
        }
        let map = self.map.lock().clone();
        let nodes = self.nodes.lock();
        let mut all: Vec<(Arc<Node>, String)> = Vec::new();
        for (first, last, server) in map.iter() {
            let Some(node) = nodes.get(server) else { continue };
            if all.iter().any(|(known, _)| Arc::ptr_eq(known, node)) {
                continue;
            }
            let has = |n: &u32| (*first..=*last).contains(&redis_keyslot(n.to_string().as_bytes()));
            // Every slot has such a number, well below the bound.
            if let Some(n) = (0..1 << 20).find(has) {
                all.push((node.clone(), format!("{{{n}}}")));
            }
        }
        all
    }

    /// Whether no server is short of memory.
    pub(crate) fn has_room(&self) -> bool {
        self.nodes.lock().values().all(|node| node.guard.has_room())
    }

    /// Sets whether the store may be used.
    pub(crate) fn gate(&self, verdict: Result<(), StoreError>) {
        let mut gate = self.gate.lock();
        if let Err(StoreError::Refused(why)) = &verdict
            && *gate != verdict
        {
            tracing::error!("Redis is refused: {why}");
        }
        *gate = verdict;
    }

    /// Whether the store may be used.
    pub(crate) fn open_gate(&self) -> Result<(), StoreError> {
        self.gate.lock().clone()
    }

    /// Why no server has been reached yet, by the last attempt.
    pub(crate) fn why_away(&self) -> Option<StoreError> {
        self.nodes.lock().values().find_map(|node| node.guard.check().err())
    }

    /// Asks a certain server, whatever the verdict on it; `None` without an answer.
    pub(crate) async fn ask(
        &self,
        server: &Server,
        command: &'static str,
        arguments: Vec<Value>,
    ) -> Option<Value> {
        let node = self.nodes.lock().get(server).cloned()?;
        node.ask(command, arguments).await.ok()
    }

    /// Runs a command on the server that has this key.
    pub(crate) async fn run(
        &self,
        key: &str,
        command: &'static str,
        arguments: Vec<Value>,
    ) -> Result<Value, StoreError> {
        self.open_gate()?;
        self.run_ungated(key, command, arguments).await
    }

    /// The same, even if the marker forbids it.
    pub(crate) async fn run_ungated(
        &self,
        key: &str,
        command: &'static str,
        arguments: Vec<Value>,
    ) -> Result<Value, StoreError> {
        self.follow(key, &Request::Command(command, arguments)).await
    }

    /// Runs a script that writes on the server that has its keys.
    pub(crate) async fn script(
        &self,
        script: &Script,
        keys: &[String],
        argument: &[u8],
    ) -> Result<Value, StoreError> {
        self.open_gate()?;
        let key = keys.first().map_or("", String::as_str);
        self.follow(key, &Request::Script(script, keys, argument)).await
    }

    /// Asks the server that has the key, and follows redirections.
    async fn follow(&self, key: &str, request: &Request<'_>) -> Result<Value, StoreError> {
        let until = Instant::now() + ELSEWHERE_TIMEOUT;
        loop {
            let answer = match self.node_of(key) {
                Ok(node) => node.run(request).await,
                Err(trouble) => Err(trouble),
            };
            match answer {
                Err(CommandError::Elsewhere(why))
                    if self.is_cluster() && Instant::now() < until =>
                {
                    tracing::debug!(%why, "a key is elsewhere");
                    let looked = self.looked.notified();
                    self.look.notify_one();
                    let _ = timeout(LOOK_TIMEOUT, looked).await;
                    sleep(ELSEWHERE_PAUSE).await;
                }
                answer => return answer.map_err(StoreError::from),
            }
        }
    }

    /// Reads the map, connects to new masters, and closes connections to former ones.
    async fn look(&self) -> bool {
        let known: Vec<(Server, Arc<Node>)> =
            self.nodes.lock().iter().map(|(server, node)| (server.clone(), node.clone())).collect();
        for (server, node) in known {
            let asking = node.ask("CLUSTER", vec!["SLOTS".into()]);
            let Ok(Ok(answer)) = timeout(LOOK_TIMEOUT, asking).await else { continue };
            let Some(map) = read_map(answer, &server) else { continue };
            for (_, _, master) in &map {
                self.start(master);
            }
            let is_master = |server: &Server| map.iter().any(|(_, _, master)| master == server);
            let mut gone = Vec::new();
            self.nodes.lock().retain(|server, node| {
                let stays = is_master(server);
                if !stays {
                    gone.push(node.clone());
                }
                stays
            });
            *self.map.lock() = Arc::new(map);
            for node in gone {
                tokio::spawn(async move { node.close().await });
            }
            return true;
        }
        // No known server answers: start again from the URL.
        self.seeds.iter().for_each(|seed| drop(self.start(seed)));
        false
    }

    /// Waits until every server was reached and checked.
    pub(crate) async fn judged(&self) -> Result<(), StoreError> {
        while self.is_cluster() && self.map.lock().is_empty() {
            self.look.notify_one();
            sleep(ELSEWHERE_PAUSE).await;
        }
        for (node, _) in self.all() {
            node.guard.settled().await?;
        }
        Ok(())
    }

    /// The same, and its layout is known.
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        self.judged().await?;
        while let Err(StoreError::Away(_)) = self.open_gate() {
            sleep(ELSEWHERE_PAUSE).await;
        }
        self.open_gate()
    }

    /// Whether there is a single server that is not part of a Cluster; false until known.
    pub(crate) fn stands_alone(&self) -> bool {
        let is_alone = |node: &Arc<Node>| node.guard.stands_alone();
        !self.is_cluster() && self.nodes.lock().values().all(is_alone)
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        let nodes: Vec<_> = self.nodes.lock().drain().map(|(_, node)| node).collect();
        join_all(nodes.iter().map(|node| node.close())).await;
    }
}

/// Keeps the map in step with the Cluster until the store is gone.
async fn follow(servers: std::sync::Weak<Servers>) {
    loop {
        let Some(servers) = servers.upgrade() else { return };
        let found = servers.look().await;
        servers.looked.notify_waiters();
        let pause = if found { CHECK_INTERVAL } else { ELSEWHERE_PAUSE };
        let _ = timeout(pause, servers.look.notified()).await;
    }
}

/// The answer to `CLUSTER SLOTS`: for each range its first and last slot, and its servers, the
/// master first.
fn read_map(answer: Value, asked: &Server) -> Option<Vec<Part>> {
    let part = |part: Value| {
        let mut part = part.into_array().into_iter();
        let (first, last) = (part.next()?.as_u64()?, part.next()?.as_u64()?);
        let mut master = part.next()?.into_array().into_iter();
        let host = master.next()?.into_string().filter(|host| !host.is_empty());
        let host = host.unwrap_or_else(|| asked.host.to_string());
        let port = u16::try_from(master.next()?.as_u64()?).ok()?;
        let mut server = Server::new(host, port);
        server.tls_server_name.clone_from(&asked.tls_server_name);
        Some((u16::try_from(first).ok()?, u16::try_from(last).ok()?, server))
    };
    let map: Option<Vec<Part>> = answer.into_array().into_iter().map(part).collect();
    map.filter(|map| !map.is_empty())
}
