//! Live numbers: what a page hears, and what is left when it is gone.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::{PATIENCE, Place, Seen, request, wait_until};
use serde_json::{Value, json};

/// A page that watches, closed when dropped.
struct Watcher {
    lines: BufReader<TcpStream>,
    pub head: Vec<String>,
}

/// What a page heard: an event's id and data.
type Heard = (String, Value);

impl Watcher {
    fn open(seen: &Seen, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(seen.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
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

    /// Events until this data is heard: how many.
    fn until(&mut self, data: &Value) -> usize {
        (1..).find(|_| self.next().expect("the stream goes on").1 == *data).unwrap()
    }
}

fn open_streams(seen: &Seen) -> i64 {
    let metrics = seen.get("/metrics").body;
    let line = metrics.lines().find(|l| l.starts_with("seen_streams ")).unwrap();
    line["seen_streams ".len()..].parse().unwrap()
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
    // It comes back and hears only what it has missed.
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

/// A crowd on one page must not be told of each visit by itself.
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

/// CVE-2025-27421 of Abacus: whoever left was kept for ever.
fn who_is_gone_is_forgotten(place: Place) {
    let seen = place.seen();
    let pages: Vec<_> = (0..20).map(|_| Watcher::open(&seen, "/stream/site/page", "")).collect();
    assert_eq!(open_streams(&seen), 20);
    drop(pages);
    wait_until("all streams are gone", || open_streams(&seen) == 0);
}

fn a_client_holds_so_many_and_all_so_many(place: Place) {
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
    a_crowd_is_told_at_most_ten_times_a_second
    a_stop_ends_the_streams
    who_is_gone_is_forgotten
    a_client_holds_so_many_and_all_so_many
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
