//! What a crash, a restart or a cut cable must not do: lose a hit that was
//! answered, or count one twice.

mod common;

use std::sync::atomic::Ordering;

use common::proxy::Proxy;
use common::redis::Redis;
use common::{Load, Place, Seen, assert_none_twice, wait_until};

on_every_store! {
    killed_under_load_it_has_every_answered_hit
    stopped_under_load_it_answers_what_it_took
}

fn killed_under_load_it_has_every_answered_hit(place: Place) {
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

fn stopped_under_load_it_answers_what_it_took(place: Place) {
    let mut seen = place.seen();
    let load = Load::start(&seen.url("/hit/site/page"), 8);
    load.wait_for_answers(100);
    assert!(seen.stop().success());
    let (ledger, numbers) = load.finish();
    assert_none_twice(&numbers);
    let total = place.seen().value("/get/site/page");
    let answered = ledger.answered.load(Ordering::Relaxed);
    // A request that met the closed door was not counted; every counted one was answered.
    assert_eq!(total, answered as i64);
}

/// Redis is back within the deadline: nobody notices more than a wait.
#[test]
fn redis_killed_and_restarted_at_once_loses_and_doubles_nothing() {
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

/// Redis stays away longer than a hit may wait: what was answered 503 is not
/// counted, even where Redis had it and only the answer was lost.
#[test]
fn redis_away_longer_than_the_deadline_counts_only_what_was_answered() {
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
    let (ledger, _) = load.finish();
    let answered = ledger.answered.load(Ordering::Relaxed);
    wait_until("the total is what was answered", || {
        seen.get("/get/site/page").value() == Some(answered as i64)
    });
    let metrics = seen.get("/metrics").body;
    let refused = ledger.refused.load(Ordering::Relaxed);
    assert!(
        metrics.contains(&format!("seen_uncounted_total{{reason=\"late\"}} {refused}\n")),
        "{metrics}"
    );
}

/// A server that hangs takes writes late: they must not count after their hits
/// were answered 503.
#[test]
fn redis_that_hangs_counts_only_what_was_answered() {
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
    let (ledger, _) = load.finish();
    let answered = ledger.answered.load(Ordering::Relaxed);
    wait_until("the total is what was answered", || {
        seen.get("/get/site/page").value() == Some(answered as i64)
    });
}

/// The write arrived, the answer did not: the commonest way to count twice.
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
