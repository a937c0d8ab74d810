//! A crash, a restart or a cut connection must neither lose an answered hit nor count one twice.

mod common;

use std::sync::atomic::Ordering;

use common::proxy::Proxy;
use common::redis::Redis;
use common::{Ledger, Load, Place, Seen, assert_none_twice, request, wait_until};

const TOKEN: &str = "an-instance-token-of-a-test";

on_every_store! {
    killed_under_load_it_keeps_every_answered_hit
    stopped_under_load_it_answers_every_hit_it_counted
}

fn killed_under_load_it_keeps_every_answered_hit(place: Place) {
    for round in 0..3 {
        let counter = format!("/site/page{round}");
        let mut seen = place.seen();
        let load = Load::start(&seen.url(&format!("/hit{counter}")), 8);
        load.wait_for_answers(200);
        seen.kill();
        let (ledger, numbers) = load.finish();
        assert_none_twice(&numbers);
        let total = place.seen().value(&format!("/get{counter}"));
        let (largest, sent) =
            (ledger.largest.load(Ordering::Relaxed), ledger.sent.load(Ordering::Relaxed));
        assert!(total >= largest, "{largest} was answered, and {total} are stored");
        assert!(total <= sent as i64, "{sent} were sent, and {total} are stored");
    }
}

fn stopped_under_load_it_answers_every_hit_it_counted(place: Place) {
    let mut seen = place.seen();
    let load = Load::start(&seen.url("/hit/site/page"), 8);
    load.wait_for_answers(100);
    assert!(seen.stop().success());
    let (ledger, numbers) = load.finish();
    assert_none_twice(&numbers);
    let total = place.seen().value("/get/site/page");
    let answered = ledger.answered.load(Ordering::Relaxed);
    // A request that came after the stop counted nothing; every counted one got its answer.
    assert_eq!(total, answered as i64);
}

/// Redis is back within the deadline, so clients only wait.
#[test]
fn a_quick_restart_of_redis_neither_loses_nor_doubles_hits() {
    let mut redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "15s"]);
    let load = Load::start(&seen.url("/hit/site/page"), 16);
    for _ in 0..5 {
        load.wait_for_answers(200);
        redis.kill();
        redis.again();
    }
    load.wait_for_answers(200);
    let (ledger, numbers) = load.finish();
    assert_none_twice(&numbers);
    assert_eq!(ledger.refused.load(Ordering::Relaxed), 0);
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    assert_eq!(seen.value("/get/site/page"), numbers.len() as i64);
}

/// Redis stays away longer than the deadline. A hit answered 503 may be counted, once, but every
/// number that was answered is unique.
#[test]
fn a_long_outage_of_redis_takes_no_hit_back() {
    let mut redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "100ms"]);
    let load = Load::start(&seen.url("/hit/site/page"), 16);
    for _ in 0..5 {
        load.wait_for_answers(200);
        redis.kill();
        load.wait_for_refusals(40);
        redis.again();
    }
    load.wait_for_answers(200);
    let (ledger, numbers) = load.finish();
    assert_kept(&seen, &ledger, &numbers);
    let metrics = seen.get("/metrics").body;
    let refused = ledger.refused.load(Ordering::Relaxed);
    assert!(
        metrics.contains(&format!("seen_uncounted_total{{reason=\"late\"}} {refused}\n")),
        "{metrics}"
    );
}

/// A server that hangs executes writes late, after their hits were answered 503 and others were
/// counted.
#[test]
fn a_redis_that_hangs_takes_no_hit_back() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "100ms"]);
    let load = Load::start(&seen.url("/hit/site/page"), 16);
    for _ in 0..3 {
        load.wait_for_answers(200);
        redis.signal("STOP");
        load.wait_for_refusals(40);
        redis.signal("CONT");
    }
    load.wait_for_answers(200);
    let (ledger, numbers) = load.finish();
    assert_kept(&seen, &ledger, &numbers);
}

/// Every answered hit is stored once, and no more hits than were sent.
fn assert_kept(seen: &Seen, ledger: &Ledger, numbers: &[i64]) {
    assert_none_twice(numbers);
    let answered = ledger.answered.load(Ordering::Relaxed) as i64;
    let sent = ledger.sent.load(Ordering::Relaxed) as i64;
    let largest = numbers.last().copied().unwrap_or_default();
    let next = seen.value("/hit/site/page");
    assert!(next > largest, "{next} was answered after {largest}");
    assert!(
        (answered + 1..=sent + 1).contains(&next),
        "{answered} of {sent} were answered: {next}"
    );
}

/// A client that gives up and repeats its key gets that hit's number, and hits answered meanwhile
/// keep theirs. (seen once took late writes back, and the other hits with them.)
#[test]
fn a_late_write_keeps_the_number_of_its_key() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "500ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    redis.signal("STOP");
    let late = seen.get("/hit/site/page?id=key");
    assert_eq!((late.status, late.json()["counted"].as_str()), (503, Some("unknown")), "{late:?}");
    // This hit waits behind the stuck write, or was sent beside it.
    let other = seen.get("/hit/site/page");
    assert_eq!(other.status, 503);
    assert!(["no", "unknown"].contains(&other.json()["counted"].as_str().unwrap()), "{other:?}");
    redis.signal("CONT");
    let mut value = None;
    wait_until("the key has its number", || {
        value = seen.get("/hit/site/page?id=key").value();
        value.is_some()
    });
    let next = seen.value("/hit/site/page");
    assert!(next > value.unwrap(), "{next} after {value:?}");
    assert_eq!(seen.get("/hit/site/page?id=key").value(), value);
    assert_eq!(seen.value("/get/site/page"), next);
}

/// `set` during a late write once made the total negative.
#[test]
fn a_change_beside_a_late_write_holds() {
    let redis = Redis::durable();
    let arguments = ["--store", &redis.url(), "--deadline", "300ms", "--token", TOKEN];
    let seen = Seen::start(&arguments);
    let load = Load::start(&seen.url("/hit/site/page"), 8);
    load.wait_for_answers(50);
    redis.signal("STOP");
    load.wait_for_refusals(8);
    redis.signal("CONT");
    let owner = format!("Bearer {TOKEN}");
    let (_, _) = load.finish();
    wait_until("it is set", || {
        let set = seen.url("/set/site/page?value=0");
        request("POST", &set, &[("authorization", &owner)]).status == 200
    });
    let total = seen.value("/get/site/page");
    assert!(total >= 0, "{total}");
}

/// Stopped while Redis hangs, seen logs how many hits are in doubt.
#[test]
fn hits_in_doubt_at_the_end_are_logged() {
    let redis = Redis::durable();
    let arguments = ["--store", &redis.url(), "--deadline", "200ms", "--grace", "500ms"];
    let mut seen = Seen::start(&arguments);
    assert_eq!(seen.value("/hit/site/page"), 1);
    redis.signal("STOP");
    assert_eq!(seen.get("/hit/site/page").status, 503);
    assert!(seen.stop().success());
    redis.signal("CONT");
    seen.wait_for_log("1 hits that were answered 503 may be counted or not");
}

/// A request has one deadline, however often it asks the store.
#[test]
fn nobody_waits_twice() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "500ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    let browser = [("sec-fetch-dest", "image"), ("user-agent", "Mozilla/5.0 Firefox/141.0")];
    redis.signal("STOP");
    for path in ["/hit/site/page", "/hit/site/page?count=unique", "/hit/other/page/badge.svg"] {
        let started = std::time::Instant::now();
        request("GET", &seen.url(path), &browser);
        let took = started.elapsed();
        assert!(took < std::time::Duration::from_millis(900), "{path} took {took:?}");
    }
    redis.signal("CONT");
}

/// The write arrives and its answer is lost: the commonest way to count twice.
#[test]
fn a_connection_cut_before_the_answer_counts_once() {
    let redis = Redis::durable();
    let proxy = Proxy::to(([127, 0, 0, 1], redis.port).into());
    let store = format!("redis://{}", proxy.address);
    let seen = Seen::start(&["--store", &store, "--deadline", "15s"]);
    let load = Load::start(&seen.url("/hit/site/page"), 8);
    for cut in 1..=20 {
        load.wait_for_answers(20);
        proxy.cut();
        wait_until("the connection is cut", || proxy.done() == cut);
    }
    load.wait_for_answers(20);
    let (ledger, numbers) = load.finish();
    assert_eq!(ledger.refused.load(Ordering::Relaxed), 0);
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    assert_eq!(seen.value("/get/site/page"), numbers.len() as i64);
}
