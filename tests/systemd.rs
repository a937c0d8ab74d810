//! What systemd hands over and is told, by the sockets and variables that it uses.

mod common;

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use common::{Place, Seen, TIMEOUT, command, command_by};

#[test]
fn the_manager_hears_when_seen_listens_and_when_it_stops() {
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

/// With a socket of the manager's nobody is refused while seen is started anew.
#[test]
fn a_socket_that_is_handed_over_is_the_one_that_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let place = Place::file();
    for expected in 1..=2 {
        // The handed-over sockets are the descriptors from 3 on, meant for one process.
        let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
        let mut handed = Command::new("sh");
        handed.args(["-c", script, "sh"]);
        let mut handed = command_by(handed, &["serve", "--store", &place.store()]);
        handed.stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())));
        let mut seen = Seen::spawn(handed);
        assert_eq!(seen.address, address);
        assert_eq!(seen.value("/hit/site/page"), expected);
        assert!(seen.stop().success());
    }
}
