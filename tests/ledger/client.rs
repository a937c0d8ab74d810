//! Clients that write down what became of each hit, and the audit of what they wrote.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{self, TIMEOUT, send, wait_until};
use crate::random::Random;

/// The namespace of every counter here.
pub const NAMESPACE: &str = "ledger";

/// Counter 0 is the hot one; each of the others gets a hit now and then.
pub const COUNTERS: usize = 40;

const CLIENTS: usize = 8;

/// Between two hits of a client: a fault is to be met by many hits, and the machine is shared.
const PAUSE: Duration = Duration::from_millis(1);

/// After a hit that was not counted, so that a store that refuses is not asked in a circle.
const PAUSE_REFUSED: Duration = Duration::from_millis(10);

/// A key of a counter, by its place.
pub fn key(counter: usize) -> String {
    if counter == 0 { "hot".into() } else { format!("cold{counter}") }
}

/// What a client knows of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 200, and its number: it is stored, once.
    Answered(i64),
    /// Told that it was not counted.
    Refused,
    /// No answer, or a 503 that says `unknown`: it may be stored, once.
    Unknown,
}

/// One hit in the book of a client. With an id it is one hit, however often it was sent.
#[derive(Clone, Debug)]
pub struct Hit {
    pub counter: usize,
    pub id: Option<String>,
    pub outcome: Outcome,
    /// When the last answer came, or its absence was noticed.
    pub at: Instant,
    /// The longest wait for an answer.
    pub slowest: Duration,
}

/// The addresses where seen is asked; a seen that was started again has another one.
#[derive(Clone, Default)]
pub struct Front(Arc<Mutex<Vec<SocketAddr>>>);

impl Front {
    pub fn set(&self, addresses: Vec<SocketAddr>) {
        *self.0.lock().unwrap() = addresses;
    }

    fn of(&self, client: usize) -> SocketAddr {
        let addresses = self.0.lock().unwrap();
        addresses[client % addresses.len()]
    }
}

/// Clients at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    progress: Arc<[Progress; CLIENTS]>,
    clients: Vec<thread::JoinHandle<Book>>,
}

#[derive(Default)]
struct Progress {
    answered: AtomicU64,
    not_counted: AtomicU64,
}

/// What one client, or all of them, wrote down.
#[derive(Default)]
pub struct Book {
    /// By client, in the order in which each sent them.
    pub clients: Vec<Vec<Hit>>,
    /// Answers that no hit should get.
    pub strange: Vec<String>,
}

impl Load {
    pub fn start(front: &Front, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let progress = Arc::<[Progress; CLIENTS]>::default();
        let clients = (0..CLIENTS).map(|number| {
            let client = Client {
                number,
                front: front.clone(),
                random: Random::new(seed.wrapping_add(number as u64)),
                agent: agent(number % 4 != 0),
                stop: stop.clone(),
                progress: progress.clone(),
                strange: Vec::new(),
            };
            thread::spawn(|| client.run())
        });
        Self { clients: clients.collect(), stop, progress }
    }

    /// Waits until each client has so many more answers.
    pub fn wait_for_answers(&self, more: u64) {
        self.wait("each client is answered", more, |progress| &progress.answered);
    }

    /// Waits until each client has so many more hits that were not counted, as far as it knows.
    pub fn wait_for_refusals(&self, more: u64) {
        self.wait("each client is refused", more, |progress| &progress.not_counted);
    }

    fn wait(&self, what: &str, more: u64, number: impl Fn(&Progress) -> &AtomicU64) {
        let now = || self.progress.iter().map(|p| number(p).load(Ordering::Relaxed));
        let goals: Vec<u64> = now().map(|n| n + more).collect();
        wait_until(what, || now().zip(&goals).all(|(now, goal)| now >= *goal));
    }

    pub fn finish(self) -> Book {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Book::default();
        for client in self.clients {
            let book = client.join().expect("a client does not panic");
            all.clients.extend(book.clients);
            all.strange.extend(book.strange);
        }
        all
    }
}

/// With and without keep-alive; each client has one connection at a time.
fn agent(keep_alive: bool) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .max_idle_connections(usize::from(keep_alive))
        .build()
        .into()
}

struct Client {
    number: usize,
    front: Front,
    random: Random,
    agent: ureq::Agent,
    stop: Arc<AtomicBool>,
    progress: Arc<[Progress; CLIENTS]>,
    strange: Vec<String>,
}

impl Client {
    fn run(mut self) -> Book {
        let mut hits: Vec<Hit> = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let counter = if self.random.below(4) > 0 { 0 } else { self.random.below(COUNTERS) };
            let id = (self.random.below(6) == 0)
                .then(|| format!("{}-{}-{}", self.number, hits.len(), self.random.below(1 << 30)));
            hits.extend(self.hit(counter, id));
            thread::sleep(PAUSE);
        }
        Book { clients: vec![hits], strange: self.strange }
    }

    /// Sends a hit; one with an id again and again until it is counted. `None` if nobody
    /// listened, so that nothing was sent.
    fn hit(&mut self, counter: usize, id: Option<String>) -> Option<Hit> {
        let started = Instant::now();
        let mut result: Option<Hit> = None;
        loop {
            let asked = Instant::now();
            if let Some(outcome) = self.send(counter, id.as_deref()) {
                let slowest = match &result {
                    Some(before) => before.slowest.max(asked.elapsed()),
                    None => asked.elapsed(),
                };
                // A refusal of the repetition takes nothing back that was sent before.
                let before = result.as_ref().map(|before| before.outcome);
                let outcome = match (before, outcome) {
                    (Some(Outcome::Unknown), Outcome::Refused) => Outcome::Unknown,
                    (_, outcome) => outcome,
                };
                let (id, at) = (id.clone(), Instant::now());
                result = Some(Hit { counter, id, outcome, at, slowest });
                let progress = &self.progress[self.number];
                if matches!(outcome, Outcome::Answered(_)) {
                    progress.answered.fetch_add(1, Ordering::Relaxed);
                    return result;
                }
                progress.not_counted.fetch_add(1, Ordering::Relaxed);
            }
            thread::sleep(PAUSE_REFUSED);
            let once = id.is_none() || (result.is_none() && self.stop.load(Ordering::Relaxed));
            if once || started.elapsed() > TIMEOUT {
                return result;
            }
        }
    }

    fn send(&mut self, counter: usize, id: Option<&str>) -> Option<Outcome> {
        let url = format!("http://{}/hit/{NAMESPACE}/{}", self.front.of(self.number), key(counter));
        let headers = id.map(|id| ("idempotency-key", id));
        match send(&self.agent, "GET", &url, headers.as_slice()) {
            Ok(answer) => match outcome(&answer) {
                Some(outcome) => Some(outcome),
                None => {
                    self.strange.push(format!("{answer:?}"));
                    Some(Outcome::Unknown)
                }
            },
            Err(ureq::Error::Io(error))
                if error.kind() == std::io::ErrorKind::ConnectionRefused =>
            {
                None
            }
            Err(_) => Some(Outcome::Unknown),
        }
    }
}

/// What the documents promise of an answer; `None` for one that they do not know.
fn outcome(answer: &common::Answer) -> Option<Outcome> {
    match answer.status {
        200 => answer.value().map(Outcome::Answered),
        400..=499 | 507 => Some(Outcome::Refused),
        503 => match answer.json()["counted"].as_str()? {
            "unknown" => Some(Outcome::Unknown),
            "no" => Some(Outcome::Refused),
            _ => None,
        },
        _ => None,
    }
}

/// What is stored of a counter, asked in three ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub total: i64,
    /// The hits of its days, added up.
    pub days: i64,
    pub exported: i64,
}

/// The comparison of a book with what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub sent: i64,
    pub answered: i64,
    pub refused: i64,
    pub unknown: i64,
    pub stored: i64,
    /// Hits that were answered and are not stored.
    pub lost: i64,
    /// Numbers that were given again, and hits that are stored though nobody sent them.
    pub twice: i64,
    /// Sentences on what else is not as it should be.
    pub wrong: Vec<String>,
}

impl Book {
    pub fn hits(&self) -> impl Iterator<Item = &Hit> {
        self.clients.iter().flatten()
    }

    /// Looks for hits that are lost or stored twice, counter by counter.
    pub fn audit(&self, stored: &[Stored]) -> Audit {
        let mut audit = Audit { wrong: self.strange.clone(), ..Audit::default() };
        for (counter, stored) in stored.iter().enumerate() {
            let of_it = || self.hits().filter(|hit| hit.counter == counter);
            let refused = of_it().filter(|hit| hit.outcome == Outcome::Refused).count() as i64;
            let unknown = of_it().filter(|hit| hit.outcome == Outcome::Unknown).count() as i64;
            let mut numbers: Vec<i64> = of_it().filter_map(Hit::number).collect();
            let answered = numbers.len() as i64;
            numbers.sort_unstable();
            let repeated = numbers.windows(2).filter(|pair| pair[0] == pair[1]).count() as i64;
            let beyond = numbers.iter().filter(|number| **number > stored.total).count() as i64;
            audit.sent += answered + refused + unknown;
            audit.answered += answered;
            audit.refused += refused;
            audit.unknown += unknown;
            audit.stored += stored.total;
            // A total may be large enough for all and still be older than a number.
            audit.lost += (answered - stored.total).max(beyond).max(0);
            audit.twice += repeated + (stored.total - answered - unknown).max(0);
            if let Some(number) = numbers.first().filter(|number| **number < 1) {
                audit.wrong.push(format!("{}: a hit has the number {number}", key(counter)));
            }
            if stored.days != stored.total || stored.exported != stored.total {
                audit.wrong.push(format!("{}: {stored:?}", key(counter)));
            }
        }
        for hits in &self.clients {
            audit.wrong.extend(falling(hits));
        }
        audit
    }
}

impl Hit {
    pub fn number(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Answered(number) => Some(number),
            Outcome::Refused | Outcome::Unknown => None,
        }
    }
}

/// A client sends one hit after another, so the numbers that it gets of a counter rise.
fn falling(hits: &[Hit]) -> Option<String> {
    let mut last = BTreeMap::new();
    for hit in hits {
        let Some(number) = hit.number() else { continue };
        if let Some(before) = last.insert(hit.counter, number).filter(|before| *before >= number) {
            return Some(format!("{}: a client got {number} after {before}", key(hit.counter)));
        }
    }
    None
}

mod tests {
    use super::*;

    fn hit(counter: usize, outcome: Outcome) -> Hit {
        Hit { counter, id: None, outcome, at: Instant::now(), slowest: Duration::ZERO }
    }

    fn hot(outcomes: &[Outcome]) -> Vec<Hit> {
        outcomes.iter().map(|outcome| hit(0, *outcome)).collect()
    }

    /// The audit of two clients on one counter, of which so many are stored.
    fn audit(one: &[Outcome], other: &[Outcome], total: i64) -> Audit {
        let book = Book { clients: vec![hot(one), hot(other)], strange: Vec::new() };
        book.audit(&[Stored { total, days: total, exported: total }])
    }

    use Outcome::{Answered, Refused, Unknown};

    #[test]
    fn a_book_in_order_is_found_in_order() {
        let found = audit(&[Answered(1), Refused, Answered(3)], &[Answered(2), Unknown], 3);
        let numbers = [found.sent, found.answered, found.refused, found.unknown, found.stored];
        assert_eq!(numbers, [5, 3, 1, 1, 3]);
        assert_eq!((found.lost, found.twice, found.wrong), (0, 0, vec![]));
    }

    #[test]
    fn a_lost_hit_is_found() {
        assert_eq!(audit(&[Answered(1), Answered(3)], &[Answered(2)], 2).lost, 1);
        // An unknown hit that is stored must not hide it.
        assert_eq!(audit(&[Answered(1), Answered(3)], &[Unknown], 2).lost, 1);
    }

    #[test]
    fn a_hit_that_is_stored_twice_is_found() {
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Refused], 3).twice, 1);
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Unknown], 3).twice, 0);
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Unknown], 4).twice, 1);
    }

    #[test]
    fn a_number_that_is_given_twice_is_found() {
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Answered(2)], 3).twice, 1);
    }

    #[test]
    fn numbers_that_fall_are_found() {
        let found = audit(&[Answered(2), Answered(1)], &[], 2).wrong;
        assert_eq!(found, ["hot: a client got 1 after 2"]);
        let book = Book {
            clients: vec![vec![hit(0, Answered(2)), hit(1, Answered(1))]],
            ..Book::default()
        };
        assert_eq!(book.audit(&[Stored { total: 2, days: 2, exported: 2 }]).wrong, [""; 0]);
    }

    #[test]
    fn days_and_an_export_that_differ_are_found() {
        let book = Book { clients: vec![hot(&[Answered(1)])], ..Book::default() };
        for (days, exported) in [(0, 1), (1, 0), (2, 1)] {
            let stored = Stored { total: 1, days, exported };
            assert_eq!(book.audit(&[stored]).wrong.len(), 1, "{stored:?}");
        }
    }

    #[test]
    fn an_answer_that_nobody_promised_is_found() {
        let answer =
            |status, body: &str| common::Answer { status, headers: vec![], body: body.into() };
        assert_eq!(outcome(&answer(200, r#"{"value":7}"#)), Some(Answered(7)));
        assert_eq!(outcome(&answer(503, r#"{"counted":"unknown"}"#)), Some(Unknown));
        assert_eq!(outcome(&answer(503, r#"{"counted":"no"}"#)), Some(Refused));
        assert_eq!(outcome(&answer(507, "{}")), Some(Refused));
        assert_eq!(outcome(&answer(503, "{}")), None);
        assert_eq!(outcome(&answer(500, "{}")), None);
        assert_eq!(outcome(&answer(200, "{}")), None);
    }
}
