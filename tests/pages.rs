//! The pages that people open: they tell the truth, load nothing from other hosts, and run nobody
//! else's script.

mod common;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use common::{Answer, Place, Seen, request};

fn assert_locked_down(page: &Answer) {
    let policy = page.header("content-security-policy").expect("a policy");
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    for outside in ["src=\"http", "href=\"http", "<script>", " style=\"", " onclick"] {
        let source = concat!("href=\"", env!("CARGO_PKG_REPOSITORY"), "\">Source");
        let html = page.body.split("data-copy").next().unwrap().replace(source, "");
        assert!(!html.contains(outside), "{outside} in {html}");
    }
}

#[test]
fn every_page_is_whole_without_scripts_and_loads_nothing_from_elsewhere() {
    let place = Place::file();
    let seen = place.seen();
    for _ in 0..3 {
        seen.value("/hit/site/page");
    }
    for (path, words) in [
        ("/builder", "/hit/my-site/home/badge.svg"),
        ("/builder?namespace=site&key=page&style=plastic", "badge.svg?style=plastic"),
        ("/counter/site/page", ">3</strong> <span data-noun=\"view views\">views</span>"),
        ("/privacy", "No cookies"),
    ] {
        let page = seen.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        assert!(page.body.contains(words), "{path}: {}", page.body);
        assert_locked_down(&page);
    }
    assert_eq!(seen.value("/get/site/page"), 3, "looking at pages counts nothing");
}

#[test]
fn a_visitors_input_never_becomes_markup() {
    let place = Place::file();
    let seen = place.seen();
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [
        format!("/builder?label={attack}"),
        format!("/builder?namespace={attack}"),
        format!("/builder?color={attack}"),
        format!("/counter/{attack}/page"),
        "/builder?label={{markdown}}".to_owned(),
    ] {
        let page = seen.get(&path);
        assert!(!page.body.contains("<script>alert"), "{path}: {}", page.body);
        assert_locked_down(&page);
    }
    let host = [("host", "\"><script>alert(1)</script>"), ("accept", "text/html")];
    let answer = request("GET", &seen.url("/builder"), &host);
    assert!(!answer.body.contains("<script>alert"), "{answer:?}");
}

#[test]
fn an_error_is_the_heading_of_its_page() {
    let place = Place::file();
    let seen = place.seen();
    let page = request("GET", &seen.url("/no/such"), &[("accept", "text/html")]);
    assert_eq!(page.status, 404);
    assert!(page.body.contains("<title>404: there is nothing at /no/such</title>"), "{page:?}");
    assert!(page.body.contains("<h1>404: there is nothing at /no/such</h1>"), "{page:?}");
    assert!(page.body.contains("Allowed: /, /builder,"), "{page:?}");
    assert_locked_down(&page);
}

/// An imported total is not called the work of bots.
#[test]
fn a_page_says_how_many_views_have_a_source() {
    let place = Place::file();
    let seen = place.seen();
    seen.get("/create/site/moved?initializer=5000");
    seen.value("/hit/site/moved");
    let page = seen.get("/counter/site/moved");
    assert!(page.body.contains("<dd>1 <small>of 1 counted here</small>"), "{page:?}");
    seen.value("/hit/site/new");
    let page = seen.get("/counter/site/new");
    assert!(!page.body.contains("counted here"), "{page:?}");
}

#[test]
fn a_missing_counter_has_a_page_that_says_so() {
    let place = Place::file();
    let seen = place.seen();
    let page = seen.get("/counter/site/nobody");
    assert_eq!(page.status, 404);
    assert!(page.body.contains("Waiting for the first view"), "{page:?}");
    assert_locked_down(&page);
}

#[test]
fn the_script_and_the_style_are_kept_by_browsers() {
    let place = Place::file();
    let seen = place.seen();
    for (path, kind) in [
        ("/seen.js", "text/javascript"),
        ("/assets/page.js", "text/javascript"),
        ("/assets/page.css", "text/css"),
        ("/assets/icon.svg", "image/svg+xml"),
    ] {
        let file = seen.get(path);
        assert!(file.header("content-type").unwrap().starts_with(kind), "{path}: {file:?}");
        let tag = file.header("etag").unwrap();
        let again = request("GET", &seen.url(path), &[("if-none-match", tag)]);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        // A compressing proxy weakens the tag; another proxy has an older version.
        let weak = format!("\"other\", W/{tag}");
        assert_eq!(request("GET", &seen.url(path), &[("if-none-match", &weak)]).status, 304);
        assert_eq!(request("GET", &seen.url(path), &[("if-none-match", "\"0.1.0\"")]).status, 200);
    }
    for (accepted, encoding) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("br;q=0.1, gzip;q=0.2", Some("gzip")),
        ("identity", None),
    ] {
        for path in ["/seen.js", "/assets/page.js", "/assets/page.css", "/js"] {
            let file = request("HEAD", &seen.url(path), &[("accept-encoding", accepted)]);
            assert_eq!(file.header("content-encoding"), encoding, "{path}: {file:?}");
            assert_eq!(file.header("vary"), Some("accept-encoding"), "{path}: {file:?}");
        }
    }
    let icon = request("HEAD", &seen.url("/favicon.ico"), &[]);
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/x-icon")));
}

#[test]
fn the_page_of_a_counter_shows_the_range_that_is_asked_for() {
    let place = Place::file();
    let seen = place.seen();
    for _ in 0..3 {
        seen.value("/hit/site/page");
    }
    for (range, words) in [
        ("24h", "3 views in the last 24 hours"),
        ("7d", "3 views in the last 7 days"),
        ("30d", "3 views in the last 30 days"),
        ("90d", "3 views in the last 90 days"),
        ("1y", "3 views in the last 1 year"),
    ] {
        let page = seen.get(&format!("/counter/site/page?range={range}"));
        assert!(page.body.contains(words), "{range}: {}", page.body);
        let current = format!("range={range}#past\" aria-current=\"true\"");
        assert!(page.body.contains(&current), "{range}: {}", page.body);
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(page.body.as_bytes()).unwrap();
        let bytes = packed.finish().unwrap().len();
        assert!(bytes <= 10_000, "{range}: {bytes} bytes by gzip");
    }
    assert_eq!(seen.get("/counter/site/page?range=2w").status, 400);
}

/// For a site whose list fills a page, with hits every day.
#[test]
fn every_page_is_small_when_compressed() {
    let place = Place::file();
    let mut command = common::command(&["--store", &place.store()]);
    command.env("SEEN_TOKEN", "the-token-of-the-instance");
    let seen = Seen::spawn(command);
    let token = ("authorization", "Bearer the-token-of-the-instance");
    let today = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
    let mut random = 1_u64;
    let mut hits = |most: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % most
    };
    let lines: String = (0..100)
        .map(|page| {
            let days: Vec<_> = (today - 364..=today).map(|day| (day, hits(5000))).collect();
            let total: u64 = days.iter().map(|(_, hits)| hits).sum();
            let line = serde_json::json!({
                "kind": "counter", "namespace": "site", "key": format!("posts-of-the-year-{page}"),
                "total": total, "created": (today - 364) * 86_400, "days": days, "uniques": days,
            });
            format!("{line}\n")
        })
        .collect();
    let client = common::client();
    let import = client.post(seen.url("/import")).header(token.0, token.1).send(lines);
    assert_eq!(import.unwrap().status(), 200);
    for path in [
        "/",
        "/builder",
        "/privacy",
        "/counter/site",
        "/counter/site/nobody",
        "/counter/site/posts-of-the-year-1?range=90d",
        "/counter/site/posts-of-the-year-1?range=1y",
    ] {
        let page = request("GET", &seen.url(path), &[token, ("accept", "text/html")]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(page.body.as_bytes()).unwrap();
        let bytes = packed.finish().unwrap().len();
        println!("{path}: {bytes} of {}", page.body.len());
        assert!(bytes > 500 && bytes <= 10_000, "{path}: {bytes} bytes by gzip");
    }
}

#[test]
fn numbers_of_days_are_those_of_the_history() {
    let place = Place::file();
    let seen = place.seen();
    for _ in 0..3 {
        seen.value("/hit/site/page");
    }
    for (count, value) in [("7d", 3), ("30d", 3), ("best-day", 3)] {
        assert_eq!(seen.value(&format!("/get/site/page?count={count}")), value, "{count}");
    }
    let today = seen.value("/get/site/page?count=unique");
    for count in ["unique-7d", "unique-30d"] {
        assert_eq!(seen.value(&format!("/get/site/page?count={count}")), today, "{count}");
    }
    let badge = seen.get("/get/site/page/badge.svg?count=7d");
    assert!(badge.body.contains("views: 3"), "{badge:?}");
    assert_eq!(seen.get("/get/site/page?count=8d").status, 400);
}

#[test]
fn a_private_list_opens_to_its_owner() {
    let place = Place::file();
    let seen = place.seen();
    let claimed = request("PUT", &seen.url("/namespaces/site"), &[]).json();
    let token = format!("Bearer {}", claimed["token"].as_str().unwrap());
    request("PATCH", &seen.url("/namespaces/site?open=1"), &[("authorization", &token)]);
    for key in ["page", "page", "other"] {
        seen.value(&format!("/hit/site/{key}"));
    }
    assert_eq!(seen.get("/counter/site").status, 401);
    let list = request("GET", &seen.url("/counter/site"), &[("authorization", &token)]);
    assert_eq!(list.status, 200, "{list:?}");
    for words in [">3</strong> views", "/counter/site/other", "66 %", "33 %"] {
        assert!(list.body.contains(words), "{words}: {}", list.body);
    }
    assert_locked_down(&list);
}
