//! A connection between seen and Redis that a test can cut, hold, slow down and damage. The proxy
//! of the other tests only cuts after a write.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::random::Random;

/// A shorter piece is neither a write nor its answer, within TLS too.
const DAMAGED_FROM: usize = 64;

/// Listens on its own port and forwards everything to one server.
pub struct Wire {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    requests: Way,
    answers: Way,
    /// Both ends of every connection, for resets.
    ends: Mutex<Vec<TcpStream>>,
}

/// One of the two directions.
#[derive(Default)]
struct Way {
    held: AtomicBool,
    cuts: Orders,
    damages: Orders,
    /// The delay of every piece, between two bounds in milliseconds.
    delay: (AtomicU64, AtomicU64),
    /// Bytes a second; 0 means no limit.
    rate: AtomicU64,
}

/// How many were ordered, and how many of them are done.
#[derive(Default)]
struct Orders {
    due: AtomicU64,
    done: AtomicU64,
}

impl Orders {
    /// Orders one, and waits until it is done.
    fn one(&self, what: &str) {
        let done = self.done.load(SeqCst);
        self.due.fetch_add(1, SeqCst);
        crate::common::wait_until(what, || self.done.load(SeqCst) > done);
    }

    fn take(&self) -> bool {
        let taken = self.due.fetch_update(SeqCst, SeqCst, |due| due.checked_sub(1)).is_ok();
        self.done.fetch_add(taken.into(), SeqCst);
        taken
    }
}

impl Wire {
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let state = Arc::<State>::default();
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(server) else { continue };
                // Only this wire may delay packets.
                for end in [&client, &server] {
                    end.set_nodelay(true).expect("a socket sends at once");
                }
                shared.ends.lock().unwrap().extend([clone(&client), clone(&server)]);
                // Whether the last request to the server called a script.
                let script = Arc::<AtomicBool>::default();
                pass(clone(&client), clone(&server), shared.clone(), script.clone(), true);
                pass(server, client, shared.clone(), script, false);
            }
        });
        Self { address, state }
    }

    /// Cuts the connection of the next write before Redis gets it.
    pub fn cut_before_the_write(&self) {
        self.state.requests.cuts.one("a write is cut");
    }

    /// Lets Redis do the next write, and cuts the connection before its answer.
    pub fn cut_after_the_write(&self) {
        self.state.answers.cuts.one("an answer is cut");
    }

    /// Flips a bit of the next write, or of the next answer.
    pub fn damage(&self, is_request: bool) {
        self.way(is_request).damages.one("a byte is damaged");
    }

    /// Stops both directions silently.
    pub fn hold(&self, requests: bool, answers: bool) {
        self.state.requests.held.store(requests, SeqCst);
        self.state.answers.held.store(answers, SeqCst);
    }

    /// Delays all data, by a time within these bounds.
    pub fn delay(&self, least: Duration, most: Duration) {
        let (from, to) = &self.state.requests.delay;
        to.store(most.as_millis() as u64, SeqCst);
        from.store(least.as_millis() as u64, SeqCst);
    }

    /// Limits the bytes a second in both directions; 0 removes the limit.
    pub fn throttle(&self, rate: u64) {
        self.state.requests.rate.store(rate, SeqCst);
        self.state.answers.rate.store(rate, SeqCst);
    }

    /// Cuts all connections at once.
    pub fn reset(&self) {
        for end in self.state.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    fn way(&self, is_request: bool) -> &Way {
        self.state.way(is_request)
    }
}

impl State {
    fn way(&self, is_request: bool) -> &Way {
        if is_request { &self.requests } else { &self.answers }
    }
}

/// Passes data from one end to the other. One thread reads and another writes on time, so a
/// delayed piece does not delay the pieces behind it.
fn pass(
    from: TcpStream,
    mut to: TcpStream,
    state: Arc<State>,
    script: Arc<AtomicBool>,
    is_request: bool,
) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    let (mut source, shared) = (clone(&from), state.clone());
    thread::spawn(move || {
        let way = shared.way(is_request);
        let mut random = Random::new(7);
        let mut buffer = [0; 1 << 16];
        while let Ok(n @ 1..) = source.read(&mut buffer) {
            let (least, most) = (way.delay.0.load(SeqCst), way.delay.1.load(SeqCst));
            let more = random.below(1 + most.saturating_sub(least) as usize) as u64;
            let due = Instant::now() + Duration::from_millis(least + more);
            if sender.send((due, buffer[..n].to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        let way = state.way(is_request);
        for (due, mut piece) in pieces {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            while way.held.load(SeqCst) {
                thread::sleep(Duration::from_millis(2));
            }
            let of_script = if is_request {
                let found = piece.windows(7).any(|word| word == b"EVALSHA");
                script.fetch_or(found, SeqCst);
                found
            } else {
                script.swap(false, SeqCst)
            };
            if of_script && way.cuts.take() {
                break;
            }
            if piece.len() >= DAMAGED_FROM && way.damages.take() {
                let middle = piece.len() / 2;
                piece[middle] ^= 1;
            }
            if let rate @ 1.. = way.rate.load(SeqCst) {
                thread::sleep(Duration::from_micros(piece.len() as u64 * 1_000_000 / rate));
            }
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be shared")
}
