//! A TCP proxy that can cut a connection between a request and its answer, or let it die.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Listens on its own port and forwards everything to one server.
pub struct Proxy {
    pub address: SocketAddr,
    cuts: Arc<Cuts>,
    /// The number of connections so far.
    opened: Arc<AtomicU64>,
    /// How many of them, from the first, are dead.
    dead: Arc<AtomicU64>,
}

#[derive(Default)]
struct Cuts {
    /// Cuts that were ordered and not yet made.
    due: AtomicU64,
    done: AtomicU64,
}

impl Proxy {
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let cuts = Arc::new(Cuts::default());
        let (opened, dead) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (orders, numbers, bound) = (cuts.clone(), opened.clone(), dead.clone());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(server) else { continue };
                let number = numbers.fetch_add(1, Ordering::SeqCst);
                let dead = bound.clone();
                let is_dead = move || number < dead.load(Ordering::SeqCst);
                pass(&client, &server, orders.clone(), is_dead);
            }
        });
        Self { address, cuts, opened, dead }
    }

    /// Stops forwarding on the open connections without closing them, as if their server had
    /// vanished.
    pub fn let_die(&self) {
        self.dead.store(self.opened.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Drops the server's next answer to a script or an import, and cuts that connection. By then
    /// the server has done the work.
    pub fn cut(&self) {
        self.cuts.due.fetch_add(1, Ordering::SeqCst);
    }

    /// How many answers it has dropped so far.
    pub fn done(&self) -> u64 {
        self.cuts.done.load(Ordering::SeqCst)
    }
}

fn pass(
    client: &TcpStream,
    server: &TcpStream,
    cuts: Arc<Cuts>,
    is_dead: impl Fn() -> bool + Clone + Send + 'static,
) {
    let (mut from_client, mut to_server) = (clone(client), clone(server));
    let (mut from_server, mut to_client) = (clone(server), clone(client));
    let asked_script = Arc::new(AtomicU64::new(0));
    let asked = asked_script.clone();
    let is_gone = is_dead.clone();
    thread::spawn(move || {
        let mut buffer = [0; 1 << 16];
        while let Ok(n @ 1..) = from_client.read(&mut buffer) {
            if is_gone() {
                continue;
            }
            let asks = |words: &[u8]| buffer[..n].windows(words.len()).any(|w| w == words);
            if asks(b"EVALSHA") || asks(b"POST /import") {
                asked.fetch_add(1, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let mut buffer = [0; 1 << 16];
        while let Ok(n @ 1..) = from_server.read(&mut buffer) {
            if is_dead() {
                continue;
            }
            let script = asked_script.swap(0, Ordering::SeqCst) > 0;
            let take_one = |due: u64| due.checked_sub(1);
            if script && cuts.due.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one).is_ok()
            {
                cuts.done.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if to_client.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
        let _ = from_server.shutdown(Shutdown::Both);
    });
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be shared")
}
