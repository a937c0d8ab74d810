//! The batcher under a model checker, which runs its tasks in thousands of orders: every hit gets
//! an answer, none is lost, and no number is given twice, whatever the store answers and
//! whichever clients leave.
//!
//! `cargo test --manifest-path tests/model/Cargo.toml` compiles the batcher's own source once
//! more, against shuttle's runtime and locks. Shuttle switches tasks at locks, channels and
//! awaits, and not at atomics. It has no clock: a sleep ends at once, or never if it is to last
//! years. It prints a failing order, which `shuttle::replay` runs again.

#![cfg(test)]

// These crates replace the real ones in the source below.
extern crate shuttle_parking_lot as parking_lot;
extern crate shuttle_tokio as tokio;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use seen::metrics::Metrics;
use seen::model::count::{Count, History};
use seen::model::edit::{Change, ChangeId, Edited, Namespace, NamespaceChange};
use seen::model::export::{Exported, Imported, OnConflict, Page};
use seen::model::hit::{DayKeys, Hit, HitId, Source};
use seen::model::name::{Counter, Name};
use seen::model::site::{Depth, Member};
use seen::model::tally::{Counted, Lane, Outcome, Tally};
use seen::model::time::Timestamp;
use seen::store::live::Subscription;
use seen::store::{EditError, Store, StoreError};
use seen::{metrics, model, store};
use shuttle::rand::{Rng, thread_rng};

#[path = "../../src/counters"]
mod counters {
    pub mod batcher;

    pub use seen::counters::{deadline, last_known};
}

use counters::batcher::{Batcher, HitError};
use counters::deadline;

/// How many orders each check tries.
const ORDERS: usize = 1000;

/// So long that shuttle never wakes from it.
const NEVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// What the store of a check does.
#[derive(Clone, Copy)]
struct Behaviour {
    spans_namespaces: bool,
    /// Whether it may be unreachable, or leave a write without an answer.
    fails: bool,
}

/// A store that keeps the contract, in memory.
struct Model {
    behaviour: Behaviour,
    /// A lock that shuttle does not see: the store does a write in one step.
    stored: std::sync::Mutex<Stored>,
}

#[derive(Default)]
struct Stored {
    totals: HashMap<Counter, i64>,
    ids: HashMap<(Counter, HitId), i64>,
    /// The last write of each lane, and its answer.
    last: HashMap<String, (u64, Vec<Outcome>)>,
}

impl Stored {
    fn apply(&mut self, tally: &Tally) -> Vec<Outcome> {
        let lane = match &tally.lane {
            Lane::Shared(number) => number.to_string(),
            Lane::Apart(namespace) => namespace.to_string(),
        };
        if let Some((number, answer)) = self.last.get(&lane) {
            assert!(tally.number >= *number, "writes of a lane come in their order");
            if tally.number == *number {
                return answer.clone();
            }
        }
        let mut outcomes = Vec::new();
        for entry in &tally.entries {
            let total = self.totals.entry(entry.counter.clone()).or_default();
            let mut counted = Vec::new();
            for run in &entry.runs {
                let known = run.id.and_then(|id| self.ids.get(&(entry.counter.clone(), id)));
                counted.push(match known {
                    Some(last) => Counted { hits: 0, last: *last },
                    None => {
                        *total += run.hits as i64;
                        run.id.map(|id| self.ids.insert((entry.counter.clone(), id), *total));
                        Counted { hits: run.hits, last: *total }
                    }
                });
            }
            outcomes.push(Outcome::Counted(counted));
        }
        self.last.insert(lane, (tally.number, outcomes.clone()));
        outcomes
    }
}

async fn some_time() {
    for _ in 0..thread_rng().gen_range(0..3) {
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl Store for Model {
    fn spans_namespaces(&self) -> bool {
        self.behaviour.spans_namespaces
    }

    fn enough(&self) -> usize {
        2
    }

    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        some_time().await;
        let fate = if self.behaviour.fails { thread_rng().gen_range(0..6) } else { 5 };
        if fate == 0 {
            return Err(StoreError::Away("it is not there".into()));
        }
        if fate == 1 {
            return Err(StoreError::Unavailable("the write did not come to it".into()));
        }
        let answer = self.stored.lock().unwrap().apply(tally);
        some_time().await;
        if fate == 2 {
            return Err(StoreError::Unavailable("its answer was lost".into()));
        }
        Ok(answer)
    }

    async fn totals(&self, _: &Name, _: &[Name]) -> Result<Vec<Option<i64>>, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn count(&self, _: &Counter, _: Timestamp) -> Result<Option<Count>, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn histories(&self, _: &Name, _: &[Name]) -> Result<Vec<Option<History>>, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn members(
        &self,
        _: &Name,
        _: Depth,
        _: Option<&str>,
        _: Timestamp,
    ) -> Result<Page<Member>, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn edit(&self, _: &Change) -> Result<Edited, EditError> {
        unimplemented!("the batcher only writes")
    }

    async fn namespace(&self, _: &Name) -> Result<Namespace, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn edit_namespace(&self, _: &NamespaceChange) -> Result<(), EditError> {
        unimplemented!("the batcher only writes")
    }

    async fn day_keys(&self, _: u32) -> Result<DayKeys, StoreError> {
        unimplemented!("the batcher only writes")
    }

    fn forget_day_keys(&self, _: u32) {}

    async fn ranking(&self, _: &Name, _: u64, _: u32) -> Result<Vec<(Name, i64)>, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn size(&self) -> Result<u64, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn namespaces(&self, _: Option<&str>) -> Result<Page<Name>, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn export(&self, _: &Name, _: Option<&str>) -> Result<Page<Exported>, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn import(
        &self,
        _: ChangeId,
        _: &Exported,
        _: OnConflict,
        _: Timestamp,
    ) -> Result<Imported, EditError> {
        unimplemented!("the batcher only writes")
    }

    async fn subscribe(&self, _: &Name) -> Result<Subscription, StoreError> {
        unimplemented!("the batcher only writes")
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn has_room(&self) -> bool {
        true
    }

    async fn close(&self) {}
}

/// One client of a check.
#[derive(Clone, Copy)]
struct Client {
    namespace: usize,
    /// How long its hits wait for an answer.
    wait: Duration,
    /// Whether it goes away before its answer.
    leaves: bool,
    id: Option<HitId>,
}

const PATIENT: Client = Client { namespace: 0, wait: NEVER, leaves: false, id: None };
const HURRIED: Client = Client { wait: Duration::ZERO, ..PATIENT };
const FLEETING: Client = Client { leaves: true, ..PATIENT };

impl Client {
    fn counter(&self) -> Counter {
        let name = |text: &str| Name::new(text).expect("a name");
        Counter { namespace: name(&format!("site{}", self.namespace)), key: name("page") }
    }

    async fn hit(self, batcher: Batcher) -> Option<Result<i64, HitError>> {
        let hit =
            Hit { counter: self.counter(), source: Source::Browser, visitor: None, id: self.id };
        let answer = deadline::scope(Instant::now() + self.wait, batcher.hit(hit));
        if !self.leaves {
            return Some(answer.await);
        }
        tokio::select! {
            answer = answer => Some(answer),
            () = some_time() => None,
        }
    }
}

/// Runs clients that hit at the same time, in thousands of orders, and compares their answers
/// with the stored counts.
fn check(behaviour: Behaviour, clients: &'static [Client]) {
    let once = move || {
        shuttle::future::block_on(async move {
            let store = Arc::new(Model { behaviour, stored: std::sync::Mutex::default() });
            let metrics = Arc::new(Metrics::default());
            let batcher = Batcher::new(store.clone(), metrics, 100, NEVER);
            let mut tasks = Vec::new();
            for client in clients {
                tasks.push((client, tokio::spawn(client.hit(batcher.clone()))));
            }
            let mut answers: HashMap<Counter, Vec<(&Client, Option<Result<i64, HitError>>)>> =
                HashMap::new();
            for (client, task) in tasks {
                let answer = task.await.expect("no client panics");
                answers.entry(client.counter()).or_default().push((client, answer));
            }
            batcher.drained().await;
            assert_eq!(batcher.waiting(), 0, "nobody waits");
            assert_eq!(batcher.in_doubt(), 0, "every write has its answer");
            let stored = store.stored.lock().unwrap();
            for (counter, answers) in answers {
                let total = stored.totals.get(&counter).copied().unwrap_or(0);
                judge(total, &answers);
                assert!(batcher.last_known().get(&counter) <= Some(total), "a total that was");
            }
        });
    };
    shuttle::check_random(once, ORDERS);
    shuttle::check_pct(once, ORDERS, 3);
}

/// Compares the answers to the clients of one counter with its total.
fn judge(total: i64, answers: &[(&Client, Option<Result<i64, HitError>>)]) {
    let (mut numbers, mut unknown, mut with_id) = (Vec::new(), 0, HashMap::new());
    for (client, answer) in answers {
        match (answer, client.id) {
            (Some(Ok(number)), None) => numbers.push(*number),
            (Some(Ok(number)), Some(id)) => {
                let first = *with_id.entry(id.0).or_insert(*number);
                assert_eq!(first, *number, "an id has one number");
            }
            (Some(Err(HitError::Unanswered)) | None, _) => unknown += 1,
            // `Unsent` promises that nothing was counted; the total proves it.
            (Some(Err(HitError::Unsent)), _) => {}
            (Some(Err(error)), _) => panic!("nobody is to hear: {error}"),
        }
    }
    numbers.extend(with_id.into_values());
    numbers.sort_unstable();
    let answered = numbers.len() as i64;
    numbers.dedup();
    assert_eq!(numbers.len() as i64, answered, "no number is given twice");
    assert!(numbers.iter().all(|number| (1..=total).contains(number)), "{numbers:?} of {total}");
    assert!((answered..=answered + unknown).contains(&total), "{answered} + {unknown}, {total}");
}

#[test]
fn a_client_that_waits_is_counted() {
    for spans_namespaces in [true, false] {
        check(Behaviour { spans_namespaces, fails: false }, &[PATIENT; 4]);
    }
}

#[test]
fn a_store_that_fails_counts_once() {
    for spans_namespaces in [true, false] {
        check(Behaviour { spans_namespaces, fails: true }, &[PATIENT; 4]);
    }
}

#[test]
fn a_client_that_leaves_is_counted_and_delays_nobody() {
    let clients = &[PATIENT, FLEETING, PATIENT, FLEETING];
    check(Behaviour { spans_namespaces: true, fails: true }, clients);
}

#[test]
fn a_client_that_cannot_wait_gets_an_answer() {
    let clients = &[PATIENT, HURRIED, HURRIED, FLEETING];
    for fails in [true, false] {
        check(Behaviour { spans_namespaces: true, fails }, clients);
    }
}

#[test]
fn an_id_counts_once() {
    const ID: Client = Client { id: Some(HitId([7; 16])), ..PATIENT };
    check(Behaviour { spans_namespaces: true, fails: true }, &[ID, ID, PATIENT, ID]);
}

#[test]
fn namespaces_do_not_wait_for_each_other() {
    const OTHER: Client = Client { namespace: 1, ..PATIENT };
    check(Behaviour { spans_namespaces: false, fails: true }, &[PATIENT, OTHER, PATIENT, OTHER]);
}
