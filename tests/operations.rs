//! An operator's tools: settings, signals, probes, logs.

mod common;

use std::io::Write;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Place, Seen, command, request};

/// The exit code, standard output and the last line of standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = command(arguments).stderr(Stdio::piped()).output().expect("seen starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_bad_setting_is_named_with_what_is_allowed() {
    for (flag, value, allowed) in [
        ("--listen", "nowhere", "127.0.0.1:8000"),
        ("--allowed-hosts", "https://x.org/", "without https://"),
        ("--deadline", "soon", "500ms"),
        ("--deadline", "0s", "500ms"),
        ("--queue", "0", "above zero"),
        ("--queue", "-1", "above zero"),
        ("--store", "mysql://host", "redis://"),
        ("--store", "redis://host:port", "port"),
        ("--history-days", "0", "1..=4000"),
        ("--log", "loud", "debug"),
    ] {
        let (code, _, said) = run(&[&format!("{flag}={value}")]);
        assert_eq!(code, Some(2), "{flag} {value}: {said}");
        assert!(said.contains(flag) && said.contains(value), "{flag} {value}: {said}");
        assert!(said.contains(allowed), "{flag} {value}: {said}");
    }
}

#[test]
fn a_bad_variable_is_as_bad_as_a_flag() {
    let output = command(&[]).env("SEEN_DEADLINE", "soon").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("soon") && said.contains("500ms"), "{said}");
}

#[test]
fn without_a_place_for_counts_it_says_how_to_give_one() {
    let (code, _, said) = run(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--store") && said.contains("SEEN_STORE"), "{said}");
}

/// Two processes on one file would count apart.
#[test]
fn a_second_process_on_one_file_is_refused() {
    let place = Place::file();
    let first = place.seen();
    let (code, _, said) = run(&["--store", &place.store(), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("in use by another process") && said.contains("--store"), "{said}");
    assert_eq!(first.value("/hit/site/page"), 1);
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("diary.txt");
    std::fs::write(&file, "Dear diary").unwrap();
    let (code, _, said) = run(&["--store", file.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("diary.txt"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Dear diary");
}

#[test]
fn an_address_in_use_is_named() {
    let place = Place::file();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, said) = run(&["--store", &place.store(), "--listen", &address]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[test]
fn version_and_help_are_printed() {
    let (code, said, _) = run(&["version"]);
    assert_eq!((code, said), (Some(0), format!("seen {}\n", env!("CARGO_PKG_VERSION"))));
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    for setting in ["--store", "SEEN_STORE", "--deadline", "[default: 2s]", "SEEN_GRACE"] {
        assert!(help.contains(setting), "{setting} in {help}");
    }
}

#[test]
fn the_health_check_reports_health_by_its_status() {
    let place = Place::redis();
    let mut seen = place.seen_with(&["--deadline", "200ms"]);
    let address = seen.address.to_string();
    let check = |more: &[&str]| run(&[&["healthcheck", "--listen", &address], more].concat());
    assert_eq!(check(&[]).0, Some(0));
    assert_eq!(check(&["--ready"]).0, Some(0));

    let Place::Redis(mut redis) = place else { unreachable!() };
    redis.kill();
    common::wait_until("it is not ready", || seen.get("/readyz").status == 503);
    assert_eq!(check(&[]).0, Some(0), "the process is well");
    let (code, _, said) = check(&["--ready"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("cannot be reached"), "{said}");

    seen.kill();
    let (code, _, said) = check(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&address), "{said}");
}

#[test]
fn a_stop_waits_for_the_request_in_hand_and_not_for_idle_connections() {
    let place = Place::file();
    let mut seen = place.seen();
    let _idle = TcpStream::connect(seen.address).unwrap();
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.stop().success());
    seen.wait_for_log("stopped");
}

/// A client that sends half a request must not block a stop for ever.
/// It waited for all of the grace, to say goodbye to a Redis that was not there. And each attempt
/// to reach it was measured as a write.
#[test]
fn without_its_redis_seen_stops_at_once_and_measures_no_writes() {
    let mut seen = Seen::start(&["--store", "redis://127.0.0.1:1", "--deadline", "300ms"]);
    assert_eq!(seen.get("/hit/a/b").status, 503);
    let metrics = seen.get("/metrics").body;
    for line in ["seen_tally_hits_count 0", "seen_store_write_seconds_count 0"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let asked = Instant::now();
    assert!(seen.stop().success());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[test]
fn a_stop_ends_within_its_grace() {
    let place = Place::file();
    let mut seen = place.seen_with(&["--grace", "300ms"]);
    let mut half = TcpStream::connect(seen.address).unwrap();
    half.write_all(b"GET /hit/site/page HTTP/1.1\r\nHost:").unwrap();
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert!(seen.stop().success());
}

#[test]
fn every_error_is_json_that_says_what_is_allowed() {
    let place = Place::file();
    let seen = place.seen();
    let long = format!("/hit/site/{}", "a".repeat(65));
    for (method, path, status) in [
        ("GET", "/hit/site/a%20b", 400),
        ("GET", "/hit/si%20te/page", 400),
        ("GET", "/hit/site/%ff", 400),
        ("GET", long.as_str(), 400),
        ("GET", "/get/site/missing", 404),
        ("GET", "/nothing/here/at/all/of/it", 404),
        ("DELETE", "/get/site/page", 405),
        ("PUT", "/hit/site/page", 405),
    ] {
        let answer = request(method, &seen.url(path), &[]);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        for field in ["error", "allowed"] {
            assert!(!answer.json()[field].as_str().unwrap().is_empty(), "{path}: {answer:?}");
        }
        if status == 405 {
            let allow = answer.header("allow").unwrap().replace(',', ", ");
            assert_eq!(answer.json()["allowed"], allow, "{answer:?}");
        }
    }
}

/// A beginner who types the path of a change into a browser sees no headers.
#[test]
fn a_browser_reads_which_methods_a_path_takes() {
    let place = Place::file();
    let seen = place.seen();
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let answer = request("GET", &seen.url("/delete/site/page"), &browser);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST,DELETE")), "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer:?}");
    assert!(answer.body.contains("/delete/site/page does not take GET"), "{answer:?}");
    assert!(answer.body.contains("POST, DELETE"), "{answer:?}");
}

#[test]
fn metrics_may_have_their_own_listener() {
    let place = Place::file();
    let apart = format!("127.0.0.1:{}", common::redis::free_port());
    let seen = place.seen_with(&["--metrics-listen", &apart]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(seen.get("/metrics").status, 404);
    let scraper = [("accept", "application/openmetrics-text; version=1.0.0, text/plain;q=0.5")];
    let metrics = request("GET", &format!("http://{apart}/metrics"), &scraper);
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        "seen_hits_total{source=\"browser\"} 1",
        "seen_in_flight 0",
        "seen_tally_hits_count 1",
        "seen_store_write_seconds_count 1",
        "# EOF",
    ] {
        assert!(metrics.body.contains(line), "{line} in {}", metrics.body);
    }
}

/// Addresses, user agents and queries are personal data.
#[test]
fn nothing_personal_is_logged() {
    let place = Place::file();
    let mut seen = place.seen_with(&["--log", "trace"]);
    let headers = [("user-agent", "Mozilla/5.0 secret"), ("x-forwarded-for", "203.0.113.7")];
    request("GET", &seen.url("/hit/site/page?id=secret"), &headers);
    request("GET", &seen.url("/get/site/missing?id=secret"), &headers);
    assert!(seen.stop().success());
    let log = seen.log.lock().unwrap().join("\n");
    assert!(log.contains("/get/site/missing"), "the test sees requests: {log}");
    for personal in ["secret", "203.0.113.7", "Mozilla"] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}

#[test]
fn a_request_has_an_id_and_keeps_the_one_of_a_trusted_proxy() {
    let place = Place::file();
    let claimed = [("x-request-id", "from-a-proxy")];
    let forged = request("GET", &place.seen().url("/healthz"), &claimed);
    assert_ne!(forged.header("x-request-id"), Some("from-a-proxy"));
    let seen = place.seen_with(&["--trusted-proxies", "127.0.0.1"]);
    let first = seen.get("/healthz").header("x-request-id").unwrap().to_owned();
    let second = seen.get("/healthz").header("x-request-id").unwrap().to_owned();
    assert_ne!(first, second);
    let kept = request("GET", &seen.url("/healthz"), &claimed);
    assert_eq!(kept.header("x-request-id"), Some("from-a-proxy"));
    let odd = request("GET", &seen.url("/healthz"), &[("x-request-id", "two words")]);
    assert_ne!(odd.header("x-request-id"), Some("two words"));
}

/// The queue is too short for this crowd; every hit still gets an answer.
#[test]
fn hits_beyond_the_queue_are_told_to_retry() {
    let mut redis = common::redis::Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--queue", "4", "--deadline", "400ms"]);
    assert_eq!(seen.value("/hit/site/page"), 1);
    redis.kill();
    let load = common::Load::start(&seen.url("/hit/site/page"), 8);
    load.wait_for_refusals(20);
    load.finish();
    let metrics = seen.get("/metrics").body;
    let busy = metrics.lines().find(|l| l.starts_with("seen_uncounted_total{reason=\"busy\"}"));
    assert!(busy.is_some_and(|l| !l.ends_with(" 0")), "{metrics}");
    redis.again();
}

/// Compose turns `SEEN_TOKEN: ${SEEN_TOKEN:-}` into an empty variable.
#[test]
fn an_empty_variable_is_an_unset_one() {
    let mut command = command(&["check", "--store", "/nowhere/seen.redb"]);
    for name in ["TOKEN", "DEADLINE", "TRUSTED_PROXIES", "ALLOWED_HOSTS", "ALLOW_EVICTION"] {
        command.env(format!("SEEN_{name}"), "");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(setting(&said, "deadline").ends_with("default"), "{said}");
}

/// The line of `seen check` for a setting.
fn setting<'a>(said: &'a str, flag: &str) -> &'a str {
    let line = said.lines().find(|line| line.split_whitespace().next() == Some(flag));
    line.unwrap_or_else(|| panic!("{flag} in {said}"))
}

#[test]
fn a_secret_may_be_in_a_file() {
    let place = Place::file();
    let folder = tempfile::tempdir().unwrap();
    let (token, store) = (folder.path().join("token"), folder.path().join("store"));
    std::fs::write(&token, "8f14e45fceea167a5a36dedd4bea2543\n").unwrap();
    std::fs::write(&store, place.store() + "\n").unwrap();
    let mut command = command(&[]);
    command.env("SEEN_TOKEN_FILE", &token).env("SEEN_STORE_FILE", &store).env("SEEN_TOKEN", "");
    let seen = Seen::spawn(command);
    let bearer = [("authorization", "Bearer 8f14e45fceea167a5a36dedd4bea2543")];
    assert_eq!(seen.value("/hit/a/b"), 1);
    assert_eq!(request("POST", &seen.url("/set/a/b?value=7"), &bearer).status, 200);
    assert!(std::path::Path::new(&place.store()).exists(), "it counts where the file says");

    let both =
        run(&["--token=8f14e45fceea167a5a36dedd4bea2543", "--token-file", token.to_str().unwrap()]);
    assert_eq!(both.0, Some(2), "{both:?}");
    let (code, _, said) = run(&["--token-file", "/nowhere/token"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("/nowhere/token") && said.contains("--token-file"), "{said}");
    std::fs::write(&token, "hunter2").unwrap();
    let (code, _, said) = run(&["--token-file", token.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("24 or more") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_mistyped_variable_is_warned_of() {
    let place = Place::file();
    let mut command = command(&["--store", &place.store()]);
    command.env("SEEN_TOKN", "x").env("SEEN_SERVICE_HOST", "10.0.0.1").env("SEEN_PORT", "9000");
    let seen = Seen::spawn(command);
    let log = seen.log.lock().unwrap().join("\n");
    assert!(log.contains("SEEN_TOKN is not a setting of seen; did you mean SEEN_TOKEN?"), "{log}");
    assert!(!log.contains("SEEN_SERVICE_HOST"), "{log}");
    let port = "SEEN_PORT is not a setting of seen but of compose.yaml; give an address and a port \
                in SEEN_LISTEN";
    assert!(log.contains(port), "{log}");
}

/// `seen check | head -1` panicked.
#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::file();
    for arguments in [&["check", "--store", &place.store()][..], &["version"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(arguments).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true), "{output:?}");
    }
}

#[test]
fn check_shows_the_settings_and_tries_the_store() {
    let place = Place::redis();
    let mut checked = command(&["check", "--store", &place.store(), "--queue", "9"]);
    let output = checked
        .env("SEEN_TOKEN", "8f14e45fceea167a5a36dedd4bea2543")
        .env("SEEN_GRACE", "3s")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let words = |flag| setting(&said, flag).split_whitespace().collect::<Vec<_>>();
    assert_eq!(words("queue"), ["queue", "9", "--queue"]);
    assert_eq!(words("grace"), ["grace", "3s", "SEEN_GRACE"]);
    assert_eq!(words("mode"), ["mode", "open", "default"]);
    assert_eq!(words("token"), ["token", "(hidden)", "SEEN_TOKEN"]);
    assert!(said.ends_with("answers\n"), "{said}");

    let Place::Redis(mut redis) = place else { unreachable!() };
    let store = redis.url();
    redis.kill();
    let (code, _, said) = run(&["check", "--store", &store]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&store), "{said}");
    assert!(said.contains("Connection refused"), "why: {said}");
}

/// Each is a slip of the hand, and the message says what to give instead.
#[test]
fn a_store_that_is_something_else_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let (code, _, said) = run(&["serve", "--store", &path]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!("is a folder; give a file in it, such as {path}/seen.redb")),
        "{said}"
    );
    let foreign = folder.path().join("notes.txt");
    std::fs::write(&foreign, "bread, milk").unwrap();
    let (code, _, said) = run(&["serve", "--store", &foreign.display().to_string()]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("this is not a file of seen's"), "{said}");
    assert_eq!(std::fs::read_to_string(&foreign).unwrap(), "bread, milk");

    let into = folder.path().join("new.redb").display().to_string();
    let (code, _, said) = run(&["import", "--format", "csv", "--store", &into, &path]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("cannot read {path}: ")), "{said}");
    let semicolons = folder.path().join("numbers.csv");
    std::fs::write(&semicolons, "site;home;3\n").unwrap();
    let file = semicolons.display().to_string();
    let (code, _, said) = run(&["import", "--format", "csv", "--store", &into, &file]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("there is no comma; a line is namespace,key,value"), "{said}");
}

/// It neither creates a file nor locks the one of a running seen.
#[test]
fn check_leaves_a_file_alone() {
    let place = Place::file();
    let (code, said, _) = run(&["check", "--store", &place.store()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("does not exist yet"), "{said}");
    assert!(!std::path::Path::new(&place.store()).exists());
    let seen = place.seen();
    let (code, said, _) = run(&["check", "--store", &place.store()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("in use by a running seen"), "{said}");
    assert_eq!(seen.value("/hit/a/b"), 1);
}

#[test]
fn help_is_in_groups_and_has_examples() {
    let (_, help, _) = run(&["--help"]);
    for heading in ["Listening:", "Store:", "Access:", "Limits:", "Log:", "Examples:"] {
        assert!(help.lines().any(|line| line == heading), "{heading} in {help}");
    }
}

/// Closing a terminal sends SIGHUP, which must not lose hits.
#[test]
fn a_hangup_stops_gracefully() {
    let place = Place::file();
    let mut seen = place.seen();
    assert_eq!(seen.value("/hit/site/page"), 1);
    seen.signal("HUP");
    assert!(seen.wait().success());
    seen.wait_for_log("stopped");
}

#[test]
fn a_second_signal_ends_at_once() {
    let place = Place::file();
    let mut seen = place.seen_with(&["--grace", "60s"]);
    let mut half = TcpStream::connect(seen.address).unwrap();
    half.write_all(b"GET /hit/site/page HTTP/1.1\r\nHost:").unwrap();
    assert_eq!(seen.value("/hit/site/page"), 1);
    seen.signal("TERM");
    seen.wait_for_log("stopping");
    let second = std::time::Instant::now();
    seen.signal("INT");
    assert_eq!(seen.wait().code(), Some(128 + 2));
    assert!(second.elapsed() < std::time::Duration::from_secs(10));
}

/// Prometheus' `rate` misses an event that creates its series.
#[test]
fn every_series_is_there_from_the_start() {
    let seen = Place::file().seen();
    let metrics = seen.get("/metrics");
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "# TYPE seen_hits_total counter",
        "seen_hits_total{source=\"bot\"} 0",
        "seen_uncounted_total{reason=\"late\"} 0",
        "seen_over_limit_total{limit=\"client\"} 0",
        "seen_request_duration_seconds_count{route=\"hit\"} 0",
        concat!("seen_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(metrics.body.lines().any(|l| l == line), "{line} in {}", metrics.body);
    }
    for name in
        ["process_resident_memory_bytes ", "process_open_fds ", "process_cpu_seconds_total "]
    {
        let line = metrics.body.lines().find_map(|line| line.strip_prefix(name));
        let value: f64 =
            line.unwrap_or_else(|| panic!("{name}: {}", metrics.body)).parse().unwrap();
        assert!(value.is_finite(), "{name}{value}");
    }
    assert!(!metrics.body.contains("# EOF"));
}

#[test]
fn clients_that_accept_problem_json_get_it() {
    let seen = Place::file().seen();
    let ask = |accept| request("GET", &seen.url("/get/a/b"), &[("accept", accept)]);
    let problem = ask("application/problem+json");
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    let (problem, plain) = (problem.json(), ask("application/json"));
    assert_eq!(plain.header("content-type"), Some("application/json"));
    assert_eq!((&problem["type"], &problem["status"]), (&"about:blank".into(), &404.into()));
    assert_eq!(problem["title"], "Not Found");
    for (member, value) in plain.json().as_object().unwrap() {
        assert_eq!(&problem[member], value, "{member}");
    }
    let accept = [("accept", "application/problem+json")];
    let page = request("GET", &seen.url("/counter/a/b"), &accept);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn an_answer_over_the_limit_tells_the_limit() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "2/1h"]);
    assert_eq!((seen.value("/hit/a/b"), seen.value("/hit/a/b")), (1, 2));
    let answer = seen.get("/hit/a/b");
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("ratelimit-policy"), Some("\"client\";q=2;w=3600"));
    let after = answer.header("retry-after").unwrap();
    assert_eq!(answer.header("ratelimit"), Some(format!("\"client\";r=0;t={after}").as_str()));
}

/// In the Fetch standard `*` covers every header except this one.
#[test]
fn a_preflight_names_authorization() {
    let seen = Place::file().seen();
    let asks = [("origin", "https://a.example"), ("access-control-request-method", "POST")];
    let answer = request("OPTIONS", &seen.url("/set/a/b"), &asks);
    let allowed = answer.header("access-control-allow-headers").unwrap();
    let names: Vec<_> = allowed.split(',').map(str::trim).collect();
    assert!(names.contains(&"authorization") && names.contains(&"*"), "{allowed}");
}

/// Behind a proxy that shows seen below a path, every address that seen prints leads there.
#[test]
fn a_base_path_is_in_every_address() {
    let place = Place::file();
    let behind = [("x-forwarded-prefix", "/stats"), ("host", "example.com")];
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let believed: [Case; 3] = [
        (&["--base-path", "/stats"], &[("host", "example.com")], "/stats"),
        (&["--trusted-proxies", "127.0.0.1"], &behind, ""),
        // The proxy's header overrules the setting.
        (&["--trusted-proxies", "127.0.0.1", "--base-path", "/other"], &behind, ""),
    ];
    for (arguments, headers, prefix) in believed {
        let seen = place.seen_with(arguments);
        let ask = |path: &str| request("GET", &seen.url(&format!("{prefix}{path}")), headers);
        assert_eq!(ask("/hit/site/page").status, 200, "{arguments:?}");
        assert_eq!(ask("/get/site/page/badge.svg").status, 200);
        for page in ["/", "/builder", "/counter/site/page", "/counter/site", "/privacy"] {
            let html = request(
                "GET",
                &seen.url(&format!("{prefix}{page}")),
                &[headers, &[("accept", "text/html")]].concat(),
            );
            let links: Vec<&str> = html.body.split("=\"/").skip(1).collect();
            assert!(links.len() > 3, "{page}: {html:?}");
            for link in links {
                assert!(link.starts_with("stats/"), "{page}: {link:.60}");
            }
            let origin = "http://example.com";
            for rest in html.body.split(origin).skip(1) {
                assert!(rest.starts_with("/stats/"), "{page}: {origin}{rest:.60}");
            }
        }
        let document = ask("/openapi.json").json();
        assert_eq!(document["servers"][0]["url"], "/stats/", "{arguments:?}");
        // Probes ask seen directly, without the prefix.
        assert_eq!(seen.get("/healthz").status, 200);
    }
    // seen ignores a stranger's header.
    let seen = place.seen();
    let page = request("GET", &seen.url("/privacy"), &behind);
    assert!(!page.body.contains("stats"), "{page:?}");
    let (code, _, said) = run(&["--base-path", "stats?"]);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn the_api_document_is_not_sent_twice() {
    let seen = Place::file().seen();
    let first = seen.get("/openapi.json");
    let tag = first.header("etag").unwrap().to_owned();
    let again = request("GET", &seen.url("/openapi.json"), &[("if-none-match", &tag)]);
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(again.header("etag"), Some(tag.as_str()));
}
