//! Moving counters from one store to another: users lose nothing on the way, and need not stop
//! seen.

mod common;

use std::io::Write;
use std::process::{Output, Stdio};

use common::proxy::Proxy;
use common::{Load, Place, Seen, command, request};
use serde_json::Value;

const TOKEN: &str = "an-instance-token-of-a-test";

fn seen(arguments: &[&str], input: &str) -> Output {
    let mut child = command(arguments)
        .env("SEEN_TOKEN", TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("seen starts");
    // It may stop reading before the end.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().expect("seen ends")
}

fn done(output: &Output) -> (String, String) {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    (String::from_utf8(output.stdout.clone()).unwrap(), error)
}

fn failed(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn sorted(lines: &str) -> Vec<Value> {
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_unstable();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn served(place: &Place) -> Seen {
    place.seen_with(&["--token", TOKEN])
}

#[test]
fn from_a_file_to_redis_and_back_nothing_is_lost() {
    let (file, redis, back) = (Place::file(), Place::redis(), Place::file());
    let running = served(&file);
    for path in ["/hit/a/x", "/hit/a/x", "/hit/a/y", "/hit/b/z"] {
        assert_eq!(running.get(path).status, 200);
    }
    let made = request("POST", &running.url("/create/a/owned"), &[]).json();
    let secret = made["admin_key"].as_str().or(made["token"].as_str()).unwrap().to_owned();
    let (first, _) = done(&seen(&["export", "--url", &running.url("")], ""));
    assert!(!first.contains(&secret) && first.lines().count() == 4, "{first}");
    drop(running);
    let (_, said) = done(&seen(&["import", "-", "--store", &redis.store()], &first));
    assert!(said.contains("4 created"), "{said}");
    let (second, _) = done(&seen(&["export", "--store", &redis.store()], ""));
    done(&seen(&["import", "--store", &back.store()], &second));
    let (third, _) = done(&seen(&["export", "--store", &back.store()], ""));
    assert_eq!(sorted(&first), sorted(&second));
    assert_eq!(sorted(&first), sorted(&third));
}

#[test]
fn a_file_in_use_says_what_to_type() {
    let place = Place::file();
    let _running = served(&place);
    let said = failed(&seen(&["export", "--store", &place.store()], ""));
    assert!(said.contains("seen export --url http://"), "{said}");
}

#[test]
fn without_the_token_nobody_exports_or_imports() {
    let place = Place::file();
    let running = served(&place);
    let wrong = [("authorization", "Bearer something-else-entirely")];
    for headers in [&[][..], &wrong] {
        assert_eq!(request("GET", &running.url("/export"), headers).status, 401);
        assert_eq!(request("POST", &running.url("/import"), headers).status, 401);
    }
}

/// The path of the URL was left out.
#[test]
fn a_seen_below_a_path_exports_and_imports() {
    let place = Place::file();
    let running = place.seen_with(&["--token", TOKEN, "--base-path", "/stats"]);
    running.get("/hit/n/a");
    let [below, slash, other] = ["/stats", "/stats/", "/other"].map(|path| running.url(path));
    let (lines, _) = done(&seen(&["export", "--url", &below], ""));
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(done(&seen(&["import", "--url", &slash], &lines)).1.contains("1 skipped"));
    assert!(failed(&seen(&["export", "--url", &other], "")).contains("404"));
    assert!(failed(&seen(&["import", "--url", &other], &lines)).contains("404"));
    for more in ["?a=b", "#top"] {
        let output = seen(&["export", "--url", &format!("{below}{more}")], "");
        assert_eq!(output.status.code(), Some(2));
        assert!(failed(&output).contains("without a query or a fragment"));
    }
}

/// The file was emptied before seen was asked, and kept the permissions that it had.
#[test]
fn a_failed_export_leaves_the_last_backup_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::file();
    let running = served(&place);
    running.get("/hit/n/a");
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.jsonl");
    std::fs::write(&backup, "yesterday").unwrap();
    let url = running.url("");
    let export = |url: &str| seen(&["export", "--url", url, backup.to_str().unwrap()], "");
    let names = || std::fs::read_dir(folder.path()).unwrap().count();
    failed(&export("http://127.0.0.1:1"));
    assert_eq!((std::fs::read_to_string(&backup).unwrap().as_str(), names()), ("yesterday", 1));
    done(&export(&url));
    assert!(std::fs::read_to_string(&backup).unwrap().contains("\"key\":\"a\""));
    let mode = std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode, names()), (0o600, 1));
    done(&seen(&["export", "--url", &url, "/dev/null"], ""));
}

#[test]
fn a_bad_line_is_named_and_the_lines_before_it_are_kept() {
    let place = Place::file();
    let running = served(&place);
    let line =
        |key| format!("{{\"kind\":\"counter\",\"namespace\":\"n\",\"key\":\"{key}\",\"total\":7}}");
    let input = format!("{}\n\n{}\nnonsense\n{}\n", line("a"), line("b"), line("c"));
    let said = failed(&seen(&["import", "--url", &running.url("")], &input));
    assert!(said.contains("line 4") && said.contains("2 created"), "{said}");
    assert_eq!(running.value("/get/n/b"), 7);
    assert_eq!(running.get("/get/n/c").status, 404);
}

#[test]
fn a_csv_of_totals_is_imported() {
    let place = Place::file();
    let input = "namespace,key,value\nn,a,5\n\"n\",\"b\",6\r\n";
    let arguments = ["import", "--format", "csv", "--store", &place.store()];
    assert!(done(&seen(&arguments, input)).1.contains("2 created"));
    let add = [&arguments[..], &["--on-conflict", "add"]].concat();
    assert!(done(&seen(&add, input)).1.contains("2 added"));
    assert!(failed(&seen(&arguments, "n,a,5\nn,b\n")).contains("line 2"));
    assert_eq!(served(&place).value("/get/n/a"), 10);
}

#[test]
fn a_namespace_comes_back_after_its_deletion() {
    let place = Place::file();
    let running = served(&place);
    let bearer = [("authorization", &*format!("Bearer {TOKEN}"))];
    running.get("/hit/n/a");
    assert!(request("PUT", &running.url("/namespaces/n"), &bearer).status < 300);
    let export = || done(&seen(&["export", "--url", &running.url("")], "")).0;
    let before = export();
    assert!(request("DELETE", &running.url("/namespaces/n"), &bearer).status < 300);
    assert_eq!(export(), "");
    done(&seen(&["import", "--url", &running.url("")], &before));
    assert_eq!(sorted(&before), sorted(&export()));
}

#[test]
fn an_export_under_load_loses_no_hit() {
    let (place, other) = (Place::redis(), Place::file());
    let running = served(&place);
    let load = Load::start(&running.url("/hit/n/busy"), 4);
    load.wait_for_answers(100);
    let (lines, _) = done(&seen(&["export", "--store", &place.store()], ""));
    let total = sorted(&lines)[0]["total"].as_i64().unwrap();
    assert!(total >= 100 && lines.lines().count() == 1, "{lines}");
    let before = seen(&["import", "--url", &running.url(""), "--on-conflict", "add"], &lines);
    assert!(done(&before).1.contains("1 added"));
    load.wait_for_answers(100);
    let (ledger, _) = load.finish();
    let answered = ledger.answered.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(running.value("/get/n/busy"), answered as i64 + total);
    done(&seen(&["import", "--store", &other.store()], &lines));
}

/// seen import sends a batch again if its answer was lost; the server adds it once.
#[test]
fn a_batch_repeated_after_a_lost_answer_is_added_once() {
    for place in [Place::file(), Place::redis()] {
        let running = served(&place);
        running.get("/hit/n/k3");
        let proxy = Proxy::to(running.address);
        let lines: String = (0..700)
            .map(|n| {
                format!(
                    "{{\"kind\":\"counter\",\"namespace\":\"n\",\"key\":\"k{n}\",\"total\":{n}}}\n"
                )
            })
            .collect();
        let url = format!("http://{}", proxy.address);
        proxy.cut();
        let said = done(&seen(&["import", "--url", &url, "--on-conflict", "add"], &lines)).1;
        assert_eq!(proxy.done(), 1);
        assert!(said.contains("699 created") && said.contains("1 added"), "{said}");
        for (key, total) in [("k1", 1), ("k3", 4), ("k499", 499), ("k699", 699)] {
            assert_eq!(running.value(&format!("/get/n/{key}")), total, "{key}");
        }
    }
}

#[test]
fn a_line_of_another_form_is_told_what_lines_look_like() {
    let place = Place::file();
    let store = place.store();
    let said = |input: &str| failed(&seen(&["import", "--store", &store], input));
    let csv = said("a,b,1\n");
    assert!(csv.contains("not JSON") && csv.contains("--format csv"), "{csv}");
    assert!(said("namespace,key,value\n").contains("--format csv"));
    for line in ["3", "{}", "[1,2,3]", r#"{"kind":"counter","namespace":"n","total":7}"#] {
        let said = said(line);
        assert!(said.contains(r#"{"kind": "counter", "namespace": "#), "{said}");
        assert!(!said.contains("--format csv") && !said.contains("Exported"), "{said}");
    }
}

/// The store was opened first, and a mistyped name left an empty one behind.
#[test]
fn a_source_that_cannot_be_read_creates_no_store() {
    let place = Place::file();
    let store = place.store();
    let said =
        |source: &[&str]| failed(&seen(&[&["import", "--store", &store], source].concat(), ""));
    assert!(said(&["/nowhere.jsonl"]).contains("cannot read /nowhere.jsonl"));
    assert!(said(&["/"]).contains("cannot read /: "), "a folder");
    let goatcounter = said(&["--from-goatcounter", "/nowhere", "--host", "a.example"]);
    assert!(goatcounter.contains("cannot read /nowhere/paths.jsonl"), "{goatcounter}");
    let abacus = said(&["--from-abacus", "redis://127.0.0.1:1"]);
    assert!(abacus.contains("Abacus' Redis: Connection refused"), "{abacus}");
    let abacus = said(&["--from-abacus", "abacus:6379"]);
    assert!(
        abacus.contains("--from-abacus needs a URL such as redis://127.0.0.1:6379"),
        "{abacus}"
    );
    assert!(!std::path::Path::new(&store).exists());
}

/// It named a line, and a command that reads lines, although there are none.
#[test]
fn a_counter_of_another_service_that_fails_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let paths: String = (1..4).map(|n| format!("{{\"id\":{n},\"path\":\"/p{n}\"}}\n")).collect();
    let hit = |n| {
        format!("{{\"hour\":\"2026-11-01T10:00:00Z\",\"path_id\":{n},\"ref_id\":1,\"count\":4}}\n")
    };
    std::fs::write(folder.path().join("paths.jsonl"), paths).unwrap();
    std::fs::write(folder.path().join("hit_stats.jsonl"), (1..4).map(hit).collect::<String>())
        .unwrap();
    let place = Place::file();
    let (store, from) = (place.store(), folder.path().display().to_string());
    let arguments =
        ["import", "--store", &store, "--from-goatcounter", &from, "--host", "a.example"];
    let import = |most: &str, more: &[&str]| {
        let mut command = command(&[&arguments[..], more].concat());
        failed(&command.env("SEEN_NAMESPACE_COUNTERS", most).output().unwrap())
    };
    let said = import("0", &["--on-conflict", "add"]);
    assert!(said.contains("a.example/.site: the namespace holds as many"), "{said}");
    assert!(said.contains("Nothing was imported. Correct this and run the same"), "{said}");
    // .site and p1 are in.
    let said = import("2", &[]);
    assert!(said.contains("a.example/p2: the namespace holds as many"), "{said}");
    assert!(said.contains("The 2 counters before it are in (2 created"), "{said}");
    assert!(said.contains("run the same command again: it skips"), "{said}");
    assert!(!said.contains("tail"), "{said}");
    let said = import("2", &["--on-conflict", "add"]);
    assert!(said.contains("do not run the same command again"), "{said}");
    assert!(done(&command(&arguments).output().unwrap()).1.contains("2 created"));
}

#[test]
fn a_counter_of_an_abacus_that_fails_is_named() {
    let (abacus, place) = (common::redis::Redis::durable(), Place::file());
    abacus.ask(&["SET", "K:site:visits", "many"]);
    let arguments = ["import", "--store", &place.store(), "--from-abacus", &abacus.url()];
    let said = failed(&seen(&arguments, ""));
    assert!(said.contains("site/visits: \"many\" is not a whole number. Nothing was"), "{said}");
    assert!(said.contains("run the same command again"), "{said}");
}

/// After correcting the line, people type the command that the error shows.
#[test]
fn a_failed_import_shows_the_command_that_continues() {
    let place = Place::file();
    let store = place.store();
    let arguments = ["import", "--store", &store, "--format", "csv", "--on-conflict", "add"];
    let said = failed(&seen(&arguments, "n,a,1\nn,b\n"));
    let way =
        format!("tail -n +2 FILE | seen import --store {store} --format csv --on-conflict add -");
    assert!(said.contains(&way), "{said}");
}

#[test]
fn an_abacus_moves_in_with_its_admin_keys() {
    let (abacus, place) = (common::redis::Redis::durable(), Place::file());
    let admin = "0b1c6a3e-9d0c-4d4c-8b63-1a1d8b1c2d3e";
    abacus.ask(&["SET", "K:site:visits", "41"]);
    abacus.ask(&["SET", "A:site:visits", admin]);
    abacus.ask(&["SET", &format!("K:abc:{}", "k".repeat(64)), "7"]);
    abacus.ask(&["SET", "stats:Total", "3"]);
    let running = served(&place);
    let arguments = ["import", "--url", &running.url(""), "--from-abacus", &abacus.url()];
    assert!(done(&seen(&arguments, "")).1.contains("2 created"));
    assert_eq!(running.value("/hit/site/visits"), 42);
    assert_eq!(running.value(&format!("/get/abc/{}", "k".repeat(64))), 7);
    let bearer = [("authorization", &*format!("Bearer {admin}"))];
    let set = request("POST", &running.url("/set/site/visits?value=9"), &bearer);
    assert_eq!(set.status, 200, "{set:?}");
}

/// GoatCounter's documented JSON export (version 1.0), with its days.
#[test]
fn a_goatcounter_moves_in_with_its_days() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, lines: &[&str]| {
        std::fs::write(folder.path().join(name), lines.join("\n") + "\n").unwrap();
    };
    write(
        "paths.jsonl",
        &[
            r#"{"id": 211,                    "path": "/",            "title": "Home page"}"#,
            r#"{"id": 215,                    "path": "/api",         "title": "API"}"#,
            r#"{"id": 1442298, "event": true, "path": "click-banana", "title": "Yellow"}"#,
        ],
    );
    let hour = (jiff::Timestamp::now().as_second() / 86_400 - 2) * 24 + 19;
    let hour = jiff::Timestamp::from_second(hour * 3600).unwrap();
    let hit = |path: i64, reference: i64, count: i64| {
        format!(
            r#"{{"hour": "{hour}",  "path_id": {path}, "ref_id": {reference}, "count": {count}}}"#
        )
    };
    let hits = [hit(211, 1, 4), hit(211, 30_563_812, 3), hit(215, 1, 1), hit(1_442_298, 1, 2)];
    write("hit_stats.jsonl", &hits.each_ref().map(String::as_str));
    let place = Place::file();
    let from = folder.path().display().to_string();
    let arguments =
        ["import", "--store", &place.store(), "--from-goatcounter", &from, "--host", "example.com"];
    let output = common::command(&arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let seen = place.seen();
    let values = seen.get("/get/example.com/home,api,click-banana,.site").json();
    assert_eq!(
        values["values"],
        serde_json::json!({"home": 7, "api": 1, "click-banana": 2, ".site": 8})
    );
    let points = seen.get("/get/example.com/home/history?step=day").json();
    let day = hour.to_string()[..10].to_owned();
    let points = points["points"].as_array().unwrap();
    let point = points.iter().find(|point| point["at"] == day.as_str()).unwrap();
    assert_eq!(point["hits"], 7, "{point}");
    let refused = common::command(&["import", "--from-goatcounter", &from]).output().unwrap();
    assert!(!refused.status.success(), "it needs the host");
}
