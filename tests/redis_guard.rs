//! A Redis that would silently lose counts.

mod common;

use std::process::Stdio;

use common::redis::{Redis, free_port};
use common::{Seen, command, request, wait_until};

/// The exit code and the last line of a seen that does not start.
fn refusal(store: &str) -> (Option<i32>, String) {
    let output = command(&["--store", store, "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .output()
        .expect("seen starts");
    let said = String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said.lines().last().unwrap_or_default().into())
}

/// vercount lost its users' counters to an eviction policy.
#[test]
fn one_that_evicts_counters_is_refused() {
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        let redis = Redis::start(&["--appendonly", "yes", "--maxmemory-policy", policy]);
        let (code, sentence) = refusal(&redis.url());
        assert_eq!(code, Some(1), "{sentence}");
        assert!(sentence.starts_with("seen: ") && sentence.contains(policy), "{sentence}");
        assert!(sentence.contains("noeviction") && sentence.contains("--allow-eviction"));
    }
}

#[test]
fn one_that_evicts_counters_is_accepted_if_the_operator_says_so() {
    let redis = Redis::start(&["--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"]);
    let seen = Seen::start(&["--store", &redis.url(), "--allow-eviction"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.log.lock().unwrap().iter().any(|l| l.contains("allkeys-lru")));
}

#[test]
fn one_without_persistence_is_warned_of() {
    let redis = Redis::start(&["--appendonly", "no", "--save", ""]);
    let seen = Seen::start(&["--store", &redis.url()]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    let log = seen.log.lock().unwrap();
    let warning = log.iter().find(|l| l.contains("NO PERSISTENCE")).expect("a warning");
    assert!(warning.contains("\"WARN\"") && warning.contains("appendonly yes"), "{warning}");
}

#[test]
fn one_that_keeps_everything_is_not_warned_of() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url()]);
    assert!(!seen.log.lock().unwrap().iter().any(|l| l.contains("\"WARN\"")));
}

#[test]
fn a_replica_is_refused() {
    let nobody = free_port().to_string();
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &nobody]);
    let (code, sentence) = refusal(&replica.url());
    assert_eq!(code, Some(1), "{sentence}");
    assert!(sentence.contains("replica") && sentence.contains("master"), "{sentence}");
}

/// The policy changes while Redis is down: the reconnect must notice, and notice the correction
/// too.
#[test]
fn a_reconnect_looks_again() {
    let mut redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "200ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);

    redis.kill();
    redis.again_with(&["--maxmemory-policy", "allkeys-lru"]);
    seen.wait_for_log("Redis is refused");
    let answer = seen.get("/hit/site/page");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(seen.get("/readyz").status, 503);

    redis.kill();
    redis.again();
    wait_until("it counts again", || seen.get("/readyz").status == 200);
    assert_eq!(seen.value("/hit/site/page"), 2);
}

/// Once seen refused it until the connection happened to fail.
#[test]
fn a_corrected_policy_is_noticed() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "200ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    redis.ask(&["config", "set", "maxmemory-policy", "allkeys-lru"]);
    wait_until("it is refused", || seen.get("/readyz").status == 503);
    redis.ask(&["config", "set", "maxmemory-policy", "noeviction"]);
    wait_until("it counts again", || seen.get("/readyz").status == 200);
    assert_eq!(seen.value("/hit/site/page"), 2);
}

/// A command refused inside a script was once answered 500.
#[test]
fn a_full_redis_is_507_and_a_badge_still_draws() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url()]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    redis.ask(&["config", "set", "maxmemory", "1"]);
    let full = seen.get("/hit/site/page");
    assert_eq!((full.status, full.json()["counted"].as_str()), (507, Some("no")), "{full:?}");
    assert_eq!(seen.get("/hit/site/page/badge.svg").status, 200);
    assert_eq!(seen.get("/hit/site/page").status, 507);
    let said = |line: &&String| line.contains("answered with an error");
    wait_until("it is logged", || seen.log.lock().unwrap().iter().any(|line| said(&line)));
    assert_eq!(seen.log.lock().unwrap().iter().filter(said).count(), 1, "once a minute");
    assert_ne!(seen.get("/readyz").status, 200);
    assert_eq!(seen.value("/get/site/page"), 1);
    redis.ask(&["config", "set", "maxmemory", "0"]);
    assert_eq!(seen.value("/hit/site/page"), 2);
}

#[test]
fn a_master_that_becomes_a_replica_is_503_and_not_ready() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "200ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    let nobody = free_port().to_string();
    redis.ask(&["replicaof", "127.0.0.1", &nobody]);
    assert_eq!(seen.get("/hit/site/page").status, 503);
    assert_eq!(seen.get("/readyz").status, 503);
    redis.ask(&["replicaof", "no", "one"]);
    wait_until("it counts again", || seen.get("/hit/site/page").status == 200);
}

/// Counting once restarted at 1 without a word.
#[test]
fn an_emptied_redis_is_reported() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url()]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    redis.ask(&["flushall"]);
    seen.wait_for_log("Redis WAS EMPTIED");
}

/// The first attempt changes the master and waits for a replica in vain. The second found that all
/// was done, and answered 200 to what a failover loses.
#[test]
fn a_change_that_no_replica_has_is_not_acknowledged() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--replicas", "1"]);
    for (method, path) in [("GET", "/create/site/page"), ("PUT", "/namespaces/mine")] {
        let answer = request(method, &seen.url(path), &[]);
        assert_eq!(answer.status, 503, "{path}: {answer:?}");
    }
}
