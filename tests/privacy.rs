//! The traces of a visitor in the store: none that leads back to the visitor.

mod common;

use std::collections::HashSet;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::proxy::Proxy;
use common::redis::Redis as Server;
use common::{Place, Seen, TIMEOUT, request, wait_until};
use seen::counters::visitor::Visitors;
use seen::model::count::CounterSettings;
use seen::model::edit::{Change, ChangeId, Credential, Edit};
use seen::model::hit::{DayKeys, Hit, Source, Visitor};
use seen::model::name::{Counter, Name};
use seen::model::tally::{Lane, Outcome, Tally};
use seen::model::time::Timestamp;
use seen::store::embedded::Embedded;
use seen::store::redis::Redis;
use seen::store::{Limits, Mode, Replicas, Store};
use siphasher::sip128::{Hasher128, SipHasher24};

/// Every byte of the store's files.
fn kept(place: &Place) -> Vec<u8> {
    let folder = match place {
        Place::File(folder) => folder.path().to_owned(),
        Place::Redis(redis) => {
            let dir = redis.ask(&["CONFIG", "GET", "dir"]);
            PathBuf::from(dir.split_whitespace().find(|word| word.starts_with('/')).unwrap())
        }
    };
    let mut bytes = Vec::new();
    read(&folder, &mut bytes);
    assert!(!bytes.is_empty(), "the test sees what is kept in {}", folder.display());
    bytes
}

fn read(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), bytes);
        } else {
            bytes.extend(std::fs::read(entry.path()).unwrap());
        }
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// dwyl keeps addresses and user agents for ever, and Abacus keeps tokens in plain text.
fn nothing_of_a_visitor_and_no_token_is_kept(place: Place) {
    let mut command =
        common::command(&["--store", &place.store(), "--trusted-proxies", "127.0.0.1"]);
    command.env("SEEN_TOKEN", "the-token-of-the-instance");
    let mut seen = Seen::spawn(command);
    let headers = [
        ("user-agent", "Mozilla/5.0 (secret agent)"),
        ("x-forwarded-for", "203.0.113.77"),
        ("referer", "https://secret.example/page"),
        ("cookie", "secret=cookie"),
        ("idempotency-key", "secret-key"),
    ];
    let created = seen.get("/create/site/page?dedupe=1h").json();
    let token = created["admin_key"].as_str().unwrap();
    let claimed = request("PUT", &seen.url("/namespaces/mine"), &[]).json();
    let owner = claimed["token"].as_str().unwrap();
    let bearer = format!("Bearer {owner}");
    request("PATCH", &seen.url("/namespaces/mine?open=1"), &[("authorization", &bearer)]);
    for path in ["/hit/site/page", "/", "/hit/mine/page"] {
        let answer = request("GET", &seen.url(path), &headers);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
    }
    assert!(seen.stop().success());
    let kept = kept(&place);
    assert!(holds(&kept, b"page"), "the test sees counters");
    // The client's address as `Client` has it (src/model/network.rs).
    let address = [0, 0, 0, 0, 203, 0, 113, 77];
    let secrets = [
        b"secret".as_slice(),
        b"Mozilla",
        b"203.0.113",
        &address,
        token.as_bytes(),
        &token.as_bytes()["seen_".len()..],
        owner.as_bytes(),
        b"the-token-of-the-instance",
    ];
    for secret in secrets {
        assert!(!holds(&kept, secret), "{} is kept", String::from_utf8_lossy(secret));
    }
}

/// Somebody who may have come: the attacker has a list of everybody.
struct Candidate {
    address: [u8; 8],
    agent: String,
    /// Its visitor on each page.
    visitors: [Visitor; PAGES.len()],
}

const CANDIDATES: u8 = 30;
const PAGES: [&str; 3] = ["page", "other", "once"];
const SITE: &str = "site";
/// How long the counter with dedupe tells visitors apart, in seconds.
const DEDUPE: u32 = 2;

/// Somebody who has copied every file of the store.
struct Attacker {
    files: Vec<u8>,
    windows: HashSet<[u8; 8]>,
}

impl Attacker {
    fn with(place: &Place) -> Self {
        let files = kept(place);
        let windows = files.windows(8).map(|bytes| bytes.try_into().unwrap()).collect();
        Self { files, windows }
    }

    /// Whether the files hold these bytes: as they are, reversed, or in hexadecimal.
    fn has(&self, bytes: [u8; 8]) -> bool {
        let mut turned = bytes;
        turned.reverse();
        [bytes, turned].iter().any(|bytes| {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            let text = |text: &str| {
                self.windows.contains(&text.as_bytes()[..8]) && holds(&self.files, text.as_bytes())
            };
            self.windows.contains(bytes) || text(&hex) || text(&hex.to_uppercase())
        })
    }

    /// How many of the candidates the files give away.
    fn finds(&self, all: &[Candidate], trace: impl Fn(&Candidate) -> Vec<[u8; 8]>) -> usize {
        all.iter().filter(|one| trace(one).into_iter().any(|bytes| self.has(bytes))).count()
    }

    /// Neither an address nor any hash that seen makes of one gives a candidate away, even to an
    /// attacker who has learnt the day's keys; and the files do not hold the keys.
    fn finds_nobody(&self, all: &[Candidate], keys: &DayKeys, when: &str) {
        let eighths = keys.0.chunks(8).map(|part| part.try_into().unwrap());
        assert_eq!(eighths.filter(|part| self.has(*part)).count(), 0, "{when}: the day's keys");
        let found = self.finds(all, |one| {
            let mut traces = vec![one.address];
            for (page, visitor) in PAGES.iter().zip(&one.visitors) {
                let mut hash = SipHasher24::new_with_key(keys.0.first_chunk().unwrap());
                let agent = one.agent.as_bytes();
                for part in [&one.address, SITE.as_bytes(), &[0], page.as_bytes(), &[0], agent] {
                    hash.write(part);
                }
                let hash = hash.finish128();
                // Proves that this test looks for the hashes that seen makes.
                assert_eq!(seen::sketch::place(hash.h1), (visitor.register, visitor.rank));
                traces.extend([hash.h1.to_be_bytes(), hash.h2.to_be_bytes()]);
            }
            traces
        });
        assert_eq!(found, 0, "{when}: by an address or a hash of it");
    }
}

/// Rewrites the append-only file and takes a snapshot.
fn rewrite(place: &Place) {
    let Place::Redis(redis) = place else { return };
    redis.ask(&["BGREWRITEAOF"]);
    wait_until("the append-only file is written anew", || {
        let info = redis.ask(&["INFO", "persistence"]);
        ["aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0"].iter().all(|is| info.contains(is))
    });
    assert_eq!(redis.ask(&["SAVE"]), "OK");
}

const LIMITS: Limits = Limits {
    mode: Mode::Open,
    counters_per_namespace: 100,
    counters: 100,
    history_days: 10,
    history_hours: 48,
};

async fn open(place: &Place) -> Arc<dyn Store> {
    match place {
        Place::File(folder) => {
            Arc::new(Embedded::open(&folder.path().join("seen.redb"), LIMITS).unwrap())
        }
        Place::Redis(redis) => Arc::new(open_redis(&redis.url()).await),
    }
}

async fn open_redis(url: &str) -> Redis {
    let store = Redis::open(url, LIMITS, false, Replicas::Auto).unwrap();
    store.ready(Duration::from_secs(10)).await.unwrap();
    store
}

fn counter(key: &str) -> Counter {
    Counter { namespace: Name::new(SITE).unwrap(), key: Name::new(key).unwrap() }
}

fn hit(key: &str, visitor: Option<Visitor>) -> Hit {
    Hit { counter: counter(key), source: Source::Browser, visitor, id: None }
}

/// A hit of everybody on this counter.
fn hits(key: &str, all: &[Candidate]) -> Vec<Hit> {
    let page = PAGES.iter().position(|page| *page == key).unwrap();
    all.iter().map(|one| hit(key, Some(one.visitors[page]))).collect()
}

async fn count(store: &dyn Store, number: u64, at: Timestamp, hits: &[Hit]) {
    let lane = match store.spans_namespaces() {
        true => Lane::Shared(0),
        false => Lane::Apart(Name::new(SITE).unwrap()),
    };
    let outcomes = store.apply(&Tally::join(lane, number, at, hits.iter()).0).await.unwrap();
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Counted(_))), "{outcomes:?}");
}

fn in_a_runtime(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(test);
}

/// With other keys a visitor of both processes would count twice until midnight.
#[test]
fn processes_agree_on_the_days_keys_again_after_a_silent_connection() {
    let redis = Server::durable();
    let proxy = Proxy::to(([127, 0, 0, 1], redis.port).into());
    in_a_runtime(async {
        let (here, there) = (
            open_redis(&redis.url()).await,
            open_redis(&format!("redis://{}", proxy.address)).await,
        );
        let (today, tomorrow) = (Timestamp::now().day(), Timestamp::now().day() + 1);
        assert!(here.day_keys(today).await.unwrap() == there.day_keys(today).await.unwrap());
        proxy.let_die();
        // Several times, since half of the time one process makes the smaller keys and tells them.
        for _ in 0..6 {
            here.forget_day_keys(tomorrow + 1);
            there.forget_day_keys(tomorrow + 1);
            let began = Instant::now();
            while here.day_keys(tomorrow).await.unwrap() != there.day_keys(tomorrow).await.unwrap()
            {
                assert!(began.elapsed() < 2 * TIMEOUT, "the keys stay different");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
}

/// They once served all days until then, in every process that had heard them.
#[test]
fn keys_of_a_clock_that_was_ahead_serve_no_other_day() {
    let redis = Server::durable();
    in_a_runtime(async {
        let (ahead, other) = (open_redis(&redis.url()).await, open_redis(&redis.url()).await);
        let today = Timestamp::now().day();
        let far = ahead.day_keys(today + 400).await.unwrap();
        let now = other.day_keys(today).await.unwrap();
        assert!(far != now);
        assert!(ahead.day_keys(today).await.unwrap() == now, "its clock is right again");
    });
}

/// From the append-only file of Redis 30 of 30 visitors could once be identified, for months; an
/// idle file still held the day's key a month later.
fn an_attacker_with_the_disk_and_a_list_of_everybody_finds_nobody(place: Place) {
    in_a_runtime(async {
        let store = open(&place).await;
        let now = Timestamp::now();
        let visitors = Visitors::new(store.clone(), Duration::from_secs(10));
        let mut all = Vec::new();
        for n in 0..CANDIDATES {
            let (address, agent) = ([0, 0, 0, 0, 203, 0, 113, n], format!("Firefox/{n}"));
            let mut on = Vec::new();
            for page in PAGES {
                let page = counter(page);
                on.push(visitors.visitor(&address, agent.as_bytes(), &page, now).await.unwrap());
            }
            all.push(Candidate { address, agent, visitors: on.try_into().ok().unwrap() });
        }
        // What the store is given is no trail through the pages of a site.
        let followed = all.iter().filter(|one| {
            let [page, other, ..] = one.visitors;
            page.register == other.register || page.mark == other.mark
        });
        assert!(followed.count() < 3, "few share a register by chance");
        let keys = store.day_keys(now.day()).await.unwrap();
        let by_mark = |one: &Candidate| vec![one.visitors[2].mark];

        count(&*store, 1, now, &[hits("page", &all), hits("other", &all)].concat()).await;
        let attacker = Attacker::with(&place);
        attacker.finds_nobody(&all, &keys, "after hits");
        assert_eq!(attacker.finds(&all, by_mark), 0, "nobody asked to tell visitors apart");

        let settings = CounterSettings { dedupe: DEDUPE, ..CounterSettings::default() };
        let edit = Edit::Create { value: 0, settings, token: None };
        let id = ChangeId::random().unwrap();
        let credential = Credential::None;
        let change = Change { id, counter: counter("once"), at: now, credential, edit };
        store.edit(&change).await.unwrap();
        count(&*store, 2, now, &hits("once", &all)).await;
        let attacker = Attacker::with(&place);
        attacker.finds_nobody(&all, &keys, "after hits that are told apart");
        let marks = attacker.finds(&all, by_mark);
        assert_eq!(marks, usize::from(CANDIDATES), "this attacker sees what is there");
        rewrite(&place);
        Attacker::with(&place).finds_nobody(&all, &keys, "rewritten and in a snapshot");

        // The next day. Redis has its own clock, so wait until it has dropped the marks too.
        tokio::time::sleep(Duration::from_secs(u64::from(DEDUPE) + 1)).await;
        let tomorrow = Timestamp(now.0 + 86_400 + 3600);
        store.forget_day_keys(tomorrow.day());
        count(&*store, 3, tomorrow, &[hit("page", None)]).await;
        rewrite(&place);
        drop(visitors);
        store.close().await;
        drop(store);
        let attacker = Attacker::with(&place);
        attacker.finds_nobody(&all, &keys, "the day after");
        assert_eq!(attacker.finds(&all, by_mark), 0, "the marks are gone the day after");
    });
}

on_every_store! {
    nothing_of_a_visitor_and_no_token_is_kept
    an_attacker_with_the_disk_and_a_list_of_everybody_finds_nobody
}
