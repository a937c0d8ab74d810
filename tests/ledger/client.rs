//! Clients that note the outcome of each hit, and listeners on their hot counter.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::book::{Book, COUNTERS, Hit, NAMESPACE, ONCE, Outcome, key, outcome};
use crate::common::{TIMEOUT, send, wait_until};
use crate::random::Random;

const CLIENTS: usize = 8;

/// Listeners on the hot counter; with several seens they are spread over all.
const LISTENERS: usize = 3;

/// The pause between two hits of a client: short, so that a fault meets many hits, but the
/// machine is shared.
pub const PAUSE: Duration = Duration::from_millis(1);

/// The pause after a hit that was not counted, so that clients do not flood a store that refuses.
const PAUSE_REFUSED: Duration = Duration::from_millis(10);

/// seen's addresses, which change when it restarts.
#[derive(Clone, Default)]
pub struct Front(Arc<Mutex<Doors>>);

#[derive(Default)]
struct Doors {
    addresses: Vec<SocketAddr>,
    /// The keys that recognise a visitor are only in the processes' memory, so after a restart
    /// all visitors are new ones.
    generation: u64,
    no_visits: bool,
}

impl Front {
    pub fn set(&self, addresses: Vec<SocketAddr>) {
        let mut doors = self.0.lock().unwrap();
        doors.addresses = addresses;
        doors.generation += 1;
    }

    /// Lets visitors come, or not; after a pause they are new ones.
    pub fn let_visitors_come(&self, come: bool) {
        let mut doors = self.0.lock().unwrap();
        doors.generation += 1;
        doors.no_visits = !come;
    }

    fn of(&self, client: usize) -> SocketAddr {
        let doors = self.0.lock().unwrap();
        doors.addresses[client % doors.addresses.len()]
    }

    /// The same for a visitor, with their generation.
    fn of_visitor(&self, client: usize) -> Option<(SocketAddr, u64)> {
        let doors = self.0.lock().unwrap();
        let address = doors.addresses[client % doors.addresses.len()];
        (!doors.no_visits).then_some((address, doors.generation))
    }
}

/// Running clients.
pub struct Load {
    stop: Arc<AtomicBool>,
    progress: Arc<[Progress; CLIENTS]>,
    clients: Vec<JoinHandle<Book>>,
    listeners: Vec<Listener>,
}

#[derive(Default)]
struct Progress {
    answered: AtomicU64,
    not_counted: AtomicU64,
    /// The times of the answers since the last look.
    times: Mutex<Vec<Duration>>,
}

impl Load {
    pub fn start(front: &Front, seed: u64, pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let progress = Arc::<[Progress; CLIENTS]>::default();
        let clients = (0..CLIENTS).map(|number| {
            let client = Client {
                number,
                front: front.clone(),
                random: Random::new(seed.wrapping_add(number as u64)),
                agent: agent(number % 4 != 0),
                pause,
                stop: stop.clone(),
                progress: progress.clone(),
                visitors: BTreeMap::new(),
                strange: Vec::new(),
            };
            thread::spawn(|| client.run())
        });
        let listeners = (0..LISTENERS).map(|number| Listener::start(front, number)).collect();
        Self { clients: clients.collect(), listeners, stop, progress }
    }

    /// Waits until each client has this many more answers.
    pub fn wait_for_answers(&self, more: u64) {
        self.wait("each client is answered", more, |progress| &progress.answered);
    }

    /// Waits until each client has this many more hits that were not counted, as far as it knows.
    pub fn wait_for_refusals(&self, more: u64) {
        self.wait("each client is refused", more, |progress| &progress.not_counted);
    }

    fn wait(&self, what: &str, more: u64, number: impl Fn(&Progress) -> &AtomicU64) {
        let now = || self.progress.iter().map(|p| number(p).load(Ordering::Relaxed));
        let goals: Vec<u64> = now().map(|n| n + more).collect();
        wait_until(what, || now().zip(&goals).all(|(now, goal)| now >= *goal));
    }

    /// The times of the answers since the last call.
    pub fn times(&self) -> Vec<Duration> {
        self.progress.iter().flat_map(|p| std::mem::take(&mut *p.times.lock().unwrap())).collect()
    }

    /// Stops the clients; the listeners go on.
    pub fn finish(mut self) -> (Book, Vec<Listener>) {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Book::default();
        for client in std::mem::take(&mut self.clients) {
            let book = client.join().expect("a client does not panic");
            all.clients.extend(book.clients);
            all.visitors.extend(book.visitors);
            all.strange.extend(book.strange);
        }
        (all, std::mem::take(&mut self.listeners))
    }
}

/// Stops the clients: the ports of dead processes may soon belong to others.
impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// With and without keep-alive; a client has one connection at a time.
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
    pause: Duration,
    stop: Arc<AtomicBool>,
    progress: Arc<[Progress; CLIENTS]>,
    /// The outcome of each visitor.
    visitors: BTreeMap<String, Outcome>,
    strange: Vec<String>,
}

impl Client {
    fn run(mut self) -> Book {
        let mut hits: Vec<Hit> = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            if self.random.below(16) == 0 {
                self.visit();
            }
            let counter = if self.random.below(4) > 0 { 0 } else { self.random.below(COUNTERS) };
            let id = (self.random.below(6) == 0)
                .then(|| format!("{}-{}-{}", self.number, hits.len(), self.random.below(1 << 30)));
            hits.extend(self.hit(counter, id));
            thread::sleep(self.pause);
        }
        let visitors = self.visitors.into_values().collect();
        Book { clients: vec![hits], visitors, strange: self.strange }
    }

    /// Sends a hit; one with an id repeatedly, until it is counted. `None` if nobody listened, so
    /// that nothing was sent.
    fn hit(&mut self, counter: usize, id: Option<String>) -> Option<Hit> {
        let started = Instant::now();
        let mut result: Option<Hit> = None;
        loop {
            let asked = Instant::now();
            let path = format!("{NAMESPACE}/{}", key(counter));
            let headers = id.as_deref().map(|id| ("idempotency-key", id));
            let address = self.front.of(self.number);
            if let Some(outcome) = self.send(address, &path, headers.as_slice()) {
                let slowest = match &result {
                    Some(before) => before.slowest.max(asked.elapsed()),
                    None => asked.elapsed(),
                };
                let outcome = outcome.after(result.as_ref().map(|before| before.outcome));
                let (id, at) = (id.clone(), Instant::now());
                result = Some(Hit { counter, id, outcome, at, slowest });
                let progress = &self.progress[self.number];
                if matches!(outcome, Outcome::Answered(_)) {
                    progress.times.lock().unwrap().push(asked.elapsed());
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

    /// A visitor, new or returning, hits the counter with dedupe.
    fn visit(&mut self) {
        let Some((address, generation)) = self.front.of_visitor(self.number) else { return };
        let visitor = format!("{}-{generation}-{}", self.number, self.random.below(20));
        let Some(outcome) = self.send(address, ONCE, &[("user-agent", &visitor)]) else { return };
        let outcome = outcome.after(self.visitors.get(&visitor).copied());
        self.visitors.insert(visitor, outcome);
    }

    fn send(
        &mut self,
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Option<Outcome> {
        let url = format!("http://{address}/hit/{path}");
        match send(&self.agent, "GET", &url, headers) {
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

/// A reader of the hot counter's stream, who reconnects when it ends.
pub struct Listener {
    heard: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Listener {
    fn start(front: &Front, number: usize) -> Self {
        let (heard, stop) = (Arc::<AtomicI64>::default(), Arc::<AtomicBool>::default());
        let (front, last, stopped) = (front.clone(), heard.clone(), stop.clone());
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let _ = listen(front.of(number), &last, &stopped);
                thread::sleep(PAUSE_REFUSED);
            }
        });
        Self { heard, stop, thread: Some(thread) }
    }

    /// An error if it does not receive the total.
    pub fn finish(mut self, total: i64) -> Option<String> {
        let started = Instant::now();
        while self.heard.load(Ordering::Relaxed) != total && started.elapsed() < TIMEOUT / 4 {
            thread::sleep(PAUSE_REFUSED);
        }
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a listener does not panic");
        }
        let heard = self.heard.load(Ordering::Relaxed);
        (heard != total).then(|| format!("a stream's last value is {heard}, the total {total}"))
    }
}

/// Reads a stream until it ends.
fn listen(address: SocketAddr, last: &AtomicI64, stop: &AtomicBool) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    write!(stream, "GET /stream/{NAMESPACE}/{} HTTP/1.1\r\nHost: x\r\n\r\n", key(0))?;
    let (mut stream, mut line) = (BufReader::new(stream), String::new());
    while !stop.load(Ordering::Relaxed) {
        match stream.read_line(&mut line) {
            Ok(0) => return Ok(()),
            Ok(_) => {
                let value =
                    line.strip_prefix("data: {\"value\":").and_then(|l| l.split('}').next());
                if let Some(value) = value.and_then(|value| value.parse().ok()) {
                    last.store(value, Ordering::Relaxed);
                }
                line.clear();
            }
            // Nothing new yet; keep the part of a line.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
