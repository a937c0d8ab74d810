//! The ways to reach a Redis: password, database, TLS, Unix socket, and one that starts later.

mod common;

use common::proxy::Proxy;
use common::redis::{Redis, free_port};
use common::{Seen, command, request, wait_until};

#[test]
fn a_user_a_password_and_a_database_are_used() {
    let redis = Redis::durable();
    let user = ["acl", "setuser", "counter", "on", ">secret", "~seen:*", "&seen:*", "+@all"];
    assert_eq!(redis.ask(&user), "OK");
    let url = format!("redis://counter:secret@127.0.0.1:{}/3", redis.port);
    let seen = Seen::start(&["--store", &url]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(redis.ask(&["-n", "3", "exists", "seen:{site}:counter:page"]), "1");
    assert_eq!(redis.ask(&["-n", "0", "dbsize"]), "0");
    let log = seen.log.lock().unwrap().join("\n");
    assert!(!log.contains("secret"), "{log}");
}

/// The NixOS module does so: no port, and file permissions instead of a password.
#[test]
fn a_unix_socket_is_a_way_to_a_redis() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let _redis = Redis::start(&["--unixsocket", socket.to_str().unwrap(), "--appendonly", "yes"]);
    let url = format!("redis+unix://{}", socket.display());
    let [one, other] = [(); 2].map(|()| Seen::start(&["--store", &url]));
    assert_eq!(one.value("/hit/site/page"), 1);
    assert_eq!(other.value("/hit/site/page"), 2);
    assert_eq!(one.get("/readyz").status, 200);
}

#[test]
fn a_wrong_password_is_reported() {
    let redis = Redis::start(&["--requirepass", "secret"]);
    let url = format!("redis://:wrong@127.0.0.1:{}", redis.port);
    let seen = Seen::start(&["--store", &url]);
    assert_eq!(seen.get("/readyz").status, 503);
    let log = seen.log.lock().unwrap().join("\n");
    assert!(log.contains("WRONGPASS") && !log.contains(":wrong@"), "{log}");
}

#[test]
fn tls_is_spoken_and_the_certificate_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let authority = tempfile::tempdir().unwrap();
    let signed = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    let pem = signed.cert.pem();
    std::fs::write(folder.path().join("server.pem"), &pem).unwrap();
    std::fs::write(folder.path().join("server.key"), signed.signing_key.serialize_pem()).unwrap();
    let roots = authority.path().join("roots.pem");
    std::fs::write(&roots, &pem).unwrap();
    let redis = Redis::start_tls(folder);
    let url = format!("rediss://localhost:{}", redis.port);

    let mut trusting = command(&["--store", &url]);
    trusting.env("SSL_CERT_FILE", &roots);
    let seen = Seen::spawn(trusting);
    assert_eq!(seen.value("/hit/site/page"), 1);
    drop(seen);

    let seen = Seen::start(&["--store", &url, "--deadline", "200ms"]);
    assert_eq!(seen.get("/hit/site/page").status, 503);
}

/// seen waits up to three seconds for a missing Redis. If the start waited on itself, it would
/// use them up.
#[test]
fn a_start_is_quick_when_redis_runs() {
    let redis = Redis::durable();
    let started = std::time::Instant::now();
    let seen = Seen::start(&["--store", &redis.url()]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
}

/// Containers start in any order.
#[test]
fn a_redis_that_comes_later_is_found() {
    let port = free_port();
    let url = format!("redis://127.0.0.1:{port}");
    let seen = Seen::start(&["--store", &url, "--deadline", "200ms"]);
    let answer = seen.get("/hit/site/page");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
    assert_eq!(seen.get("/healthz").status, 200);
    assert_eq!(seen.get("/readyz").status, 503);

    let _redis = Redis::durable_on(port);
    wait_until("it is ready", || seen.get("/readyz").status == 200);
    assert_eq!(seen.value("/hit/site/page"), 1);
}

/// Whether a server stands alone is known only once it is there, and hits may wait for it.
#[test]
fn hits_that_waited_for_redis_count_their_counters() {
    let mut redis = Redis::durable();
    redis.kill();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "20s"]);
    let url = seen.url("/hit/site/page");
    let early = std::thread::spawn(move || request("GET", &url, &[]));
    wait_until("the hit waits", || seen.get("/metrics").body.contains("seen_in_flight 1\n"));
    redis.again();
    assert_eq!(early.join().unwrap().value(), Some(1));
    assert_eq!(redis.ask(&["get", "seen:counters"]), "1");
}

/// A machine that loses its power, and a firewall that forgets a connection, tell nobody. While
/// requests were sent, seen waited for the answer to the last one, and so for ever.
#[test]
fn a_connection_that_dies_without_a_word_is_made_again_under_load() {
    let redis = Redis::durable();
    let proxy = Proxy::to(([127, 0, 0, 1], redis.port).into());
    let url = format!("redis://{}", proxy.address);
    let seen = Seen::start(&["--store", &url, "--deadline", "300ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    proxy.let_die();
    wait_until("it answers again", || seen.get("/get/site/page").value() == Some(1));
    wait_until("it counts again", || seen.get("/hit/site/page").status == 200);
}
