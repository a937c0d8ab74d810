//! `--listen unix:/path`: a socket that only this machine's proxy can open.

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{Place, Seen, TIMEOUT, command, wait_until};

const TOKEN: &str = "8f14e45fceea167a5a36dedd4bea2543";

/// A folder, and the path of a socket in it.
fn socket() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.sock");
    (folder, path)
}

fn listen(path: &Path) -> String {
    format!("unix:{}", path.display())
}

fn start(path: &Path, place: &Place, arguments: &[&str]) -> Seen {
    let mut seen = command(&[&["serve", "--store", &place.store()], arguments].concat());
    seen.env("SEEN_TOKEN", TOKEN);
    Seen::spawn_at(seen, &listen(path))
}

fn connect(path: &Path) -> UnixStream {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// The whole answer to a GET with these headers.
fn get(path: &Path, target: &str, headers: &str) -> String {
    let mut stream = connect(path);
    write!(stream, "GET {target} HTTP/1.0\r\nHost: x\r\n{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn status(path: &Path, target: &str, headers: &str) -> String {
    get(path, target, headers).split(' ').nth(1).unwrap().to_owned()
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).env("SEEN_TOKEN", TOKEN).output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[test]
fn the_socket_has_its_permissions_and_is_removed_at_the_end() {
    let (_folder, path) = socket();
    let place = Place::file();
    let mut seen = start(&path, &place, &[]);
    let line = seen.log.lock().unwrap().concat();
    assert!(line.contains(&format!("seen listens on {}", listen(&path))), "{line}");
    let found = path.metadata().unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o660);
    for expected in 1..=2 {
        let answer = get(&path, "/hit/site/page", "");
        assert!(answer.ends_with(&format!("{{\"value\":{expected}}}")), "{answer}");
    }
    assert!(seen.stop().success());
    assert!(!path.exists(), "the socket was left behind");

    let _seen = start(&path, &place, &["--listen-mode", "600"]);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_stale_socket_is_replaced() {
    let (_folder, path) = socket();
    let place = Place::file();
    start(&path, &place, &[]).kill();
    assert!(path.exists(), "nothing is left behind, so that nothing is shown");
    let _seen = start(&path, &place, &[]);
    assert_eq!(status(&path, "/hit/site/page", ""), "200");
}

#[test]
fn files_and_sockets_of_others_are_left_alone() {
    let (folder, path) = socket();
    let place = Place::file();
    let _first = start(&path, &place, &[]);
    let diary = folder.path().join("diary.txt");
    std::fs::write(&diary, "Dear diary").unwrap();
    // Another seen's socket, a plain file, and a path in a missing folder.
    for taken in [&path, &diary, &folder.path().join("no/such.sock")] {
        let place = Place::file();
        let output = run(&["--store", &place.store(), "--listen", &listen(taken)]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let said = said(&output);
        assert!(said.contains(&listen(taken)) && said.contains("--listen"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&diary).unwrap(), "Dear diary");
    assert_eq!(status(&path, "/hit/site/page", ""), "200");
}

/// An old seen that still finishes requests must not remove its successor's socket.
#[test]
fn a_successor_may_listen_before_the_first_has_ended() {
    let (_folder, path) = socket();
    let of_first = Place::file();
    let mut first = start(&path, &of_first, &["--grace", "20s"]);
    let mut half = connect(&path);
    half.write_all(b"POST /hits HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n").unwrap();
    first.signal("TERM");
    wait_until("it listens no more", || !path.exists());
    let place = Place::file();
    let _second = start(&path, &place, &[]);
    drop(half);
    first.wait();
    assert_eq!(status(&path, "/hit/site/page", ""), "200");
}

/// Otherwise all clients of the proxy would share one limit.
#[test]
fn a_client_of_the_socket_is_a_trusted_proxy() {
    let (_folder, path) = socket();
    let place = Place::file();
    let _seen = start(&path, &place, &["--client-limit", "1/1h"]);
    let hit = |ip: &str| status(&path, "/hit/a/b", &format!("X-Forwarded-For: {ip}\r\n"));
    assert_eq!(hit("198.51.100.1"), "200");
    assert_eq!(hit("203.0.113.1"), "200");
    assert_eq!(hit("198.51.100.1"), "429");
    let page = get(&path, "/builder", "X-Forwarded-Prefix: /stats\r\n");
    assert!(page.contains("=\"/stats/"), "{page}");
}

#[test]
fn a_stream_ends_when_its_reader_is_gone() {
    let (_folder, path) = socket();
    let place = Place::file();
    let _seen = start(&path, &place, &[]);
    let streams = |n: u8| get(&path, "/metrics", "").contains(&format!("\nseen_streams {n}\n"));
    let mut stream = connect(&path);
    stream.write_all(b"GET /stream/a/b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    wait_until("it watches", || streams(1));
    assert_eq!(status(&path, "/hit/a/b", ""), "200");
    let mut heard = String::new();
    while !heard.contains("\"value\":1") {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).unwrap();
        heard.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    drop(stream);
    wait_until("it is gone", || streams(0));
}

#[test]
fn the_other_commands_accept_a_unix_socket() {
    let (_folder, path) = socket();
    let place = Place::file();
    let mut seen = start(&path, &place, &[]);
    assert_eq!(status(&path, "/hit/site/page", ""), "200");
    let listen = listen(&path);
    let healthcheck = || run(&["healthcheck", "--ready", "--listen", &listen]);
    assert!(healthcheck().status.success(), "{}", said(&healthcheck()));
    let checked = said(&run(&["check", "--store", &place.store(), "--listen", &listen]));
    let shown = checked.lines().find(|line| line.starts_with("listen ")).unwrap();
    assert!(shown.contains(&listen) && shown.ends_with("--listen"), "{checked}");

    // The running seen locks the file, so the export goes through the socket.
    let refused = command(&["export", "--store", &place.store()])
        .envs([("SEEN_TOKEN", TOKEN), ("SEEN_LISTEN", listen.as_str())])
        .output()
        .unwrap();
    assert!(said(&refused).contains(&format!("seen export --url {listen}")), "{}", said(&refused));
    let exported = run(&["export", "--url", &listen]);
    assert!(said(&exported).contains("\"key\":\"page\""), "{}", said(&exported));

    seen.kill();
    let ill = healthcheck();
    assert_eq!(ill.status.code(), Some(1));
    assert!(said(&ill).contains(&listen), "{}", said(&ill));
}
