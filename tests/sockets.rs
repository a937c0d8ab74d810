//! Clients that hold on to connections: slow, silent, deaf, fat and many. Each once kept a
//! connection, and its memory, as long as it liked.

mod common;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Place, Seen, TIMEOUT, wait_until};

/// Connects from one of this machine's own addresses; each is another client.
fn connect_from(seen: &Seen, from: [u8; 4]) -> TcpStream {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::from(from), 0)).into()).unwrap();
    socket.connect(&seen.address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

fn connect(seen: &Seen) -> TcpStream {
    connect_from(seen, [127, 0, 0, 1])
}

/// Everything that seen sends until it hangs up, perhaps with a reset.
fn heard(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(1..) = stream.read(&mut piece).inspect(|n| heard.extend_from_slice(&piece[..*n])) {
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// The answer to a client in another network.
fn other_client(seen: &Seen) -> String {
    let mut stream = connect_from(seen, [127, 9, 9, 9]);
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    heard(stream)
}

fn metric(seen: &Seen, name: &str) -> u64 {
    let metrics = seen.get("/metrics").body;
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().unwrap())
}

fn timeouts(seen: &Seen, what: &str) -> u64 {
    metric(seen, &format!("seen_timeouts_total{{what=\"{what}\"}}"))
}

#[test]
fn a_head_that_trickles_is_cut_off() {
    let place = Place::file();
    let seen = place.seen_with(&["--head-timeout", "500ms", "--idle-timeout", "1m"]);
    let started = Instant::now();
    let silent = connect(&seen);
    let mut slow = connect(&seen);
    let mut trickle = slow.try_clone().unwrap();
    let drip = std::thread::spawn(move || {
        for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX: ".iter().chain([b'y'; 1000].iter()) {
            if trickle.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(slow.read(&mut [0; 9]).unwrap_or(0), 0);
    assert_eq!(heard(silent), "");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    drip.join().unwrap();
    wait_until("both are counted", || timeouts(&seen, "head") == 2);
}

#[test]
fn an_idle_connection_is_closed_in_the_end() {
    let place = Place::file();
    let seen = place.seen_with(&["--head-timeout", "200ms", "--idle-timeout", "1s"]);
    let mut stream = connect(&seen);
    stream.write_all(b"GET /hit/a/b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(600));
    stream.write_all(b"GET /hit/a/b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let heard = heard(stream);
    assert_eq!(heard.matches("200 OK").count(), 2, "{heard}");
    wait_until("it is counted", || timeouts(&seen, "idle") == 1);
}

#[test]
fn a_body_that_does_not_come_is_answered_408() {
    let place = Place::file();
    let seen = place.seen_with(&["--body-timeout", "500ms"]);
    let mut stream = connect(&seen);
    stream
        .write_all(b"POST /hits HTTP/1.1\r\nHost: x\r\nContent-Length: 32768\r\n\r\n[{\"key\":")
        .unwrap();
    let mut trickle = stream.try_clone().unwrap();
    std::thread::spawn(move || {
        while trickle.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let started = Instant::now();
    let heard = heard(stream);
    assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(timeouts(&seen, "body"), 1);
}

/// Unread answers fill the system's memory, and then seen's.
#[test]
fn a_client_that_reads_no_answers_is_cut_off() {
    let place = Place::file();
    let seen = place.seen_with(&["--write-timeout", "500ms"]);
    let mut deaf = connect(&seen);
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    // seen stops reading once it cannot write.
    deaf.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    while deaf.write_all(&request.repeat(64)).is_ok() {}
    wait_until("it is cut off", || timeouts(&seen, "write") == 1);
    // The request for the metrics has a connection itself.
    wait_until("nothing is left", || metric(&seen, "seen_connections") <= 1);
}

#[test]
fn a_stream_that_is_not_read_is_cut_off() {
    let place = Place::file();
    let arguments = ["--write-timeout", "500ms", "--client-streams", "2", "--streams", "100"];
    let seen = place.seen_with(&arguments);
    let key = |n: usize| format!("{}{n:02}", "k".repeat(60));
    let keys: Vec<_> = (0..32).map(key).collect();
    let mut deaf = connect(&seen);
    // The system rounds the receive buffer up to its minimum.
    socket2::SockRef::from(&deaf).set_recv_buffer_size(4096).unwrap();
    let list = keys.join(",");
    write!(deaf, "GET /stream/{}/{list} HTTP/1.1\r\nHost: x\r\n\r\n", "n".repeat(60)).unwrap();
    wait_until("it watches", || metric(&seen, "seen_streams") == 1);
    let started = Instant::now();
    let client = common::client();
    while metric(&seen, "seen_streams") == 1 {
        assert!(started.elapsed() < TIMEOUT, "still there");
        for key in &keys {
            let url = seen.url(&format!("/hit/{}/{key}", "n".repeat(60)));
            common::send(&client, "GET", &url, &[]).unwrap();
        }
    }
    wait_until("it is counted", || timeouts(&seen, "write") == 1);
}

#[test]
fn a_network_has_a_limit_of_streams_too() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-streams", "1", "--streams", "100"]);
    let watch = |from: [u8; 4]| {
        let mut stream = connect_from(&seen, from);
        stream.write_all(b"GET /stream/a/b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        (String::from_utf8_lossy(&status[9..]).into_owned(), stream)
    };
    let held: Vec<_> = (1..=4).map(|host| watch([127, 1, 1, host])).collect();
    assert!(held.iter().all(|(status, _)| status == "200"));
    assert_eq!(watch([127, 1, 1, 5]).0, "429");
    assert_eq!(watch([127, 1, 2, 1]).0, "200", "another network has its own");
}

/// hyper buffers 400 kB of an endless head: 640 of them took 256 MB.
#[test]
fn a_head_without_end_is_refused_before_it_costs() {
    let place = Place::file();
    let seen = place.seen();
    let mut fat = connect(&seen);
    fat.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    let line = format!("x: {}\r\n", "y".repeat(4000));
    let mut sent = 0;
    while sent < 392_000 && fat.write_all(line.as_bytes()).is_ok() {
        sent += line.len();
    }
    let began = Instant::now();
    let answer = heard(fat);
    // Not by the timeout of heads, ten seconds, up to which hyper would have kept them.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // A reset may overtake the answer while we are still sending.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    wait_until("it is hung up on", || metric(&seen, "seen_connections") <= 1);
}

/// hyper's own answers lacked our headers.
#[test]
fn a_malformed_request_gets_the_usual_headers() {
    let place = Place::file();
    let seen = place.seen();
    for nonsense in ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n"] {
        let mut stream = connect(&seen);
        stream.write_all(nonsense.as_bytes()).unwrap();
        let answer = heard(stream).to_lowercase();
        assert!(answer.starts_with("http/1.1 400"), "{answer}");
        for part in ["x-content-type-options: nosniff", "content-security-policy: ", "\"error\":"] {
            assert!(answer.contains(part), "{part}: {answer}");
        }
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(answer.contains(&format!("content-length: {}\r\n", body.len())), "{answer}");
    }
}

#[test]
fn a_request_names_one_host() {
    let place = Place::file();
    let seen = place.seen_with(&["--allowed-hosts", "hits.example.com"]);
    for (hosts, status) in [
        ("", "400"),
        ("Host: a\r\nHost: b\r\n", "400"),
        ("Host: evil.example\r\n", "421"),
        ("Host: hits.example.com\r\n", "200"),
        ("Host: 127.0.0.1\r\n", "200"),
    ] {
        let mut stream = connect(&seen);
        let head = format!("GET /hit/a/b HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = heard(stream);
        assert_eq!(&answer[9..12], status, "{hosts}: {answer}");
    }
    assert_eq!(seen.value("/get/a/b"), 2, "nothing else was counted");
}

#[test]
fn a_client_that_closes_its_half_gets_its_answer() {
    let place = Place::file();
    let seen = place.seen();
    for number in 1..=20 {
        let mut stream = connect(&seen);
        stream.write_all(b"GET /hit/a/b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = heard(stream);
        assert!(answer.ends_with(&format!("{{\"value\":{number}}}")), "{number}: {answer}");
    }
}

/// A stream ends as soon as its reader has gone, not at its next heartbeat.
#[test]
fn a_stream_ends_when_its_reader_hangs_up() {
    let place = Place::file();
    let seen = place.seen();
    let mut stream = connect(&seen);
    stream.write_all(b"GET /stream/a/b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    wait_until("it watches", || metric(&seen, "seen_streams") == 1);
    let started = Instant::now();
    drop(stream);
    wait_until("it is gone", || metric(&seen, "seen_streams") == 0);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn each_client_has_its_own_limit_of_connections() {
    let place = Place::file();
    let mut command = common::command(&["--store", &place.store(), "--client-connections", "3"]);
    command.env_remove("SEEN_CLIENT_CONNECTIONS");
    let seen = Seen::spawn(command);
    let held: Vec<_> = (0..3).map(|_| connect_from(&seen, [127, 1, 1, 1])).collect();
    let refused = heard(connect_from(&seen, [127, 1, 1, 1]));
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.to_lowercase().contains("retry-after: "), "{refused}");
    assert!(other_client(&seen).starts_with("HTTP/1.1 200"));
    let limit = "seen_over_limit_total{limit=\"client_connections\"}";
    assert_eq!(metric(&seen, limit), 1);
    // A network has four clients' worth in all.
    let more: Vec<_> = (2..11).map(|host| connect_from(&seen, [127, 1, 1, host])).collect();
    assert!(heard(connect_from(&seen, [127, 1, 1, 99])).starts_with("HTTP/1.1 503"));
    assert_eq!(metric(&seen, "seen_over_limit_total{limit=\"network_connections\"}"), 1);
    drop((held, more));
    wait_until("there is room again", || {
        let mut stream = connect_from(&seen, [127, 1, 1, 1]);
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        heard(stream).starts_with("HTTP/1.1 200")
    });
}

/// 100,000 refusals a second once kept seen from everybody else.
#[test]
fn a_client_refused_too_often_waits_for_each_answer() {
    let place = Place::file();
    let seen = place.seen_with(&["--refusal-limit", "2/1h"]);
    let mut stream = connect_from(&seen, [127, 1, 1, 1]);
    let started = Instant::now();
    stream.write_all(&b"GET /get/no/such HTTP/1.1\r\nHost: x\r\n\r\n".repeat(9)).unwrap();
    let said = heard(stream);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(said.matches("404 Not Found").count(), 3, "two at once, one later: {said}");
    assert_eq!(said.matches("connection: close").count(), 1, "{said}");
    let mut stream = connect_from(&seen, [127, 1, 1, 1]);
    let started = Instant::now();
    stream.write_all(b"GET /hit/a/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    assert!(heard(stream).starts_with("HTTP/1.1 200"), "what is no refusal does not wait");
    assert!(other_client(&seen).starts_with("HTTP/1.1 200"));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(metric(&seen, "seen_over_limit_total{limit=\"refusals\"}"), 1);
    seen.wait_for_log("held back");
}

/// A malformed request is a refusal too, each on a new connection.
#[test]
fn malformed_requests_cost_a_connection_for_a_second() {
    let place = Place::file();
    let seen = place.seen_with(&["--refusal-limit", "1/1h", "--client-connections", "1"]);
    let nonsense = || {
        let mut stream = connect_from(&seen, [127, 1, 1, 1]);
        let _ = stream.write_all(b"nonsense\r\n\r\n");
        heard(stream)[..12].to_owned()
    };
    let refused = metric(&seen, "seen_over_limit_total{limit=\"client_connections\"}");
    assert_eq!(nonsense(), "HTTP/1.1 400");
    wait_until("its place is free at once", || nonsense() == "HTTP/1.1 400");
    let started = Instant::now();
    assert_eq!(nonsense(), "HTTP/1.1 503");
    wait_until("its place is free again", || nonsense() == "HTTP/1.1 400");
    assert!(started.elapsed() > Duration::from_millis(500), "{:?}", started.elapsed());
    assert!(metric(&seen, "seen_over_limit_total{limit=\"client_connections\"}") > refused);
    assert!(other_client(&seen).starts_with("HTTP/1.1 200"));
}

#[test]
fn one_client_does_not_take_all_descriptors() {
    let place = Place::file();
    let mut low = Command::new("sh");
    low.args(["-c", "ulimit -n 200; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_seen")]);
    low.env_clear().args(["--store", &place.store()]);
    let seen = Seen::spawn(low);
    let slow = |_| {
        let mut stream = connect_from(&seen, [127, 1, 1, 1]);
        let _ =
            stream.write_all(b"POST /hits HTTP/1.1\r\nHost: x\r\nContent-Length: 32768\r\n\r\n[");
        stream
    };
    let held: Vec<_> = (0..300).map(slow).collect();
    assert!(other_client(&seen).starts_with("HTTP/1.1 200"));
    let health = Command::new(env!("CARGO_BIN_EXE_seen"))
        .args(["healthcheck", "--listen", &seen.address.to_string()])
        .status();
    assert!(health.unwrap().success());
    assert!(metric(&seen, "seen_over_limit_total{limit=\"connections\"}") > 100);
    drop(held);
}
