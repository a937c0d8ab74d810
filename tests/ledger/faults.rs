//! The faults, each done to real processes under load.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{COUNTERS, Front, Load, NAMESPACE, Stored, key};
use crate::common::redis::{Redis, free_port};
use crate::common::{Seen, client, command, request, send, wait_until};
use crate::random::Random;
use crate::wire::Wire;

const TOKEN: &str = "an-instance-token-of-a-test";

/// seen's default, which the table's waits are to be read with.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// The counters of an import; counter `n` has the total `n + 1`.
const IMPORTED: usize = 3000;

/// What stands when a fault begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// One seen on a file.
    File,
    /// One seen on a Redis that syncs every write.
    Redis,
    /// The same, with a wire between them that can be cut.
    Wire,
    /// Three of them on one Redis.
    Three,
    /// One seen, which asks a Sentinel for the master; that has a replica.
    Sentinel,
}

impl Setting {
    pub fn store(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Redis | Self::Wire => "Redis",
            Self::Three => "Redis, three seens",
            Self::Sentinel => "Redis, Sentinel",
        }
    }
}

/// What the documents promise of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// What was answered is stored, and the rest at most once.
    Kept,
    /// The same, and a hit without an answer is not stored.
    Exact,
    /// The store itself is gone: counters begin again.
    Lost,
}

pub struct Fault {
    pub name: &'static str,
    pub setting: Setting,
    pub promise: Promise,
    /// Does it and mends it; when it was mended.
    act: fn(&mut World, &Load) -> Instant,
}

impl Fault {
    pub fn act(&self, world: &mut World, load: &Load) -> Instant {
        (self.act)(world, load)
    }
}

const fn fault(
    name: &'static str,
    setting: Setting,
    act: fn(&mut World, &Load) -> Instant,
) -> Fault {
    Fault { name, setting, promise: Promise::Kept, act }
}

const fn promised(promise: Promise, fault: Fault) -> Fault {
    Fault { promise, ..fault }
}

/// All of them, the processes' own first and the wire's last.
pub const FAULTS: &[Fault] = &[
    fault("seen killed and started again", Setting::File, |world, _| world.kill_seen(0)),
    fault("seen killed and started again", Setting::Redis, |world, _| world.kill_seen(0)),
    promised(
        Promise::Exact,
        fault("seen stopped (SIGTERM) and started again", Setting::File, |world, _| {
            world.stop_seen(0)
        }),
    ),
    promised(
        Promise::Exact,
        fault("seen stopped (SIGTERM) and started again", Setting::Redis, |world, _| {
            world.stop_seen(0)
        }),
    ),
    fault("seen hangs for 1 s", Setting::File, |world, _| world.hang_seen()),
    fault("seen killed during an import, which is repeated", Setting::File, |world, load| {
        world.kill_during_import(load)
    }),
    fault("seen killed during an import, which is repeated", Setting::Redis, |world, load| {
        world.kill_during_import(load)
    }),
    fault("one of three seens killed and started again", Setting::Three, |world, _| {
        let one = world.random.below(3);
        world.kill_seen(one)
    }),
    fault("the master killed, its replica promoted", Setting::Sentinel, |world, _| {
        let mended = Instant::now();
        world.redis().kill();
        mended
    }),
    fault("Redis killed and started again", Setting::Redis, |world, _| {
        world.redis().kill();
        let mended = Instant::now();
        world.redis().again();
        mended
    }),
    fault("Redis killed, away longer than the deadline", Setting::Redis, |world, _| {
        world.redis().kill();
        thread::sleep(DEADLINE + Duration::from_millis(500));
        let mended = Instant::now();
        world.redis().again();
        mended
    }),
    fault("Redis stopped (SIGTERM) and started again", Setting::Redis, |world, _| {
        world.redis().signal("TERM");
        let mended = Instant::now();
        world.redis().kill();
        world.redis().again();
        mended
    }),
    fault("Redis hangs for 1 s", Setting::Redis, |world, _| {
        world.hang_redis(Duration::from_secs(1))
    }),
    fault("Redis hangs for 4 s, twice the deadline", Setting::Redis, |world, _| {
        world.hang_redis(DEADLINE * 2)
    }),
    fault("Redis takes no writes for 1 s (CLIENT PAUSE)", Setting::Redis, |world, _| {
        world.ask(&["client", "pause", "1000", "write"]);
        let mended = Instant::now() + Duration::from_secs(1);
        thread::sleep(Duration::from_secs(1));
        mended
    }),
    fault("Redis becomes a replica, and a master again", Setting::Redis, |world, load| {
        let nobody = free_port().to_string();
        world.ask(&["replicaof", "127.0.0.1", &nobody]);
        load.wait_for_refusals(1);
        let mended = Instant::now();
        world.ask(&["replicaof", "no", "one"]);
        mended
    }),
    fault("Redis out of memory (maxmemory 1)", Setting::Redis, |world, load| {
        world.ask(&["config", "set", "maxmemory", "1"]);
        load.wait_for_refusals(3);
        let mended = Instant::now();
        world.ask(&["config", "set", "maxmemory", "0"]);
        mended
    }),
    fault("Redis may evict (maxmemory-policy), put right", Setting::Redis, |world, load| {
        world.ask(&["config", "set", "maxmemory-policy", "allkeys-lru"]);
        load.wait_for_refusals(1);
        let mended = Instant::now();
        world.ask(&["config", "set", "maxmemory-policy", "noeviction"]);
        mended
    }),
    fault("SCRIPT FLUSH, ten times", Setting::Redis, |world, load| {
        world.ten_times(load, |world| world.ask(&["script", "flush"]))
    }),
    fault("every client disconnected (CLIENT KILL), ten times", Setting::Redis, |world, load| {
        world.ten_times(load, |world| {
            world.ask(&["client", "kill", "type", "normal"]);
            world.ask(&["client", "kill", "type", "pubsub"]);
        })
    }),
    fault("Redis rewrites its file (BGREWRITEAOF), ten times", Setting::Redis, |world, load| {
        world.ten_times(load, |world| world.ask(&["bgrewriteaof"]))
    }),
    fault("the wire cut before a write, ten times", Setting::Wire, |world, load| {
        world.ten_times(load, |world| world.wire().cut_before_the_write())
    }),
    fault("the wire cut after a write, ten times", Setting::Wire, |world, load| {
        world.ten_times(load, |world| world.wire().cut_after_the_write())
    }),
    fault("every connection reset, ten times", Setting::Wire, |world, load| {
        world.ten_times(load, |world| world.wire().reset())
    }),
    fault("the wire black-holed for 3 s", Setting::Wire, |world, _| {
        world.hold(true, true, Duration::from_secs(3))
    }),
    fault("the wire cut one way for 3 s: no answers", Setting::Wire, |world, _| {
        world.hold(false, true, Duration::from_secs(3))
    }),
    fault("the wire held for 2 s, the deadline itself", Setting::Wire, |world, _| {
        world.hold(true, false, DEADLINE)
    }),
    promised(
        Promise::Lost,
        fault("Redis emptied (FLUSHALL)", Setting::Redis, |world, _| {
            let mended = Instant::now();
            world.ask(&["flushall"]);
            mended
        }),
    ),
];

/// One fault's processes.
pub struct World {
    pub front: Front,
    pub random: Random,
    seens: Vec<Seen>,
    store: String,
    threads: String,
    redis: Option<Redis>,
    wire: Option<Wire>,
    /// What was imported beside the hits.
    imported: BTreeMap<String, i64>,
    /// What must only live as long.
    _replica_and_sentinel: Option<(Redis, Redis)>,
    _folder: Option<tempfile::TempDir>,
}

impl World {
    pub fn start(setting: Setting, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut world = Self {
            front: Front::default(),
            threads: (1 + random.below(2)).to_string(),
            random,
            seens: Vec::new(),
            store: String::new(),
            redis: (setting != Setting::File).then(Redis::durable),
            wire: None,
            imported: BTreeMap::new(),
            _replica_and_sentinel: None,
            _folder: None,
        };
        match setting {
            Setting::File => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                world.store = folder.path().join("seen.redb").display().to_string();
                world._folder = Some(folder);
            }
            Setting::Redis | Setting::Three => world.store = world.redis().url(),
            Setting::Wire => {
                let wire = Wire::to(([127, 0, 0, 1], world.redis().port).into());
                world.store = format!("redis://{}", wire.address);
                world.wire = Some(wire);
            }
            Setting::Sentinel => world.start_sentinel(),
        }
        let seens = if setting == Setting::Three { 3 } else { 1 };
        for _ in 0..seens {
            let seen = world.seen();
            world.seens.push(seen);
        }
        world.open();
        world
    }

    fn start_sentinel(&mut self) {
        let port = self.redis().port.to_string();
        let follow = ["--replicaof", "127.0.0.1", &port];
        let durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
        let replica = Redis::start(&[&follow[..], &durable].concat());
        let sentinel = Redis::start_sentinel(self.redis());
        wait_until("the replica follows", || {
            replica.ask(&["info", "replication"]).contains("master_link_status:up")
        });
        wait_until("Sentinel knows the replica", || {
            sentinel.ask(&["sentinel", "replicas", "main"]).contains(&replica.port.to_string())
        });
        let port = sentinel.port;
        self.store = format!("redis-sentinel://127.0.0.1:{port}?sentinelServiceName=main");
        self._replica_and_sentinel = Some((replica, sentinel));
    }

    fn seen(&self) -> Seen {
        let store = ["--store", &self.store, "--threads", &self.threads];
        Seen::start(&[&store[..], &["--deadline", "2s", "--token", TOKEN]].concat())
    }

    /// Tells the clients where to go.
    fn open(&self) {
        self.front.set(self.seens.iter().map(|seen| seen.address).collect());
    }

    fn redis(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("this setting has a Redis")
    }

    fn wire(&self) -> &Wire {
        self.wire.as_ref().expect("this setting has a wire")
    }

    fn ask(&mut self, command: &[&str]) {
        self.redis().ask(command);
    }

    /// So that a fault meets writes in every state.
    pub fn some_time(&mut self) {
        thread::sleep(Duration::from_millis(20 + self.random.below(200) as u64));
    }

    fn kill_seen(&mut self, one: usize) -> Instant {
        self.seens[one].kill();
        self.start_again(one)
    }

    fn stop_seen(&mut self, one: usize) -> Instant {
        assert!(self.seens[one].stop().success());
        self.start_again(one)
    }

    fn start_again(&mut self, one: usize) -> Instant {
        let mended = Instant::now();
        self.seens[one] = self.seen();
        self.open();
        mended
    }

    fn hang_seen(&mut self) -> Instant {
        self.seens[0].signal("STOP");
        thread::sleep(Duration::from_secs(1));
        let mended = Instant::now();
        self.seens[0].signal("CONT");
        mended
    }

    fn hang_redis(&mut self, time: Duration) -> Instant {
        self.redis().signal("STOP");
        thread::sleep(time);
        let mended = Instant::now();
        self.redis().signal("CONT");
        mended
    }

    fn hold(&mut self, requests: bool, answers: bool, time: Duration) -> Instant {
        self.wire().hold(requests, answers);
        thread::sleep(time);
        let mended = Instant::now();
        self.wire().hold(false, false);
        mended
    }

    /// The same again and again, with hits between.
    fn ten_times(&mut self, load: &Load, act: impl Fn(&mut Self)) -> Instant {
        let mut mended = Instant::now();
        for _ in 0..10 {
            load.wait_for_answers(2);
            mended = Instant::now();
            act(self);
        }
        mended
    }

    /// Both ends of an import go away in its midst; whoever repeats it has all of it.
    fn kill_during_import(&mut self, load: &Load) -> Instant {
        let mut first = self.import();
        let time = 5 + self.random.below(60) as u64;
        thread::sleep(Duration::from_millis(time));
        self.seens[0].kill();
        let mended = self.start_again(0);
        let _ = first.kill();
        first.wait().expect("it ends");
        load.wait_for_answers(2);
        // On a machine that is busy a batch may be late; what is in is not added again.
        let is_in = (0..3).any(|_| self.import().wait().expect("it ends").success());
        assert!(is_in, "the import, repeated three times");
        self.imported = (0..IMPORTED).map(|n| (format!("import/k{n}"), n as i64 + 1)).collect();
        mended
    }

    fn import(&self) -> Child {
        let url = self.seens[0].url("");
        let mut child = command(&["import", "--format", "csv", "--url", &url])
            .env("SEEN_TOKEN", TOKEN)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("seen starts");
        let lines: String = (0..IMPORTED).map(|n| format!("import,k{n},{}\n", n + 1)).collect();
        let mut input = child.stdin.take().expect("it is piped");
        // An import whose seen is killed does not read on.
        thread::spawn(move || input.write_all(lines.as_bytes()));
        child
    }

    /// What is stored of each counter, once a late write changes nothing any more, and sentences
    /// on what an import has left out.
    pub fn stored(&self) -> (Vec<Stored>, Vec<String>) {
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

    fn look(&self) -> Option<(Vec<Stored>, Vec<String>)> {
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
        let stored = keys.iter().map(|key| {
            // A counter that nobody has hit yet has no number.
            let total = totals["values"][key].as_i64().unwrap_or_default();
            let history = get(&format!("/get/{NAMESPACE}/{key}/history?step=day"))?;
            let days = match history.json()["points"].as_array() {
                Some(points) => points.iter().filter_map(|point| point["hits"].as_i64()).sum(),
                None => 0,
            };
            let exported = exported.get(&format!("{NAMESPACE}/{key}"));
            Some(Stored { total, days, exported: exported.copied().unwrap_or_default() })
        });
        let stored = stored.collect::<Option<_>>()?;
        let imported = self.imported.iter().filter_map(|(name, total)| {
            let found = exported.get(name);
            (found != Some(total)).then(|| format!("{name} was {total}, and {found:?} is exported"))
        });
        Some((stored, imported.collect()))
    }

    /// Sends an id once more; the number that comes back.
    pub fn repeat(&self, counter: usize, id: &str) -> Option<i64> {
        let url = self.seens[0].url(&format!("/hit/{NAMESPACE}/{}", key(counter)));
        request("GET", &url, &[("idempotency-key", id)]).value()
    }
}
