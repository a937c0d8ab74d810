//! What one client, or one counter, may use up.

mod common;

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

/// Anybody can write X-Forwarded-For.
#[test]
fn a_claimed_address_does_not_lift_the_limit() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "2/1h"]);
    let claims = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    let statuses = claims.map(|ip| hit(&seen, &[("x-forwarded-for", ip)]).status);
    assert_eq!(statuses, [200, 200, 429]);
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h", "--trusted-proxies", "127.0.0.0/8,::1"]);
    let from = |ip: &str| hit(&seen, &[("x-forwarded-for", ip)]).status;
    assert_eq!([from("192.0.2.1"), from("192.0.2.2"), from("192.0.2.1")], [200, 200, 429]);
    // One subscriber of IPv6 has a /64.
    assert_eq!(
        [from("2001:db8::1"), from("2001:db8::2"), from("2001:db8:0:1::1")],
        [200, 429, 200]
    );
}

/// Behind GitHub's image proxy stand all its readers.
#[test]
fn an_image_proxy_is_not_one_client() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h"]);
    let camo = [("user-agent", "github-camo (1234abcd)")];
    for _ in 0..20 {
        assert_eq!(hit(&seen, &camo).status, 200);
    }
    // Anybody can say to be one.
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
fn a_script_gets_its_answer_in_a_call() {
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
fn parameters_that_make_no_sense_are_named() {
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
