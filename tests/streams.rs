//! Live numbers: what a page receives, and what remains after it has gone.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use common::proxy::Proxy;
use common::redis::Redis;
use common::{Place, Seen, TIMEOUT, request, wait_until};
use serde_json::{Value, json};

/// A page that watches a counter, closed when dropped.
struct Watcher {
    lines: BufReader<TcpStream>,
    pub head: Vec<String>,
}

/// An event: its id and data.
type Heard = (String, Value);

impl Watcher {
    fn open(seen: &Seen, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(seen.address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: seen\r\n{headers}\r\n").unwrap();
        let mut watcher = Self { lines: BufReader::new(stream), head: Vec::new() };
        loop {
            match watcher.line() {
                Some(line) if !line.is_empty() => watcher.head.push(line),
                _ => return watcher,
            }
        }
    }

    fn status(&self) -> &str {
        self.head[0].split(' ').nth(1).unwrap()
    }

    /// The next line; `None` at the end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).expect("a line in time");
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event; `None` at the end.
    fn next(&mut self) -> Option<Heard> {
        let mut id = String::new();
        loop {
            let line = self.line()?;
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((id, serde_json::from_str(data).unwrap()));
            }
        }
    }

    /// Reads events until this data comes; returns how many.
    fn until(&mut self, data: &Value) -> usize {
        (1..).find(|_| self.next().expect("the stream goes on").1 == *data).unwrap()
    }
}

fn metric(seen: &Seen, name: &str) -> i64 {
    let metrics = seen.get("/metrics").body;
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name}: {metrics}")).parse().unwrap()
}

fn open_streams(seen: &Seen) -> i64 {
    metric(seen, "seen_streams")
}

fn a_page_hears_the_number_and_each_change(place: Place) {
    let seen = place.seen();
    assert_eq!(seen.value("/hit/site/page"), 1);
    let mut page = Watcher::open(&seen, "/stream/site/page", "");
    assert_eq!(page.status(), "200", "{:?}", page.head);
    let head = page.head.join("\n");
    assert!(head.contains("text/event-stream") && head.contains("no-store"), "{head}");
    assert_eq!(page.next(), Some(("1".into(), json!({"value": 1}))));
    assert_eq!(seen.value("/hit/site/other"), 1);
    assert_eq!(seen.value("/hit/site/page"), 2);
    assert_eq!(page.next(), Some(("2".into(), json!({"value": 2}))));
}

fn several_counters_share_a_stream(place: Place) {
    let seen = place.seen();
    assert_eq!(seen.value("/hit/site/a"), 1);
    let mut page = Watcher::open(&seen, "/stream/site/a,b", "");
    assert_eq!(page.next().unwrap().1, json!({"key": "a", "value": 1}));
    assert_eq!(page.next().unwrap().1, json!({"key": "b", "value": null}));
    assert_eq!(seen.value("/hit/site/b"), 1);
    let (id, data) = page.next().unwrap();
    assert_eq!((id.as_str(), data), ("1,1", json!({"key": "b", "value": 1})));
    drop(page);
    // It reconnects and receives only what it has missed.
    assert_eq!(seen.value("/hit/site/a"), 2);
    let mut page = Watcher::open(&seen, "/stream/site/a,b", &format!("Last-Event-ID: {id}\r\n"));
    assert_eq!(page.next().unwrap(), ("2,1".into(), json!({"key": "a", "value": 2})));
}

fn an_owners_change_is_heard_too(place: Place) {
    let seen = place.seen();
    let created = seen.get("/create/site/page?initializer=5").json();
    let bearer = format!("Bearer {}", created["admin_key"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let mut page = Watcher::open(&seen, "/stream/site/page", "");
    assert_eq!(page.next().unwrap().1, json!({"value": 5}));
    request("POST", &seen.url("/set/site/page?value=-3"), &headers);
    assert_eq!(page.next().unwrap().1, json!({"value": -3}));
    request("POST", &seen.url("/delete/site/page"), &headers);
    assert_eq!(page.next().unwrap().1, json!({"value": null}));
}

fn an_import_is_heard_too(place: Place) {
    let token = "an-instance-token-of-a-test";
    let seen = place.seen_with(&["--token", token]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    let mut page = Watcher::open(&seen, "/stream/site/page", "");
    assert_eq!(page.next().unwrap().1, json!({"value": 1}));
    let line = r#"{"kind":"counter","namespace":"site","key":"page","total":7}"#;
    let mut importer = TcpStream::connect(seen.address).unwrap();
    let head = format!("Host: seen\r\nAuthorization: Bearer {token}\r\nConnection: close");
    let length = line.len();
    write!(
        importer,
        "POST /import?on-conflict=add HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{line}"
    )
    .unwrap();
    let mut answer = String::new();
    importer.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\"added\":1"), "{answer}");
    page.lines.get_ref().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(page.next().unwrap().1, json!({"value": 8}));
}

/// A page must not get a message for each hit of a crowd.
fn a_crowd_is_told_at_most_ten_times_a_second(place: Place) {
    let seen = place.seen();
    let mut page = Watcher::open(&seen, "/stream/site/page", "");
    page.next().unwrap();
    let started = std::time::Instant::now();
    for _ in 0..300 {
        seen.get("/hit/site/page");
    }
    let events = page.until(&json!({"value": 300}));
    let most = started.elapsed().as_millis() as usize / 100 + 2;
    assert!(events <= most, "{events} events, {most} at most");
}

fn a_stop_ends_the_streams(place: Place) {
    let mut seen = place.seen();
    let mut page = Watcher::open(&seen, "/stream/site/page", "");
    page.next().unwrap();
    let started = std::time::Instant::now();
    assert!(seen.stop().success());
    assert!(started.elapsed() < Duration::from_secs(5), "it waits for no stream");
    assert_eq!(page.next(), None);
}

/// Abacus kept every client that had left (CVE-2025-27421).
fn a_reader_who_leaves_is_forgotten(place: Place) {
    let seen = place.seen();
    let pages: Vec<_> = (0..20).map(|_| Watcher::open(&seen, "/stream/site/page", "")).collect();
    assert_eq!(open_streams(&seen), 20);
    drop(pages);
    wait_until("all streams are gone", || open_streams(&seen) == 0);
}

fn one_client_and_all_clients_have_a_limit_of_streams(place: Place) {
    let seen = place.seen_with(&["--client-streams", "2"]);
    let held = [(); 2].map(|()| Watcher::open(&seen, "/stream/site/page", ""));
    let third = Watcher::open(&seen, "/stream/site/page", "");
    assert_eq!(third.status(), "429");
    assert!(third.head.iter().any(|l| l.starts_with("retry-after: ")), "{:?}", third.head);
    drop(held);
    wait_until("the streams are gone", || open_streams(&seen) == 0);
    assert_eq!(Watcher::open(&seen, "/stream/site/page", "").status(), "200");
    drop(seen);
    let seen = place.seen_with(&["--streams", "1"]);
    let _held = Watcher::open(&seen, "/stream/site/page", "");
    assert_eq!(Watcher::open(&seen, "/stream/site/page", "").status(), "503");
    assert_eq!(seen.value("/hit/site/page"), 1, "counting goes on");
}

on_every_store! {
    a_page_hears_the_number_and_each_change
    several_counters_share_a_stream
    an_owners_change_is_heard_too
    an_import_is_heard_too
    a_crowd_is_told_at_most_ten_times_a_second
    a_stop_ends_the_streams
    a_reader_who_leaves_is_forgotten
    one_client_and_all_clients_have_a_limit_of_streams
}

#[test]
fn a_page_hears_what_another_replica_counted() {
    let place = Place::redis();
    let (here, there) = (place.seen(), place.seen());
    let mut page = Watcher::open(&here, "/stream/site/page", "");
    page.next().unwrap();
    assert_eq!(there.value("/hit/site/page"), 1);
    assert_eq!(page.next().unwrap().1, json!({"value": 1}));
}

/// A stream that is open already, and hits on its counter until it shows one of them.
fn is_heard_again(page: &mut Watcher, counting: &Seen) {
    let deadline = std::time::Instant::now() + TIMEOUT;
    page.lines.get_ref().set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    while std::time::Instant::now() < deadline {
        counting.value("/hit/site/page");
        let mut line = String::new();
        if page.lines.read_line(&mut line).is_ok() && line.starts_with("data: ") {
            return;
        }
    }
    panic!("the stream is silent");
}

/// A firewall that forgets a silent connection, and a machine that loses its power, tell nobody.
#[test]
fn a_stream_goes_on_when_its_connection_to_redis_dies_without_a_word() {
    let redis = Redis::durable();
    let proxy = Proxy::to(([127, 0, 0, 1], redis.port).into());
    let here = Seen::start(&["--store", &format!("redis://{}", proxy.address)]);
    let there = Seen::start(&["--store", &redis.url()]);
    let mut page = Watcher::open(&here, "/stream/site/page", "");
    page.until(&json!({"value": null}));
    proxy.let_die();
    is_heard_again(&mut page, &there);
}

#[test]
fn a_stream_goes_on_when_redis_was_emptied() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url()]);
    let mut page = Watcher::open(&seen, "/stream/site/page", "");
    page.until(&json!({"value": null}));
    redis.ask(&["flushall"]);
    is_heard_again(&mut page, &seen);
}

/// Nobody hits the counter any more, so only another read can bring its number.
#[test]
fn a_stream_reads_again_what_it_missed_and_could_not_read() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url()]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    seen.value("/hit/site/other");
    assert_eq!(seen.value("/hit/site/other"), 2);
    let mut page = Watcher::open(&seen, "/stream/site/page", "");
    page.until(&json!({"value": 1}));
    redis.ask(&["acl", "setuser", "default", "-mget"]);
    redis.ask(&["client", "kill", "type", "pubsub"]);
    std::thread::sleep(Duration::from_millis(500));
    redis.ask(&["copy", "seen:{site}:counter:other", "seen:{site}:counter:page", "replace"]);
    redis.ask(&["acl", "setuser", "default", "+mget"]);
    // Heartbeats come every 15 seconds.
    page.lines.get_ref().set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    page.until(&json!({"value": 2}));
}

/// How many subscribers the largest crowd of these tests has.
const CROWD: usize = 10_000;

/// Opens this many streams and reads the first event of each.
fn crowd(seen: &Seen, subscribers: usize) -> Vec<TcpStream> {
    let mut open = Vec::with_capacity(subscribers);
    // As many at a time as the server's backlog surely holds.
    while open.len() < subscribers {
        let group = 100.min(subscribers - open.len());
        let streams = (0..group).map(|_| {
            let mut stream = TcpStream::connect(seen.address).unwrap();
            stream.set_read_timeout(Some(TIMEOUT)).unwrap();
            stream.write_all(b"GET /stream/site/page HTTP/1.1\r\nHost: seen\r\n\r\n").unwrap();
            stream
        });
        let mut streams: Vec<_> = streams.collect();
        for stream in &mut streams {
            read_until(stream, "data: {");
        }
        open.append(&mut streams);
    }
    open
}

/// Reads up to this text.
fn read_until(stream: &mut TcpStream, text: &str) {
    let (mut heard, mut buffer) = (String::new(), [0; 1024]);
    while !heard.contains(text) {
        let n = stream.read(&mut buffer).expect("it comes in time");
        assert!(n > 0, "the stream ended: {heard}");
        heard.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
}

/// A process' resident memory in bytes, and its open files.
fn held(process: u32) -> (i64, usize) {
    let kilobytes = i64::try_from(common::process_status(process, "VmRSS:")).unwrap();
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
    (kilobytes * 1024, files)
}

/// Abacus kept streams without listeners until its memory was used up.
#[test]
fn ten_thousand_streams_come_and_go_and_leave_nothing() {
    let (_, most) = rlimit::Resource::NOFILE.get().unwrap();
    rlimit::Resource::NOFILE.set(most, most).unwrap();
    let crowd_size = CROWD.min(usize::try_from(most).unwrap_or(CROWD).saturating_sub(1000));
    assert!(
        crowd_size == CROWD || std::env::var_os("CI").is_none(),
        "CI's limit of {most} open files is too low for {CROWD} subscribers"
    );
    if crowd_size < CROWD {
        eprintln!("only {crowd_size} subscribers: the hard limit of open files is {most}");
    }
    let place = Place::file();
    let arguments = ["--client-streams", "100000", "--streams", "16384", "--store", &place.store()];
    let mut low = Command::new("sh");
    // seen itself must raise the limit.
    low.args(["-c", "ulimit -S -n 256; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_seen")]);
    low.env("SEEN_CLIENT_LIMIT", "off").env("SEEN_CLIENT_CONNECTIONS", "100000").args(arguments);
    let seen = Seen::spawn(low);

    drop(crowd(&seen, 100));
    wait_until("the first few are gone", || open_streams(&seen) == 0);
    let tasks = metric(&seen, "seen_tasks");
    let (memory, files) = held(seen.id());

    let mut subscribers = crowd(&seen, crowd_size);
    assert_eq!(open_streams(&seen), crowd_size as i64);
    assert!(metric(&seen, "seen_tasks") >= crowd_size as i64, "tasks are counted");
    let (full, _) = held(seen.id());
    seen.get("/hit/site/page");
    for at in [0, crowd_size / 2, crowd_size - 1] {
        read_until(&mut subscribers[at], "data: {\"value\":1}");
    }
    drop(subscribers);
    wait_until("all streams are gone", || open_streams(&seen) == 0);
    wait_until("their tasks are gone", || metric(&seen, "seen_tasks") <= tasks + 4);
    wait_until("their files are closed", || held(seen.id()).1 <= files + 4);
    let each = |bytes| (bytes - memory) / crowd_size as i64;
    // An open stream takes 13,000 bytes or more; 10,000 closed ones may leave 8 MB.
    wait_until("their memory is given back", || each(held(seen.id()).0) < 800);
    let (after, _) = held(seen.id());
    eprintln!(
        "{crowd_size} subscribers: {memory} bytes of memory without them, {} for each, {} for each \
         that is gone",
        each(full),
        each(after),
    );
}

/// The operator should learn of a low limit before the visitors do.
#[test]
fn too_few_open_files_for_the_connections_are_a_warning() {
    let place = Place::file();
    let mut low = Command::new("sh");
    low.args(["-c", "ulimit -n 300; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_seen")]);
    low.args(["--store", &place.store()]);
    let seen = Seen::spawn(low);
    let warned = |seen: &Seen| {
        let log = seen.log.lock().unwrap();
        log.iter().any(|line| line.contains("fewer open files than --connections needs"))
    };
    assert!(warned(&seen));
    drop(seen);
    assert!(!warned(&place.seen_with(&["--connections", "100"])));
}
