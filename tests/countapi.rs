//! CountAPI's dialect to the letter. Its clients build objects from the answers: an extra field
//! raises an exception in py-countapi, and another status rejects the promise in countapi-js.

mod common;

use common::{Answer, Place, request};
use serde_json::{Value, json};

/// The status, the body, and the counter that `X-Path` names.
fn said(answer: &Answer) -> (u16, Value, Option<&str>) {
    (answer.status, answer.json(), answer.header("x-path"))
}

fn each_request_has_its_fields_and_no_other(place: Place) {
    let seen = place.seen();
    let check = |path: &str, status: u16, body: Value, about: &str| {
        let answer = seen.get(&format!("/countapi{path}"));
        assert_eq!(said(&answer), (status, body, Some(about)), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
        assert!(exposed.contains("x-path"), "{path}: {exposed}");
    };
    let free = "/create?namespace=mysite.com&key=free&value=42&enable_reset=1&update_lowerbound=-7&update_upperbound=5";
    check(
        free,
        200,
        json!({"namespace": "mysite.com", "key": "free", "value": 42}),
        "mysite.com/free",
    );
    check(
        "/create?key=tight",
        200,
        json!({"namespace": "default", "key": "tight", "value": 0}),
        "default/tight",
    );
    check("/create?key=tight", 400, json!({"error": "Key already exists"}), "default/tight");
    check("/get/mysite.com/free", 200, json!({"value": 42}), "mysite.com/free");
    check("/get/nonexisting", 404, json!({"value": null}), "default/nonexisting");
    check(
        "/set/mysite.com/free?value=69",
        200,
        json!({"old_value": 42, "value": 69}),
        "mysite.com/free",
    );
    check("/set/tight?value=33", 403, json!({"old_value": 0, "value": 0}), "default/tight");
    check(
        "/set/nonexisting?value=33",
        404,
        json!({"old_value": null, "value": null}),
        "default/nonexisting",
    );
    check("/update/mysite.com/free?amount=5", 200, json!({"value": 74}), "mysite.com/free");
    check("/update/mysite.com/free?amount=-7", 200, json!({"value": 67}), "mysite.com/free");
    check("/update/mysite.com/free?amount=6", 403, json!({"value": 67}), "mysite.com/free");
    check("/update/nonexisting?amount=1", 404, json!({"value": null}), "default/nonexisting");
    check("/hit/mysite.com/free", 200, json!({"value": 68}), "mysite.com/free");
    check("/hit/fresh", 200, json!({"value": 1}), "default/fresh");
    // Without bounds of its own, a counter may only be updated by 1, as by a hit.
    check("/update/fresh?amount=1", 200, json!({"value": 2}), "default/fresh");
    check("/update/fresh?amount=-1", 403, json!({"value": 2}), "default/fresh");
    check("/info/nonexisting", 404, json!({"value": null}), "default/nonexisting");

    let info = seen.get("/countapi/info/mysite.com/free").json();
    let fields: Vec<_> = info.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "namespace",
        "key",
        "ttl",
        "created",
        "update_lowerbound",
        "update_upperbound",
        "enable_reset",
        "value",
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(info["enable_reset"], true);
    assert_eq!(info["update_lowerbound"], -7);
    let created = info["created"].as_i64().unwrap();
    assert!(created > 1_700_000_000_000, "milliseconds: {created}");
    let stats = seen.get("/countapi/stats").json();
    let fields: Vec<_> = stats.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["keys_created", "keys_updated", "requests", "version"]);
}

fn errors_have_countapis_form(place: Place) {
    let seen = place.seen();
    for (path, words) in [
        ("/create?key=aa", "Malformed Namespace/Key"),
        ("/create?namespace=aa", "Malformed Namespace/Key"),
        ("/get/aa", "Malformed Namespace/Key"),
        ("/hit/my%20site/page", "Malformed Namespace/Key"),
        ("/create?update_upperbound=-1", "update_upperbound must be positive"),
        ("/create?update_lowerbound=1", "update_lowerbound must be negative"),
    ] {
        let answer = seen.get(&format!("/countapi{path}"));
        assert_eq!((answer.status, answer.json()), (400, json!({"error": words})), "{path}");
    }
    for path in ["/set/page", "/set/page?value=x", "/update/page?amount=1.5"] {
        let answer = seen.get(&format!("/countapi{path}"));
        assert_eq!(answer.status, 400, "{path}");
        let body = answer.json();
        assert_eq!(body.as_object().unwrap().len(), 1, "{path}: {body}");
    }
}

/// countapi-js' `visits()`, which no other revival of CountAPI answers.
fn a_page_is_counted_under_its_own_address(place: Place) {
    let seen = place.seen();
    let visit = |referer: &str| {
        let headers = [("referer", referer)];
        let headers = if referer.is_empty() { &[][..] } else { &headers[..] };
        let answer = request("GET", &seen.url("/countapi/hit/:HOST:/:PATHNAME:"), headers);
        assert_eq!(answer.status, 200, "{referer}: {answer:?}");
        answer.header("x-path").unwrap().to_owned()
    };
    assert_eq!(visit("https://example.com/blog/one?x=y"), "example.com/.blog.one");
    assert_eq!(visit("https://example.com/"), "example.com/...");
    assert_eq!(visit(""), ".../...");
    assert_eq!(seen.value("/countapi/get/example.com/.blog.one"), 1);
}

fn scripts_and_pictures_never_fail(place: Place) {
    let seen = place.seen();
    let script = seen.get("/countapi/hit/mysite.com/visits?callback=websiteVisits");
    assert_eq!(script.status, 200);
    assert_eq!(script.header("content-type"), Some("application/javascript; charset=utf-8"));
    let body = script.body.strip_prefix("/**/websiteVisits(").unwrap().strip_suffix(");").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({"code": 200, "path": "mysite.com/visits", "value": 1}));
    let missing = seen.get("/countapi/get/mysite.com/none?callback=f");
    assert_eq!(missing.status, 200);
    assert!(missing.body.contains("\"code\":404"), "{missing:?}");
    let attack = seen.get("/countapi/hit/mysite.com/visits?callback=alert(1)");
    assert_eq!(attack.status, 400, "{attack:?}");
    let head = request("HEAD", &seen.url("/countapi/hit/mysite.com/visits?img"), &[]);
    assert_eq!(head.header("content-type"), Some("image/gif"));
    assert_eq!(head.header("x-path"), Some("mysite.com/visits"));
    assert_eq!(seen.value("/countapi/get/mysite.com/visits"), 1, "HEAD does not count");
}

/// CountAPI allows changes by bounds, seen's own routes by token; both change the same counters.
fn both_dialects_share_counters(place: Place) {
    let seen = place.seen();
    let created = seen.get("/create/mysite.com/owned?initializer=3").json();
    assert_eq!(seen.value("/countapi/get/mysite.com/owned"), 3);
    let answer = seen.get("/countapi/set/mysite.com/owned?value=9");
    assert_eq!((answer.status, answer.json()), (403, json!({"old_value": 3, "value": 3})));
    let bearer = format!("Bearer {}", created["admin_key"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let answer = request("GET", &seen.url("/countapi/set/mysite.com/owned?value=9"), &headers);
    assert_eq!(answer.json(), json!({"old_value": 3, "value": 9}));
}

on_every_store! {
    each_request_has_its_fields_and_no_other
    errors_have_countapis_form
    a_page_is_counted_under_its_own_address
    scripts_and_pictures_never_fail
    both_dialects_share_counters
}

/// CountAPI had no limits and no outages. Its clients get them as errors in its own form, with
/// the time to wait.
#[test]
fn limits_and_outages_are_explained_and_lose_nothing() {
    let mut redis = common::redis::Redis::durable();
    let seen = common::Seen::start(&["--store", &redis.url(), "--counter-limit", "1/1h"]);
    assert_eq!(seen.value("/countapi/hit/my-site/visits"), 1);
    let limited = seen.get("/countapi/hit/my-site/visits");
    redis.kill();
    let away = seen.get("/countapi/hit/my-site/other");
    for (answer, status) in [(&limited, 429), (&away, 503)] {
        assert_eq!(answer.status, status);
        let wait = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(wait.is_some_and(|seconds| seconds >= 1), "{answer:?}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        // Redis may have died before the hit was sent, or meanwhile.
        let fates = ["nothing was counted", "the hit may still be counted, once"];
        assert!(fates.iter().any(|fate| error.ends_with(fate)), "{error}");
    }
    let script = seen.get("/countapi/hit/my-site/visits?callback=show");
    assert!(script.status == 200 && script.body.contains("\"code\":429"), "{script:?}");
    redis.again();
    common::wait_until("Redis is back", || seen.get("/countapi/get/my-site/visits").status == 200);
    assert_eq!(seen.value("/countapi/get/my-site/visits"), 1);
}
