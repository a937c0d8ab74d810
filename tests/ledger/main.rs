//! The cost of a fault: each one hits real processes under load, while clients note the outcome
//! of every hit; then their notes are compared with the store.
//!
//! `cargo test --test ledger` commits each fault once, except the longest. `SEEN_LEDGER=full`
//! commits each six times, on three servers, and writes docs/faults.md; `SEEN_LEDGER=soak` runs
//! soak.rs. `SEEN_LEDGER_SEED` repeats a run, `SEEN_LEDGER_FAULT` selects the faults whose names
//! contain a text, and `SEEN_LEDGER_ROUNDS` sets how often a full run commits each.

#[path = "../common/mod.rs"]
mod common;

mod acts;
mod book;
mod client;
mod cluster;
mod disk;
mod faults;
mod file;
mod random;
mod servers;
mod soak;
mod system;
mod table;
mod wire;
mod world;

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use book::{Audit, Book, Hit};
use client::{Load, PAUSE};
use faults::{FAULTS, Fault, Promise};
use servers::Server;
use table::Row;
use world::World;

/// How many ids of a run are sent once more.
const REPEATED_IDS: usize = 20;

/// How many faults run at the same time, each on its own processes.
const AT_ONCE: usize = 3;

/// Three servers, each with two numbers of threads.
const FULL_ROUNDS: usize = 6;

/// How often a full run commits each fault.
fn full_rounds() -> usize {
    let rounds = std::env::var("SEEN_LEDGER_ROUNDS");
    rounds.map_or(FULL_ROUNDS, |rounds| rounds.parse().expect("SEEN_LEDGER_ROUNDS is a number"))
}

/// The size of a run, from `SEEN_LEDGER`.
fn size() -> String {
    std::env::var("SEEN_LEDGER").unwrap_or_default()
}

#[test]
fn every_hit_is_accounted_for() {
    let full = size() == "full";
    let text = std::env::var("SEEN_LEDGER_FAULT").unwrap_or_default();
    let seed = match std::env::var("SEEN_LEDGER_SEED") {
        Ok(seed) => seed.parse().expect("SEEN_LEDGER_SEED is a number"),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_secs(),
    };
    let is_chosen = |fault: &Fault| {
        fault.name.contains(&text) && (full || !fault.is_long) && fault.setting.can_be()
    };
    let chosen: Vec<_> = FAULTS.iter().enumerate().filter(|(_, fault)| is_chosen(fault)).collect();
    let rounds = if full { full_rounds() } else { 1 };
    let mut servers = if full { servers::all() } else { Vec::new() };
    servers.truncate(rounds);
    println!("SEEN_LEDGER_SEED={seed}\n\n{}", table::HEAD);
    let (next, done) = (AtomicUsize::new(0), Mutex::new((Vec::new(), Vec::new())));
    // A round mostly waits, so a few at a time do not disturb each other.
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((place, fault)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seed = seed.wrapping_add((place * 1000) as u64);
                    let (row, wrong) = all_rounds(fault, seed, rounds, &servers);
                    println!("{}", row.line());
                    let mut done = done.lock().unwrap();
                    done.0.push((*place, row));
                    done.1.extend(wrong);
                }
            });
        }
    });
    let (mut rows, wrong) = done.into_inner().unwrap();
    rows.sort_unstable_by_key(|(place, _)| *place);
    if full && text.is_empty() {
        let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
        let versions: Vec<&str> = servers.iter().map(Server::version).collect();
        let document = table::document(&rows, rounds, seed, &versions);
        // A run with errors is for reading, not for publishing.
        let folder = if wrong.is_empty() { "docs" } else { "target" };
        let file = format!("{}/{folder}/faults.md", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(file, document).expect("faults.md");
    }
    assert!(wrong.is_empty(), "with SEEN_LEDGER_SEED={seed}:\n{}", wrong.join("\n"));
}

/// Commits a fault this many times, on each server with each number of threads; returns its costs
/// and the broken promises.
fn all_rounds(
    fault: &'static Fault,
    seed: u64,
    rounds: usize,
    servers: &[Server],
) -> (Row, Vec<String>) {
    let (mut row, mut wrong) = (Row::of(fault), Vec::new());
    let rounds = if rounds == 1 { 1 } else { rounds * fault.times };
    for round in 0..rounds {
        let seed = seed.wrapping_add(round as u64 * 10);
        let threads = 1 + (round / 3 + seed as usize / 1000) % 2;
        if !servers.is_empty() {
            servers[round % servers.len()].begin();
        }
        // A round that cannot go on must not end a run of half an hour.
        let doing = || one_round(fault, seed, threads, &mut row);
        let found = std::panic::catch_unwind(AssertUnwindSafe(doing));
        let found = found.unwrap_or_else(|_| vec![broken(fault, "it panicked")]);
        found.iter().for_each(|found| println!("{found}"));
        wrong.extend(found);
    }
    (row, wrong)
}

/// Commits a fault under load, adds its costs to the row, and returns the broken promises.
fn one_round(fault: &'static Fault, seed: u64, threads: usize, row: &mut Row) -> Vec<String> {
    let mut world = World::start(fault.setting, seed, threads);
    let load = Load::start(&world.front, seed, PAUSE);
    load.wait_for_answers(20);
    world.some_time();
    let mended = fault.act(&mut world, &load);
    load.wait_for_answers(20);
    let (book, listeners) = load.finish();
    let mut held = world.held();
    if fault.loses_days {
        held.counters.iter_mut().for_each(|stored| stored.days = stored.total);
    }
    let hot = held.counters[0].total;
    let mut wrong: Vec<String> = listeners.into_iter().filter_map(|l| l.finish(hot)).collect();
    let audit = book.audit(&held);
    row.add(&audit, slowest(&book), recovery(&book, mended));
    if fault.promise == Promise::Lost {
        // A run that sees no loss here would not see one elsewhere either.
        return if audit.lost > 0 { Vec::new() } else { vec![broken(fault, "nothing was lost")] };
    }
    wrong.extend(judge(fault.promise, &audit));
    wrong.extend(repeated_ids(&world, &book));
    let again = world.held();
    if again.counters.iter().zip(&held.counters).any(|(now, then)| now.total != then.total) {
        wrong.push("an id that was sent once more was counted again".into());
    }
    wrong.iter().map(|wrong| broken(fault, wrong)).collect()
}

fn broken(fault: &Fault, what: &str) -> String {
    format!("{} ({}): {what}", fault.name, fault.setting.store())
}

/// The audit's objections to a promise.
fn judge(promise: Promise, audit: &Audit) -> Vec<String> {
    let mut wrong = audit.wrong.clone();
    if audit.lost > 0 {
        wrong.push(format!("{} hits were answered and are not stored", audit.lost));
    }
    if audit.twice > 0 {
        wrong.push(format!("{} hits are stored or numbered twice", audit.twice));
    }
    if promise == Promise::Exact && audit.stored != audit.answered {
        let Audit { stored, answered, .. } = audit;
        wrong.push(format!("{stored} hits are stored, and {answered} were answered"));
    }
    wrong
}

/// Sends the last ids again: each has its number already.
fn repeated_ids(world: &World, book: &Book) -> Vec<String> {
    let of = |hit: &Hit| Some((hit.at, hit.counter, hit.id.clone()?, hit.number()?));
    let mut ids: Vec<_> = book.hits().filter_map(of).collect();
    ids.sort_unstable();
    let ids = ids.into_iter().rev().take(REPEATED_IDS).filter_map(|(_, counter, id, number)| {
        let again = world.repeat(counter, &id);
        (again != Some(number)).then(|| format!("an id had the number {number}, and now {again:?}"))
    });
    ids.collect()
}

/// The longest wait of a client for an answer.
fn slowest(book: &Book) -> Duration {
    book.hits().map(|hit| hit.slowest).max().unwrap_or_default()
}

/// The time from the repair until each client had an answer again.
fn recovery(book: &Book, mended: Instant) -> Duration {
    let first = book.clients.iter().filter_map(|hits| {
        let answered = hits.iter().filter(|hit| hit.number().is_some());
        answered.map(|hit| hit.at).find(|at| *at > mended)
    });
    first.max().map_or(Duration::ZERO, |at| at - mended)
}

#[test]
fn a_broken_promise_is_reported() {
    let fine = Audit { sent: 3, answered: 2, unknown: 1, stored: 2, ..Audit::default() };
    assert_eq!(judge(Promise::Exact, &fine), [""; 0]);
    let one_more = Audit { stored: 3, ..fine.clone() };
    assert_eq!(judge(Promise::Kept, &one_more), [""; 0]);
    assert_eq!(judge(Promise::Exact, &one_more).len(), 1);
    assert_eq!(judge(Promise::Kept, &Audit { lost: 1, ..fine.clone() }).len(), 1);
    assert_eq!(judge(Promise::Kept, &Audit { twice: 1, ..fine.clone() }).len(), 1);
    assert_eq!(judge(Promise::Kept, &Audit { wrong: vec!["it".into()], ..fine }).len(), 1);
}
