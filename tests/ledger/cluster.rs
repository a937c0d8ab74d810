//! Orders failovers and moves slots.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::client::Load;
use crate::common::redis::Redis;
use crate::common::{TIMEOUT, wait_until};
use crate::world::{World, hot_key};

impl World {
    pub fn order_failover(&mut self, load: &Load) -> Instant {
        load.wait_for_answers(20);
        let mended = Instant::now();
        assert_eq!(self.others[1].ask(&["sentinel", "failover", "main"]), "OK");
        wait_until("the replica is the master", || {
            self.others[0].ask(&["info", "replication"]).contains("role:master")
        });
        mended
    }

    pub fn order_cluster_failover(&mut self, load: &Load) -> Instant {
        load.wait_for_answers(20);
        let mended = Instant::now();
        assert_eq!(self.others[0].ask(&["cluster", "failover"]), "OK");
        wait_until("the replica is a master", || {
            self.others[0].ask(&["info", "replication"]).contains("role:master")
        });
        mended
    }

    /// Moves the slot of the counters from one master to the next, key by key.
    pub fn move_slots(&mut self, load: &Load) -> Instant {
        let ids: Vec<String> =
            self.nodes.iter().map(|node| node.ask(&["cluster", "myid"])).collect();
        let slot = self.nodes[0].ask(&["cluster", "keyslot", &hot_key()]);
        let mut mended = Instant::now();
        for _ in 0..4 {
            let from = self.owner();
            let to = (from + 1) % self.nodes.len();
            let set = |node: usize, what: &str, id: usize| {
                self.nodes[node].ask(&["cluster", "setslot", &slot, what, &ids[id]])
            };
            set(to, "importing", from);
            set(from, "migrating", to);
            loop {
                let keys = keys_in(&self.nodes[from], &slot);
                if keys.is_empty() {
                    break;
                }
                migrate(&self.nodes[from], &self.nodes[to], &keys);
            }
            for node in [to, from, (to + 1) % self.nodes.len()] {
                set(node, "node", to);
            }
            mended = Instant::now();
            load.wait_for_answers(10);
        }
        mended
    }
}

/// Some keys of a slot. They hold any bytes, which redis-cli cannot pass on.
fn keys_in(node: &Redis, slot: &str) -> Vec<Vec<u8>> {
    let words = ["cluster", "getkeysinslot", slot, "100"].map(str::as_bytes);
    let mut answer = ask(node, &words);
    let number = length(&mut answer, "*");
    let key = |_| {
        let mut key = vec![0; length(&mut answer, "$") + 2];
        answer.read_exact(&mut key).expect("a key");
        key.truncate(key.len() - 2);
        key
    };
    (0..number).map(key).collect()
}

fn migrate(from: &Redis, to: &Redis, keys: &[Vec<u8>]) {
    let port = to.port.to_string();
    let words = ["migrate", "127.0.0.1", &port, "", "0", "5000", "keys"].map(str::as_bytes);
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let mut said = String::new();
    let mut answer = ask(from, &[&words[..], &keys].concat());
    answer.read_line(&mut said).expect("an answer");
    // The key may have expired meanwhile.
    assert!(matches!(said.trim(), "+OK" | "+NOKEY"), "{said}");
}

fn ask(node: &Redis, words: &[&[u8]]) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", node.port)).expect("a node listens");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a socket has a timeout");
    let mut command = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        command.extend_from_slice(word);
        command.extend_from_slice(b"\r\n");
    }
    stream.write_all(&command).expect("a command is sent");
    BufReader::new(stream)
}

fn length(answer: &mut impl BufRead, kind: &str) -> usize {
    let mut line = String::new();
    answer.read_line(&mut line).expect("an answer");
    let number = line.trim().strip_prefix(kind).and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("{line}"))
}
