//! A wire between seen and Redis that can be cut, held and slowed; the proxy of the other tests
//! cuts after a write and does no more.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Listens on a port of its own and passes everything on to one server.
pub struct Wire {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    requests: Way,
    answers: Way,
    /// Both ends of every connection, to reset them.
    ends: Mutex<Vec<TcpStream>>,
}

/// One of the two directions.
#[derive(Default)]
struct Way {
    held: AtomicBool,
    /// Cuts that are ordered and not done.
    due: AtomicU64,
    done: AtomicU64,
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
                shared.ends.lock().unwrap().extend([clone(&client), clone(&server)]);
                // Whether the last that went to the server called a script.
                let script = Arc::<AtomicBool>::default();
                pass(clone(&client), clone(&server), shared.clone(), script.clone(), true);
                pass(server, client, shared.clone(), script, false);
            }
        });
        Self { address, state }
    }

    /// Cuts the connection of the next write, so that Redis does not get it.
    pub fn cut_before_the_write(&self) {
        cut(&self.state.requests);
    }

    /// Lets Redis do the next write, and cuts the connection before its answer.
    pub fn cut_after_the_write(&self) {
        cut(&self.state.answers);
    }

    /// Nothing arrives in either direction, and nobody is told.
    pub fn hold(&self, requests: bool, answers: bool) {
        self.state.requests.held.store(requests, Ordering::SeqCst);
        self.state.answers.held.store(answers, Ordering::SeqCst);
    }

    /// Cuts every connection at once.
    pub fn reset(&self) {
        for end in self.state.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn cut(way: &Way) {
    let done = way.done.load(Ordering::SeqCst);
    way.due.fetch_add(1, Ordering::SeqCst);
    crate::common::wait_until("a write is cut", || way.done.load(Ordering::SeqCst) > done);
}

/// Passes on what comes from one end to the other.
fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    state: Arc<State>,
    script: Arc<AtomicBool>,
    is_request: bool,
) {
    thread::spawn(move || {
        let way = if is_request { &state.requests } else { &state.answers };
        let mut buffer = [0; 1 << 16];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            while way.held.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(2));
            }
            let of_script = if is_request {
                let found = buffer[..n].windows(7).any(|word| word == b"EVALSHA");
                script.fetch_or(found, Ordering::SeqCst);
                found
            } else {
                script.swap(false, Ordering::SeqCst)
            };
            let take_one = |due: u64| due.checked_sub(1);
            if of_script
                && way.due.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one).is_ok()
            {
                way.done.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if to.write_all(&buffer[..n]).is_err() {
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
