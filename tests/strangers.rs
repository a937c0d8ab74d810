//! Strangers on an instance that is open to all: they create little, guess seldom, own nothing
//! that many share, and read nothing of the operator's.

mod common;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use common::redis::Redis;
use common::{
    Answer, Place, Seen, command, command_by, has_namespaces, process_status, request, wait_until,
};

const TOKEN: &str = "an-instance-token-of-a-test";
const CAMO: (&str, &str) = ("user-agent", "github-camo (1234abcd)");

/// The status of a hit from this address, behind a trusted proxy.
fn hit_from(seen: &Seen, ip: &str, path: &str) -> u16 {
    request("GET", &seen.url(path), &[("x-forwarded-for", ip)]).status
}

fn behind_a_proxy(place: &Place, arguments: &[&str]) -> Seen {
    place.seen_with(&[&["--trusted-proxies", "127.0.0.1"], arguments].concat())
}

fn over_limit(seen: &Seen, limit: &str) -> bool {
    let never = format!("seen_over_limit_total{{limit=\"{limit}\"}} 0\n");
    let metrics = seen.get("/metrics").body;
    metrics.contains(&format!("limit=\"{limit}\"")) && !metrics.contains(&never)
}

/// One address that called itself camo once created 12,093 counters in half a second.
fn a_stranger_creates_little_and_existing_counters_go_on(place: Place) {
    let seen = behind_a_proxy(&place, &["--create-limit", "3/1h"]);
    let hit = |ip, key: &str| hit_from(&seen, ip, &format!("/hit/site/{key}"));
    assert_eq!(["a", "b", "c", "d"].map(|key| hit("192.0.2.1", key)), [200, 200, 200, 429]);
    for key in ["a", "b", "c"] {
        assert_eq!(hit("192.0.2.1", key), 200, "what exists goes on counting");
    }
    // A network has four clients' worth.
    let keys: Vec<String> = (0..20).map(|n| format!("n{n}")).collect();
    let ips: Vec<String> = (2..22).map(|n| format!("192.0.2.{n}")).collect();
    let created = ips.iter().zip(&keys).filter(|(ip, key)| hit(ip, key) == 200).count();
    assert_eq!(created, 9);
    assert_eq!(hit("198.51.100.1", "other"), 200, "another network has its own");
    assert!(over_limit(&seen, "create"));
    // A badge still draws.
    let headers = [("x-forwarded-for", "192.0.2.1")];
    let badge = request("GET", &seen.url("/hit/site/new/badge.svg"), &headers);
    assert!(badge.status == 200 && badge.body.starts_with("<svg"), "{badge:?}");
    assert_eq!(seen.get("/get/site/new").status, 404);
    // A new process knows no counter, and asks the store.
    drop(seen);
    let seen = behind_a_proxy(&place, &["--create-limit", "1/1h"]);
    let hit = |key: &str| hit_from(&seen, "192.0.2.1", &format!("/hit/site/{key}"));
    assert_eq!(["x", "a", "b", "c", "y"].map(hit), [200, 200, 200, 200, 429]);
}

/// Each `PUT /namespaces/RANDOM` once took 272 bytes, and no cap counted it.
fn a_claim_counts_as_a_counter_does(place: Place) {
    let limits = ["--counters", "3", "--token", TOKEN];
    let seen = place.seen_with(&limits);
    let bearer = format!("Bearer {TOKEN}");
    let operator = [("authorization", bearer.as_str())];
    let ask = |method, path: &str, headers: &[_]| request(method, &seen.url(path), headers).status;
    assert_eq!(ask("PUT", "/namespaces/one", &[]), 201);
    assert_eq!(ask("PUT", "/namespaces/two", &[]), 201);
    assert_eq!(ask("GET", "/hit/site/a", &[]), 200);
    for (method, path) in
        [("PUT", "/namespaces/three"), ("GET", "/hit/site/b"), ("POST", "/create/site/b")]
    {
        assert_eq!(ask(method, path, &[]), 507, "{path}");
    }
    assert!(over_limit(&seen, "counters"));
    assert_eq!(ask("GET", "/hit/site/a", &[]), 200, "what exists goes on counting");
    assert_eq!(ask("PUT", "/namespaces/three", &operator), 201, "the operator has a tenth more");
    for gone in ["one", "three"] {
        assert_eq!(ask("DELETE", &format!("/namespaces/{gone}"), &operator), 204);
    }
    assert_eq!(ask("PUT", "/namespaces/four", &[]), 201, "there is room again");
    drop(seen);
    // The next process counts the claims of the one before.
    let seen = place.seen_with(&limits);
    let ask = |method, path: &str| request(method, &seen.url(path), &[]).status;
    assert_eq!(ask("GET", "/hit/site/b"), 507);
    assert_eq!(ask("PUT", "/namespaces/five"), 507);
}

on_every_store! {
    a_claim_counts_as_a_counter_does
    a_stranger_creates_little_and_existing_counters_go_on
    a_strangers_update_adds_no_more_than_a_hit
}

#[test]
fn a_claimed_image_proxy_creates_ten_clients_worth() {
    let place = Place::file();
    let seen = place.seen_with(&["--create-limit", "1/1h"]);
    let hit = |n: usize| request("GET", &seen.url(&format!("/hit/site/{n}")), &[CAMO]).status;
    assert_eq!((0..20).filter(|n| hit(*n) == 200).count(), 10);
}

#[test]
fn creating_claiming_and_hitting_share_one_limit() {
    let place = Place::file();
    let seen = place.seen_with(&["--create-limit", "4/1h", "--token", TOKEN]);
    let bearer = format!("Bearer {TOKEN}");
    let ask = |method, path: &str, headers: &[_]| request(method, &seen.url(path), headers).status;
    assert_eq!(ask("POST", "/create/a/b", &[]), 201);
    assert_eq!(ask("POST", "/create/a/b", &[]), 409, "it exists, and costs nothing");
    assert_eq!(ask("GET", "/countapi/create?namespace=abc&key=def", &[]), 200);
    assert_eq!(ask("PUT", "/namespaces/mine", &[]), 201);
    assert_eq!(ask("GET", "/hit/a/c", &[]), 200);
    for (method, path) in [
        ("POST", "/create/a/d"),
        ("POST", "/create"),
        ("GET", "/countapi/create?namespace=abc&key=ghi"),
        ("PUT", "/namespaces/more"),
        ("GET", "/hit/a/d"),
    ] {
        let answer = request(method, &seen.url(path), &[]);
        assert_eq!(answer.status, 429, "{path}: {answer:?}");
    }
    let owner = [("authorization", bearer.as_str())];
    assert_eq!(ask("POST", "/create/a/d", &owner), 201, "the operator has no such limit");
}

/// seen remembers each id for an hour.
#[test]
fn ids_have_a_limit_of_their_own() {
    let place = Place::file();
    let seen = place.seen_with(&["--id-limit", "2/1h"]);
    let status = |n: u8| seen.get(&format!("/hit/a/b?id={n}")).status;
    assert_eq!([status(1), status(2), status(3)], [200, 200, 429]);
    assert_eq!(seen.value("/hit/a/b"), 3, "without an id it counts");
    assert!(over_limit(&seen, "ids"));
}

/// One IPv6 site can use 65,536 clients.
#[test]
fn a_network_has_four_clients_worth_of_new_names_claims_and_ids() {
    let place = Place::file();
    let limits = ["--create-limit", "2/1h", "--id-limit", "2/1h", "--token", TOKEN];
    let seen = behind_a_proxy(&place, &limits);
    let passed = |method: &str, site: u8, path: &str| {
        let ask = |host: &u8| {
            let ip = format!("2001:db8:{site}:{host}::1");
            let url = seen.url(&path.replace("{host}", &host.to_string()));
            request(method, &url, &[("x-forwarded-for", &ip)]).status < 300
        };
        (0..20).filter(ask).count()
    };
    assert_eq!(passed("GET", 1, "/hit/site/page"), 20, "one new name, and then hits");
    assert_eq!(passed("GET", 1, "/hit/site/{host}"), 7, "a network has eight in all");
    assert_eq!(passed("PUT", 2, "/namespaces/claimed-{host}"), 8);
    assert_eq!(passed("GET", 3, "/hit/site/page?id={host}"), 8);
    assert_eq!(passed("PUT", 4, "/namespaces/others-{host}"), 8, "each network has its own");
}

/// Each made-up user agent is another visitor, remembered for a day.
#[test]
fn a_client_can_be_only_so_many_visitors() {
    let place = Place::file();
    let seen = behind_a_proxy(&place, &["--visitor-limit", "3/1h"]);
    assert_eq!(seen.get("/create/site/page?dedupe=24h").status, 201);
    let hit = |ip: &str, agent: &str| {
        let headers = [("x-forwarded-for", ip), ("user-agent", agent)];
        request("GET", &seen.url("/hit/site/page"), &headers).value().unwrap()
    };
    let agents: Vec<_> = (0..9).map(|n| format!("Firefox/{n}")).collect();
    let numbers: Vec<_> = agents.iter().map(|agent| hit("192.0.2.1", agent)).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 4, 4, 4, 4, 4], "all further ones are one");
    assert_eq!(hit("192.0.2.1", &agents[0]), 4, "the first are known");
    // A network is as many visitors as four clients.
    for host in 2..=4 {
        for agent in &agents[..3] {
            hit(&format!("192.0.2.{host}"), agent);
        }
    }
    assert_eq!(hit("192.0.2.5", "Firefox"), 14);
    assert_eq!(hit("192.0.2.6", "Firefox"), 14, "and then one more");
    assert_eq!(hit("198.51.100.1", "Firefox"), 15, "others have their own");
}

/// Updates once went past a dedupe window and a counter's limit.
fn a_strangers_update_adds_no_more_than_a_hit(place: Place) {
    let seen = place.seen_with(&["--counter-limit", "4/1h"]);
    let made = seen.get("/create/mysite/once?dedupe=24h").json();
    let update = |path: &str, headers: &[_]| {
        let answer = request("GET", &seen.url(&format!("/countapi/update/mysite/{path}")), headers);
        (answer.status, answer.json()["value"].as_i64())
    };
    assert_eq!([1, 2, 3].map(|_| update("once?amount=1", &[])), [(200, Some(1)); 3]);
    assert_eq!(update("once?amount=-1", &[]), (403, Some(1)));
    let bearer = format!("Bearer {}", made["admin_key"].as_str().unwrap());
    assert_eq!(update("once?amount=5", &[("authorization", &bearer)]), (200, Some(6)));
    assert_eq!(update("none?amount=1", &[]), (404, None));
    assert_eq!(seen.get("/countapi/create?namespace=mysite&key=open").status, 200);
    let often = [1, 2, 3, 4, 5].map(|_| update("open?amount=1", &[]).0);
    assert_eq!(often, [200, 200, 200, 200, 429]);
    let guess = [("authorization", "Bearer guessed")];
    assert_eq!(update("open?amount=1", &guess).0, 429, "no token lifts it");
}

/// 49,500 guesses a second once left no line in the log.
#[test]
fn guessing_tokens_is_slow_and_logged() {
    let place = Place::file();
    let seen = behind_a_proxy(&place, &["--token-limit", "3/1h", "--token", TOKEN]);
    let export = |ip: &str, token: &str| -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("x-forwarded-for", ip), ("authorization", bearer.as_str())];
        request("GET", &seen.url("/export"), &headers)
    };
    let guesses: Vec<_> = (0..5).map(|n| export("192.0.2.1", &format!("guess-{n}"))).collect();
    let statuses: Vec<_> = guesses.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    assert!(guesses[4].header("retry-after").is_some());
    assert_eq!(export("192.0.2.1", TOKEN).status, 429, "even the right one is not read");
    assert_eq!(export("198.51.100.1", TOKEN).status, 200, "the owner is elsewhere");
    seen.wait_for_log("somebody presented wrong tokens");
    assert!(seen.get("/metrics").body.contains("seen_wrong_tokens_total 3"));
}

/// CountAPI's scripts and pictures are always a 200, and so were not counted.
#[test]
fn guesses_whose_answer_is_a_script_are_counted_too() {
    let place = Place::file();
    let seen = behind_a_proxy(&place, &["--token-limit", "3/1h", "--token", TOKEN]);
    assert_eq!(request("POST", &seen.url("/create/own/page"), &[]).status, 201);
    let headers = [("x-forwarded-for", "192.0.2.1"), ("authorization", "Bearer guess")];
    let mut statuses = Vec::new();
    for format in ["callback=f", "img=1", "callback=f", "callback=f"] {
        let path = format!("/countapi/set/own/page?value=4&{format}");
        statuses.push(request("GET", &seen.url(&path), &headers).status);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert!(seen.get("/metrics").body.contains("seen_wrong_tokens_total 3"));
}

#[test]
fn when_many_guess_the_owner_is_still_heard() {
    let place = Place::file();
    let seen = behind_a_proxy(&place, &["--token-limit", "1/1h", "--token", TOKEN]);
    let export = |ip: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("x-forwarded-for", ip), ("authorization", bearer.as_str())];
        request("GET", &seen.url("/export"), &headers).status
    };
    for n in 0..70 {
        assert_eq!(export(&format!("10.1.{n}.1"), "guess"), 401);
    }
    assert_eq!(export("198.51.100.1", TOKEN), 200);
}

#[test]
fn a_weak_token_is_refused_and_never_shown() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"user:s3cretpw@host:6379").unwrap();
    for (setting, value) in [
        ("SEEN_TOKEN", "password12345678"),
        ("SEEN_STORE", "redis://user:s3cretpw@host:99999"),
        ("SEEN_STORE", "user:s3cretpw@host:6379"),
        ("SEEN_STORE_FILE", file.path().to_str().unwrap()),
    ] {
        let mut command = command(&[]);
        let output = command.env(setting, value).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(!said.contains("password1") && !said.contains("s3cretpw"), "{said}");
        assert!(setting != "SEEN_TOKEN" || said.contains("openssl rand -hex 32"), "{said}");
    }
}

#[test]
fn nobody_claims_a_shared_namespace() {
    let place = Place::file();
    let seen = place.seen_with(&["--token", TOKEN]);
    let claim = |name: &str, headers: &[_]| {
        request("PUT", &seen.url(&format!("/namespaces/{name}")), headers).status
    };
    // The reference names the counters of other services' addresses; `github.com` stands alone.
    let services =
        include_str!("../docs/reference.md").split("\n## Other services").nth(1).unwrap();
    let table = services.lines().skip_while(|line| !line.starts_with('|'));
    let table = table.take_while(|line| line.starts_with('|'));
    let cells = table.filter_map(|line| line.strip_suffix(" |")?.rsplit(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter_map(|counter| {
        let (namespace, _) = counter.split_once('/').unwrap_or((counter, ""));
        namespace.starts_with(|c: char| c.is_ascii_lowercase()).then_some(namespace)
    });
    let mut shared: Vec<_> = names.filter(|name| *name != "url").chain(["default"]).collect();
    shared.dedup();
    assert!(shared.len() > 8 && shared.contains(&"github.com"), "{shared:?}");
    for shared in shared {
        assert_eq!(claim(shared, &[]), 403, "{shared}");
    }
    assert_eq!(claim("my-site", &[]), 201);
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(claim("github", &[("authorization", &bearer)]), 201);
    for step in ["%2e", "%2e%2e"] {
        let answer = request("GET", &seen.url(&format!("/hit/{step}/x")), &[]);
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

#[test]
fn no_other_sites_script_reads_the_operators_answers() {
    let place = Place::file();
    let seen = place.seen_with(&["--token", TOKEN]);
    let bearer = format!("Bearer {TOKEN}");
    let origin = [("origin", "https://evil.example"), ("authorization", bearer.as_str())];
    for (method, path) in
        [("GET", "/export"), ("GET", "/metrics"), ("OPTIONS", "/export"), ("OPTIONS", "/import")]
    {
        let answer = request(method, &seen.url(path), &origin);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}: {answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    let hit = request("GET", &seen.url("/hit/a/b"), &origin);
    assert_eq!(hit.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn expensive_reads_have_a_limit_and_a_tag() {
    let place = Place::file();
    let seen = place.seen_with(&["--read-limit", "5/1h"]);
    assert_eq!(seen.value("/hit/a/b"), 1);
    let document = seen.get("/openapi.json");
    let tag = document.header("etag").unwrap();
    let again = request("GET", &seen.url("/openapi.json"), &[("if-none-match", tag)]);
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let chart = seen.get("/get/a/b/chart.svg?cacheSeconds=60");
    let history = seen.get("/get/a/b/history");
    assert!(chart.header("etag").is_some() && history.header("etag").is_some());
    assert_eq!(seen.get("/counter/a/b").status, 200);
    let refused = seen.get("/get/a/b/chart.svg");
    assert!(refused.status == 429 && refused.body.starts_with("<svg"), "{refused:?}");
    assert_eq!(seen.get("/get/a/b/history").status, 429);
    assert_eq!(seen.value("/get/a/b"), 1, "a number is not expensive");
    assert!(over_limit(&seen, "reads"));
}

/// One IPv6 site can use 65,536 clients.
#[test]
fn a_network_hits_and_reads_as_much_as_a_few_clients() {
    let place = Place::file();
    let limits = ["--client-limit", "2/1h", "--read-limit", "1/1h"];
    let seen = behind_a_proxy(&place, &limits);
    let from = |ip: &str, path: &str| hit_from(&seen, ip, path);
    let site: Vec<_> = (0..20).map(|n| format!("2001:db8:0:{n}::1")).collect();
    let passed = |path: &str| site.iter().filter(|ip| from(ip, path) == 200).count();
    assert_eq!([passed("/hit/a/b"), passed("/hit/a/b")], [20, 12], "sixteen clients' worth");
    assert_eq!(passed("/get/a/b/history"), 4);
    assert_eq!(from("2001:db8:1::1", "/hit/a/b"), 200);
    assert_eq!(from("2001:db8:1::1", "/get/a/b/history"), 200);
    assert!(over_limit(&seen, "network") && over_limit(&seen, "reads"));
}

/// A query of thousands of names once took 5 ms to read, up to four times.
#[test]
fn a_query_of_many_pairs_is_refused_as_such() {
    let place = Place::file();
    let seen = place.seen();
    let path = format!("/hit/a/b?{}", "a&".repeat(12_000));
    let answer = seen.get(&path);
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("up to 64"), "{answer:?}");
}

#[test]
fn only_their_owner_can_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let mode = |name: &str| file(name).metadata().unwrap().permissions().mode() & 0o777;
    let store = file("seen.redb").display().to_string();
    drop(Seen::start(&["--store", &store]));
    let mut made: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    made.retain(|file| file.as_ref().unwrap().metadata().unwrap().is_file());
    assert!(made.len() > 1, "a database, and the log beside it: {made:?}");
    for file in made {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert_eq!(mode(&name), 0o600, "{name}");
    }
    let lines = file("lines").display().to_string();
    assert!(command(&["export", "--store", &store, &lines]).status().unwrap().success());
    assert_eq!(mode("lines"), 0o600);
}

#[test]
fn pages_keep_to_themselves() {
    let place = Place::file();
    let seen = place.seen();
    let page = request("GET", &seen.url("/privacy"), &[("accept", "text/html")]);
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    assert!(page.header("permissions-policy").unwrap().contains("camera=()"));
}

/// A stranger's new counters once filled the disk, and then nothing counted.
#[test]
fn a_nearly_full_disk_is_kept_for_existing_counters() {
    if !has_namespaces() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (disk, fill) = (folder.path().join("disk"), folder.path().join("fill"));
    std::fs::create_dir(&disk).unwrap();
    // A small disk of its own, which a file fills at the test's word.
    let script = "mount -t tmpfs -o size=32m tmpfs \"$DISK\"
        (until [ -e \"$FILL\" ]; do sleep 0.05; done; head -c 30m /dev/zero >\"$DISK/other\") &
        exec \"$@\"";
    let mut unshared = Command::new("unshare");
    unshared.args(["--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"]);
    let store = disk.join("seen.redb").display().to_string();
    let mut unshared = command_by(unshared, &["serve", "--store", &store]);
    unshared.env("DISK", &disk).env("FILL", &fill);
    let seen = Seen::spawn(unshared);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.get("/metrics").body.contains("seen_store_has_room 1"));
    std::fs::write(&fill, "").unwrap();
    seen.wait_for_log("nearly full");
    takes_nothing_new(&seen);
}

#[test]
fn a_nearly_full_redis_is_kept_for_existing_counters() {
    let redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url()]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.get("/metrics").body.contains("seen_store_has_room 1"));
    let info = redis.ask(&["info", "memory"]);
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
    let used: u64 = used.trim().parse().unwrap();
    redis.ask(&["config", "set", "maxmemory", &(used + used / 20).to_string()]);
    seen.wait_for_log("a tenth of Redis' memory");
    takes_nothing_new(&seen);
    redis.ask(&["config", "set", "maxmemory", "0"]);
    wait_until("there is room again", || seen.get("/hit/site/new").status == 200);
}

fn takes_nothing_new(seen: &Seen) {
    let full = seen.get("/hit/site/new");
    assert_eq!(full.status, 507, "{full:?}");
    assert!(full.body.contains("little room left"), "{full:?}");
    assert_eq!(request("POST", &seen.url("/create/site/new"), &[]).status, 507);
    let badge = seen.get("/hit/site/new/badge.svg");
    assert!(badge.status == 200 && badge.body.starts_with("<svg"), "{badge:?}");
    assert_eq!(seen.value("/hit/site/page"), 2, "what exists goes on counting");
    let metrics = seen.get("/metrics").body;
    assert!(metrics.contains("seen_store_has_room 0"), "{metrics}");
    assert!(over_limit(seen, "room"));
}

/// Each thread keeps memory of its own, and there were 33 once in an attack.
#[test]
fn a_crowd_of_reads_brings_at_most_eight_threads() {
    const CLIENTS: usize = 40;
    let place = Place::file();
    let seen = place.seen_with(&["--read-limit", "off", "--client-limit", "off"]);
    for client in 0..CLIENTS {
        assert_eq!(seen.get(&format!("/hit/site/k{client}")).status, 200);
    }
    let threads = || process_status(seen.id(), "Threads:");
    let idle = threads();
    let mut most = idle;
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..CLIENTS)
            .map(|client| {
                // Each client reads something else, so that no two share a read.
                let urls = ["history", "card.png"];
                let urls = urls.map(|form| seen.url(&format!("/get/site/k{client}/{form}")));
                scope.spawn(move || {
                    for _ in 0..20 {
                        for url in &urls {
                            assert_eq!(request("GET", url, &[]).status, 200);
                        }
                    }
                })
            })
            .collect();
        while readers.iter().any(|reader| !reader.is_finished()) {
            most = most.max(threads());
        }
    });
    assert!(most > idle, "the test sees threads that read");
    assert!(most <= idle + 8, "{most} threads, {idle} when idle");
}
