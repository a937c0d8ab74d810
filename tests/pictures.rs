//! Pictures in other people's pages: they must change, and never break.

mod common;

use std::time::{Duration, Instant};

use common::picture::{assert_never_kept, png, says};
use common::redis::Redis;
use common::{Answer, Place, Seen, request};

#[test]
fn a_badge_counts_and_its_twin_reads() {
    let place = Place::file();
    let seen = place.seen();
    for expected in ["views: 1", "views: 2"] {
        let badge = seen.get("/hit/site/page/badge.svg");
        assert_eq!((badge.status, says(&badge).as_str()), (200, expected));
        assert_never_kept(&badge);
    }
    for path in [
        "/get/site/page/badge.svg",
        "/hit/site/page/badge.svg?hit=0",
        "/hit/site/page/badge.svg?readonly",
        "/get/site/page/badge.svg?v=3",
    ] {
        let badge = seen.get(path);
        assert_eq!(says(&badge), "views: 2", "{path}");
        assert_never_kept(&badge);
    }
    assert_eq!(request("HEAD", &seen.url("/hit/site/page/badge.svg"), &[]).status, 200);
    assert_eq!(seen.value("/get/site/page"), 2);
    assert_eq!(says(&seen.get("/get/site/nobody/badge.svg")), "views: 0");
    assert_eq!(seen.get("/get/site/nobody").status, 404, "looking creates nothing");
}

#[test]
fn a_badge_looks_as_asked() {
    let place = Place::file();
    let seen = place.seen();
    let ask = "label=visitors&color=ff69b4&style=flat-square&base=1234566&format=short";
    let badge = seen.get(&format!("/hit/site/page/badge.svg?{ask}"));
    assert_eq!(says(&badge), "visitors: 1.2M");
    assert!(badge.body.contains("#ff69b4"), "{badge:?}");
    let kept = seen.get("/get/site/page/badge.svg?cacheSeconds=600");
    assert_eq!(kept.header("cache-control"), Some("max-age=600, s-maxage=600"));
    let counting = seen.get("/hit/site/page/badge.svg?cacheSeconds=600");
    assert_never_kept(&counting);
}

/// Mail and chats show no SVG.
#[test]
fn a_png_badge_counts_as_the_svg_does() {
    let place = Place::file();
    let seen = place.seen();
    for views in ["1", "2"] {
        let badge = seen.get("/hit/site/page/badge.png");
        assert_eq!((badge.status, badge.bytes.clone()), (200, png("views", views)));
        assert_never_kept(&badge);
    }
    for path in [
        "/get/site/page/badge.png",
        "/hit/site/page/badge.png?hit=0",
        "/hit/site/page/badge.png?readonly",
        "/hit/site/page/badge.png?query_only=1",
        "/get/site/page/badge.png?v=3",
    ] {
        let badge = seen.get(path);
        assert_eq!(badge.bytes, png("views", "2"), "{path}");
        assert_never_kept(&badge);
    }
    assert_eq!(request("HEAD", &seen.url("/hit/site/page/badge.png"), &[]).status, 200);
    for _ in 0..2 {
        assert_eq!(seen.get("/hit/site/page/badge.png?id=x").bytes, png("views", "3"));
    }
    let bot = [("user-agent", "Googlebot/2.1")];
    let badge = request("GET", &seen.url("/hit/site/page/badge.png?count=human"), &bot);
    assert_eq!(badge.bytes, png("views", "3"));
    assert_eq!(says(&seen.get("/get/site/page/badge.svg")), "views: 4");
    assert_eq!(seen.get("/get/site/nobody/badge.png").bytes, png("views", "0"));
    assert_eq!(seen.get("/get/site/nobody").status, 404, "looking creates nothing");
    assert_eq!(seen.get("/hit/solo/badge.png").bytes, png("views", "1"));
    assert_eq!(seen.get("/get/solo/badge.png").bytes, png("views", "1"));
    assert_eq!(seen.value("/get/default/solo"), 1);
    assert_eq!(seen.get("/get/default/badge.png").status, 200, "a picture and not a counter");
}

#[test]
fn a_png_badge_looks_as_asked_and_is_never_refused() {
    let place = Place::file();
    let seen = place.seen();
    let ask = "label=visitors&base=1234566&format=short";
    let badge = seen.get(&format!("/hit/site/page/badge.png?{ask}"));
    assert_eq!(badge.bytes, png("visitors", "1.2M"));
    let red = seen.get("/get/site/page/badge.png?color=ff0102");
    assert!(red.bytes.windows(3).any(|color| color == [0xff, 1, 2]), "{:?}", red.bytes);
    let kept = seen.get("/get/site/page/badge.png?cacheSeconds=600");
    assert_eq!(kept.header("cache-control"), Some("max-age=600, s-maxage=600"));
    for (views, query, ignored) in [
        ("2", "style=3d&color=nope", "style, color"),
        ("3", "base=abc&icon=nobrand", "icon, base"),
        ("4", "logo=github&link=https%3A%2F%2Fexample.com&color=", "logo, link"),
    ] {
        let badge = seen.get(&format!("/hit/site/page/badge.png?{query}"));
        assert_eq!((badge.status, badge.bytes.clone()), (200, png("views", views)), "{query}");
        assert_eq!(badge.header("x-seen-ignored"), Some(ignored), "{query}");
        assert_never_kept(&badge);
    }
}

#[test]
fn errors_of_a_png_are_pngs() {
    let place = Place::file();
    let seen = place.seen();
    for (method, path, status) in [
        ("GET", "/hit/site/page/badge.png?hit=maybe", 400),
        ("GET", "/hit/si%20te/page/badge.png", 400),
        ("GET", "/hit/site/page/badge.png?id=", 400),
        ("GET", "/sum/site/badge.png", 401),
        ("GET", "/hit/site/page/more/badge.png", 404),
        ("POST", "/get/site/page/badge.png", 405),
    ] {
        let answer = request(method, &seen.url(path), &[]);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_never_kept(&answer);
        assert_eq!(answer.header("content-type"), Some("image/png"), "{path}");
        let sides = [16, 20].map(|at| answer.bytes[at..at + 4].try_into().unwrap());
        let [width, height] = sides.map(u32::from_be_bytes);
        assert!((100..=400).contains(&width) && height == 40, "{path}: {width} by {height}");
    }
    assert_eq!(seen.get("/get/site/page").status, 404, "nothing was counted");
}

/// A JSON error shows as a broken picture, which explains nothing.
#[test]
fn errors_are_pictures_that_say_what_is_wrong() {
    let place = Place::file();
    let seen = place.seen();
    for (path, word) in [
        ("/hit/site/page/badge.svg?hit=maybe", "maybe"),
        ("/hit/site/page/badge.svg?hit=no&readonly=maybe", "maybe"),
        ("/hit/si%20te/page/badge.svg", "namespace"),
        ("/hit/site/page/badge.svg?id=", "id"),
    ] {
        let answer = seen.get(path);
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert_never_kept(&answer);
        let tree = roxmltree::Document::parse(&answer.body).unwrap();
        let text: String = tree.descendants().filter_map(|n| n.text()).collect();
        assert!(text.contains(word) || says(&answer).contains(word), "{path}: {text}");
        let width = tree.root_element().attribute("width").unwrap();
        assert!(width.parse::<f64>().unwrap() <= 200.0, "{path}: {width}");
    }
    assert_eq!(seen.get("/get/site/page").status, 404, "nothing was counted");
}

/// The picture's title, which browsers show as a tooltip.
fn title(picture: &Answer) -> String {
    let tree = roxmltree::Document::parse(&picture.body).unwrap();
    let title = tree.descendants().find(|node| node.has_tag_name("title"));
    title.and_then(|title| title.text()).unwrap_or_default().to_owned()
}

/// A refused hit is a view lost for good; a badge in the wrong colour is seen and corrected.
#[test]
fn no_hit_is_refused_because_of_its_paint() {
    let place = Place::file();
    let seen = place.seen();
    let mut views = 0;
    for (query, ignored) in [
        ("style=fancy", "style"),
        ("color=notacolor", "color"),
        ("labelColor=%23ggg", "labelColor"),
        ("logo=nobrand", "logo"),
        ("logoColor=?", "logoColor"),
        ("link=javascript:alert(1)", "link"),
        ("format=roman", "format"),
        ("count=all", "count"),
        ("base=abc", "base"),
        ("cacheSeconds=-1", "cacheSeconds"),
        ("style=3d&bgcolor=no&label=views", "style, bgcolor"),
    ] {
        let badge = seen.get(&format!("/hit/site/page/badge.svg?{query}"));
        views += 1;
        assert_eq!((badge.status, says(&badge)), (200, format!("views: {views}")), "{query}");
        assert_eq!(badge.header("x-seen-ignored"), Some(ignored), "{query}");
        let title = title(&badge);
        assert!(title.starts_with(&format!("views: {views}. Ignored: ")), "{query}: {title}");
        assert_never_kept(&badge);
    }
    let fine = seen.get("/hit/site/page/badge.svg?color=&extraCount=&style=&v=2");
    assert_eq!(
        (fine.status, fine.header("x-seen-ignored")),
        (200, None),
        "empty is as good as none"
    );
    for (query, ignored) in
        [("days=0", "days"), ("width=x", "width"), ("theme=sepia&height=9", "theme, height")]
    {
        let chart = seen.get(&format!("/get/site/page/chart.svg?{query}"));
        assert_eq!((chart.status, chart.header("x-seen-ignored")), (200, Some(ignored)), "{query}");
        assert!(title(&chart).contains("Ignored: "), "{query}");
    }
    let shields = seen.get("/get/site/page/shields.json?style=3d&count=all");
    assert_eq!((shields.status, shields.header("x-seen-ignored")), (200, Some("style, count")));
}

/// A text that ended in "…" was all that told its author.
#[test]
fn a_text_that_is_cut_is_named() {
    let place = Place::file();
    let seen = place.seen();
    let ignored = |path: &str, length| {
        let answer = seen.get(&format!("{path}={}", "x".repeat(length)));
        assert_eq!(answer.status, 200, "{path}");
        answer.header("x-seen-ignored").map(str::to_owned)
    };
    for (path, name, most) in [
        ("/get/site/page/badge.svg?label", "label", 256),
        ("/get/site/page/badge.svg?left_text", "left_text", 256),
        ("/get/site/page/shields.json?label", "label", 256),
        ("/get/site/page/badge.png?text", "text", 64),
        ("/get/site/page/chart.svg?title", "title", 128),
    ] {
        assert_eq!(ignored(path, most), None, "{path}");
        assert_eq!(ignored(path, most + 1).as_deref(), Some(name), "{path}");
        assert_eq!(ignored(path, 300).as_deref(), Some(name), "{path}");
    }
    let long = seen.get(&format!("/get/site/page/badge.svg?label={}", "x".repeat(300)));
    assert!(title(&long).ends_with("but must be up to 256 characters"), "{}", title(&long));
    assert_eq!(says(&long), format!("{}…: 0", "x".repeat(255)));
}

#[test]
fn a_limit_or_a_full_namespace_leaves_the_picture() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h", "--namespace-counters", "1"]);
    assert_eq!(says(&seen.get("/hit/site/page/badge.svg")), "views: 1");
    let limited = seen.get("/hit/site/page/badge.svg");
    assert_eq!((limited.status, says(&limited).as_str()), (200, "views: 1"));
    assert_never_kept(&limited);
    let full = request(
        "GET",
        &seen.url("/hit/site/other/badge.svg"),
        &[("user-agent", "github-camo (12345678)")],
    );
    assert_eq!((full.status, says(&full).as_str()), (200, "views: 0"));
}

/// Every other service's badge breaks with its store.
#[test]
fn a_store_that_is_away_leaves_the_last_number() {
    let mut redis = Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "200ms"]);
    assert_eq!(says(&seen.get("/hit/site/page/badge.svg")), "views: 1");
    assert_eq!(request("GET", &seen.url("/"), &[("accept", "text/html")]).status, 200);
    redis.kill();
    for path in ["/hit/site/page/badge.svg", "/get/site/page/badge.svg?cacheSeconds=600"] {
        let badge = seen.get(path);
        assert_eq!((badge.status, says(&badge).as_str()), (200, "views: 1"), "{path}");
        assert_eq!(badge.header("x-seen-stale"), Some("true"));
        assert_never_kept(&badge);
    }
    let html = [("accept", "text/html")];
    let home = request("GET", &seen.url("/"), &html);
    assert_eq!((home.status, home.header("x-seen-stale")), (200, Some("true")), "{home:?}");
    assert!(home.body.contains(">1</strong>") && home.body.contains("the last number known"));
    assert_eq!(seen.get("/").status, 503, "a program is told");
    let counter = request("GET", &seen.url("/counter/site/page"), &html);
    assert_eq!(counter.status, 200, "{counter:?}");
    assert!(counter.body.contains(">1</strong>") && counter.body.contains("the last number known"));
    let badge = seen.get("/hit/site/page/badge.png");
    assert_eq!(
        (badge.bytes.clone(), badge.header("x-seen-stale")),
        (png("views", "1"), Some("true"))
    );
    let unknown = seen.get("/get/site/other/badge.svg");
    assert_eq!((unknown.status, says(&unknown).as_str()), (200, "views: unavailable"));
    let chart = seen.get("/get/site/page/chart.svg?cacheSeconds=600");
    let sentence = "site/page: the days are unavailable just now, 1 in all";
    assert_eq!((chart.status, says(&chart).as_str()), (200, sentence));
    assert_eq!(chart.header("x-seen-stale"), Some("true"));
    assert_never_kept(&chart);
    redis.again();
    common::wait_until("Redis is back", || seen.get("/readyz").status == 200);
    let badge = seen.get("/hit/site/page/badge.svg");
    assert_eq!((says(&badge).as_str(), badge.header("x-seen-stale")), ("views: 2", None));
}

/// A hanging store costs one deadline, not one for each attempt.
#[test]
fn a_store_that_hangs_costs_one_deadline() {
    let redis = Redis::durable();
    let deadline = Duration::from_millis(1500);
    let seen = Seen::start(&["--store", &redis.url(), "--deadline", "1500ms"]);
    seen.value("/hit/site/page");
    seen.get("/");
    redis.signal("STOP");
    for path in [
        "/hit/site/page/badge.svg",
        "/get/site/page/badge.svg",
        "/hit/site/page/badge.svg?count=today",
        "/hit/site/unknown/badge.svg",
        "/get/site/page/chart.svg",
        "/counter/site/page",
        "/",
    ] {
        let started = Instant::now();
        let answer = request("GET", &seen.url(path), &[("accept", "text/html")]);
        let took = started.elapsed();
        assert_eq!((answer.status, answer.header("x-seen-stale")), (200, Some("true")), "{path}");
        assert!(took < deadline * 9 / 5, "{path} took {took:?}");
    }
    redis.signal("CONT");
}

/// shields.io rejects an endpoint with an unknown key.
#[test]
fn shields_gets_the_keys_of_its_schema_and_no_other() {
    let place = Place::file();
    let seen = place.seen();
    seen.value("/hit/site/page");
    let plain = seen.get("/get/site/page/shields.json");
    assert_eq!(
        plain.json(),
        serde_json::json!({
            "schemaVersion": 1, "label": "views", "message": "1", "color": "blue",
            "cacheSeconds": 300
        })
    );
    let dressed = seen.get(
        "/get/site/page/shields.json?label=hits&color=green&style=flat-square&cacheSeconds=60",
    );
    assert_eq!(dressed.json()["cacheSeconds"], 300, "shields takes no less");
    assert_eq!(
        (&dressed.json()["label"], &dressed.json()["style"]),
        (&"hits".into(), &"flat-square".into())
    );
    assert_eq!(seen.value("/get/site/page"), 1, "it reads");
    seen.get("/hit/site/page/shields.json");
    assert_eq!(seen.value("/get/site/page"), 2, "unless asked to count");
}

/// Chats and mail programs show no SVG.
#[test]
fn a_link_to_a_counter_has_a_picture_of_it() {
    let place = Place::file();
    let seen = place.seen();
    seen.value("/hit/site/page");
    let proxied = [("host", "count.example"), ("x-forwarded-proto", "https")];
    let page = request("GET", &seen.url("/counter/site/page"), &proxied).body;
    let card = "property=\"og:image\" content=\"https://count.example/get/site/page/card.png\"";
    assert!(page.contains(card), "{page}");
    let answer = seen.get("/get/site/page/card.png");
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let png = answer.bytes;
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\xb0\0\0\x02\x76"), "{png:?}");
    assert!(png.len() < 30_000, "{}", png.len());
    assert_eq!(seen.value("/get/site/page"), 1, "a preview counts nothing");
    assert_eq!(seen.get("/get/site/nobody/card.png").status, 404);
}

#[test]
fn a_chart_shows_the_days_and_an_empty_one_is_drawn_too() {
    let place = Place::file();
    let seen = place.seen();
    for _ in 0..3 {
        seen.value("/hit/site/page");
    }
    for (path, words) in [
        ("/get/site/page/chart.svg", "3 views in 30 days"),
        ("/get/site/page/chart.svg?days=7&kind=sparkline", "3"),
        ("/get/site/nobody/chart.svg", "no views yet"),
    ] {
        let chart = seen.get(path);
        assert_eq!(chart.status, 200, "{path}: {chart:?}");
        assert_never_kept(&chart);
        let tree = roxmltree::Document::parse(&chart.body).unwrap();
        let text: String = tree.descendants().filter_map(|n| n.text()).collect();
        assert!((text + &says(&chart)).contains(words), "{path}: {chart:?}");
    }
}

#[test]
fn the_number_that_is_asked_for_is_shown() {
    let place = Place::file();
    let seen = place.seen();
    let as_agent = |agent| {
        request("GET", &seen.url("/hit/site/page"), &[("user-agent", agent)]).value().unwrap()
    };
    as_agent("Mozilla/5.0 Firefox/143.0");
    as_agent("Mozilla/5.0 Firefox/143.0");
    as_agent("github-camo (12345678)");
    assert_eq!(as_agent("Googlebot/2.1"), 4);
    for (count, expected) in [
        ("total", "views: 4"),
        ("human", "views: 3"),
        ("unique", "views: 1"),
        ("today", "views: 4"),
        ("today-total", "views: 4 / 4"),
    ] {
        let badge = seen.get(&format!("/get/site/page/badge.svg?count={count}"));
        assert_eq!(says(&badge), expected);
    }
}

/// A one-segment name has every picture, and each counts that name.
#[test]
fn a_name_of_one_segment_has_pictures_too() {
    let place = Place::file();
    let seen = place.seen();
    assert_eq!(says(&seen.get("/hit/solo/badge.svg")), "views: 1");
    assert_eq!(says(&seen.get("/get/solo/badge.svg")), "views: 1");
    assert_eq!(seen.value("/get/default/solo"), 1);
    assert!(
        seen.get("/get/solo/chart.svg").header("content-type").unwrap().starts_with("image/svg")
    );
    for verb in ["hit", "get"] {
        assert!(seen.get(&format!("/{verb}/solo/shields.json")).body.contains("schemaVersion"));
    }
    assert_eq!(seen.value("/get/solo"), 2);
    assert_eq!(seen.get("/get/solo/badge.svg/").status, 404);
}

#[test]
fn every_answer_forbids_sniffing_and_scripts() {
    let place = Place::file();
    let seen = place.seen();
    for path in ["/hit/a/b", "/healthz", "/hit/a/b/c/d", "/hit/a/b/badge.svg", "/seen.js", "/"] {
        let answer = seen.get(path);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(
            answer.header("content-security-policy").unwrap().starts_with("default-src 'none'")
        );
    }
}

#[test]
fn a_wrong_picture_address_answers_with_a_picture() {
    let place = Place::file();
    let seen = place.seen();
    for (method, path, status) in [
        ("GET", "/hit/a/b/c/badge.svg", 404),
        ("GET", "/ghpvc/stats?username=x", 404),
        ("POST", "/hit/a/b/badge.svg", 405),
        ("POST", "/badge?page_id=x", 405),
    ] {
        let answer = request(method, &seen.url(path), &[]);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.starts_with("<svg"), "{path}: {}", answer.body);
        assert_never_kept(&answer);
    }
    assert_eq!(seen.get("/get/a/b").status, 404, "nothing was counted");
    assert!(seen.get("/no/such/route/at/all").body.starts_with('{'));
}
