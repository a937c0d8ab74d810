//! How much one client, or one counter, may use.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{Place, Seen, request};

fn hit(seen: &Seen, headers: &[(&str, &str)]) -> common::Answer {
    request("GET", &seen.url("/hit/site/page"), headers)
}

#[test]
fn a_client_over_its_limit_is_told_when_to_come_again() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "3/1h"]);
    for left in (0..3).rev() {
        let answer = hit(&seen, &[]);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"client\";q=3;w=3600"));
        let expected = format!("\"client\";r={left};t=");
        assert!(answer.header("ratelimit").unwrap().starts_with(&expected), "{answer:?}");
    }
    let answer = hit(&seen, &[]);
    assert_eq!(answer.status, 429, "{answer:?}");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=1200).contains(&wait), "{answer:?}");
    assert!(answer.json()["error"].as_str().unwrap().contains("nothing was counted"));
    assert_eq!(seen.value("/get/site/page"), 3, "reading is not limited");
    assert!(seen.get("/metrics").body.contains("seen_uncounted_total{reason=\"limited\"} 1"));
}

/// Anybody can send X-Forwarded-For.
#[test]
fn a_claimed_address_does_not_lift_the_limit() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "2/1h"]);
    let claims = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    let statuses = claims.map(|ip| hit(&seen, &[("x-forwarded-for", ip)]).status);
    assert_eq!(statuses, [200, 200, 429]);
    seen.wait_for_log("is not among --trusted-proxies");
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h", "--trusted-proxies", "127.0.0.0/8,::1"]);
    let from = |ip: &str| hit(&seen, &[("x-forwarded-for", ip)]).status;
    assert_eq!([from("192.0.2.1"), from("192.0.2.2"), from("192.0.2.1")], [200, 200, 429]);
    // One IPv6 subscriber has a /64.
    assert_eq!(
        [from("2001:db8::1"), from("2001:db8::2"), from("2001:db8:0:1::1")],
        [200, 429, 200]
    );
}

/// GitHub's image proxy asks for all its readers.
#[test]
fn an_image_proxy_is_not_one_client() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h"]);
    let camo = [("user-agent", "github-camo (1234abcd)")];
    for _ in 0..20 {
        assert_eq!(hit(&seen, &camo).status, 200);
    }
    // Anybody can claim to be a proxy, so it has a limit too.
    assert_eq!(hit(&seen, &camo).status, 429);
    assert_eq!(hit(&seen, &[]).status, 200, "others have their own");
}

#[test]
fn a_counter_over_its_limit_leaves_the_others_alone() {
    let place = Place::file();
    let seen = place.seen_with(&["--counter-limit", "2/1h"]);
    let status = |path: &str| seen.get(path).status;
    assert_eq!([status("/hit/a/b"), status("/hit/a/b"), status("/hit/a/b")], [200, 200, 429]);
    assert_eq!(status("/hit/a/c"), 200);
}

#[test]
fn jsonp_answers_call_the_named_function() {
    let place = Place::file();
    let seen = place.seen();
    let answer = seen.get("/hit/site/page?callback=shop.seen");
    assert_eq!(answer.body, "/**/shop.seen({\"value\":1});");
    assert_eq!(answer.header("content-type"), Some("application/javascript; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let attack = seen.get("/get/site/page?callback=alert(1)//");
    assert_eq!(attack.status, 400, "{attack:?}");
    assert!(attack.json()["allowed"].as_str().unwrap().contains("JavaScript name"));
}

#[test]
fn an_invalid_parameter_is_named_in_the_error() {
    let place = Place::file();
    let seen = place.seen();
    for (path, named) in [
        ("/hit/site/page?id=", "id"),
        ("/hit/site/page?id=two%20words", "two words"),
        ("/hit/site/page?callback=", "callback"),
    ] {
        let answer = seen.get(path);
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert!(answer.body.contains(named), "{path}: {answer:?}");
    }
    assert_eq!(seen.get("/get/site/page").status, 404, "nothing was counted");
    let long = seen.get(&format!("/hit/site/page?x={}", "a".repeat(40_000)));
    assert_eq!(long.status, 414, "{}", long.status);
}

/// The answer to a request with this head and body.
fn raw(seen: &Seen, head: &str, body: &str) -> (u16, serde_json::Value) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(seen.address).unwrap();
    stream.set_read_timeout(Some(common::TIMEOUT)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head}Host: seen\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    // After a refusal the connection may be reset, as the body was not read.
    let _ = stream.read_to_string(&mut answer);
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer with a head");
    assert!(head.contains("access-control-allow-origin"), "{head}");
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// hyper's own 414 and 431 have no explanation.
#[test]
fn an_overlong_request_is_told_the_limit() {
    let place = Place::file();
    let seen = place.seen();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\n");
    let many: String = (0..90).map(|n| format!("x-{n}: y\r\n")).collect();
    let long = "y".repeat(40_000);
    for (head, body, status, limit, allowed) in [
        (get(&format!("/hit/site/{}", "k".repeat(9_000))), "", 414, "url", "8192 bytes"),
        (get(&format!("/hit/site/page?x={long}")), "", 414, "url", "24576 bytes"),
        (get("/hit/site/page") + &many, "", 431, "headers", "80 headers"),
        (get("/hit/site/page") + &format!("x: {long}\r\n"), "", 431, "headers", "16384 bytes"),
        ("POST /hits HTTP/1.1\r\n".into(), &"y".repeat(70_000)[..], 413, "body", "32768 bytes"),
    ] {
        let line = format!("seen_over_limit_total{{limit=\"{limit}\"}} ");
        let met = || {
            let metrics = seen.get("/metrics").body;
            metrics.lines().find_map(|l| l.strip_prefix(&line)?.parse().ok()).unwrap_or(0)
        };
        let before: u64 = met();
        let (answered, body) = raw(&seen, &head, body);
        assert_eq!(answered, status, "{body}");
        assert!(body["error"].as_str().unwrap().contains("too long"), "{body}");
        assert!(body["allowed"].as_str().unwrap().contains(allowed), "{body}");
        assert_eq!(met(), before + 1, "{limit}");
    }
    assert_eq!(seen.get("/get/site/page").status, 404, "nothing was counted");
}

/// RFC 7239's header, and a client that sends the header which the proxy does not write.
#[test]
fn a_proxys_header_is_believed_unless_a_second_one_contradicts_it() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h", "--trusted-proxies", "127.0.0.1"]);
    let from = |header: &str| hit(&seen, &[("forwarded", header)]).status;
    assert_eq!(
        [from("for=192.0.2.1"), from("for=192.0.2.1"), from("for=192.0.2.2")],
        [200, 429, 200]
    );
    let both = |claimed: &str| {
        let claim = format!("for={claimed}");
        hit(&seen, &[("x-forwarded-for", "192.0.2.3"), ("forwarded", &claim)]).status
    };
    assert_eq!([both("192.0.2.4"), both("192.0.2.5"), both("192.0.2.3")], [200, 429, 200]);
}

/// Each limit has its own metric.
#[test]
fn every_refusal_by_a_limit_is_measured() {
    let place = Place::file();
    let limits = ["--client-limit", "3/1h", "--counter-limit", "1/1h"];
    let seen = place.seen_with(&[&limits[..], &["--namespace-counters", "1"]].concat());
    let status = |path: &str| seen.get(path).status;
    assert_eq!([status("/hit/a/b"), status("/hit/a/b"), status("/hit/a/c")], [200, 429, 507]);
    assert_eq!(status("/hit/a/d"), 429);
    let metrics = seen.get("/metrics").body;
    for limit in ["counter", "namespace_counters", "client"] {
        let line = format!("seen_over_limit_total{{limit=\"{limit}\"}} 1");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    drop(seen);
    for (limits, status, limit) in [
        (["--streams", "9", "--client-streams", "1"], "429", "client_streams"),
        (["--streams", "1", "--client-streams", "9"], "503", "streams"),
    ] {
        let seen = place.seen_with(&limits);
        let watch = || {
            let mut stream = TcpStream::connect(seen.address).unwrap();
            stream.write_all(b"GET /stream/a/b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut head = [0; 12];
            stream.read_exact(&mut head).unwrap();
            (stream, String::from_utf8_lossy(&head[9..]).into_owned())
        };
        let (_one, first) = watch();
        assert_eq!((first.as_str(), watch().1.as_str()), ("200", status));
        assert!(seen.get("/stream/a/b").header("retry-after").is_some());
        let line = format!("seen_over_limit_total{{limit=\"{limit}\"}} 2");
        assert!(seen.get("/metrics").body.contains(&line), "{line}");
    }
    let seen = place.seen_with(&["--counters", "1"]);
    assert_eq!(seen.get("/hit/other/b").status, 507);
    assert_eq!(seen.get("/create/other/b").status, 507);
    let log = seen.log.lock().unwrap().join("\n");
    assert!(!log.contains("answered with an error"), "a cap is no failure of seen's: {log}");
    let line = "seen_over_limit_total{limit=\"counters\"} 2";
    assert!(seen.get("/metrics").body.contains(line));
}
