//! Requests that nobody should send: a corpus of names, queries, headers and imports, each broken
//! in many ways and sent over real sockets. seen answers each with a status below 500 or hangs
//! up, and goes on counting.

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use common::{Place, Seen, TIMEOUT};

const TOKEN: &str = "an-instance-token-of-a-test";

/// Almost valid requests: breaking one gets further into the code than noise does.
const CORPUS: [&str; 10] = [
    "GET /hit/site/page?id=a1&callback=f&count=unique HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /hit/site/page/badge.svg?label=%F0%9F%90%A6&color=ff0&logo=data:x HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /get/a/b/history?from=2026-01-01&to=2026-02-01&step=day&tz=Europe/Berlin HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /hit/a/b HTTP/1.1\r\nHost: [::1]:80\r\nX-Forwarded-For: 1.2.3.4, [::1]:5\r\nForwarded: for=\"[::1]\";proto=https\r\n\r\n",
    "GET /stream/a/b,c HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 1,-\r\nConnection: close\r\n\r\n",
    "PUT /namespaces/mine HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\n\r\n",
    "POST /hits HTTP/1.1\r\nHost: x\r\nContent-Length: 42\r\n\r\n[{\"namespace\":\"site\",\"key\":\"k\",\"id\":\"1\"}]\n",
    "POST /hits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n[{\"key\":\"page\"}]\r\n0\r\n\r\n",
    "POST /import?on-conflict=add HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer an-instance-token-of-a-test\r\nContent-Length: 57\r\n\r\n{\"namespace\":\"a\",\"key\":\"b\",\"value\":9007199254740991}\n{}\n{\n",
    "GET /countapi/update/:HOST:/:PATHNAME:?amount=-1 HTTP/1.1\r\nHost: x\r\nReferer: https://me@h:1/a?b#c\r\n\r\n",
];

/// Fragments that have broken parsers before.
const PIECES: [&[u8]; 14] = [
    b"\r\n",
    b"\0",
    b"%00",
    b"%ff",
    b"..",
    b"//",
    b"\xff\xfe",
    b"&&&&",
    b"=",
    b"9223372036854775808",
    b"-",
    b" ",
    b"Content-Length: 5\r\n",
    b"{[\"",
];

/// A random number generator (xorshift, Marsaglia 2003) with a fixed seed: every run is the same.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

fn broken(request: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = request.as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len().max(1));
        match random.below(5) {
            0 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {
                let end = (at + random.below(40)).min(bytes.len());
                let again = bytes[at.min(end)..end].to_vec();
                drop(bytes.splice(end..end, again));
            }
        }
    }
    bytes
}

/// The statuses of the answers.
fn statuses(seen: &Seen, request: &[u8]) -> Vec<u16> {
    let mut stream = TcpStream::connect(seen.address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(1..) = stream.read(&mut piece).inspect(|n| answer.extend_from_slice(&piece[..*n]))
    {
    }
    let text = String::from_utf8_lossy(&answer);
    let lines = text.split("HTTP/1.").skip(1);
    lines.filter_map(|line| line.get(2..5)?.parse().ok()).collect()
}

#[test]
fn no_malformed_request_breaks_it() {
    let place = Place::file();
    let seen = place.seen_with(&["--token", TOKEN, "--trusted-proxies", "127.0.0.1"]);
    let mut random = Random(0x5eed);
    let mut answered = 0;
    for round in 0..1500 {
        let request = broken(CORPUS[round % CORPUS.len()], &mut random);
        for status in statuses(&seen, &request) {
            answered += 1;
            let text = String::from_utf8_lossy(&request);
            assert!(status < 500, "{status} after round {round}: {text:?}");
        }
    }
    assert!(answered > 1000, "only {answered} were answered");
    let before = seen.value("/hit/still/here");
    assert_eq!(seen.value("/hit/still/here"), before + 1);
    assert!(!seen.get("/metrics").body.contains("seen_requests_total{status=\"5xx\"} 1"));
}
