//! Keys of seen's in Redis with values that are none of seen's: they stop what needs them, and
//! nothing else.

mod common;

use common::redis::Redis;
use common::{Answer, Seen, request, wait_until};

const TOKEN: &str = "an-instance-token-of-a-test";

fn start() -> (Redis, Seen) {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--token", TOKEN]);
    (redis, seen)
}

fn ranking(seen: &Seen, namespace: &str) -> Answer {
    let bearer = format!("Bearer {TOKEN}");
    let url = seen.url(&format!("/namespaces/{namespace}/counters"));
    request("GET", &url, &[("authorization", &bearer)])
}

/// Each such hit was taken for one without an answer, and held a lane for an hour. Two held both.
#[test]
fn damage_in_one_namespace_stops_no_hits_on_another() {
    let (redis, seen) = start();
    assert_eq!(seen.value("/hit/good/page"), 1);
    redis.ask(&["set", "seen:{bad}:namespace", "garbage"]);
    let record = "redis.call('SET', KEYS[1], cmsgpack.pack({1,'x',1,1,1,1,1,0,0,0,0,0,0,0}))";
    redis.ask(&["eval", record, "1", "seen:{bad}:counter:text"]);
    for path in ["/hit/bad/new", "/hit/bad/text", "/hit/bad/new", "/hit/bad/text"] {
        let answer = seen.get(path);
        assert_eq!(answer.status, 500, "{path}: {answer:?}");
    }
    assert_eq!(seen.value("/hit/good/page"), 2);
    for key in ["seen:listening", "seen:counters", "seen:claims"] {
        redis.ask(&["del", key]);
        redis.ask(&["hset", key, "of", "another type"]);
    }
    redis.ask(&["set", "seen:claims", "many"]);
    assert_eq!(seen.value("/hit/good/page"), 3);
    assert_eq!(seen.value("/hit/good/other"), 1);
    // The number is read again every ten seconds.
    let line = "this key of Redis should hold a number: set it, or delete it";
    wait_until(line, || {
        assert_eq!(seen.get("/hit/good/page").status, 200);
        seen.log.lock().unwrap().iter().any(|logged| logged.contains(line))
    });
}

/// The id was remembered before the hit was counted: the same number went to several, and some of
/// them were not stored.
#[test]
fn a_hit_that_fails_is_not_remembered_as_counted() {
    let (redis, seen) = start();
    let hit = |id: &str, agent: &str| {
        let headers = [("idempotency-key", id), ("user-agent", agent)];
        request("GET", &seen.url("/hit/site/page"), &headers)
    };
    assert_eq!(hit("a", "Firefox").value(), Some(1));
    let sketch = redis.ask(&["keys", "seen:{site}:sketch:*"]);
    redis.ask(&["set", &sketch, "x"]);
    for id in ["b", "b", "c"] {
        assert_eq!(hit(id, "Chrome").status, 500);
    }
    redis.ask(&["del", &sketch]);
    assert_eq!(hit("b", "Chrome").value(), Some(2));
    assert_eq!(hit("b", "Chrome").value(), Some(2));
    assert_eq!(seen.value("/get/site/page"), 2);
}

/// The finished hour went to the history again with each hit that failed after it.
#[test]
fn a_damaged_list_of_what_moved_stops_no_hit() {
    let (redis, seen) = start();
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(ranking(&seen, "site").status, 200);
    let earlier = "local v = cmsgpack.unpack(redis.call('GET', KEYS[1])); v[6] = v[6] - 1; \
                   redis.call('SET', KEYS[1], cmsgpack.pack(v))";
    redis.ask(&["eval", earlier, "1", "seen:{site}:counter:page"]);
    redis.ask(&["set", "seen:{site}:moved", "x"]);
    for n in 2..5 {
        assert_eq!(seen.value("/hit/site/page"), n);
    }
    let history = seen.get("/get/site/page/history?step=hour").json();
    let points = history["points"].as_array().unwrap().iter();
    assert_eq!(points.map(|point| point["hits"].as_i64().unwrap()).sum::<i64>(), 4, "{history}");
}

/// All that had moved was forgotten when one of them could not be read.
#[test]
fn a_damaged_record_costs_no_other_its_place_in_the_ranking() {
    let (redis, seen) = start();
    let hit_all = || (0..10).for_each(|n| drop(seen.get(&format!("/hit/site/page{n}"))));
    hit_all();
    assert_eq!(ranking(&seen, "site").status, 200);
    hit_all();
    redis.ask(&["rename", "seen:{site}:counter:page7", "kept"]);
    redis.ask(&["rpush", "seen:{site}:counter:page7", "x"]);
    ranking(&seen, "site");
    redis.ask(&["del", "seen:{site}:counter:page7"]);
    redis.ask(&["rename", "kept", "seen:{site}:counter:page7"]);
    let list = ranking(&seen, "site").json();
    let values = list["counters"].as_array().unwrap().iter().map(|row| &row["value"]);
    assert!(values.clone().count() == 10 && values.clone().all(|value| *value == 2), "{list}");
}
