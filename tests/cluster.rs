//! A Cluster of three masters, and two instances of seen on it.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Instant;

use common::redis::Redis;
use common::{Load, Seen, TIMEOUT, command, wait_until};

const TOKEN: &str = "an-instance-token-of-a-test";

/// Enough that every master has some.
const NAMESPACES: usize = 40;

fn exported(seen: &Seen) -> Vec<String> {
    let output = command(&["export", "--url", &seen.url("")]).env("SEEN_TOKEN", TOKEN).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The lines of a stream that has begun. Heartbeats keep it alive, so it ends by the clock.
fn events(seen: &Seen, path: &str) -> impl Iterator<Item = String> + use<> {
    let mut stream = TcpStream::connect(seen.address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().contains("200"));
    let began = Instant::now();
    lines.take_while(move |_| began.elapsed() < TIMEOUT)
}

#[test]
fn the_loss_of_one_of_three_masters_loses_no_hit() {
    let mut nodes = Redis::start_cluster_of(3);
    let others: Vec<String> =
        nodes[1..].iter().map(|node| format!("node=127.0.0.1:{}", node.port)).collect();
    let url = format!("{}?{}", nodes[0].cluster_url(), others.join("&"));
    let replica = || Seen::start(&["--store", &url, "--token", TOKEN]);
    let (one, other) = (replica(), replica());

    // A hit on one replica appears in a stream on the other.
    let mut events = events(&other, "/stream/site7/page");

    let hit = |seen: &Seen, n: usize| seen.get(&format!("/hit/site{n}/page"));
    for n in 0..NAMESPACES {
        for (seen, value) in [(&one, 1), (&other, 2), (&one, 3)] {
            assert_eq!(hit(seen, n).value(), Some(value), "site{n}");
        }
    }
    assert!(events.any(|line| line.contains("{\"value\":3}")));
    for node in &nodes {
        let held = node.ask(&["dbsize"]);
        assert!(held.parse::<u32>().unwrap() > 10, "{held}");
    }
    let history = one.get("/get/site1/page/history?step=hour").json();
    let points = history["points"].as_array().unwrap();
    let sum: i64 = points.iter().map(|point| point["hits"].as_i64().unwrap()).sum();
    assert_eq!(sum, 3, "{history}");

    // An export has everything, and an import brings it back.
    let lines = exported(&one);
    assert_eq!(lines.len(), NAMESPACES);
    let file = tempfile::tempdir().unwrap();
    let store = file.path().join("seen.redb").display().to_string();
    let mut import = command(&["import", "--store", &store]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    assert_eq!(exported(&Seen::start(&["--store", &store, "--token", TOKEN])), lines);

    // Without one master, its namespaces answer an error in time and all others go on counting.
    let mut counted = vec![3; NAMESPACES];
    let is_on = |node: &Redis, n: usize| {
        node.ask(&["exists", &format!("seen:{{site{n}}}:counter:page")]) == "1"
    };
    let on_the_dead: Vec<bool> = (0..NAMESPACES).map(|n| is_on(&nodes[2], n)).collect();
    let lost = on_the_dead.iter().position(|dead| *dead).unwrap();
    let _silent = self::events(&one, &format!("/stream/site{lost}/page"));
    nodes[2].kill();
    // Listeners at the other masters do not wait for those at the dead one.
    for n in (0..NAMESPACES).filter(|n| !on_the_dead[*n]).take(6) {
        drop(self::events(&one, &format!("/stream/site{n}/page")));
    }
    let (mut others, mut refused) = (0, 0);
    for (n, counted) in counted.iter_mut().enumerate() {
        if on_the_dead[n] && refused > 0 {
            continue;
        }
        let answer = hit(&one, n);
        if on_the_dead[n] {
            assert_eq!(answer.status, 503, "{answer:?}");
            refused += 1;
        } else {
            assert_eq!(answer.value(), Some(4), "site{n}: {answer:?}");
            *counted += 1;
            others += 1;
        }
    }
    assert!(refused == 1 && others > 10, "{refused} {others}");
    assert_eq!(one.get("/readyz").status, 200);

    // The master comes back with its counts: every answered hit, and perhaps some of those
    // answered 503.
    nodes[2].again();
    for (n, counted) in counted.iter_mut().enumerate() {
        for seen in [&one, &other] {
            wait_until("its master is back", || hit(seen, n).status == 200);
            *counted += 1;
        }
    }
    for (n, counted) in counted.iter().enumerate() {
        let total = other.get(&format!("/get/site{n}/page")).value().unwrap();
        assert!((*counted..*counted + 5).contains(&total), "{total} of {counted}");
    }
}

/// The record of `site/page`, whose slot the tests move.
const KEY: &str = "seen:{site}:counter:page";

/// The master that has the slot.
fn holder(nodes: &[Redis]) -> usize {
    nodes.iter().position(|node| node.ask(&["exists", KEY]) == "1").expect("somebody has it")
}

/// Moves the slot from one master to another, key by key.
fn move_slot(nodes: &[Redis], from: usize, to: usize) {
    let id = |node: usize| nodes[node].ask(&["cluster", "myid"]);
    let slot = nodes[from].ask(&["cluster", "keyslot", KEY]);
    nodes[to].ask(&["cluster", "setslot", &slot, "importing", &id(from)]);
    nodes[from].ask(&["cluster", "setslot", &slot, "migrating", &id(to)]);
    loop {
        let keys = nodes[from].ask(&["cluster", "getkeysinslot", &slot, "100"]);
        if keys.is_empty() {
            break;
        }
        let port = nodes[to].port.to_string();
        for key in keys.lines() {
            nodes[from].ask(&["migrate", "127.0.0.1", &port, key, "0", "5000"]);
        }
    }
    let third = (0..nodes.len()).find(|node| ![from, to].contains(node)).expect("three masters");
    for node in [to, from, third] {
        nodes[node].ask(&["cluster", "setslot", &slot, "node", &id(to)]);
    }
}

/// A slot that leaves takes its subscriptions with it. When it was back before seen looked, its
/// streams were silent for good.
#[test]
fn a_stream_goes_on_when_its_slot_leaves_and_comes_back() {
    let nodes = Redis::start_cluster_of(3);
    let seen = Seen::start(&["--store", &nodes[0].cluster_url()]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    let mut events = events(&seen, "/stream/site/page");
    assert!(events.any(|line| line.contains("{\"value\":1}")));
    let from = holder(&nodes);
    let to = (from + 1) % nodes.len();
    move_slot(&nodes, from, to);
    move_slot(&nodes, to, from);
    assert_eq!(seen.value("/hit/site/page"), 2);
    assert!(events.any(|line| line.contains("{\"value\":2}")));
}

/// Slots move under load, several times. Once that ended all counting for good.
#[test]
fn slots_that_move_under_load_neither_lose_hits_nor_stop_counting() {
    let nodes = Redis::start_cluster_of(3);
    let seen = Seen::start(&["--store", &nodes[0].cluster_url()]);
    let load = Load::start(&seen.url("/hit/site/page"), 8);
    load.wait_for_answers(200);
    for _ in 0..4 {
        let from = holder(&nodes);
        let to = (from + 1) % nodes.len();
        move_slot(&nodes, from, to);
        load.wait_for_answers(200);
    }
    let (ledger, numbers) = load.finish();
    common::assert_none_twice(&numbers);
    let total = seen.value("/get/site/page");
    let answered = ledger.answered.load(std::sync::atomic::Ordering::Relaxed) as i64;
    let sent = ledger.sent.load(std::sync::atomic::Ordering::Relaxed) as i64;
    assert!((answered..=sent).contains(&total), "{answered} of {sent} were answered: {total}");
}
