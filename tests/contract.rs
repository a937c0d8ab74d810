//! The promises of every store, tested through the real program on each.

mod common;

use std::thread;

use common::{Place, assert_none_twice, client, request, send};

on_every_store! {
    clients_on_one_counter_get_each_number_once
    clients_on_many_counters_get_each_number_once
    a_restart_keeps_counts
    reading_never_counts
    the_page_counts_and_greets
    namespaces_do_not_mix
    every_route_that_counts_knows_a_repeated_hit
    a_full_namespace_takes_no_new_counter_and_keeps_counting
}

/// Sends `clients` × `hits` to the counters that `path` names; returns all numbers by counter.
fn crowd(url: &str, clients: usize, hits: usize, counters: usize) -> Vec<Vec<i64>> {
    let client_of = |number: usize| {
        let url = url.to_owned();
        move || {
            let client = client();
            let mut numbers = vec![Vec::new(); counters];
            for hit in 0..hits {
                let counter = (number + hit) % counters;
                let answer = send(&client, "GET", &format!("{url}{counter}"), &[]).unwrap();
                numbers[counter].push(answer.value().unwrap_or_else(|| panic!("{answer:?}")));
            }
            numbers
        }
    };
    let threads: Vec<_> = (0..clients).map(|n| thread::spawn(client_of(n))).collect();
    let mut all = vec![Vec::new(); counters];
    for thread in threads {
        for (counter, numbers) in thread.join().unwrap().into_iter().enumerate() {
            all[counter].extend(numbers);
        }
    }
    all.iter_mut().for_each(|numbers| numbers.sort_unstable());
    all
}

fn clients_on_one_counter_get_each_number_once(place: Place) {
    let seen = place.seen();
    let numbers = crowd(&seen.url("/hit/site/page"), 16, 100, 1);
    assert_eq!(numbers[0], (1..=1600).collect::<Vec<_>>());
    assert_eq!(seen.value("/get/site/page0"), 1600);
}

fn clients_on_many_counters_get_each_number_once(place: Place) {
    let seen = place.seen();
    for (counter, numbers) in crowd(&seen.url("/hit/site/page"), 8, 100, 20).iter().enumerate() {
        assert_eq!(*numbers, (1..=40).collect::<Vec<_>>(), "page{counter}");
    }
}

/// Most routes ignored the header, so a client that repeated a batch of which it did not know
/// whether it was counted had it twice.
fn every_route_that_counts_knows_a_repeated_hit(place: Place) {
    const TOKEN: &str = "an-instance-token-of-a-test";
    let seen = place.seen_with(&["--token", TOKEN]);
    let key = ("idempotency-key", "k1");
    let batch = r#"[{"key":"twice"},{"key":"twice"},{"key":"named","id":"n"}]"#;
    for _ in 0..2 {
        let request = ureq::http::Request::post(seen.url("/hits")).header(key.0, key.1);
        let answer = client().run(request.body(batch).unwrap()).unwrap();
        let answer = common::answer(answer).unwrap().json();
        let hits = answer["hits"].as_array().unwrap().iter();
        let values: Vec<i64> = hits.map(|hit| hit["value"].as_i64().unwrap()).collect();
        assert_eq!(values, [1, 2, 1], "{answer}");
    }
    for path in [
        "/hit/a/b",
        "/hit/c/d/badge.svg",
        "/",
        "/countapi/hit/site/page",
        "/v1/site/one/up",
        "/v2/site/two/up",
        "/ghpvc/?username=bob",
        "/count?url=https://example.com/hit-counter",
        "/count?p=/goat&host=goat.example",
    ] {
        for _ in 0..2 {
            let answer = request("GET", &seen.url(path), &[key]);
            assert!(answer.status < 300, "{path}: {answer:?}");
        }
    }
    let bearer = format!("Bearer {TOKEN}");
    let export = request("GET", &seen.url("/export"), &[("authorization", &bearer)]).body;
    assert!(export.lines().count() > 9, "{export}");
    for line in export.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let expected = if line["key"] == "twice" { 2 } else { 1 };
        assert_eq!(line["total"], expected, "{line}");
    }
    let invalid = request("GET", &seen.url("/v1/a/b/up"), &[("idempotency-key", "a b")]);
    assert_eq!(invalid.status, 400, "{invalid:?}");
}

fn a_restart_keeps_counts(place: Place) {
    let mut seen = place.seen();
    for expected in 1..=3 {
        assert_eq!(seen.value("/hit/site/page"), expected);
    }
    assert!(seen.stop().success());
    let seen = place.seen();
    assert_eq!(seen.value("/get/site/page"), 3);
    assert_eq!(seen.value("/hit/site/page"), 4);
}

/// If a HEAD, a 404 or a read counted, link previews and monitors would drive the numbers up.
fn reading_never_counts(place: Place) {
    let seen = place.seen();
    let missing = seen.get("/get/site/page");
    assert_eq!((missing.status, missing.json()["value"].is_null()), (404, true), "{missing:?}");
    assert_eq!(request("HEAD", &seen.url("/hit/site/page"), &[]).status, 404);
    assert_eq!(seen.value("/hit/site/page"), 1);
    for _ in 0..5 {
        assert_eq!(seen.value("/get/site/page"), 1);
        assert_eq!(request("HEAD", &seen.url("/hit/site/page"), &[]).status, 200);
        assert_eq!(request("HEAD", &seen.url("/"), &[]).status, 200);
        assert_eq!(request("OPTIONS", &seen.url("/hit/site/page"), &[]).status, 200);
    }
    assert_eq!(seen.value("/get/site/page"), 1);
    assert_eq!(seen.get("/get/hits").status, 404, "nobody visited the page");
}

fn the_page_counts_and_greets(place: Place) {
    let seen = place.seen();
    assert_eq!(seen.get("/").body, "Hello World! I have been seen 1 time.\n");
    assert_eq!(seen.get("/").body, "Hello World! I have been seen 2 times.\n");
    let page = request("GET", &seen.url("/"), &[("accept", "text/html,*/*;q=0.8")]);
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");
    assert!(page.body.contains("Hello World! I have been seen 3 times."), "{page:?}");
    let json = request("GET", &seen.url("/"), &[("accept", "application/json")]);
    assert_eq!(json.value(), Some(4));
    assert_eq!(json.json()["message"], "Hello World! I have been seen 4 times.");
}

fn namespaces_do_not_mix(place: Place) {
    let seen = place.seen();
    assert_eq!(seen.value("/hit/one/page"), 1);
    assert_eq!(seen.value("/hit/two/page"), 1);
    assert_eq!(seen.value("/hit/page"), 1);
    assert_eq!(seen.value("/hit/default/page"), 2, "one segment means `default`");
    assert_eq!(seen.value("/get/one/page"), 1);
}

fn a_full_namespace_takes_no_new_counter_and_keeps_counting(place: Place) {
    let seen = place.seen_with(&["--namespace-counters", "2"]);
    assert_eq!(seen.value("/hit/site/a"), 1);
    assert_eq!(seen.value("/hit/site/b"), 1);
    let full = seen.get("/hit/site/c");
    assert_eq!(full.status, 507, "{full:?}");
    assert!(full.header("retry-after").is_some(), "{full:?}");
    assert_eq!(seen.get("/get/site/c").status, 404);
    assert_eq!(seen.value("/hit/site/a"), 2);
    assert_eq!(seen.value("/hit/other/a"), 1);
    assert!(seen.get("/metrics").body.contains("seen_uncounted_total{reason=\"refused\"} 1"));
}

#[test]
fn the_test_notices_a_number_given_twice() {
    assert_none_twice(&[1, 2, 3]);
    assert!(std::panic::catch_unwind(|| assert_none_twice(&[1, 2, 2])).is_err());
}
