//! A master dies, and Sentinel makes its replica the master.

mod common;

use common::redis::Redis;
use common::{Seen, wait_until};

#[test]
fn counting_goes_on_at_the_new_master() {
    let mut master = Redis::durable();
    let port = master.port.to_string();
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &port, "--appendonly", "yes"]);
    let sentinel = Redis::start_sentinel(&master);
    wait_until("the replica follows", || {
        replica.ask(&["info", "replication"]).contains("master_link_status:up")
    });
    wait_until("Sentinel knows the replica", || {
        sentinel.ask(&["sentinel", "replicas", "main"]).contains(&replica.port.to_string())
    });
    let url = format!("redis-sentinel://127.0.0.1:{}?sentinelServiceName=main", sentinel.port);
    let seen = Seen::start(&["--store", &url]);
    for value in 1..=50 {
        assert_eq!(seen.value("/hit/site/page"), value);
    }
    wait_until("the replica has all", || {
        replica.ask(&["exists", "seen:{site}:counter:page"]) == "1"
    });
    master.kill();
    let away = seen.get("/hit/site/page");
    assert_eq!(away.status, 503, "{away:?}");
    let mut value = None;
    wait_until("seen counts at the new master", || {
        value = seen.get("/hit/site/page").value();
        value.is_some()
    });
    // A hit that was answered 503 may be counted, once.
    assert!((51..60).contains(&value.unwrap()), "{value:?}");
}
