//! A README's badge as readers of GitHub get it: through a proxy that forwards only what camo
//! forwards and caches what camo caches (atmos/camo, `server.js`; the cache in front of it is RFC
//! 9111's shared cache).

mod common;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{Answer, Place, Seen, request};

/// The headers of an answer that camo passes on. It drops all others.
const HANDED_ON: [&str; 5] = ["content-type", "cache-control", "etag", "expires", "last-modified"];

/// How long a cache keeps an answer without a lifetime, in seconds.
const KEPT_IN_SILENCE: u64 = 31_536_000;

/// camo's largest picture, in bytes.
const LARGEST: usize = 5 << 20;

/// Stands between readers and a seen until the test ends.
struct Camo {
    address: SocketAddr,
    /// How many requests have reached seen.
    asked: Arc<AtomicUsize>,
}

impl Camo {
    fn before(seen: &Seen) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (origin, count) = (seen.url(""), asked.clone());
        std::thread::spawn(move || {
            let mut kept = HashMap::new();
            for reader in listener.incoming() {
                serve(reader.unwrap(), &origin, &mut kept, &count);
            }
        });
        Self { address, asked }
    }

    /// A reader opens the README.
    fn view(&self, path: &str) -> Answer {
        // The browser sends its name; camo does not pass it on.
        let browser = [
            ("cookie", "session=1"),
            ("user-agent", "Mozilla/5.0"),
            ("referer", "https://github.com/"),
        ];
        request("GET", &format!("http://{}{path}", self.address), &browser)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(
    mut reader: TcpStream,
    origin: &str,
    kept: &mut HashMap<String, (Instant, Answer)>,
    asked: &AtomicUsize,
) {
    let mut lines = BufReader::new(&reader).lines();
    let first = lines.next().unwrap().unwrap();
    let path = first.split(' ').nth(1).unwrap().to_owned();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    kept.retain(|_, (until, _)| *until > Instant::now());
    let answer = match kept.get(&path) {
        Some((_, answer)) => answer.clone(),
        None => {
            asked.fetch_add(1, Ordering::SeqCst);
            let headers = [
                ("via", "1.1 camo"),
                ("user-agent", "github-camo (a1b2c3d4)"),
                ("accept", "image/*"),
            ];
            let answer = request("GET", &format!("{origin}{path}"), &headers);
            if let Some(seconds) = lifetime(&answer) {
                let until = Instant::now() + Duration::from_secs(seconds);
                kept.insert(path, (until, answer.clone()));
            }
            answer
        }
    };
    let _ = reader.write_all(handed_on(&answer).as_bytes());
}

/// How long a shared cache keeps an answer; `None` if it keeps none.
fn lifetime(answer: &Answer) -> Option<u64> {
    let Some(control) = answer.header("cache-control") else { return Some(KEPT_IN_SILENCE) };
    let parts: Vec<&str> = control.split(',').map(str::trim).collect();
    if parts.iter().any(|part| matches!(*part, "no-store" | "no-cache" | "private")) {
        return None;
    }
    let age = |name: &str| parts.iter().find_map(|part| part.strip_prefix(name)?.parse().ok());
    age("s-maxage=").or_else(|| age("max-age=")).filter(|seconds| *seconds > 0)
}

/// What the reader gets: the picture, or an empty string.
fn handed_on(answer: &Answer) -> String {
    let is_picture = answer.header("content-type").is_some_and(|kind| kind.starts_with("image/"));
    if !is_picture || answer.body.len() > LARGEST {
        return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into();
    }
    let mut head = format!("HTTP/1.1 {} as it was\r\nConnection: close\r\n", answer.status);
    for name in HANDED_ON {
        if let Some(value) = answer.header(name) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    format!("{head}Content-Length: {}\r\n\r\n{}", answer.body.len(), answer.body)
}

#[test]
fn each_view_of_a_readme_raises_the_number() {
    let place = Place::file();
    let seen = place.seen();
    let camo = Camo::before(&seen);
    for path in [
        "/hit/readme/project/badge.svg?style=for-the-badge&label=views",
        "/ghpvc/?username=octocat",
        "/badge?page_id=octocat.project",
        "/example.com/project.svg",
    ] {
        for view in 1..=3 {
            let badge = camo.view(path);
            assert_eq!(badge.status, 200, "{path}");
            assert!(
                badge.body.contains(&format!(">{view}<")),
                "{path}, view {view}: {}",
                badge.body
            );
        }
    }
    assert_eq!(seen.value("/get/readme/project?count=human"), 3, "people are behind it");
    assert_eq!(seen.value("/get/readme/project?count=unique"), 0, "and cannot be told apart");
}

#[test]
fn a_reading_badge_is_cached_exactly_as_long_as_its_owner_says() {
    let place = Place::file();
    let seen = place.seen();
    let camo = Camo::before(&seen);
    seen.value("/hit/readme/project");
    let path = "/get/readme/project/badge.svg?cacheSeconds=2";
    assert!(camo.view(path).body.contains(">1<"));
    seen.value("/hit/readme/project");
    assert!(camo.view(path).body.contains(">1<"), "kept");
    assert_eq!(camo.asked(), 1);
    common::wait_until("it is asked for again", || camo.view(path).body.contains(">2<"));
    // Without the owner's wish nobody keeps it.
    let path = "/get/readme/project/chart.svg";
    let before = camo.asked();
    camo.view(path);
    camo.view(path);
    assert_eq!(camo.asked(), before + 2);
}

/// If camo rejects the answer, the README shows a broken picture.
#[test]
fn an_error_reaches_the_reader_and_is_never_cached() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h", "--counter-limit", "2/1h"]);
    let camo = Camo::before(&seen);
    for view in 1..=4 {
        let badge = camo.view("/hit/readme/project/badge.svg");
        assert_eq!(badge.status, 200, "view {view}");
    }
    assert_eq!(camo.asked(), 4);
    assert_eq!(seen.value("/get/readme/project"), 2, "the limit held");
}
