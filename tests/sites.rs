//! Counters that a page's script calls: the requests of the scripts of busuanzi, vercount and
//! GoatCounter, and the answers they look for. `.ci/clients` runs the unmodified scripts.

mod common;

use common::{Answer, Place, Seen, request};

const PAGE: &str = "https://blog.example/posts/one/?from=feed#top";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

fn ask(seen: &Seen, method: &str, path: &str, more: &[(&str, &str)]) -> Answer {
    let headers = [&[("user-agent", FIREFOX)], more].concat();
    request(method, &seen.url(path), &headers)
}

/// Calls `/count`: the status, and whether the answer is a picture.
fn count(seen: &Seen, method: &str, path: &str) -> (u16, bool) {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(seen.url(path))
        .header("user-agent", FIREFOX)
        .header("referer", "https://blog.example/");
    let mut response = common::client().run(request.body(()).unwrap()).unwrap();
    let body = response.body_mut().read_to_vec().unwrap();
    (response.status().as_u16(), body.starts_with(b"GIF89a"))
}

fn log(seen: &Seen, body: &str) -> Answer {
    let request = common::client()
        .post(&seen.url("/api/v2/log"))
        .header("user-agent", FIREFOX)
        .content_type("application/json");
    common::answer(request.send(body).unwrap()).unwrap()
}

fn busuanzi_calls_its_function_with_the_numbers(place: Place) {
    let seen = place.seen();
    let path = "/busuanzi?jsonpCallback=BusuanziCallback_4711";
    for views in 1..=2 {
        let answer = ask(&seen, "GET", path, &[("referer", PAGE)]);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.header("content-type").unwrap().starts_with("application/javascript"));
        let call = answer.body.strip_prefix("/**/BusuanziCallback_4711(").unwrap();
        let numbers: serde_json::Value =
            serde_json::from_str(call.strip_suffix(");").unwrap()).unwrap();
        assert_eq!((&numbers["page_pv"], &numbers["site_pv"]), (&views.into(), &views.into()));
        assert_eq!(numbers["site_uv"], 1, "one visitor");
    }
    assert_eq!(seen.value("/get/blog.example/posts-one"), 2, "the counter that seen.js has");
    assert_eq!(seen.value("/get/blog.example/.site"), 2);
    let other = [("referer", "https://blog.example/")];
    ask(&seen, "GET", path, &other);
    assert_eq!(seen.value("/get/blog.example/home"), 1);
    assert_eq!(seen.value("/get/blog.example/.site"), 3);
    assert_eq!(ask(&seen, "GET", "/busuanzi?jsonpCallback=alert(1)", &other).status, 400);
    assert_eq!(ask(&seen, "GET", path, &[]).status, 400, "no page");
}

fn the_selfhosted_busuanzi_posts_and_reads(place: Place) {
    let seen = place.seen();
    let page = [("x-bsz-referer", PAGE)];
    let posted = ask(&seen, "POST", "/api", &page).json();
    assert_eq!(posted["success"], true);
    let numbers = serde_json::json!({"site_pv": 1, "site_uv": 1, "page_pv": 1, "page_uv": 1});
    assert_eq!(posted["data"], numbers);
    assert_eq!(ask(&seen, "GET", "/api", &page).json()["data"], numbers, "it only reads");
}

fn vercount_logs_a_view(place: Place) {
    let seen = place.seen();
    let answer = log(&seen, &format!(r#"{{"url":"{PAGE}","isNewUv":true}}"#)).json();
    assert_eq!(answer["status"], "success");
    for number in ["site_pv", "site_uv", "page_pv"] {
        assert_eq!(answer["data"][number], 1, "{number}");
    }
    assert_eq!(log(&seen, r#"{"url":"nowhere"}"#).status, 400);
    assert_eq!(log(&seen, "{}").status, 400);
    for path in ["/js", "/busuanzi/2.3/busuanzi.pure.mini.js"] {
        let script = seen.get(path);
        assert!(script.body.contains("'/api/v2/log'"), "{path}: {script:?}");
        assert!(script.header("content-type").unwrap().starts_with("text/javascript"));
    }
}

fn goatcounter_counts_and_shows(place: Place) {
    let seen = place.seen();
    let site = [("referer", "https://blog.example/")];
    // As count.js builds it, for a beacon and for a picture.
    let view = "/count?p=%2Fposts%2Fone%3Ffrom%3Dfeed&t=One&s=1280&b=0&rnd=a1b2c";
    for method in ["POST", "GET"] {
        assert_eq!(count(&seen, method, view), (200, true));
    }
    let event = "/count?p=click-banana&t=Yellow&e=true&b=0&rnd=z";
    assert_eq!(count(&seen, "POST", event), (200, true));
    assert_eq!(count(&seen, "POST", "/count?p=%2Fposts%2Fone&b=153"), (200, true));
    assert_eq!(count(&seen, "POST", "/count").0, 400);
    assert_eq!(seen.value("/get/blog.example/posts-one"), 3);
    let human = "/get/blog.example/posts-one?count=human";
    assert_eq!(seen.value(human), 2, "one said that it is a bot");
    assert_eq!(seen.value("/get/blog.example/click-banana"), 1);
    assert_eq!(seen.value("/get/blog.example/.site"), 3, "an event is no view");

    for (path, status, count) in [
        ("/counter/%2Fposts%2Fone.json", 200, "3"),
        ("/counter/%2Fposts%2Fone.json?start=week", 200, "3"),
        ("/counter/%2Fposts%2Fone.json?start=2001-01-01&end=2001-12-31", 200, "0"),
        ("/counter/TOTAL.json", 200, "3"),
        ("/counter/%2Fnobody.json", 404, "0"),
    ] {
        let shown = ask(&seen, "GET", path, &[("origin", "https://blog.example")]);
        assert_eq!(shown.status, status, "{path}: {shown:?}");
        assert_eq!(shown.json()["count"], count, "{path}");
    }
    let html = ask(&seen, "GET", "/counter/%2Fposts%2Fone.html?", &site);
    assert!(html.body.contains("<b id=\"gcvc-views\">3</b>"), "{html:?}");
    let svg = ask(&seen, "GET", "/counter/%2Fposts%2Fone.svg?", &site);
    assert_eq!(common::picture::says(&svg), "views: 3");
    let png = ask(&seen, "GET", "/counter/%2Fposts%2Fone.png?", &site);
    assert_eq!((png.status, png.header("content-type")), (200, Some("image/png")));
    assert_eq!(png.bytes, common::picture::png("views", "3"));
    let by_hand = seen.get("/counter/%2Fposts%2Fone.json?host=blog.example");
    assert_eq!(by_hand.json()["count"], "3");
    assert_eq!(ask(&seen, "GET", "/counter/%2Fx.json?start=soon", &site).status, 400);
    // The namespace's page is still at its address.
    let page = ask(&seen, "GET", "/counter/blog.example", &[("accept", "text/html")]);
    assert!(page.body.contains("blog.example is private"), "{page:?}");
}

/// Its name was taken for a namespace's, whose list is private.
fn goatcounter_shows_an_event(place: Place) {
    let seen = place.seen();
    let site = ("referer", "https://blog.example/posts/one");
    assert_eq!(count(&seen, "POST", "/count?p=click&e=true"), (200, true));
    let [json, svg] = ["json", "svg"].map(|ending| format!("/counter/click.{ending}"));
    for (path, headers) in [
        (&*json, &[site][..]),
        (&json, &[site, ("accept", "*/*"), ("sec-fetch-dest", "empty")]),
        (&json, &[("origin", "https://blog.example")]),
        ("/counter/click.json?host=blog.example", &[("accept", "text/html")]),
    ] {
        let shown = ask(&seen, "GET", path, headers);
        assert_eq!(shown.status, 200, "{path} {headers:?}: {shown:?}");
        assert_eq!(shown.json()["count"], "1", "{path} {headers:?}");
    }
    let unknown = ask(&seen, "GET", "/counter/tap.json", &[site]);
    assert_eq!((unknown.status, &unknown.json()["count"]), (404, &"0".into()));
    assert_eq!(common::picture::says(&ask(&seen, "GET", &svg, &[site])), "views: 1");
    let png = ask(&seen, "GET", "/counter/click.png", &[site]);
    assert_eq!(png.header("content-type"), Some("image/png"));
    let frame = [site, ("accept", "text/html"), ("sec-fetch-dest", "iframe")];
    let html = ask(&seen, "GET", "/counter/click.html", &frame);
    assert!(html.body.contains("<b id=\"gcvc-views\">1</b>"), "{html:?}");

    // A namespace may have such a name too. People follow links to its page, whose script then
    // sends a token.
    let page = [site, ("accept", "text/html,*/*;q=0.8")];
    for headers in [
        &page[..],
        &[page[0], page[1], ("sec-fetch-dest", "document")],
        &[site, ("accept", "*/*"), ("authorization", "Bearer wrong-token-of-somebody")],
        &[("accept", "text/html")],
        &[],
    ] {
        let shown = ask(&seen, "GET", &json, headers);
        assert_eq!(shown.status, 401, "{headers:?}: {shown:?}");
    }
    for path in ["/counter/%2Fpost%2F1.txt?host=blog.example", "/counter/%2Fpost?host=blog.example"]
    {
        let refused = seen.get(path);
        assert_eq!(refused.status, 400, "{path}");
        let allowed = refused.json()["allowed"].as_str().unwrap().to_owned();
        assert!(allowed.contains(".json, .html, .svg or .png"), "{path}: {allowed}");
    }
}

/// The error named `Referer` alone.
#[test]
fn a_request_without_a_page_is_told_every_way_to_name_one() {
    let seen = Place::file().seen();
    for (method, path, ways) in [
        ("GET", "/busuanzi", &["Referer"][..]),
        ("POST", "/api", &["x-bsz-referer", "Referer"]),
        ("GET", "/api", &["x-bsz-referer", "Referer", "?id="]),
        ("GET", "/count?p=/foo", &["host=", "Referer"]),
        ("POST", "/count?p=/foo", &["host=", "Referer"]),
        ("GET", "/counter/TOTAL.json", &["host=", "Referer"]),
        ("GET", "/counter/%2Ffoo.json", &["host=", "Referer"]),
    ] {
        let answer = ask(&seen, method, path, &[]);
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        let allowed = answer.json()["allowed"].as_str().unwrap().to_owned();
        assert!(ways.iter().all(|way| allowed.contains(way)), "{path}: {allowed}");
    }
}

on_every_store! {
    busuanzi_calls_its_function_with_the_numbers
    the_selfhosted_busuanzi_posts_and_reads
    vercount_logs_a_view
    goatcounter_counts_and_shows
    goatcounter_shows_an_event
}
