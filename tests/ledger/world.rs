//! The processes of a fault, and the stored counts in the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::book::{COUNTERS, Held, NAMESPACE, ONCE, Stored, key};
use crate::client::Front;
use crate::common::redis::Redis;
use crate::common::{Seen, client, command, has_namespaces, request, send, wait_until};
use crate::disk::Disk;
use crate::random::Random;
use crate::system::System;
use crate::wire::Wire;

pub const TOKEN: &str = "an-instance-token-of-a-test";

/// The processes that run when a fault begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// One seen on a file.
    File,
    /// The same, with a clock and a disk that the test controls.
    System,
    /// The same on a small disk.
    Disk,
    /// One seen on a Redis that syncs every write.
    Redis,
    /// The same, with a clock that the test sets.
    RedisClock,
    /// The same, with the Redis on a small disk.
    RedisDisk,
    /// The same, with a connection between them that the test can cut.
    Wire,
    /// The same over TLS.
    Tls,
    /// Three seens on one Redis, the first over a wire.
    Three,
    /// One seen, which asks a Sentinel for the master; the master has a replica.
    Sentinel,
    /// One seen on a Cluster of three masters.
    Cluster,
    /// The same, where the counters' master has a replica.
    ClusterReplica,
}

impl Setting {
    pub fn store(self) -> &'static str {
        match self {
            Self::File | Self::System | Self::Disk => "file",
            Self::Redis | Self::RedisClock | Self::RedisDisk | Self::Wire => "Redis",
            Self::Tls => "Redis, TLS",
            Self::Three => "Redis, three seens",
            Self::Sentinel => "Redis, Sentinel",
            Self::Cluster | Self::ClusterReplica => "Redis, Cluster",
        }
    }

    /// Whether this system can run it: disks need namespaces, and `LD_PRELOAD` needs Linux.
    pub fn can_be(self) -> bool {
        match self {
            Self::Disk | Self::RedisDisk => has_namespaces(),
            Self::System | Self::RedisClock => cfg!(target_os = "linux"),
            _ => true,
        }
    }
}

/// The processes of one fault.
pub struct World {
    pub front: Front,
    pub random: Random,
    pub seens: Vec<Seen>,
    /// The store of each seen.
    stores: Vec<String>,
    threads: usize,
    pub redis: Option<Redis>,
    /// A Cluster's masters.
    pub nodes: Vec<Redis>,
    /// A replica, and other servers that must live as long.
    pub others: Vec<Redis>,
    pub wire: Option<Wire>,
    pub disk: Option<Disk>,
    pub system: Option<System>,
    /// The imported totals, beside the hits.
    pub imported: BTreeMap<String, i64>,
    roots: Option<PathBuf>,
    _folder: tempfile::TempDir,
}

impl World {
    pub fn start(setting: Setting, seed: u64, threads: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut world = Self {
            front: Front::default(),
            random: Random::new(seed),
            seens: Vec::new(),
            stores: Vec::new(),
            threads,
            redis: None,
            nodes: Vec::new(),
            others: Vec::new(),
            wire: None,
            disk: None,
            system: None,
            imported: BTreeMap::new(),
            roots: None,
            _folder: folder,
        };
        world.lay(setting);
        for one in 0..world.stores.len() {
            let seen = world.seen(one);
            world.seens.push(seen);
        }
        let bearer = format!("Bearer {TOKEN}");
        let create = world.seens[0].url(&format!("/create/{ONCE}?dedupe=9h"));
        wait_until("a counter is created", || {
            let headers = [("authorization", &*bearer)];
            request("POST", &create, &headers).status < 300
        });
        world.open();
        world
    }

    /// Starts the servers of this setting.
    fn lay(&mut self, setting: Setting) {
        let file_in = |folder: &Path| folder.join("seen.redb").display().to_string();
        if matches!(setting, Setting::System | Setting::RedisClock) {
            self.system = Some(System::new());
        }
        let store = match setting {
            Setting::File | Setting::System => file_in(self._folder.path()),
            Setting::Disk => file_in(self.disk.insert(Disk::mount()).folder()),
            Setting::Redis | Setting::RedisClock => self.redis.insert(Redis::durable()).url(),
            Setting::RedisDisk => {
                let folder = self.disk.insert(Disk::mount()).folder().display().to_string();
                let durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
                let there = [&durable[..], &["--dir", &folder]].concat();
                self.redis.insert(Redis::start(&there)).url()
            }
            Setting::Wire => self.lay_wire(),
            Setting::Tls => self.lay_tls(),
            Setting::Three => {
                let first = self.lay_wire();
                let other = self.redis().url();
                self.stores = vec![first, other.clone()];
                other
            }
            Setting::Sentinel => self.lay_sentinel(),
            Setting::Cluster | Setting::ClusterReplica => {
                self.nodes = Redis::start_cluster_of(3);
                if setting == Setting::ClusterReplica {
                    let slot = self.nodes[0].ask(&["cluster", "keyslot", &hot_key()]);
                    let of = slot.parse::<usize>().expect("a slot") / (16384 / 3 + 1);
                    let replica = Redis::start_cluster_replica(&self.nodes[of], &self.nodes);
                    self.others.push(replica);
                }
                let nodes: Vec<String> =
                    self.nodes.iter().map(|node| format!("node=127.0.0.1:{}", node.port)).collect();
                format!("{}?{}", self.nodes[0].cluster_url(), nodes[1..].join("&"))
            }
        };
        self.stores.push(store);
    }

    fn lay_wire(&mut self) -> String {
        let redis = self.redis.insert(Redis::durable());
        let wire = self.wire.insert(Wire::to(([127, 0, 0, 1], redis.port).into()));
        format!("redis://{}", wire.address)
    }

    fn lay_tls(&mut self) -> String {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_string()]);
        let signed = signed.expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let roots = self._folder.path().join("roots.pem");
        let files = [
            (folder.path().join("server.pem"), signed.cert.pem()),
            (folder.path().join("server.key"), signed.signing_key.serialize_pem()),
            (roots.clone(), signed.cert.pem()),
        ];
        for (file, text) in files {
            std::fs::write(file, text).expect("a file");
        }
        self.roots = Some(roots);
        let redis = self.redis.insert(Redis::start_tls(folder));
        let wire = self.wire.insert(Wire::to(([127, 0, 0, 1], redis.port).into()));
        format!("rediss://localhost:{}", wire.address.port())
    }

    fn lay_sentinel(&mut self) -> String {
        let master = self.redis.insert(Redis::durable());
        let port = master.port.to_string();
        let follow = ["--replicaof", "127.0.0.1", &port];
        let durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
        let replica = Redis::start(&[&follow[..], &durable].concat());
        let sentinel = Redis::start_sentinel(master);
        wait_until("the replica follows", || {
            replica.ask(&["info", "replication"]).contains("master_link_status:up")
        });
        wait_until("Sentinel knows the replica", || {
            sentinel.ask(&["sentinel", "replicas", "main"]).contains(&replica.port.to_string())
        });
        let port = sentinel.port;
        self.others.extend([replica, sentinel]);
        format!("redis-sentinel://127.0.0.1:{port}?sentinelServiceName=main")
    }

    /// The command that starts one of its seens.
    pub fn command(&self, one: usize) -> Command {
        let threads = self.threads.to_string();
        let store = ["serve", "--store", &self.stores[one], "--threads", &threads];
        let mut command = command(&[&store[..], &["--deadline", "2s", "--token", TOKEN]].concat());
        if let Some(system) = &self.system {
            system.rule(&mut command);
        }
        if let Some(roots) = &self.roots {
            command.env("SSL_CERT_FILE", roots);
        }
        command
    }

    pub fn seen(&self, one: usize) -> Seen {
        Seen::spawn(self.command(one))
    }

    /// Tells the clients seen's addresses.
    pub fn open(&self) {
        self.front.set(self.seens.iter().map(|seen| seen.address).collect());
    }

    /// The store's file.
    pub fn file(&self) -> PathBuf {
        PathBuf::from(&self.stores[0])
    }

    pub fn redis(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("this setting has a Redis")
    }

    pub fn wire(&self) -> &Wire {
        self.wire.as_ref().expect("this setting has a wire")
    }

    pub fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("this setting has a disk")
    }

    pub fn system(&self) -> &System {
        self.system.as_ref().expect("this setting has a system")
    }

    pub fn ask(&mut self, command: &[&str]) {
        self.redis().ask(command);
    }

    /// The index of the Cluster's master that holds the counters.
    pub fn owner(&self) -> usize {
        let holds = |node: &Redis| node.ask(&["exists", &hot_key()]) == "1";
        self.nodes.iter().position(holds).expect("somebody has it")
    }

    /// Waits a random time, so that a fault meets writes in every state.
    pub fn some_time(&mut self) {
        thread::sleep(Duration::from_millis(20 + self.random.below(200) as u64));
    }

    /// The stored counts, once no late write can change them.
    pub fn held(&self) -> Held {
        let mut last = None;
        wait_until("the store is at rest", || {
            let now = self.look();
            let rests = now.is_some() && now == last;
            last = now;
            if !rests {
                thread::sleep(Duration::from_millis(300));
            }
            rests
        });
        last.expect("it is at rest")
    }

    fn look(&self) -> Option<Held> {
        let client = client();
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("authorization", &*bearer)];
        let get = |path: &str| send(&client, "GET", &self.seens[0].url(path), &headers).ok();
        let ready = get("/readyz")?.status == 200;
        let export = get("/export").filter(|export| ready && export.status == 200)?;
        let exported: BTreeMap<String, i64> = export
            .body
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"))
            .filter(|line| line["kind"] == "counter")
            .map(|line| {
                let part = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                let name = format!("{}/{}", part("namespace"), part("key"));
                (name, line["total"].as_i64().unwrap_or_default())
            })
            .collect();
        let keys: Vec<String> = (0..COUNTERS).map(key).collect();
        let totals = get(&format!("/get/{NAMESPACE}/{}", keys.join(",")))?.json();
        let stored = |name: &str, total: i64| {
            let history = get(&format!("/get/{name}/history?step=day"))?;
            let days = match history.json()["points"].as_array() {
                Some(points) => points.iter().filter_map(|point| point["hits"].as_i64()).sum(),
                None => 0,
            };
            Some(Stored { total, days, exported: exported.get(name).copied().unwrap_or_default() })
        };
        let counters = keys.iter().map(|key| {
            // A counter without hits does not exist yet.
            let total = totals["values"][key].as_i64().unwrap_or_default();
            stored(&format!("{NAMESPACE}/{key}"), total)
        });
        let counters = counters.collect::<Option<_>>()?;
        let once = stored(ONCE, get(&format!("/get/{ONCE}"))?.value().unwrap_or_default())?;
        let left_out = self.imported.iter().filter_map(|(name, total)| {
            let found = exported.get(name);
            (found != Some(total)).then(|| format!("{name} was {total}, and {found:?} is exported"))
        });
        Some(Held { counters, once, wrong: left_out.collect() })
    }

    /// Sends an id once more; returns its number.
    pub fn repeat(&self, counter: usize, id: &str) -> Option<i64> {
        let url = self.seens[0].url(&format!("/hit/{NAMESPACE}/{}", key(counter)));
        request("GET", &url, &[("idempotency-key", id)]).value()
    }
}

/// Redis' key of the hot counter.
pub fn hot_key() -> String {
    format!("seen:{{{NAMESPACE}}}:counter:{}", key(0))
}
