//! What pages and programs read: numbers by kind, many counters at once, the past.

mod common;

use common::{Answer, Place, Seen, client, request};
use serde_json::{Value, json};

/// Sends many hits in one request.
fn post_hits(seen: &Seen, body: &str) -> Answer {
    let request = ureq::http::Request::post(seen.url("/hits")).body(body.to_owned()).unwrap();
    common::answer(client().run(request).unwrap()).unwrap()
}

fn numbers_by_kind(place: Place) {
    let seen = place.seen();
    let visit = |agent: &str| request("GET", &seen.url("/hit/site/page"), &[("user-agent", agent)]);
    for agent in ["one", "one", "two", "github-camo (1)", "Googlebot/2.1"] {
        visit(agent);
    }
    let prefetch = [("sec-purpose", "prefetch")];
    request("GET", &seen.url("/hit/site/page"), &prefetch);
    let counts = ["total", "human", "unique", "today"]
        .map(|count| seen.value(&format!("/get/site/page?count={count}")));
    assert_eq!(counts, [6, 4, 2, 6]);
    assert_eq!(seen.value("/hit/site/page?count=human"), 5);
    let bad = seen.get("/hit/site/page?count=most");
    assert_eq!(bad.status, 400, "{bad:?}");
    assert!(bad.json()["allowed"].as_str().unwrap().contains("unique"));
    assert_eq!(seen.value("/get/site/page"), 7, "a bad request counts nothing");
}

fn many_counters_in_one_request(place: Place) {
    let seen = place.seen();
    assert_eq!(
        [seen.value("/hit/site/a"), seen.value("/hit/site/a"), seen.value("/hit/site/b")],
        [1, 2, 1]
    );
    let values = seen.get("/get/site/b,a,none,a").json();
    assert_eq!(values, json!({"values": {"a": 2, "b": 1, "none": null}}));
    assert_eq!(seen.get("/get/site/a,,b").status, 400);
    let many: Vec<_> = (0..101).map(|n| format!("k{n}")).collect();
    assert_eq!(seen.get(&format!("/get/site/{}", many[..100].join(","))).status, 200);
    assert_eq!(seen.get(&format!("/get/site/{}", many.join(","))).status, 400);
}

/// The errors named types of the program.
#[test]
fn a_wrong_body_is_told_in_plain_words() {
    let seen = Place::file().seen();
    for (body, words) in [
        ("", "it is empty"),
        ("{}", "its JSON has an object in the wrong place"),
        ("[3]", "its JSON has the wrong form: invalid type: integer `3`, at character 2"),
        ("[{}]", "its JSON has the wrong form: missing field `key`, at character 3"),
    ] {
        let answer = post_hits(&seen, body).json();
        assert_eq!(answer["error"], format!("the body cannot be read: {words}"), "{body}");
        let allowed = answer["allowed"].as_str().unwrap();
        assert!(allowed.starts_with(r#"a list such as [{"namespace""#), "{answer}");
    }
}

fn many_hits_in_one_request(place: Place) {
    let seen = place.seen();
    let body = r#"[{"namespace":"site","key":"a"},{"key":"b","id":"x"},{"namespace":"site","key":"a"},{"key":"b","id":"x"}]"#;
    let answer = post_hits(&seen, body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let hit = |namespace: &str, key: &str, value: i64| json!({"namespace": namespace, "key": key, "value": value});
    let expected =
        [hit("site", "a", 1), hit("default", "b", 1), hit("site", "a", 2), hit("default", "b", 1)];
    assert_eq!(answer.json()["hits"], Value::from(expected.to_vec()));
    for (body, named) in [
        ("{}", "list"),
        ("[{\"key\":\"a b\"}]", "key"),
        ("[{\"key\":\"a\",\"id\":\"\"}]", "id"),
        ("[{\"key\":\"a\",\"keys\":1}]", "keys"),
        ("[{\"key\":\"ok\"},{\"key\":\"\"}]", "key"),
        ("not json", "list"),
    ] {
        let answer = post_hits(&seen, body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(answer.body.contains(named), "{body}: {answer:?}");
    }
    assert_eq!(seen.get("/get/ok").status, 404, "all or nothing is read");
    let many = vec!["{\"key\":\"many\"}"; 101].join(",");
    assert_eq!(post_hits(&seen, &format!("[{many}]")).status, 400);
    let long = format!("[{{\"key\":\"a\",\"id\":\"{}\"}}]", "x".repeat(70_000));
    let answer = post_hits(&seen, &long);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.json()["allowed"].as_str().unwrap().contains("32768"));
}

fn a_list_of_hits_is_not_one_for_the_limit(place: Place) {
    let seen = place.seen_with(&["--client-limit", "3/1h"]);
    let body = ["{\"key\":\"page\"}"; 5].join(",");
    let answer = post_hits(&seen, &format!("[{body}]"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let statuses: Vec<_> =
        answer.json()["hits"].as_array().unwrap().iter().map(|h| h["status"].clone()).collect();
    assert_eq!(statuses, [json!(null), json!(null), json!(null), json!(429), json!(429)]);
    let answer = post_hits(&seen, &format!("[{body}]"));
    assert_eq!(answer.status, 429, "{answer:?}");
    assert!(answer.header("retry-after").is_some());
    assert_eq!(seen.value("/get/page"), 3);
}

fn the_past_has_no_gaps(place: Place) {
    let seen = place.seen();
    assert_eq!([seen.value("/hit/site/page"), seen.value("/hit/site/page")], [1, 2]);
    let days = seen.get("/get/site/page/history").json();
    let points = days["points"].as_array().unwrap();
    assert_eq!((points.len(), &days["step"], &days["tz"]), (30, &json!("day"), &json!("UTC")));
    assert_eq!(points[29]["hits"], 2, "{days}");
    assert_eq!(points[29]["uniques"], 1, "{days}");
    assert_eq!(points[28]["hits"], 0, "{days}");
    assert_eq!((&days["from"], &days["to"]), (&points[0]["at"], &points[29]["at"]));
    let hours = seen.get("/get/site/page/history?step=hour&tz=Asia/Kathmandu").json();
    let points = hours["points"].as_array().unwrap();
    assert_eq!(points.len(), 24);
    assert!(points[23]["at"].as_str().unwrap().ends_with("+05:45"), "{hours}");
    let alone = seen.get("/hit/alone");
    assert_eq!(alone.status, 200);
    assert_eq!(seen.get("/get/alone/history").json()["namespace"], "default");
    assert_eq!(seen.get("/get/site/none/history").status, 404);
    for bad in ["step=week", "tz=Middle/Earth", "from=yesterday", "from=2026-02-01&to=2026-01-01"] {
        let answer = seen.get(&format!("/get/site/page/history?{bad}"));
        assert_eq!(answer.status, 400, "{bad}: {answer:?}");
        assert!(answer.json()["error"].is_string());
    }
}

on_every_store! {
    numbers_by_kind
    many_counters_in_one_request
    many_hits_in_one_request
    a_list_of_hits_is_not_one_for_the_limit
    the_past_has_no_gaps
}
