//! Commits the faults of processes and of Redis; cluster.rs has those of a Cluster, file.rs those
//! of the file.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Load;
use crate::common::redis::free_port;
use crate::common::{client, command, send};
use crate::system::Order;
use crate::world::{TOKEN, World};

/// How many counters an import has; counter `n` has the total `n + 1`.
const IMPORTED: usize = 3000;

/// How many counters a large import has.
const MANY: usize = 100_000;

/// Lets everything that was sent under one clock finish before the next.
const SETTLES: Duration = Duration::from_millis(200);

impl World {
    pub fn kill_seen(&mut self, one: usize) -> Instant {
        self.seens[one].kill();
        self.start_again(one)
    }

    pub fn stop_seen(&mut self, one: usize) -> Instant {
        assert!(self.seens[one].stop().success());
        self.start_again(one)
    }

    pub fn start_again(&mut self, one: usize) -> Instant {
        let mended = Instant::now();
        self.seens[one] = self.seen(one);
        self.open();
        mended
    }

    pub fn hang_seen(&mut self, time: Duration) -> Instant {
        self.seens[0].signal("STOP");
        thread::sleep(time);
        let mended = Instant::now();
        self.seens[0].signal("CONT");
        mended
    }

    pub fn hang_redis(&mut self, time: Duration) -> Instant {
        self.redis().signal("STOP");
        thread::sleep(time);
        let mended = Instant::now();
        self.redis().signal("CONT");
        mended
    }

    pub fn redis_away(&mut self, time: Duration) -> Instant {
        self.redis().kill();
        thread::sleep(time);
        let mended = Instant::now();
        self.redis().again();
        mended
    }

    pub fn redis_without_its_files(&mut self) -> Instant {
        self.redis().kill();
        let folder = self.redis().folder().join("appendonlydir");
        std::fs::remove_dir_all(folder).expect("the append-only files are there");
        let mended = Instant::now();
        self.redis().again();
        mended
    }

    pub fn redis_as_a_replica(&mut self, load: &Load) -> Instant {
        let nobody = free_port().to_string();
        self.ask(&["replicaof", "127.0.0.1", &nobody]);
        load.wait_for_refusals(1);
        let mended = Instant::now();
        self.ask(&["replicaof", "no", "one"]);
        mended
    }

    /// A snapshot fails if a folder has its file's name.
    pub fn redis_cannot_save(&mut self, load: &Load) -> Instant {
        let in_the_way = self.redis().folder().join("dump.rdb");
        std::fs::create_dir(&in_the_way).expect("a folder");
        self.ask(&["config", "set", "save", "1 1"]);
        load.wait_for_refusals(3);
        let mended = Instant::now();
        std::fs::remove_dir(in_the_way).expect("the folder is empty");
        self.ask(&["config", "set", "save", ""]);
        mended
    }

    /// Sets a value of Redis until hits are refused, and resets it.
    pub fn configure(&mut self, load: &Load, name: &str, wrong: &str, right: &str) -> Instant {
        self.ask(&["config", "set", name, wrong]);
        load.wait_for_refusals(2);
        let mended = Instant::now();
        self.ask(&["config", "set", name, right]);
        mended
    }

    pub fn hold(&mut self, requests: bool, answers: bool, time: Duration) -> Instant {
        self.wire().hold(requests, answers);
        thread::sleep(time);
        let mended = Instant::now();
        self.wire().hold(false, false);
        mended
    }

    pub fn delay(&mut self, least: Duration, most: Duration, time: Duration) -> Instant {
        self.wire().delay(least, most);
        thread::sleep(time);
        let mended = Instant::now();
        self.wire().delay(Duration::ZERO, Duration::ZERO);
        mended
    }

    pub fn throttle(&mut self, rate: u64, time: Duration) -> Instant {
        self.wire().throttle(rate);
        thread::sleep(time);
        let mended = Instant::now();
        self.wire().throttle(0);
        mended
    }

    /// Repeats a fault, with hits in between.
    pub fn ten_times(&mut self, load: &Load, act: impl Fn(&mut Self)) -> Instant {
        let mut mended = Instant::now();
        for _ in 0..10 {
            load.wait_for_answers(2);
            mended = Instant::now();
            act(self);
        }
        mended
    }

    pub fn order(&self, order: Order, number: i64) {
        self.system().order(order, number);
    }

    pub fn mend(&self, order: Order) -> Instant {
        self.order(order, 0);
        Instant::now()
    }

    /// Sets the clock, lets hits come, and corrects it again.
    pub fn set_clock(&mut self, load: &Load, seconds: i64) -> Instant {
        // On another day a visitor counts again.
        self.front.let_visitors_come(false);
        thread::sleep(SETTLES);
        self.order(Order::Clock, seconds);
        load.wait_for_answers(50);
        let mended = self.mend(Order::Clock);
        self.front.let_visitors_come(true);
        // seen remembers an id for an hour of its clock, so wait for hits under the correct one.
        load.wait_for_answers(50);
        mended
    }

    pub fn pass_midnight(&mut self, load: &Load) -> Instant {
        self.front.let_visitors_come(false);
        thread::sleep(SETTLES);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let today = now.expect("it is later").as_secs() % 86_400;
        self.order(Order::Clock, 86_400 - today as i64 - 1);
        thread::sleep(Duration::from_millis(1200));
        load.wait_for_answers(20);
        Instant::now()
    }

    /// Both ends of an import die in the middle; repeating it imports everything.
    pub fn kill_during_import(&mut self, load: &Load) -> Instant {
        let mut first = self.import("import", IMPORTED);
        let time = 5 + self.random.below(60) as u64;
        thread::sleep(Duration::from_millis(time));
        self.seens[0].kill();
        let mended = self.start_again(0);
        let _ = first.kill();
        first.wait().expect("it ends");
        load.wait_for_answers(2);
        // On a busy machine a batch may be late; a repetition skips the counters that exist.
        let import = || self.import("import", IMPORTED).wait().expect("it ends").success();
        assert!((0..3).any(|_| import()), "the import, repeated three times");
        self.imported = (0..IMPORTED).map(|n| (format!("import/k{n}"), n as i64 + 1)).collect();
        mended
    }

    fn import(&self, namespace: &str, counters: usize) -> Child {
        let url = self.seens[0].url("");
        let mut child = command(&["import", "--format", "csv", "--url", &url])
            .env("SEEN_TOKEN", TOKEN)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("seen starts");
        let line = |n: usize| format!("{namespace},k{n},{}\n", n + 1);
        let lines: String = (0..counters).map(line).collect();
        let mut input = child.stdin.take().expect("it is piped");
        // An import stops reading when its seen is killed.
        thread::spawn(move || input.write_all(lines.as_bytes()));
        child
    }

    /// Imports, exports and deletes a large namespace.
    pub fn many_counters(&mut self, load: &Load) -> Instant {
        let import = || self.import("many", MANY).wait().expect("it ends").success();
        // Under load a batch may be late; the next import skips its counters.
        assert!((0..10).any(|_| import()), "a large import, repeated ten times");
        let exported = || {
            let output = command(&["export", "--url", &self.seens[0].url("")])
                .env("SEEN_TOKEN", TOKEN)
                .output()
                .expect("seen starts");
            let text = String::from_utf8(output.stdout).expect("an export is text");
            text.lines().filter(|line| line.contains(r#""namespace":"many""#)).count()
        };
        // The counters, and perhaps a line for the namespace itself.
        assert!((MANY..=MANY + 1).contains(&exported()), "the export of a large namespace");
        let (url, bearer) = (self.seens[0].url("/namespaces/many"), format!("Bearer {TOKEN}"));
        // A deletion is many small writes, between which hits go on. A request that gets no
        // answer in time has deleted a part.
        let deleted = (0..60).any(|_| {
            let headers = [("authorization", &*bearer)];
            let answer = send(&client(), "DELETE", &url, &headers);
            answer.is_ok_and(|answer| matches!(answer.status, 200..300 | 404))
        });
        assert!(deleted, "a large namespace, deleted in sixty requests");
        let mended = Instant::now();
        load.wait_for_answers(5);
        assert_eq!(exported(), 0, "what is left of a large namespace");
        mended
    }
}
