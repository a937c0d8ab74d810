//! systemd's side: the sockets that it hands over, and the notifications that it gets.

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};

use common::{Place, Seen, TIMEOUT, command, command_by};

#[test]
fn systemd_is_notified_of_ready_and_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(TIMEOUT)).unwrap();
    let heard = || {
        let mut text = [0; 64];
        let length = manager.recv(&mut text).expect("seen says something");
        String::from_utf8_lossy(&text[..length]).trim().to_owned()
    };
    let place = Place::file();
    let mut seen = command(&["serve", "--store", &place.store()]);
    seen.env("NOTIFY_SOCKET", &path);
    let mut seen = Seen::spawn(seen);
    assert_eq!(heard(), "READY=1");
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.stop().success());
    assert_eq!(heard(), "STOPPING=1");
}

/// The manager keeps the socket open, so nobody is refused while seen restarts.
#[test]
fn seen_serves_the_socket_that_systemd_hands_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let place = Place::file();
    for expected in 1..=2 {
        let handed = handed(listener.try_clone().unwrap().into(), &place);
        let mut seen = Seen::spawn(handed);
        assert_eq!(seen.address, address);
        assert_eq!(seen.value("/hit/site/page"), expected);
        assert!(seen.stop().success());
    }
}

#[test]
fn seen_leaves_systemds_unix_socket_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let place = Place::file();
    for expected in 1..=2 {
        let mut seen = Seen::spawn(handed(listener.try_clone().unwrap().into(), &place));
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"GET /hit/site/page HTTP/1.0\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with(&format!("{{\"value\":{expected}}}")), "{answer}");
        assert!(seen.stop().success());
        assert!(path.exists(), "systemd's file was removed");
    }
}

/// A seen that gets a socket as systemd would hand it over: as descriptor 3, for this process.
fn handed(socket: OwnedFd, place: &Place) -> Command {
    let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
    let mut starter = Command::new("sh");
    starter.args(["-c", script, "sh"]);
    let mut handed = command_by(starter, &["serve", "--store", &place.store()]);
    handed.stdin(Stdio::from(socket));
    handed
}
