//! The contract of a store: every promise holds on both. Each test runs on a file and on its own
//! redis-server.

mod common;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use common::redis::Redis as Server;
use seen::counters::batcher::Batcher;
use seen::model::count::{CounterSettings, History, Sources};
use seen::model::edit::{
    Change, ChangeId, Credential, Edit, Edited, NamespaceChange, NamespaceEdit,
};
use seen::model::export::{Exported, ExportedCounter, Imported, OnConflict};
use seen::model::hit::{Hit, HitId, Source, Visitor};
use seen::model::name::{Counter, Name};
use seen::model::site::Depth;
use seen::model::tally::{Counted, ID_MEMORY, Lane, MAX_TOTAL, Outcome, Refusal, Tally};
use seen::model::time::Timestamp;
use seen::model::token::Token;
use seen::sketch::Sketch;
use seen::store::EditError;
use seen::store::embedded::Embedded;
use seen::store::live::{News, Update};
use seen::store::record::Record;
use seen::store::redis::Redis;
use seen::store::{Limits, Mode, Replicas, Store};

const LIMITS: Limits = Limits {
    mode: Mode::Open,
    counters_per_namespace: 1000,
    counters: 10_000,
    history_days: 10,
    history_hours: 48,
};

const LARGE: Limits = Limits { counters_per_namespace: 30_000, counters: 30_000, ..LIMITS };

/// A store, and the server or folder that must outlive it.
struct Rig {
    store: Arc<dyn Store>,
    redis: Option<Server>,
    _folder: Option<tempfile::TempDir>,
    now: Timestamp,
    number: std::sync::atomic::AtomicU64,
}

async fn redis_store(server: &Server, limits: Limits) -> Arc<dyn Store> {
    let store = Redis::open(&server.url(), limits, false, Replicas::Auto).unwrap();
    store.ready(Duration::from_secs(10)).await.unwrap();
    Arc::new(store)
}

impl Rig {
    async fn redis(limits: Limits) -> Self {
        let server = Server::durable();
        let store = redis_store(&server, limits).await;
        Self::of(store, Some(server), None)
    }

    async fn embedded(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(&folder.path().join("seen.redb"), limits).unwrap();
        Self::of(Arc::new(store), None, Some(folder))
    }

    fn of(store: Arc<dyn Store>, redis: Option<Server>, folder: Option<tempfile::TempDir>) -> Self {
        // Noon, so that an hour more or less stays within the day.
        let now = Timestamp(Timestamp::of_day(Timestamp::now().day()).0 + 12 * 3600);
        Self { store, redis, _folder: folder, now, number: 1.into() }
    }

    fn later(&self, seconds: u64) -> Timestamp {
        Timestamp(self.now.0 + seconds)
    }

    fn tally(&self, at: Timestamp, hits: &[Hit]) -> Tally {
        let number = self.number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let lane = match self.store.spans_namespaces() {
            true => Lane::Shared(0),
            false => Lane::Apart(hits[0].counter.namespace.clone()),
        };
        Tally::join(lane, number, at, hits.iter()).0
    }

    async fn apply(&self, at: Timestamp, hits: &[Hit]) -> Vec<Outcome> {
        self.store.apply(&self.tally(at, hits)).await.unwrap()
    }

    /// Applies hits to one counter; returns each run's hits and last number.
    async fn count(&self, at: Timestamp, hits: &[Hit]) -> Vec<(u64, i64)> {
        match &self.apply(at, hits).await[0] {
            Outcome::Counted(runs) => runs.iter().map(|c: &Counted| (c.hits, c.last)).collect(),
            Outcome::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    async fn edit(
        &self,
        key: &str,
        credential: Credential,
        edit: Edit,
    ) -> Result<Edited, EditError> {
        self.store.edit(&self.change(key, credential, edit)).await
    }

    fn change(&self, key: &str, credential: Credential, edit: Edit) -> Change {
        let id = ChangeId::random().unwrap();
        Change { id, counter: counter("n", key), at: self.now, credential, edit }
    }

    async fn edit_namespace(
        &self,
        credential: Credential,
        edit: NamespaceEdit,
    ) -> Result<(), EditError> {
        let change = NamespaceChange { namespace: name("n"), at: self.now, credential, edit };
        self.store.edit_namespace(&change).await
    }

    async fn total(&self, key: &str) -> Option<i64> {
        self.store.totals(&name("n"), &[name(key)]).await.unwrap()[0]
    }

    async fn history(&self, key: &str) -> Option<History> {
        self.store.histories(&name("n"), &[name(key)]).await.unwrap().remove(0)
    }

    async fn export_all(&self) -> Vec<Exported> {
        let (mut all, mut names, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = self.store.namespaces(after.as_deref()).await.unwrap();
            names.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for name in names {
            let mut after = None;
            loop {
                let page = self.store.export(&name, after.as_deref()).await.unwrap();
                all.extend(page.items);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        all.sort_by_key(|e| match e {
            Exported::Namespace(n) => (n.namespace.clone(), None),
            Exported::Counter(c) => (c.namespace.clone(), Some(c.key.clone())),
        });
        all
    }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn counter(namespace: &str, key: &str) -> Counter {
    Counter { namespace: name(namespace), key: name(key) }
}

fn hit(key: &str) -> Hit {
    hit_in("n", key)
}

fn hit_in(namespace: &str, key: &str) -> Hit {
    Hit { counter: counter(namespace, key), source: Source::Browser, visitor: None, id: None }
}

/// One of many visitors, spread as a good hash would spread them (splitmix64).
fn visitor(n: u128) -> Visitor {
    let mut hash = (n as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    let (register, rank) = seen::sketch::place(hash ^ hash >> 31);
    Visitor { register, rank, mark: (n as u64).to_le_bytes() }
}

fn hit_of(key: &str, n: u128) -> Hit {
    Hit { visitor: Some(visitor(n)), ..hit(key) }
}

fn hit_with_id(key: &str, id: u8) -> Hit {
    Hit { id: Some(HitId([id; 16])), ..hit(key) }
}

fn create(value: i64) -> Edit {
    Edit::Create { value, settings: CounterSettings::default(), token: None }
}

/// Runs a test on both stores.
macro_rules! both {
    ($($name:ident, $limits:expr, |$rig:ident| $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn test($rig: Rig) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn embedded() {
                test(Rig::embedded($limits).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn redis() {
                test(Rig::redis($limits).await).await;
            }
        }
    )*};
}

both! {

hits_get_their_own_numbers_in_order, LIMITS, |rig| {
    let bot = Hit { source: Source::Bot, ..hit("a") };
    let runs = rig.count(rig.now, &[hit("a"), hit("a"), bot, hit("a")]).await;
    assert_eq!(runs, [(2, 2), (1, 3), (1, 4)]);
    assert_eq!(rig.count(rig.now, &[hit("a")]).await, [(1, 5)]);
    let count = rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap();
    assert_eq!((count.total, count.today, count.uniques_today), (5, 5, 0));
    assert_eq!((count.sources.get(Source::Browser), count.sources.human()), (4, 4));
    assert_eq!((count.created, count.settings), (rig.now, CounterSettings::default()));
    assert!(rig.store.count(&counter("n", "b"), rig.now).await.unwrap().is_none());
}

concurrent_hits_get_different_numbers, LIMITS, |rig| {
    let rig = Arc::new(rig);
    let timeout = Duration::from_secs(20);
    let batcher = Batcher::new(rig.store.clone(), Arc::default(), 1000, timeout);
    let tasks: Vec<_> = (0..8).map(|task| {
        let (rig, batcher) = (rig.clone(), batcher.clone());
        tokio::spawn(async move {
            let mut numbers = Vec::new();
            for n in 1..=25 {
                let own = batcher.hit(hit_in(&format!("n{task}"), "a"));
                let all = batcher.hit(hit("all"));
                let (own, all) = tokio::join!(own, all);
                assert_eq!(own.unwrap(), n);
                all.unwrap();
                let edited = rig.edit("shared", Credential::Instance, Edit::Add(1)).await;
                numbers.push(edited.map_or(0, |e| e.new.unwrap()));
            }
            numbers
        })
    }).collect();
    rig.edit("shared", Credential::None, create(0)).await.ok();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.extend(task.await.unwrap());
    }
    numbers.retain(|n| *n != 0);
    numbers.sort_unstable();
    let distinct: Vec<i64> = (1..=numbers.len() as i64).collect();
    assert_eq!(numbers, distinct);
    assert_eq!(rig.total("all").await, Some(200));
    for task in 0..8 {
        let totals = rig.store.totals(&name(&format!("n{task}")), &[name("a")]).await.unwrap();
        assert_eq!(totals, [Some(25)]);
    }
}

a_write_that_is_repeated_counts_once, LIMITS, |rig| {
    let tally = rig.tally(rig.now, &[hit("a"), hit_of("b", 1)]);
    let first = rig.store.apply(&tally).await.unwrap();
    assert_eq!(rig.store.apply(&tally).await.unwrap(), first);
    assert_eq!((rig.total("a").await, rig.total("b").await), (Some(1), Some(1)));
}

namespaces_share_a_write_and_each_counts_for_itself,
Limits { counters_per_namespace: 2, ..LIMITS }, |rig| {
    let mut listener = rig.store.subscribe(&name("m")).await.unwrap();
    assert!(rig.store.spans_namespaces());
    let token = Token::generate().unwrap().digest();
    rig.edit_namespace(Credential::None, NamespaceEdit::Claim(token)).await.unwrap();
    let open = NamespaceEdit::Configure { public: None, open: Some(true) };
    rig.edit_namespace(Credential::NamespaceOwner(token), open).await.unwrap();
    let hits = [("n", "a"), ("m", "a"), ("n", "b"), ("o", "a"), ("m", "a"), ("n", "c"), ("m", "b")];
    let hits: Vec<Hit> = hits.iter().map(|(namespace, key)| hit_in(namespace, key)).collect();
    let tally = rig.tally(rig.now, &hits);
    let outcomes = rig.store.apply(&tally).await.unwrap();
    assert_eq!(rig.store.apply(&tally).await.unwrap(), outcomes);
    let counted = |hits, last| Outcome::Counted(vec![Counted { hits, last }]);
    assert_eq!(outcomes[..5], [counted(1, 1), counted(2, 2), counted(1, 1), counted(1, 1),
        Outcome::Refused(Refusal::NamespaceFull)]);
    for (namespace, counters) in [("n", 2), ("m", 2), ("o", 1)] {
        assert_eq!(rig.store.namespace(&name(namespace)).await.unwrap().counters, counters);
    }
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let news = tokio::time::timeout(Duration::from_secs(5), listener.next()).await.unwrap();
        if let News::Updates(updates) = news {
            heard.extend(updates.iter().map(|Update { key, total }| (key.to_string(), *total)));
        }
    }
    assert_eq!(heard, [("a".to_owned(), Some(2)), ("b".to_owned(), Some(1))]);
}

an_id_counts_once_in_an_hour, LIMITS, |rig| {
    assert_eq!(rig.count(rig.now, &[hit("a"), hit_with_id("a", 1)]).await, [(1, 1), (1, 2)]);
    let again = [hit("a"), hit_with_id("a", 1), hit_with_id("a", 2), hit_with_id("a", 2)];
    assert_eq!(rig.count(rig.later(9), &again).await, [(1, 3), (0, 2), (1, 4), (0, 4)]);
    assert_eq!(rig.count(rig.later(9), &[hit_with_id("b", 1)]).await, [(1, 1)]);
    let over = rig.later(ID_MEMORY);
    assert_eq!(rig.count(over, &[hit_with_id("a", 1)]).await, [(1, 5)]);
}

a_visitor_counts_once_in_the_window, LIMITS, |rig| {
    rig.apply(rig.now, &[hit("a")]).await;
    let settings = CounterSettings { dedupe: 60, ..CounterSettings::default() };
    rig.edit("a", Credential::Instance, Edit::Configure(settings)).await.unwrap();
    let crowd = [hit_of("a", 1), hit_of("a", 1), hit_of("a", 2), hit("a"), hit_of("a", 1)];
    assert_eq!(rig.count(rig.now, &crowd).await, [(1, 2), (1, 3), (1, 4), (0, 4)]);
    assert_eq!(rig.count(rig.later(59), &[hit_of("a", 1)]).await, [(0, 4)]);
    assert_eq!(rig.count(rig.later(60), &[hit_of("a", 1)]).await, [(1, 5)]);
    // The window belongs to one counter.
    assert_eq!(rig.count(rig.now, &[hit_of("b", 1), hit_of("b", 1)]).await, [(2, 2)]);
    let count = rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap();
    assert_eq!((count.today, count.uniques_today), (5, 2));
}

uniques_are_near_the_truth, LIMITS, |rig| {
    let mut sketch = Sketch::default();
    for crowd in 0..10 {
        let hits: Vec<Hit> = (0..1000).map(|n| hit_of("a", crowd * 1000 + n)).collect();
        for hit in &hits {
            let visitor = hit.visitor.unwrap();
            sketch.raise((visitor.register, visitor.rank));
        }
        rig.apply(rig.now, &hits).await;
    }
    let bot = Hit { source: Source::Bot, ..hit_of("a", 99_999_999) };
    rig.apply(rig.now, &[bot]).await;
    let count = rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap();
    assert_eq!((count.total, count.uniques_today), (10_001, sketch.count()));
    assert!(count.uniques_today.abs_diff(10_000) <= 200, "{}", count.uniques_today);
    if let Some(redis) = &rig.redis {
        let key = format!("seen:{{n}}:sketch:a:{}", rig.now.day());
        assert_eq!(redis.ask(&["PFCOUNT", &key]), sketch.count().to_string());
    }
}

hits_of_an_earlier_hour_are_counted_in_theirs, LIMITS, |rig| {
    let day = 86_400;
    let before = |seconds| Timestamp(rig.now.0 - seconds);
    for at in [before(day), before(0), before(3600), before(day), before(0), before(day + 3600)] {
        rig.apply(at, &[hit("a")]).await;
    }
    let late = rig.tally(before(day), &[hit("a"), hit("a")]);
    rig.store.apply(&late).await.unwrap();
    let history = async || {
        let history = rig.history("a").await.unwrap();
        (history.days.iter().collect::<Vec<_>>(), history.hours.iter().collect::<Vec<_>>())
    };
    let (today, hour) = (rig.now.day(), rig.now.hour());
    let (days, hours) = history().await;
    assert_eq!(days, [(today - 1, 5), (today, 3)]);
    assert_eq!(hours, [(hour - 25, 1), (hour - 24, 4), (hour - 1, 1), (hour, 2)]);
    rig.edit("a", Credential::Instance, Edit::Reset).await.unwrap();
    assert_eq!(history().await, (vec![], vec![]));
}

the_counters_of_a_namespace_are_read_page_by_page, LIMITS, |rig| {
    let keys: Vec<String> = (0..600).map(|n| format!("k{n}")).collect();
    for key in &keys {
        rig.apply(Timestamp(rig.now.0 - 86_400), &[hit_of(key, 1), hit(key)]).await;
    }
    rig.apply(rig.now, &[hit("k7"), hit_of("k7", 1)]).await;
    for depth in [Depth::Counts, Depth::Histories] {
        let (mut found, mut pages, mut after) = (HashMap::new(), 0, None);
        loop {
            let namespace = Name::new("n").unwrap();
            let page = rig.store.members(&namespace, depth, after.as_deref(), rig.now).await.unwrap();
            found.extend(page.items.into_iter().map(|member| (member.key.to_string(), member)));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(pages > 1, "{pages}");
        assert_eq!(found.len(), keys.len());
        let (one, other) = (&found["k7"], &found["k8"]);
        assert_eq!((one.count.total, one.count.today, one.count.uniques_today), (4, 2, 1));
        assert_eq!((other.count.total, other.count.today), (2, 0));
        assert_eq!(one.history.is_some(), depth == Depth::Histories);
        for member in found.values().filter(|_| depth == Depth::Histories) {
            let alone = rig.history(member.key.as_str()).await;
            assert_eq!(member.history, alone);
        }
    }
    let asked = ["k7", "none", "k8"].map(|key| Name::new(key).unwrap());
    let several = rig.store.histories(&Name::new("n").unwrap(), &asked).await.unwrap();
    let days = |at: usize| several[at].as_ref().map(|h| h.days.iter().map(|(_, n)| n).collect());
    assert_eq!([days(0), days(1), days(2)], [Some(vec![2, 2]), None, Some(vec![2])]);
}

old_buckets_go_and_totals_stay, LIMITS, |rig| {
    for day in 0..20 {
        rig.apply(Timestamp(rig.now.0 - (19 - day) * 86_400), &[hit_of("a", 1)]).await;
    }
    let history = rig.history("a").await.unwrap();
    let today = rig.now.day();
    let days: Vec<_> = (today - 9..=today).map(|d| (d, 1)).collect();
    assert_eq!(history.days.iter().collect::<Vec<_>>(), days);
    assert_eq!(history.uniques.iter().collect::<Vec<_>>(), days);
    assert_eq!(history.hours.len(), 2);
    assert_eq!(rig.total("a").await, Some(20));
}

caps_hold_and_existing_counters_go_on,
Limits { counters_per_namespace: 2, counters: 3, ..LIMITS }, |rig| {
    let crowd = [hit("a"), hit("b"), hit("c"), hit("a")];
    let outcomes = rig.apply(rig.now, &crowd).await;
    assert_eq!(outcomes[2], Outcome::Refused(Refusal::NamespaceFull));
    assert_eq!(rig.total("a").await, Some(2));
    assert!(matches!(
        rig.edit("c", Credential::None, create(0)).await,
        Err(EditError::NamespaceFull)
    ));
    let elsewhere = |number, key| {
        Tally::join(Lane::Shared(0), number, rig.now, [hit_in("m", key)].iter()).0
    };
    rig.store.apply(&elsewhere(100, "a")).await.unwrap();
    let full = rig.store.apply(&elsewhere(101, "b")).await.unwrap();
    assert_eq!(full, [Outcome::Refused(Refusal::InstanceFull)]);
    rig.edit("a", Credential::Instance, Edit::Delete).await.unwrap();
    let room = rig.store.apply(&elsewhere(102, "b")).await.unwrap();
    assert!(matches!(room[0], Outcome::Counted(_)));
    // Owners have a tenth more, and one counter at least.
    rig.edit("c", Credential::Instance, create(0)).await.unwrap();
    assert!(matches!(
        rig.edit("d", Credential::Instance, create(0)).await,
        Err(EditError::InstanceFull)
    ));
}

totals_stay_exact, LIMITS, |rig| {
    rig.edit("a", Credential::None, create(MAX_TOTAL - 1)).await.unwrap();
    assert_eq!(rig.count(rig.now, &[hit("a")]).await, [(1, MAX_TOTAL)]);
    assert_eq!(rig.apply(rig.now, &[hit("a")]).await, [Outcome::Refused(Refusal::OutOfRange)]);
    let over = rig.edit("a", Credential::Instance, Edit::Add(1)).await;
    assert!(matches!(over, Err(EditError::OutOfRange { value: Some(MAX_TOTAL) })));
    let least = rig.edit("a", Credential::Instance, Edit::Set(-MAX_TOTAL)).await.unwrap();
    assert_eq!(least, Edited { old: Some(MAX_TOTAL), new: Some(-MAX_TOTAL) });
    assert_eq!(rig.count(rig.now, &[hit("a")]).await, [(1, 1 - MAX_TOTAL)]);
}

only_create_creates, Limits { mode: Mode::Create, ..LIMITS }, |rig| {
    assert_eq!(rig.apply(rig.now, &[hit("a")]).await, [Outcome::Refused(Refusal::Missing)]);
    rig.edit("a", Credential::None, create(0)).await.unwrap();
    assert_eq!(rig.count(rig.now, &[hit("a")]).await, [(1, 1)]);
}

a_private_instance_counts_for_owners, Limits { mode: Mode::Private, ..LIMITS }, |rig| {
    let owner = Token::generate().unwrap().digest();
    assert_eq!(rig.apply(rig.now, &[hit("a")]).await, [Outcome::Refused(Refusal::Missing)]);
    let strangers = rig.edit("a", Credential::None, create(0)).await;
    assert!(matches!(strangers, Err(EditError::Forbidden { .. })));
    let claimed = rig.edit_namespace(Credential::None, NamespaceEdit::Claim(owner)).await;
    assert!(matches!(claimed, Err(EditError::Forbidden { .. })));
    rig.edit_namespace(Credential::Instance, NamespaceEdit::Claim(owner)).await.unwrap();
    assert_eq!(rig.apply(rig.now, &[hit("a")]).await, [Outcome::Refused(Refusal::Owned)]);
    let open = NamespaceEdit::Configure { public: None, open: Some(true) };
    rig.edit_namespace(Credential::NamespaceOwner(owner), open).await.unwrap();
    assert_eq!(rig.count(rig.now, &[hit("a")]).await, [(1, 1)]);
    rig.edit("b", Credential::NamespaceOwner(owner), create(3)).await.unwrap();
    assert_eq!(rig.total("b").await, Some(3));
}

only_its_owner_changes_a_counter, LIMITS, |rig| {
    let (mine, new) = (Token::generate().unwrap().digest(), Token::generate().unwrap().digest());
    let settings = CounterSettings { dedupe: 5, ..CounterSettings::default() };
    let made = Edit::Create { value: 10, settings, token: Some(mine) };
    assert_eq!(
        rig.edit("a", Credential::None, made).await.unwrap(),
        Edited { old: None, new: Some(10) }
    );
    let again = rig.edit("a", Credential::None, made).await;
    assert!(matches!(again, Err(EditError::Exists { value: 10 })));
    for edit in [Edit::Set(1), Edit::Reset, Edit::Delete, Edit::Rotate(new)] {
        for credential in [Credential::None, Credential::Presented(new), Credential::NamespaceOwner(new)] {
            let refused = rig.edit("a", credential, edit).await;
            assert!(matches!(refused, Err(EditError::Forbidden { value: Some(10) })), "{edit:?}");
        }
    }
    let count = rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap();
    assert_eq!((count.token, count.settings), (Some(mine), settings));
    let set = rig.edit("a", Credential::Presented(mine), Edit::Set(42)).await.unwrap();
    assert_eq!(set, Edited { old: Some(10), new: Some(42) });
    rig.edit("a", Credential::Presented(mine), Edit::Rotate(new)).await.unwrap();
    assert!(rig.edit("a", Credential::Presented(mine), Edit::Set(1)).await.is_err());
    let gone = rig.edit("a", Credential::Presented(new), Edit::Delete).await.unwrap();
    assert_eq!(gone, Edited { old: Some(42), new: None });
    assert!(matches!(rig.edit("a", Credential::Instance, Edit::Set(1)).await, Err(EditError::Missing)));
    // A token ends with its counter.
    rig.apply(rig.now, &[hit("a")]).await;
    assert!(rig.edit("a", Credential::Presented(new), Edit::Set(1)).await.is_err());
    let count = rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap();
    assert_eq!((count.total, count.token, count.settings), (1, None, CounterSettings::default()));
}

the_settings_open_a_counter_to_anybody, LIMITS, |rig| {
    rig.apply(rig.now, &[hit("a")]).await;
    let out = rig.edit("a", Credential::None, Edit::Add(2)).await;
    assert!(matches!(out, Err(EditError::OutOfBounds { value: 1 })));
    assert_eq!(rig.edit("a", Credential::None, Edit::Add(1)).await.unwrap().new, Some(2));
    let settings = CounterSettings {
        enable_reset: true,
        update_lowerbound: -5,
        update_upperbound: 5,
        ..CounterSettings::default()
    };
    rig.edit("a", Credential::Instance, Edit::Configure(settings)).await.unwrap();
    assert_eq!(rig.edit("a", Credential::None, Edit::Add(-5)).await.unwrap().new, Some(-3));
    assert_eq!(rig.edit("a", Credential::None, Edit::Set(69)).await.unwrap().old, Some(-3));
    assert!(rig.edit("a", Credential::None, Edit::Reset).await.is_err());
}

a_change_that_is_repeated_is_made_once, LIMITS, |rig| {
    let changes = [
        rig.change("a", Credential::None, create(1)),
        rig.change("a", Credential::Instance, Edit::Add(10)),
        rig.change("a", Credential::Instance, Edit::Delete),
    ];
    for change in changes {
        let first = rig.store.edit(&change).await.unwrap();
        assert_eq!(rig.store.edit(&change).await.unwrap(), first);
    }
    assert_eq!(rig.total("a").await, None);
}

starting_over_keeps_what_the_owner_set, LIMITS, |rig| {
    let settings = CounterSettings { dedupe: 60, ..CounterSettings::default() };
    let token = Some(Token::generate().unwrap().digest());
    rig.edit("a", Credential::None, Edit::Create { value: 7, settings, token }).await.unwrap();
    rig.apply(rig.now, &[hit_of("a", 1)]).await;
    rig.edit("a", Credential::Instance, Edit::Reset).await.unwrap();
    let count = rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap();
    assert_eq!((count.total, count.today, count.uniques_today), (0, 0, 0));
    assert_eq!(count.sources, Sources::default());
    assert_eq!((count.token, count.settings), (token, settings));
    rig.apply(rig.later(60), &[hit_of("a", 2)]).await;
    let count = rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap();
    assert_eq!((count.total, count.uniques_today), (1, 1));
}

a_counter_that_begins_anew_sees_everybody_again, LIMITS, |rig| {
    let crowd = [hit_of("a", 1), hit_of("a", 2), hit_of("a", 2)];
    let uniques = async || {
        rig.apply(rig.now, &crowd).await;
        rig.apply(rig.now, &crowd).await;
        rig.store.count(&counter("n", "a"), rig.now).await.unwrap().unwrap().uniques_today
    };
    assert_eq!(uniques().await, 2);
    let exported = rig.store.export(&name("n"), None).await.unwrap().items.pop().unwrap();
    for edit in [Edit::Reset, Edit::Delete] {
        rig.edit("a", Credential::Instance, edit).await.unwrap();
        assert_eq!(uniques().await, 2, "{edit:?}");
    }
    rig.edit_namespace(Credential::Instance, NamespaceEdit::Delete).await.unwrap();
    assert_eq!(uniques().await, 2);
    rig.apply(rig.now, &[hit_of("a", 3)]).await;
    let id = ChangeId::random().unwrap();
    rig.store.import(id, &exported, OnConflict::Replace, rig.now).await.unwrap();
    rig.apply(rig.now, &[hit_of("a", 3)]).await;
    assert_eq!(uniques().await, 3);
}

only_its_owner_changes_a_namespace, LIMITS, |rig| {
    let (mine, new) = (Token::generate().unwrap().digest(), Token::generate().unwrap().digest());
    rig.edit_namespace(Credential::None, NamespaceEdit::Claim(mine)).await.unwrap();
    rig.edit_namespace(Credential::None, NamespaceEdit::Claim(mine)).await.unwrap();
    let taken = rig.edit_namespace(Credential::None, NamespaceEdit::Claim(new)).await;
    assert!(matches!(taken, Err(EditError::Exists { .. })));
    assert_eq!(rig.apply(rig.now, &[hit("a")]).await, [Outcome::Refused(Refusal::Owned)]);
    let open = NamespaceEdit::Configure { public: None, open: Some(true) };
    rig.edit_namespace(Credential::NamespaceOwner(mine), open).await.unwrap();
    rig.apply(rig.now, &[hit("a"), hit("b")]).await;
    assert!(rig.edit("c", Credential::None, create(0)).await.is_err());
    rig.edit("c", Credential::NamespaceOwner(mine), create(0)).await.unwrap();
    assert_eq!(rig.edit("a", Credential::NamespaceOwner(mine), Edit::Set(9)).await.unwrap().new, Some(9));
    rig.edit_namespace(Credential::NamespaceOwner(mine), NamespaceEdit::Rotate(new)).await.unwrap();
    rig.edit_namespace(Credential::NamespaceOwner(mine), NamespaceEdit::Rotate(new)).await.unwrap();
    let public = NamespaceEdit::Configure { public: Some(true), open: None };
    assert!(rig.edit_namespace(Credential::NamespaceOwner(mine), public).await.is_err());
    rig.edit_namespace(Credential::NamespaceOwner(new), public).await.unwrap();
    let found = rig.store.namespace(&name("n")).await.unwrap();
    assert_eq!((found.counters, found.owner, found.public), (3, Some(new), true));
    assert!(rig.edit_namespace(Credential::None, NamespaceEdit::Delete).await.is_err());
    rig.edit_namespace(Credential::NamespaceOwner(new), NamespaceEdit::Delete).await.unwrap();
    rig.edit_namespace(Credential::NamespaceOwner(new), NamespaceEdit::Delete).await.unwrap();
    let found = rig.store.namespace(&name("n")).await.unwrap();
    assert_eq!((found.counters, found.owner, found.public), (0, None, false));
    assert_eq!(rig.total("a").await, None);
    // A stranger cannot claim a namespace that has counters.
    rig.apply(rig.now, &[hit("a")]).await;
    assert!(rig.edit_namespace(Credential::None, NamespaceEdit::Claim(mine)).await.is_err());
    rig.edit_namespace(Credential::Instance, NamespaceEdit::Claim(mine)).await.unwrap();
    rig.edit_namespace(Credential::NamespaceOwner(mine), NamespaceEdit::Release).await.unwrap();
    assert_eq!(rig.store.namespace(&name("n")).await.unwrap().owner, None);
}

a_large_namespace_is_deleted_whole, LIMITS, |rig| {
    let hits: Vec<Hit> = (0..900).map(|n| hit(&format!("k{n}"))).collect();
    rig.apply(rig.now, &hits).await;
    assert_eq!(rig.store.namespace(&name("n")).await.unwrap().counters, 900);
    rig.edit_namespace(Credential::Instance, NamespaceEdit::Delete).await.unwrap();
    assert_eq!(rig.store.namespace(&name("n")).await.unwrap().counters, 0);
    if let Some(redis) = &rig.redis {
        let left = redis.ask(&["KEYS", "seen:{n}:*"]);
        assert!(left.lines().all(|key| key.contains(":write:")), "{left}");
    }
}

the_largest_come_first_and_equal_ones_by_name, LIMITS, |rig| {
    let mut hits = Vec::new();
    for n in 0..30 {
        hits.extend(vec![hit(&format!("k{n:02}")); n % 4 + 1]);
    }
    rig.apply(rig.now, &hits).await;
    let all = rig.store.ranking(&name("n"), 0, 100).await.unwrap();
    let mut sorted = all.clone();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    assert_eq!((all.len(), &all), (30, &sorted));
    for size in [1, 4, 7, 29] {
        let mut paged = Vec::new();
        for offset in (0..30).step_by(size) {
            let page = rig.store.ranking(&name("n"), offset as u64, size as u32).await.unwrap();
            paged.extend(page);
        }
        assert_eq!(paged, all, "{size}");
    }
    assert!(rig.store.ranking(&name("n"), 30, 10).await.unwrap().is_empty());
    assert!(rig.store.ranking(&name("none"), 0, 10).await.unwrap().is_empty());
}

// A request of 60 bytes once took 29 ms of the only thread at 100,000 counters, since it read all
// of them.
a_page_of_a_large_namespace_costs_no_more_than_of_a_small_one, LARGE, |rig| {
    let quickest_page = async || {
        let mut quickest = Duration::MAX;
        for _ in 0..20 {
            let started = std::time::Instant::now();
            assert_eq!(rig.store.ranking(&name("n"), 0, 1).await.unwrap().len(), 1);
            quickest = quickest.min(started.elapsed());
        }
        quickest
    };
    let create = async |keys: std::ops::Range<usize>| {
        let hits: Vec<Hit> = keys.map(|n| hit(&format!("k{n}"))).collect();
        for hits in hits.chunks(1000) {
            rig.apply(rig.now, hits).await;
        }
    };
    create(0..50).await;
    let small = quickest_page().await;
    create(50..20_000).await;
    let large = quickest_page().await;
    // Reading all 400 times as many would take much longer still.
    assert!(large < 50 * small, "{small:?} with 50 counters, {large:?} with 20,000");
}

the_ranking_follows_hits_and_changes,
Limits { counters_per_namespace: 10_000, counters: 10_000, ..LIMITS }, |rig| {
    let ranking = async || {
        let page = rig.store.ranking(&name("n"), 0, 10).await.unwrap();
        page.into_iter().map(|(key, total)| format!("{key}{total}")).collect::<Vec<_>>().join(" ")
    };
    rig.apply(rig.now, &[hit("a"), hit("b"), hit("b"), hit("c")]).await;
    assert_eq!(ranking().await, "b2 a1 c1");
    for expected in ["c3 b2 a1", "c5 b2 a1"] {
        rig.apply(rig.now, &[hit("c"), hit("c")]).await;
        assert_eq!(ranking().await, expected);
    }
    rig.apply(rig.now, &[hit("a"), hit("b")]).await;
    rig.edit("a", Credential::Instance, Edit::Set(9)).await.unwrap();
    rig.edit("b", Credential::Instance, Edit::Delete).await.unwrap();
    assert_eq!(ranking().await, "a9 c5");
    let tally = rig.tally(rig.now, &[hit("b"), hit("c")]);
    rig.store.apply(&tally).await.unwrap();
    assert_eq!(ranking().await, "a9 c6 b1");
    // More than one call of the script ranks.
    let hits: Vec<Hit> = (0..2500).map(|n| hit(&format!("k{n:04}"))).collect();
    rig.apply(rig.now, &hits).await;
    rig.apply(rig.now, &hits).await;
    rig.apply(rig.now, &vec![hit("k2499"); 5]).await;
    assert_eq!(rig.store.ranking(&name("n"), 1, 2).await.unwrap(), [(name("k2499"), 7), (name("c"), 6)]);
}

hours_and_days_pass_and_each_keeps_its_hits, LIMITS, |rig| {
    let day = rig.now.day();
    let hours = [(0, 3), (1, 2), (0, 1), (24, 4), (23, 1), (1, 1), (47, 2)];
    let mut last = rig.now;
    for (hour, hits) in hours {
        let at = Timestamp(Timestamp::of_day(day).0 + hour * 3600);
        let tally = rig.tally(at, &vec![hit("a"); hits]);
        rig.store.apply(&tally).await.unwrap();
        last = at;
    }
    let first_hour = day * 24;
    let history = async || {
        let history = rig.history("a").await.unwrap();
        let hours = history.hours.iter().map(|(hour, hits)| (hour - first_hour, hits)).collect();
        let days = history.days.iter().map(|(of, hits)| (of - day, hits)).collect();
        (hours, days)
    };
    let (hours, days): (Vec<_>, Vec<_>) = history().await;
    assert_eq!(hours, [(0, 4), (1, 3), (23, 1), (24, 4), (47, 2)]);
    assert_eq!(days, [(0, 8), (1, 6)]);
    let at = last;
    let today = async |at| rig.store.count(&counter("n", "a"), at).await.unwrap().unwrap().today;
    assert_eq!(today(at).await, 6);
    rig.edit("a", Credential::Instance, Edit::Reset).await.unwrap();
    assert_eq!((today(at).await, history().await), (0, (vec![], vec![])));
    rig.apply(at, &[hit("a")]).await;
    assert_eq!((today(at).await, history().await), (1, (vec![(47, 1)], vec![(1, 1)])));
}

replicas_share_the_days_keys_and_each_day_has_its_own, LIMITS, |rig| {
    let day = rig.now.day();
    let (one, other) = tokio::join!(rig.store.day_keys(day), rig.store.day_keys(day));
    let one = one.unwrap();
    assert!(one == other.unwrap());
    assert!(one != rig.store.day_keys(day + 1).await.unwrap());
    if let Some(redis) = &rig.redis {
        let replica = redis_store(redis, LIMITS).await;
        let (mine, others) = (rig.store.day_keys(day + 1).await, replica.day_keys(day + 1).await);
        assert!(mine.unwrap() == others.unwrap());
        // Redis only passed them on.
        let kept = redis.ask(&["KEYS", "*key*"]);
        assert!(kept.is_empty(), "{kept}");
    }
    rig.store.forget_day_keys(day + 2);
    assert!(one != rig.store.day_keys(day).await.unwrap());
}

listeners_hear_of_changes, LIMITS, |rig| {
    let mut listener = rig.store.subscribe(&name("n")).await.unwrap();
    let mut other = rig.store.subscribe(&name("other")).await.unwrap();
    let mut last = HashMap::new();
    let mut hears = async |expected: [(&str, Option<i64>); 2]| {
        while expected.iter().any(|(key, total)| last.get(*key) != Some(total)) {
            let news = tokio::time::timeout(Duration::from_secs(5), listener.next()).await.unwrap();
            if let News::Updates(updates) = news {
                last.extend(updates.iter().map(|Update { key, total }| (key.to_string(), *total)));
            }
        }
    };
    rig.apply(rig.now, &[hit("a"), hit("b"), hit("a")]).await;
    hears([("a", Some(2)), ("b", Some(1))]).await;
    rig.edit("a", Credential::Instance, Edit::Set(9)).await.unwrap();
    hears([("a", Some(9)), ("b", Some(1))]).await;
    // Of quick changes a listener may hear only the last.
    rig.apply(rig.now, &[hit("b")]).await;
    rig.edit("a", Credential::Instance, Edit::Set(10)).await.unwrap();
    rig.edit("a", Credential::Instance, Edit::Delete).await.unwrap();
    hears([("a", None), ("b", Some(2))]).await;
    if let Some(redis) = &rig.redis {
        let replica = redis_store(redis, LIMITS).await;
        let (tally, _) = Tally::join(Lane::Shared(0), 1, rig.now, [hit_in("other", "x")].iter());
        replica.apply(&tally).await.unwrap();
        loop {
            let news = tokio::time::timeout(Duration::from_secs(5), other.next()).await.unwrap();
            if let News::Updates(updates) = news {
                assert_eq!(updates[0], Update { key: name("x"), total: Some(1) });
                break;
            }
        }
    }
}

impossible_numbers_are_not_imported, LIMITS, |rig| {
    for odd in [
        r#""total":1,"sources":{"browser":9223372036854775808}"#,
        r#""total":1,"days":[[20000,18446744073709551615]]"#,
        r#""total":9007199254740992"#,
    ] {
        let json = format!(r#"{{"kind":"counter","namespace":"n","key":"a",{odd}}}"#);
        let exported: Exported = serde_json::from_str(&json).unwrap();
        let id = ChangeId::random().unwrap();
        let refused = rig.store.import(id, &exported, OnConflict::Replace, rig.now).await;
        assert!(matches!(refused, Err(EditError::Invalid(_))), "{odd}: {refused:?}");
    }
    assert_eq!(rig.export_all().await, []);
}

an_old_counter_costs_no_more_than_a_new_one, LIMITS, |rig| {
    for day in (0..40).rev() {
        for hour in [0, 5, 11] {
            let at = Timestamp(rig.now.0 - day * 86_400 - hour * 3600);
            rig.apply(at, &[hit_of("a", u128::from(day))]).await;
        }
    }
    let history = rig.history("a").await.unwrap();
    let today = rig.now.day();
    let days: Vec<_> = (today - 9..=today).map(|d| (d, 3)).collect();
    assert_eq!(history.days.iter().collect::<Vec<_>>(), days);
    assert_eq!(history.uniques.iter().map(|(day, _)| day).collect::<Vec<_>>(), (today - 9..=today).collect::<Vec<_>>());
    assert_eq!(history.hours.iter().map(|(_, hits)| hits).sum::<u64>(), 6);
    assert_eq!(rig.total("a").await, Some(120));
    if let Some(redis) = &rig.redis {
        let log: usize = redis.ask(&["STRLEN", "seen:{n}:past:a"]).parse().unwrap();
        assert!(log < 12 * (2 * 10 + 48) + 300, "the log of the past is {log} bytes long");
    }
}

a_clock_that_was_wrong_forgets_nothing, LIMITS, |rig| {
    rig.apply(Timestamp(rig.now.0 - 86_400), &[hit("a")]).await;
    rig.apply(rig.now, &[hit("a"), hit("a")]).await;
    // For some hours it was beyond the year 9999.
    for hour in 0..60 {
        rig.apply(Timestamp(300_000_000_000 + hour * 3600), &[hit("a")]).await;
    }
    rig.apply(rig.later(3600), &[hit("a")]).await;
    let history = rig.history("a").await.unwrap();
    let today = rig.now.day();
    assert_eq!(history.days.iter().collect::<Vec<_>>(), [(today - 1, 1), (today, 3)]);
    assert_eq!(rig.total("a").await, Some(64));
}

an_import_is_safe_to_repeat, LIMITS, |rig| {
    let json = r#"{"kind":"counter","namespace":"n","key":"a","total":12}"#;
    let plain: Exported = serde_json::from_str(json).unwrap();
    let import = |conflict| rig.store.import(ChangeId::random().unwrap(), &plain, conflict, rig.now);
    assert_eq!(import(OnConflict::Replace).await.unwrap(), Imported::Created);
    assert_eq!(import(OnConflict::Replace).await.unwrap(), Imported::Replaced);
    assert_eq!(import(OnConflict::Skip).await.unwrap(), Imported::Skipped);
    assert_eq!(rig.total("a").await, Some(12));
    let id = ChangeId::random().unwrap();
    for _ in 0..3 {
        let added = rig.store.import(id, &plain, OnConflict::Add, rig.now).await.unwrap();
        assert_eq!(added, Imported::Added);
    }
    assert_eq!(rig.count(rig.now, &[hit("a")]).await, [(1, 25)]);
}

an_addition_forgets_no_repeated_hit, LIMITS, |rig| {
    assert_eq!(rig.count(rig.now, &[hit_with_id("a", 1)]).await, [(1, 1)]);
    let json = r#"{"kind":"counter","namespace":"n","key":"a","total":5,"created":1700000000}"#;
    let older: Exported = serde_json::from_str(json).unwrap();
    let id = ChangeId::random().unwrap();
    assert_eq!(rig.store.import(id, &older, OnConflict::Add, rig.now).await.unwrap(), Imported::Added);
    assert_eq!(rig.count(rig.now, &[hit_with_id("a", 1), hit("a")]).await, [(0, 1), (1, 7)]);
}

}

/// Fills a store with a bit of everything.
async fn fill(rig: &Rig) {
    let owner = Token::generate().unwrap().digest();
    rig.edit_namespace(Credential::None, NamespaceEdit::Claim(owner)).await.unwrap();
    let public = NamespaceEdit::Configure { public: Some(true), open: Some(true) };
    rig.edit_namespace(Credential::NamespaceOwner(owner), public).await.unwrap();
    let settings = CounterSettings { dedupe: 30, enable_reset: true, ..CounterSettings::default() };
    let token = Some(Token::generate().unwrap().digest());
    let made = Edit::Create { value: -3, settings, token };
    rig.edit("owned", Credential::NamespaceOwner(owner), made).await.unwrap();
    for (day, visitors) in [(2, 40_u128), (1, 300), (0, 4000)] {
        let at = Timestamp(rig.now.0 - day * 86_400);
        let hits: Vec<Hit> = (0..visitors)
            .flat_map(|n| [hit_of("owned", n), hit_of(&format!("k{}", n % 150), n)])
            .collect();
        rig.apply(at, &hits).await;
    }
    let bot = Hit { source: Source::Bot, ..hit_in("m", "bot") };
    rig.apply(rig.now, &[bot]).await;
}

async fn carry(from: &Rig, to: &Rig) {
    let exported = from.export_all().await;
    assert_eq!(exported.len(), 153);
    for line in &exported {
        // As `seen export` writes them.
        let line: Exported = serde_json::from_str(&serde_json::to_string(line).unwrap()).unwrap();
        let id = ChangeId::random().unwrap();
        let done = to.store.import(id, &line, OnConflict::Replace, to.now).await.unwrap();
        assert_eq!(done, Imported::Created);
    }
    for (theirs, ours) in to.export_all().await.iter().zip(&exported) {
        assert_eq!(theirs, ours);
    }
    // Sketches continue from where they were.
    let before = from.count(from.now, &[hit_of("k1", 1), hit_of("k1", 77_777)]).await;
    assert_eq!(to.count(to.now, &[hit_of("k1", 1), hit_of("k1", 77_777)]).await, before);
    let (k1, now) = (counter("n", "k1"), from.now);
    assert_eq!(from.store.count(&k1, now).await.unwrap(), to.store.count(&k1, now).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_move_between_the_stores_and_back() {
    let (redis, embedded) = (Rig::redis(LIMITS).await, Rig::embedded(LIMITS).await);
    fill(&redis).await;
    carry(&redis, &embedded).await;
    let back = Rig::redis(LIMITS).await;
    carry(&embedded, &back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_stores_show_the_same() {
    let (redis, embedded) = (Rig::redis(LIMITS).await, Rig::embedded(LIMITS).await);
    let script: Vec<Hit> = (0..600_u128)
        .map(|n| Hit {
            source: Source::ALL[n as usize % 5],
            id: n.is_multiple_of(7).then_some(HitId([(n % 3) as u8; 16])),
            ..hit_of(if n.is_multiple_of(11) { "a" } else { "b" }, n % 50)
        })
        .collect();
    for (i, hits) in script.chunks(60).enumerate() {
        let at = redis.later(i as u64 * 10);
        assert_eq!(redis.apply(at, hits).await, embedded.apply(at, hits).await);
        let settings = CounterSettings { dedupe: i as u32 * 5, ..CounterSettings::default() };
        for rig in [&redis, &embedded] {
            rig.edit("b", Credential::Instance, Edit::Configure(settings)).await.unwrap();
        }
    }
    for (one, other) in redis.export_all().await.iter().zip(&embedded.export_all().await) {
        assert_eq!(one, other);
    }
}

/// One replica deletes a namespace's last counter while the other counts: once the namespace was
/// missing from every later export.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_complete_while_replicas_create_and_delete() {
    let server = Server::durable();
    let (one, other) = (redis_store(&server, LIMITS).await, redis_store(&server, LIMITS).await);
    for round in 1..=30 {
        let apply = async |store: &Arc<dyn Store>, number| {
            let (tally, _) =
                Tally::join(Lane::Shared(0), number, Timestamp::now(), [hit("a")].iter());
            store.apply(&tally).await.unwrap()
        };
        apply(&one, 2 * round).await;
        let delete = Change {
            id: ChangeId::random().unwrap(),
            counter: counter("n", "a"),
            at: Timestamp::now(),
            credential: Credential::Instance,
            edit: Edit::Delete,
        };
        let (deleted, _) = tokio::join!(one.edit(&delete), apply(&other, 2 * round));
        deleted.unwrap();
        apply(&other, 2 * round + 1).await;
        let listed = one.namespaces(None).await.unwrap().items;
        assert_eq!(listed, [name("n")], "round {round}");
        let exported = one.export(&name("n"), None).await.unwrap().items;
        assert_eq!(exported.len(), 1, "round {round}");
    }
}

/// Both stores write a record as the same bytes, and read the other's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_stores_keep_the_same_bytes() {
    let rig = Rig::redis(LIMITS).await;
    let settings = CounterSettings { dedupe: 60, enable_reset: true, ..CounterSettings::default() };
    let token = Some(Token::generate().unwrap().digest());
    let made = Edit::Create { value: -7, settings, token };
    rig.edit("a", Credential::None, made).await.unwrap();
    rig.apply(rig.now, &[hit("b")]).await;
    let bot = Hit { source: Source::Bot, ..hit("a") };
    rig.apply(rig.later(7200), &[hit_of("a", 1), bot.clone(), bot]).await;
    rig.store.ranking(&name("n"), 0, 1).await.unwrap();
    let redis = rig.redis.as_ref().unwrap();
    for key in ["a", "b"] {
        let stored = redis.ask_bytes(&["GET", &format!("seen:{{n}}:counter:{key}")]);
        let record = Record::unpack(&stored).unwrap();
        assert_eq!(record.pack(), stored, "{key}");
        assert_eq!(Some(record.total), rig.total(key).await);
    }
}

/// Two versions with different layouts must not count together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_of_another_layout_is_left_alone() {
    for (key, value) in [("seen:store", "99 other"), ("seen:store", "odd")] {
        let server = Server::durable();
        server.ask(&["SET", key, value]);
        let store = Redis::open(&server.url(), LIMITS, false, Replicas::Auto).unwrap();
        let refused = store.ready(Duration::from_secs(10)).await.unwrap_err().to_string();
        assert!(refused.contains("layout"), "{refused}");
    }
    let older = Server::durable();
    older.ask(&["ZADD", "seen:namespaces", "1", "n"]);
    let store = Redis::open(&older.url(), LIMITS, false, Replicas::Auto).unwrap();
    let refused = store.ready(Duration::from_secs(10)).await.unwrap_err().to_string();
    assert!(refused.contains("older version"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_share_counters_and_the_cap() {
    let server = Server::durable();
    let limits = Limits { counters: 4, ..LIMITS };
    let mut replicas = Vec::new();
    for _ in 0..4 {
        replicas.push(redis_store(&server, limits).await);
    }
    let tasks: Vec<_> = replicas
        .iter()
        .cloned()
        .map(|store| {
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for number in 1..=50 {
                    let hits = [hit("a"), hit("a"), hit("a")];
                    let (tally, places) =
                        Tally::join(Lane::Shared(0), number, Timestamp::now(), hits.iter());
                    let outcomes = store.apply(&tally).await.unwrap();
                    // Repeated, as after a lost answer.
                    assert_eq!(store.apply(&tally).await.unwrap(), outcomes);
                    numbers.extend(places.iter().map(|p| p.number(&outcomes).unwrap()));
                }
                numbers
            })
        })
        .collect();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.extend(task.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=600).collect::<Vec<i64>>());

    let hits = ["a", "b", "c"].map(|key| hit_in("m", key));
    let (tally, _) = Tally::join(Lane::Shared(0), 100, Timestamp::now(), hits.iter());
    replicas[0].apply(&tally).await.unwrap();
    // The namespace's number of counters follows a little after the write.
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while server.ask(&["GET", "seen:counters"]) != "4" {
        assert!(std::time::Instant::now() < deadline, "the number was not noted");
    }
    let late = redis_store(&server, limits).await;
    let hits = ["d", "a"].map(|key| hit_in("m", key));
    let (tally, _) = Tally::join(Lane::Shared(0), 1, Timestamp::now(), hits.iter());
    let outcomes = late.apply(&tally).await.unwrap();
    assert_eq!(outcomes[0], Outcome::Refused(Refusal::InstanceFull));
    assert_eq!(outcomes[1], Outcome::Counted(vec![Counted { hits: 1, last: 2 }]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_counters_live_for_ever_in_redis() {
    let rig = Rig::redis(LIMITS).await;
    let settings = CounterSettings { dedupe: 60, ..CounterSettings::default() };
    let made = Edit::Create { value: 0, settings, token: None };
    rig.edit("a", Credential::None, made).await.unwrap();
    let hit = Hit { id: Some(HitId([1; 16])), ..hit_of("a", 1) };
    rig.apply(rig.now, &[hit]).await;
    rig.store.day_keys(rig.now.day()).await.unwrap();
    let redis = rig.redis.as_ref().unwrap();
    let script = "local kept = {} for _, key in ipairs(redis.call('KEYS', '*')) do \
                  if redis.call('TTL', key) == -1 then kept[#kept + 1] = key end end \
                  table.sort(kept) return kept";
    let kept = redis.ask(&["EVAL", script, "0"]);
    let expected = ["counter:a", "moved", "ranking"];
    let expected: Vec<String> = expected.iter().map(|k| format!("seen:{{n}}:{k}")).collect();
    let mut kept: Vec<&str> = kept.lines().collect();
    kept.retain(|key| {
        !["seen:namespaces", "seen:counters", "seen:claims", "seen:store"].contains(key)
    });
    assert_eq!(kept, expected);
}

/// A Cluster refuses a write over several namespaces; it was once repeated for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn namespaces_share_no_write_until_the_server_is_known() {
    let mut server = Server::start_cluster();
    server.kill();
    let store: Arc<dyn Store> =
        Arc::new(Redis::open(&server.url(), LIMITS, false, Replicas::Auto).unwrap());
    assert!(!store.spans_namespaces());
    let batcher = Batcher::new(store.clone(), Arc::default(), 1000, Duration::from_secs(20));
    let hits = ["a", "b", "c", "d"].map(|n| batcher.hit(hit_in(n, "k")));
    let again = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.again();
    };
    let (numbers, ()) = tokio::join!(futures_util::future::join_all(hits), again);
    assert!(numbers.iter().all(|number| matches!(number, Ok(1))), "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_key_stops_no_other() {
    let rig = Rig::redis(LIMITS).await;
    rig.redis.as_ref().unwrap().ask(&["SADD", "seen:{n}:counter:bad", "not a record"]);
    let outcomes = rig.apply(rig.now, &[hit("good"), hit("bad"), hit_in("m", "fine")]).await;
    assert_eq!(outcomes[1], Outcome::Refused(Refusal::Damaged));
    let counted = Outcome::Counted(vec![Counted { hits: 1, last: 1 }]);
    assert_eq!((&outcomes[0], &outcomes[2]), (&counted, &counted));
    // The damage shows only when a day ends: then none of that counter's hits is counted, and the
    // others are.
    rig.redis.as_ref().unwrap().ask(&["SADD", "seen:{n}:past:good", "not a log"]);
    let outcomes = rig.apply(rig.later(86_400), &[hit("good"), hit_in("m", "fine")]).await;
    assert_eq!(outcomes[0], Outcome::Refused(Refusal::Damaged));
    assert_eq!(outcomes[1], Outcome::Counted(vec![Counted { hits: 1, last: 2 }]));
    assert_eq!(rig.total("good").await, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_record_stops_no_other() {
    let rig = Rig::redis(LIMITS).await;
    let damage = |how: &str| {
        rig.redis.as_ref().unwrap().ask(&["EVAL", how, "1", "seen:{n}:counter:bad"]);
    };
    let texts = [
        "''",
        "'not a record'",
        "found:sub(1, -3)",
        "found:sub(1, 1)",
        "string.char(0x9f) .. found:sub(2)",
        "cmsgpack.pack({1, 2, 3})",
        "cmsgpack.pack({9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14})",
    ];
    for (total, text) in (1..).zip(texts) {
        damage("redis.call('DEL', KEYS[1])");
        rig.apply(rig.now, &[hit("bad")]).await;
        damage(&format!(
            "local found = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], {text})"
        ));
        let outcomes = rig.apply(rig.now, &[hit("good"), hit("bad"), hit_in("m", "fine")]).await;
        let counted = Outcome::Counted(vec![Counted { hits: 1, last: total }]);
        assert_eq!((&outcomes[0], &outcomes[2]), (&counted, &counted), "{text}");
        assert_eq!(outcomes[1], Outcome::Refused(Refusal::Damaged), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_keeps_the_contract() {
    let server = Server::start_cluster();
    let store = Redis::open(&server.cluster_url(), LIMITS, false, Replicas::Auto).unwrap();
    store.ready(Duration::from_secs(10)).await.unwrap();
    let rig = Rig::of(Arc::new(store), Some(server), None);
    assert!(!rig.store.spans_namespaces());
    let mut listener = rig.store.subscribe(&name("n")).await.unwrap();
    fill(&rig).await;
    assert!(matches!(listener.next().await, News::Updates(_) | News::Missed));
    let embedded = Rig::embedded(LIMITS).await;
    carry(&rig, &embedded).await;
    rig.store.ranking(&name("n"), 0, 10).await.unwrap();
    rig.store.day_keys(rig.now.day()).await.unwrap();
    rig.edit_namespace(Credential::Instance, NamespaceEdit::Delete).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_hear_again_after_the_connection_was_cut() {
    let rig = Rig::redis(LIMITS).await;
    let mut listener = rig.store.subscribe(&name("n")).await.unwrap();
    let redis = rig.redis.as_ref().unwrap();
    redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    let timeout = Duration::from_secs(10);
    // First perhaps the news of its own subscription, then that of the cut.
    loop {
        let news = tokio::time::timeout(timeout, listener.next()).await.unwrap();
        assert_eq!(news, News::Missed);
        if redis.ask(&["PUBSUB", "SHARDNUMSUB", "seen:{n}:live"]).ends_with('1') {
            break;
        }
    }
    let mut hits = 0;
    loop {
        rig.apply(rig.now, &[hit("a")]).await;
        hits += 1;
        match tokio::time::timeout(timeout, listener.next()).await.unwrap() {
            // Such news covers everything up to now.
            News::Missed => assert_eq!(rig.total("a").await, Some(hits)),
            News::Updates(updates) => {
                assert_eq!(updates[..], [Update { key: name("a"), total: Some(hits) }]);
                break;
            }
        }
    }
    drop(listener);
    // The last listener ends the subscription.
    let deadline = std::time::Instant::now() + timeout;
    while !redis.ask(&["PUBSUB", "SHARDCHANNELS", "*:live"]).is_empty() {
        assert!(std::time::Instant::now() < deadline, "still subscribed");
    }
}

#[test]
fn a_plain_line_is_enough_to_import() {
    let json = r#"{"namespace":"n","key":"a","total":12}"#;
    let plain: ExportedCounter = serde_json::from_str(json).unwrap();
    assert_eq!((plain.total, plain.settings), (12, CounterSettings::default()));
}
