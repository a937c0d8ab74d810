//! What an operator meets: settings, signals, probes, logs.

mod common;

use std::io::Write;
use std::net::TcpStream;
use std::process::Stdio;

use common::{Place, Seen, command, request};

/// The exit code, standard output and the last line of standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = command(arguments).stderr(Stdio::piped()).output().expect("seen starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_bad_setting_is_named_with_what_is_allowed() {
    for (flag, value, allowed) in [
        ("--listen", "nowhere", "127.0.0.1:8000"),
        ("--deadline", "soon", "500ms"),
        ("--deadline", "0s", "500ms"),
        ("--queue", "0", "above zero"),
        ("--queue", "-1", "above zero"),
        ("--store", "mysql://host", "redis://"),
        ("--store", "redis://host:port", "port"),
        ("--history-days", "0", "1..=4000"),
        ("--log", "loud", "debug"),
    ] {
        let (code, _, said) = run(&[&format!("{flag}={value}")]);
        assert_eq!(code, Some(2), "{flag} {value}: {said}");
        assert!(said.contains(flag) && said.contains(value), "{flag} {value}: {said}");
        assert!(said.contains(allowed), "{flag} {value}: {said}");
    }
}

#[test]
fn a_bad_variable_is_as_bad_as_a_flag() {
    let output = command(&[]).env("SEEN_DEADLINE", "soon").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("soon") && said.contains("500ms"), "{said}");
}

#[test]
fn without_a_place_for_counts_it_says_how_to_give_one() {
    let (code, _, said) = run(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--store") && said.contains("SEEN_STORE"), "{said}");
}

/// Two writers on one file would each count on their own.
#[test]
fn a_second_process_on_one_file_is_refused() {
    let place = Place::file();
    let first = place.seen();
    let (code, _, said) = run(&["--store", &place.store(), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("in use by another process") && said.contains("--store"), "{said}");
    assert_eq!(first.value("/hit/site/page"), 1);
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("diary.txt");
    std::fs::write(&file, "Dear diary").unwrap();
    let (code, _, said) = run(&["--store", file.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("diary.txt"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Dear diary");
}

#[test]
fn an_address_in_use_is_said() {
    let place = Place::file();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, said) = run(&["--store", &place.store(), "--listen", &address]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[test]
fn version_and_help_are_printed() {
    let (code, said, _) = run(&["version"]);
    assert_eq!((code, said), (Some(0), format!("seen {}\n", env!("CARGO_PKG_VERSION"))));
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    for setting in ["--store", "SEEN_STORE", "--deadline", "[default: 2s]", "SEEN_GRACE"] {
        assert!(help.contains(setting), "{setting} in {help}");
    }
}

#[test]
fn the_health_check_tells_well_from_not_well() {
    let place = Place::redis();
    let mut seen = place.seen_with(&["--deadline", "200ms"]);
    let address = seen.address.to_string();
    let check = |more: &[&str]| run(&[&["healthcheck", "--listen", &address], more].concat());
    assert_eq!(check(&[]).0, Some(0));
    assert_eq!(check(&["--ready"]).0, Some(0));

    let Place::Redis(mut redis) = place else { unreachable!() };
    redis.kill();
    common::wait_until("it is not ready", || seen.get("/readyz").status == 503);
    assert_eq!(check(&[]).0, Some(0), "the process is well");
    let (code, _, said) = check(&["--ready"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("cannot be reached"), "{said}");

    seen.kill();
    let (code, _, said) = check(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&address), "{said}");
}

#[test]
fn a_stop_waits_for_the_request_in_hand_and_not_for_idle_connections() {
    let place = Place::file();
    let mut seen = place.seen();
    let _idle = TcpStream::connect(seen.address).unwrap();
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.stop().success());
    seen.wait_for_log("stopped");
}

/// A client that sends half a request must not hold up a stop for ever.
#[test]
fn a_stop_ends_within_its_grace() {
    let place = Place::file();
    let mut seen = place.seen_with(&["--grace", "300ms"]);
    let mut half = TcpStream::connect(seen.address).unwrap();
    half.write_all(b"GET /hit/site/page HTTP/1.1\r\nHost:").unwrap();
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.stop().success());
}

#[test]
fn every_error_is_json_that_says_what_is_allowed() {
    let place = Place::file();
    let seen = place.seen();
    let long = format!("/hit/site/{}", "a".repeat(65));
    for (method, path, status) in [
        ("GET", "/hit/site/a%20b", 400),
        ("GET", "/hit/si%20te/page", 400),
        ("GET", "/hit/site/%ff", 400),
        ("GET", long.as_str(), 400),
        ("GET", "/get/site/missing", 404),
        ("GET", "/nothing/here/at/all/of/it", 404),
        ("DELETE", "/get/site/page", 405),
        ("PUT", "/hit/site/page", 405),
    ] {
        let answer = request(method, &seen.url(path), &[]);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        for field in ["error", "allowed"] {
            assert!(!answer.json()[field].as_str().unwrap().is_empty(), "{path}: {answer:?}");
        }
        if status == 405 {
            assert!(answer.header("allow").is_some(), "{answer:?}");
        }
    }
}

#[test]
fn measurements_may_have_a_listener_of_their_own() {
    let place = Place::file();
    let apart = format!("127.0.0.1:{}", common::redis::free_port());
    let seen = place.seen_with(&["--metrics-listen", &apart]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(seen.get("/metrics").status, 404);
    let metrics = request("GET", &format!("http://{apart}/metrics"), &[]);
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        "seen_hits_total{source=\"browser\"} 1",
        "seen_in_flight 0",
        "seen_tally_hits_count 1",
        "seen_store_write_seconds_count 1",
        "# EOF",
    ] {
        assert!(metrics.body.contains(line), "{line} in {}", metrics.body);
    }
}

/// A log that holds addresses, user agents or queries is personal data.
#[test]
fn nothing_personal_is_logged() {
    let place = Place::file();
    let mut seen = place.seen_with(&["--log", "trace"]);
    let headers = [("user-agent", "Mozilla/5.0 secret"), ("x-forwarded-for", "203.0.113.7")];
    request("GET", &seen.url("/hit/site/page?id=secret"), &headers);
    request("GET", &seen.url("/get/site/missing?id=secret"), &headers);
    assert!(seen.stop().success());
    let log = seen.log.lock().unwrap().join("\n");
    assert!(log.contains("/get/site/missing"), "the test sees requests: {log}");
    for personal in ["secret", "203.0.113.7", "Mozilla"] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}

#[test]
fn a_request_has_an_id_and_keeps_the_one_of_a_trusted_proxy() {
    let place = Place::file();
    let claimed = [("x-request-id", "from-a-proxy")];
    let forged = request("GET", &place.seen().url("/healthz"), &claimed);
    assert_ne!(forged.header("x-request-id"), Some("from-a-proxy"));
    let seen = place.seen_with(&["--trusted-proxies", "127.0.0.1"]);
    let first = seen.get("/healthz").header("x-request-id").unwrap().to_owned();
    let second = seen.get("/healthz").header("x-request-id").unwrap().to_owned();
    assert_ne!(first, second);
    let kept = request("GET", &seen.url("/healthz"), &claimed);
    assert_eq!(kept.header("x-request-id"), Some("from-a-proxy"));
    let odd = request("GET", &seen.url("/healthz"), &[("x-request-id", "two words")]);
    assert_ne!(odd.header("x-request-id"), Some("two words"));
}

/// Every hit of a crowd that is too large for the queue has an answer.
#[test]
fn more_hits_than_may_wait_are_told_to_come_again() {
    let mut redis = common::redis::Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--queue", "4", "--deadline", "400ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    redis.kill();
    let load = common::Load::start(&seen.url("/hit/site/page"), 8);
    load.wait_for_refusals(20);
    load.finish();
    let metrics = seen.get("/metrics").body;
    let busy = metrics.lines().find(|l| l.starts_with("seen_uncounted_total{reason=\"busy\"}"));
    assert!(busy.is_some_and(|l| !l.ends_with(" 0")), "{metrics}");
    redis.again();
}
