//! Starts the real program and the real servers that the tests need.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod picture;
pub mod proxy;
pub mod redis;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use self::redis::Redis;

/// How long anything here may take before the test fails.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A running `seen serve`, killed when dropped.
pub struct Seen {
    child: Child,
    pub address: SocketAddr,
    /// The lines that it has logged so far.
    pub log: Arc<Mutex<Vec<String>>>,
    lines: Receiver<String>,
}

/// A seen with these arguments, isolated from the machine's settings. Its limits are off, since
/// all clients of a test share one address.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seen"));
    command.env_clear().args(arguments).stdin(Stdio::null());
    for limit in ["CLIENT", "CREATE", "ID", "VISITOR", "READ", "TOKEN", "REFUSAL"] {
        command.env(format!("SEEN_{limit}_LIMIT"), "off");
    }
    command.env("SEEN_CLIENT_CONNECTIONS", "100000");
    command
}

/// The same, started by a program that runs the command at the end of its arguments.
pub fn command_by(mut starter: Command, arguments: &[&str]) -> Command {
    let plain = command(arguments);
    starter.env_clear().env("PATH", std::env::var_os("PATH").expect("there is a PATH"));
    starter.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    starter.arg(plain.get_program()).args(plain.get_args()).stdin(Stdio::null());
    starter
}

impl Seen {
    /// Starts it on a free port and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(command(arguments))
    }

    /// The same, with the test's own command.
    pub fn spawn(command: Command) -> Self {
        Self::spawn_at(command, "127.0.0.1:0")
    }

    /// The same at the test's own address; with a Unix socket nothing uses `address`.
    pub fn spawn_at(mut command: Command, listen: &str) -> Self {
        command.args(["--listen", listen]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("seen starts");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sender, lines) = mpsc::channel();
        let kept = log.clone();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line.clone());
                let _ = sender.send(line);
            }
        });
        let mut seen = Self { child, address: ([127, 0, 0, 1], 0).into(), log, lines };
        let line = seen.wait_for_log("seen listens on ");
        let line: Value = serde_json::from_str(&line).expect("a log line is JSON");
        if let Ok(address) = line["address"].as_str().unwrap().parse() {
            seen.address = address;
        }
        seen
    }

    /// Waits for the next log line that holds `text`.
    pub fn wait_for_log(&self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => panic!("no log line with {text:?} in {:#?}", self.log.lock().unwrap()),
            }
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> Answer {
        request("GET", &self.url(path), &[])
    }

    /// The `value` in the answer to a GET.
    pub fn value(&self, path: &str) -> i64 {
        let answer = self.get(path);
        answer.value().unwrap_or_else(|| panic!("{path}: {answer:?}"))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("seen can be killed");
        self.child.wait().expect("seen ends");
    }

    /// Sends TERM and waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("seen ends")
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log.lock().unwrap();
            let last = &log[log.len().saturating_sub(20)..];
            eprintln!("the last that seen logged:\n{}", last.join("\n"));
        }
    }
}

/// Sends a signal by name.
pub fn signal(process: u32, name: &str) {
    // A shell's own: a sandbox may have no program of that name.
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {process}")).status();
    assert!(status.expect("there is a shell").success());
}

/// The number behind a name such as `VmRSS:` (in kB) or `Threads:` in Linux' status of a process.
pub fn process_status(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()).expect("it has the name");
    number.parse().expect("a number")
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The body of an answer that is not text.
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.0 == name).map(|h| h.1.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The `value` of a 200.
    pub fn value(&self) -> Option<i64> {
        (self.status == 200).then(|| self.json()["value"].as_i64()).flatten()
    }
}

/// A client that reuses connections and treats no status as an error.
pub fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .build()
        .into()
}

pub fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
    send(&client(), method, url, headers).unwrap_or_else(|e| panic!("{method} {url}: {e}"))
}

/// Sends a request without a body.
pub fn send(
    client: &ureq::Agent,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, ureq::Error> {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(client.run(request.body(()).expect("a request"))?)
}

/// Reads a response.
pub fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let bytes = response.body_mut().read_to_vec()?;
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Answer { status: response.status().as_u16(), headers, body, bytes })
}

/// Where a test's counts live. The same test runs on each store.
pub enum Place {
    File(tempfile::TempDir),
    Redis(Redis),
}

impl Place {
    pub fn file() -> Self {
        Self::File(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn redis() -> Self {
        Self::Redis(Redis::durable())
    }

    /// The value for `--store`.
    pub fn store(&self) -> String {
        match self {
            Self::File(folder) => folder.path().join("seen.redb").display().to_string(),
            Self::Redis(redis) => redis.url(),
        }
    }

    pub fn seen(&self) -> Seen {
        self.seen_with(&[])
    }

    pub fn seen_with(&self, arguments: &[&str]) -> Seen {
        Seen::start(&[&["--store", &self.store()], arguments].concat())
    }
}

/// Runs each test function, which takes a [`Place`], on every store.
#[macro_export]
macro_rules! on_every_store {
    ($($test:ident)*) => {
        mod embedded {
            $(#[test] fn $test() { super::$test($crate::common::Place::file()) })*
        }
        mod redis {
            $(#[test] fn $test() { super::$test($crate::common::Place::redis()) })*
        }
    };
}

/// Clients that hit one counter until told to stop, and the answers they got.
pub struct Load {
    stop: Arc<AtomicBool>,
    ledger: Arc<Ledger>,
    clients: Vec<thread::JoinHandle<Vec<i64>>>,
}

/// What the clients have sent and received so far.
#[derive(Default)]
pub struct Ledger {
    pub sent: AtomicU64,
    pub answered: AtomicU64,
    pub refused: AtomicU64,
    pub largest: AtomicI64,
}

impl Load {
    pub fn start(url: &str, clients: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ledger = Arc::new(Ledger::default());
        let hit = |url: String, stop: Arc<AtomicBool>, ledger: Arc<Ledger>| {
            let client = client();
            let mut numbers = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                ledger.sent.fetch_add(1, Ordering::Relaxed);
                match send(&client, "GET", &url, &[]) {
                    Ok(answer) if answer.status == 200 => {
                        let number = answer.value().expect("a 200 has a value");
                        ledger.largest.fetch_max(number, Ordering::Relaxed);
                        ledger.answered.fetch_add(1, Ordering::Relaxed);
                        numbers.push(number);
                    }
                    Ok(answer) => {
                        assert_eq!(answer.status, 503, "{answer:?}");
                        assert!(answer.header("retry-after").is_some(), "{answer:?}");
                        ledger.refused.fetch_add(1, Ordering::Relaxed);
                    }
                    // The process has ended.
                    Err(_) => break,
                }
            }
            numbers
        };
        let clients = (0..clients)
            .map(|_| {
                let (url, stop, ledger) = (url.to_owned(), stop.clone(), ledger.clone());
                thread::spawn(move || hit(url, stop, ledger))
            })
            .collect();
        Self { stop, ledger, clients }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Waits until this many more hits have got their number.
    pub fn wait_for_answers(&self, more: u64) {
        wait_until("more hits are answered", {
            let goal = self.ledger.answered.load(Ordering::Relaxed) + more;
            move || self.ledger.answered.load(Ordering::Relaxed) >= goal
        });
    }

    /// Waits until this many more hits have been refused.
    pub fn wait_for_refusals(&self, more: u64) {
        wait_until("more hits are refused", {
            let goal = self.ledger.refused.load(Ordering::Relaxed) + more;
            move || self.ledger.refused.load(Ordering::Relaxed) >= goal
        });
    }

    /// Stops the clients and returns all numbers that they got, sorted.
    pub fn finish(self) -> (Arc<Ledger>, Vec<i64>) {
        self.stop.store(true, Ordering::Relaxed);
        let numbers = self.clients.into_iter().flat_map(|c| c.join().expect("a client"));
        let mut numbers: Vec<i64> = numbers.collect();
        numbers.sort_unstable();
        (self.ledger, numbers)
    }
}

/// Whether a test can mount a disk of its own, which takes Linux' namespaces. Where they are
/// forbidden, as in Nix' sandbox, `SEEN_TEST_NAMESPACES=none` leaves such tests out.
pub fn has_namespaces() -> bool {
    let forbidden = std::env::var_os("SEEN_TEST_NAMESPACES").is_some_and(|wish| wish == "none");
    if forbidden {
        say_skipped("SEEN_TEST_NAMESPACES=none: a test with a disk of its own");
    }
    cfg!(target_os = "linux") && !forbidden
}

/// Says that a test is left out, and why.
pub fn say_skipped(why: &str) {
    // Written past the test harness, which would capture it, so that people see it.
    let line = format!("SKIPPED, because {why}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
}

/// Polls until `done`, for [`TIMEOUT`] at most.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !done() {
        assert!(started.elapsed() < TIMEOUT, "timed out before {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Fails if the sorted numbers hold one twice.
pub fn assert_none_twice(numbers: &[i64]) {
    if let Some(pair) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        panic!("{} was answered twice", pair[0]);
    }
}
