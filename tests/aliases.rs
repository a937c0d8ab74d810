//! The badge addresses of other services: only the host name changes. Each row is a parameter
//! that the service documents.

mod common;

use common::{Place, Seen, picture, request};

/// The words and the source of the badge at a path.
fn badge(seen: &Seen, path: &str) -> (String, String) {
    let badge = seen.get(path);
    assert_eq!(badge.status, 200, "{path}: {badge:?}");
    picture::assert_never_kept(&badge);
    (picture::says(&badge), badge.body)
}

/// The words of the badge at a path.
fn says(seen: &Seen, path: &str) -> String {
    badge(seen, path).0
}

/// An address, the words of its badge on a new counter, and another part of the picture. The
/// parameters come from each service's own documents.
const DOCUMENTED: &[(&str, &str, &str)] = &[
    // komarev: github.com/antonkomarev/github-profile-views-counter, README.
    ("/ghpvc/?username=a", "Profile views: 1", "#007ec6"),
    ("/ghpvc?username=a", "Profile views: 1", "#007ec6"),
    ("/ghpvc/?username=a&label=PROFILE+VIEWS", "PROFILE VIEWS: 1", ""),
    ("/ghpvc/?username=a&color=dc143c", "Profile views: 1", "#dc143c"),
    ("/ghpvc/?username=a&color=brightgreen", "Profile views: 1", "#4b0"),
    ("/ghpvc/?username=a&style=flat-square", "Profile views: 1", "crispEdges"),
    ("/ghpvc/?username=a&style=plastic", "Profile views: 1", "height=\"18\""),
    ("/ghpvc/?username=a&style=for-the-badge", "PROFILE VIEWS: 1", "height=\"28\""),
    ("/ghpvc/?username=a&style=unknown", "Profile views: 1", "Ignored: style"),
    ("/ghpvc/?username=a&base=1000", "Profile views: 1,001", ""),
    ("/ghpvc/?username=a&base=12344&abbreviated=true", "Profile views: 12.3K", ""),
    // seeyoufarm: github.com/gjbae1212/hit-counter, README and its front page.
    ("/api/count/incr/badge.svg?url=https%3A%2F%2Fa.b%2Fc", "hits: 1 / 1", "#79c83d"),
    ("/api/count/incr/badge.svg?url=https%3A%2F%2Fa.b%2Fc&title=visits", "visits: 1 / 1", ""),
    ("/api/count/incr/badge.svg?url=a.b/c&count_bg=%23123456", "hits: 1 / 1", "#123456"),
    ("/api/count/incr/badge.svg?url=a.b/c&title_bg=%23654321", "hits: 1 / 1", "#654321"),
    ("/api/count/incr/badge.svg?url=a.b/c&edge_flat=true", "hits: 1 / 1", "crispEdges"),
    ("/api/count/incr/badge.svg?url=a.b/c&edge_flat=false", "hits: 1 / 1", "rx=\"3\""),
    (
        "/api/count/incr/badge.svg?url=a.b/c&icon=github.svg&icon_color=%23E7E7E7",
        "hits: 1 / 1",
        "scale(.58333)\" fill=\"#e7e7e7\"",
    ),
    ("/api/count/keep/badge.svg?url=https%3A%2F%2Fa.b%2Fc", "hits: 0 / 0", "#79c83d"),
    // hits.sh: github.com/silentsoft/hits, README.
    ("/github.com/me/mine.svg", "hits: 1", "#4c1"),
    ("/example.com.svg", "hits: 1", "#4c1"),
    ("/github.com/me/mine.svg?view=total", "hits: 1", ""),
    ("/github.com/me/mine.svg?view=today-total", "hits: 1 / 1", ""),
    ("/github.com/me/mine.svg?style=flat-square", "hits: 1", "crispEdges"),
    ("/github.com/me/mine.svg?style=for-the-badge", "HITS: 1", "height=\"28\""),
    ("/github.com/me/mine.svg?style=plastic", "hits: 1", "height=\"18\""),
    ("/github.com/me/mine.svg?label=seen", "seen: 1", ""),
    ("/github.com/me/mine.svg?extraCount=1000", "hits: 1,001", ""),
    ("/github.com/me/mine.svg?color=blueviolet", "hits: 1", "#8a2be2"),
    ("/github.com/me/mine.svg?color=cmyk(0,100%25,100%25,0)", "hits: 1", "#f00"),
    ("/github.com/me/mine.svg?color=hsl(120,100%25,25%25)", "hits: 1", "#008000"),
    ("/github.com/me/mine.svg?color=rgba(1,2,3,.5)", "hits: 1", "rgba(1,2,3,0.502)"),
    ("/github.com/me/mine.svg?labelColor=9cf", "hits: 1", "#9cf"),
    ("/github.com/me/mine.svg?logo=github", "hits: 1", "scale(.58333)"),
    ("/github.com/me/mine.svg?logo=nobodyknows", "hits: 1", "Ignored: logo"),
    // Moe-Counter: github.com/journey-ad/Moe-Counter, README.
    ("/@me", "0000001", "width=\"315.00\" height=\"100.00\""),
    ("/@me?padding=3", "001", ""),
    ("/@me?theme=moebooru", "0000001", "Ignored: theme"),
    ("/@me?offset=5", "0000001", "width=\"345.00\""),
    ("/@me?align=center&pixelated=1", "0000001", ""),
    ("/@me?scale=0.5", "0000001", "width=\"157.50\" height=\"50.00\""),
    ("/@me?darkmode=1", "0000001", "opacity=\".6\""),
    ("/@me?darkmode=auto", "0000001", "prefers-color-scheme"),
    ("/@me?num=1234&padding=0", "1234", ""),
    ("/@me?prefix=42", "420000001", ""),
    ("/@demo", "123456789", ""),
    // dwyl: github.com/dwyl/hits, README.
    ("/dwyl/start-here.svg", "hits: 1", "#4b0"),
    ("/dwyl/start-here.svg?style=flat-square&show=unique", "hits: 1", "crispEdges"),
    // visitor-badge: github.com/jwenjian/visitor-badge, README.
    ("/badge?page_id=me.mine", "visitors: 1", "#1283c3"),
    ("/badge?page_id=me.mine", "visitors: 1", "#595959"),
    ("/badge?page_id=me.mine&left_text=seen", "seen: 1", ""),
    ("/badge?page_id=me.mine&left_color=red", "visitors: 1", "#dd4343"),
    ("/badge?page_id=me.mine&right_color=green", "visitors: 1", "#67ac09"),
    ("/badge?page_id=me.mine&query_only=true", "visitors: 0", ""),
    // visitorbadge.io: its front page.
    ("/api/visitors?path=me.mine", "VISITORS: 1", "#263759"),
    ("/api/visitors?path=me.mine&label=seen&countColor=%23263759", "seen: 1", "#263759"),
    // hitscounter.dev: github.com/donaldzou/hits-counter, README.
    ("/api/hit?url=https%3A%2F%2Fa.b%2Fc", "1 / 1", "#4b0"),
    ("/api/hit?url=a.b&label=Hits&icon=github&color=%23dc3545", "Hits: 1 / 1", "#dc3545"),
    // Abacus: github.com/JasonLovesDoggo/abacus, documents of /shield.
    ("/hit/a/b/shield", "counter: 1", "#007ec6"),
    ("/hit/a/b/shield?bgcolor=ff0000", "counter: 1", "#f00"),
    ("/hit/a/b/shield?textcolor=123456", "counter: 1", "fill=\"#123456\""),
    ("/hit/a/b/shield?text=visits", "visits: 1", ""),
    ("/hit/a/b/shield?style=flat-square", "counter: 1", "crispEdges"),
    ("/hit/a/b/shield?style=plastic", "counter: 1", "height=\"18\""),
    ("/hit/a/b/shield?style=flat-simple", "1", "height=\"20\""),
    ("/hit/a/b/shield?style=flat-square-simple", "1", "crispEdges"),
    ("/hit/a/b/shield?style=plastic-simple", "1", "height=\"18\""),
    ("/hit/a/b/shield?fontsize=11&font=verdana", "counter: 1", "Verdana"),
    ("/get/a/b/shield", "counter: 0", "#007ec6"),
];

#[test]
fn every_documented_parameter_means_what_it_meant() {
    for (path, words, drawn) in DOCUMENTED {
        let place = Place::file();
        let (said, source) = badge(&place.seen(), path);
        assert_eq!(said, *words, "{path}");
        assert!(source.contains(drawn), "{path}: {source}");
    }
}

#[test]
fn hits_sh_leads_to_the_counters_page() {
    let place = Place::file();
    let seen = place.seen();
    assert_eq!(says(&seen, "/github.com/me/mine.svg"), "hits: 1");
    for (path, up) in [("/github.com/me/mine/", "../../../"), ("/example.com/", "../")] {
        let answer = seen.get(path);
        assert_eq!(answer.status, 302, "{path}: {answer:?}");
        let there = answer.header("location").unwrap();
        let page = there.strip_prefix(up).unwrap_or_else(|| panic!("{path}: {there}"));
        let page = request("GET", &seen.url(&format!("/{page}")), &[("accept", "text/html")]);
        let expected = if path == "/example.com/" { 404 } else { 200 };
        assert_eq!(page.status, expected, "{path}: {there}");
    }
    for path in ["/nodot/page/", "/seen.js/", "/openapi.json/"] {
        assert_eq!(seen.get(path).status, 404, "{path}");
    }
}

/// dwyl's own snippet links its badge to `/USER/REPO`.
#[test]
fn a_link_to_a_repository_leads_to_the_counters_page() {
    let place = Place::file();
    let seen = place.seen();
    assert_eq!(says(&seen, "/me/mine.svg"), "hits: 1");
    for path in ["/me/mine", "/github.com/me/mine"] {
        let answer = seen.get(path);
        let up = "../".repeat(path.matches('/').count() - 1);
        let page = answer.header("location").and_then(|there| there.strip_prefix(&up));
        let page = page.unwrap_or_else(|| panic!("{path}: {answer:?}"));
        let page = request("GET", &seen.url(&format!("/{page}")), &[("accept", "text/html")]);
        assert_eq!(page.status, 200, "{path}: {page:?}");
    }
    for path in ["/me/others", "/hti/mine", "/.well-known/security.txt", "/robots.txt"] {
        assert_eq!(seen.get(path).status, 404, "{path}");
    }
}

/// A template whose name was not filled in.
#[test]
fn a_badge_without_a_name_is_refused() {
    let place = Place::file();
    let seen = place.seen();
    for path in [
        "/ghpvc/?username=",
        "/badge?page_id=",
        "/api/visitors?path=",
        "/api/count/incr/badge.svg?url=",
        "/counter/counter.php?page=",
        "/cmoe?name=",
        "/api?id=",
    ] {
        assert_eq!(seen.get(path).status, 400, "{path}");
    }
}

#[test]
fn komarevs_names_are_those_of_github() {
    let place = Place::file();
    let seen = place.seen();
    seen.get("/ghpvc/?username=Octocat");
    assert_eq!(says(&seen, "/ghpvc/?username=octocat"), "Profile views: 2");
    assert_eq!(seen.value("/get/github/octocat"), 2);
}

#[test]
fn seeyoufarms_daily_chart_is_drawn() {
    let place = Place::file();
    let seen = place.seen();
    let url = "url=https%3A%2F%2Fgithub.com%2Fme%2Fmine";
    seen.get(&format!("/api/count/incr/badge.svg?{url}"));
    let days = seen.get(&format!("/api/count/graph/dailyhits.svg?{url}"));
    assert_eq!(days.status, 200, "{days:?}");
    assert!(picture::says(&days).contains("1 view in 30 days"), "{days:?}");
}

/// A mistyped address suggests near ones, to people on a page and to programs in JSON.
#[test]
fn a_wrong_address_is_a_page_for_people_and_json_for_programs() {
    let place = Place::file();
    let seen = place.seen();
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for path in ["/nope", "/help", "/conter/a/b", "/hit", "/a/b/c/d"] {
        let page = request("GET", &seen.url(path), &browser);
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert!(page.body.contains("there is nothing at"), "{path}: {page:?}");
        let json = seen.get(path);
        assert_eq!(json.status, 404, "{path}");
        assert!(json.json()["error"].as_str().unwrap().contains(path), "{path}: {json:?}");
    }
    let near = seen.get("/conter/a/b").json();
    assert!(near["allowed"].as_str().unwrap().starts_with("/counter/{namespace}/{key}"), "{near}");
}

#[test]
fn komarevs_profile_views_go_on() {
    let place = Place::file();
    let seen = place.seen();
    let path = "/ghpvc/?username=octocat";
    assert_eq!(says(&seen, path), "Profile views: 1");
    let dressed = "&label=PROFILE+VIEWS&color=green&style=flat-square&base=12344&abbreviated=true";
    assert_eq!(says(&seen, &format!("{path}{dressed}")), "PROFILE VIEWS: 12.3K");
    assert_eq!(seen.value("/get/github/octocat"), 2);
}

#[test]
fn seeyoufarms_badges_count_and_keep() {
    let place = Place::file();
    let seen = place.seen();
    let url = "url=https%3A%2F%2Fgithub.com%2Fme%2Fmine&title=visits&edge_flat=false";
    assert_eq!(says(&seen, &format!("/api/count/incr/badge.svg?{url}")), "visits: 1 / 1");
    assert_eq!(says(&seen, &format!("/api/count/incr/badge.svg?{url}")), "visits: 2 / 2");
    assert_eq!(says(&seen, &format!("/api/count/keep/badge.svg?{url}")), "visits: 2 / 2");
    let moved = says(&seen, &format!("/api/count/keep/badge.svg?{url}&base=1000"));
    assert_eq!(moved, "visits: 2 / 1,002", "what was before was not today");
}

#[test]
fn visitor_badge_and_hits_sh_go_on() {
    let place = Place::file();
    let seen = place.seen();
    assert_eq!(says(&seen, "/badge?page_id=me.mine"), "visitors: 1");
    assert_eq!(says(&seen, "/badge?page_id=me.mine&left_text=seen"), "seen: 2");
    assert_eq!(seen.value("/get/visitor-badge/me.mine"), 2);
    assert_eq!(says(&seen, "/github.com/me/mine.svg"), "hits: 1");
    assert_eq!(says(&seen, "/github.com/me/mine.svg?view=today-total"), "hits: 2 / 2");
    assert_eq!(says(&seen, "/github.com/me/other.svg"), "hits: 1");
}

#[test]
fn abacus_shields_go_on() {
    let place = Place::file();
    let seen = place.seen();
    let look = "bgcolor=007ec6&textcolor=fff&text=counter&style=flat&fontsize=11&font=verdana";
    assert_eq!(says(&seen, &format!("/hit/site/page/shield?{look}")), "counter: 1");
    assert_eq!(says(&seen, &format!("/get/site/page/shield?{look}")), "counter: 1");
    assert_eq!(seen.value("/hit/site/shield"), 1, "a counter may be called so");
}

#[test]
fn a_path_that_only_resembles_an_alias_is_404() {
    let place = Place::file();
    let seen = place.seen();
    for path in ["/no_user/page.svg", "/hits/page.svg", "/page.svg", "/github.com/me/mine.png"] {
        assert_eq!(seen.get(path).status, 404, "{path}");
    }
    assert_eq!(seen.get("/ghpvc/").status, 400);
}

/// The switches of badges were ignored where the answer is JSON, and the hit counted.
#[test]
fn parameters_for_reading_do_not_count_in_json_either() {
    let place = Place::file();
    let seen = place.seen();
    for (path, first) in [
        ("/hit/site/page", "\"value\":1}"),
        ("/hit/site/other/shields.json", "\"message\":\"1\""),
        ("/api/v1/hit/site/third", "\"value\":1}"),
        ("/me/mine.json", "\"message\":\"1\""),
    ] {
        assert_eq!(seen.get(&format!("{path}?hit=maybe")).status, 400, "{path}");
        for only in ["hit=0", "readonly=1", "query_only=true"] {
            seen.get(&format!("{path}?{only}"));
        }
        let counted = seen.get(path).body;
        assert!(counted.contains(first), "{path}: {counted}");
        for only in ["hit=0", "readonly"] {
            assert_eq!(seen.get(&format!("{path}?{only}")).body, counted, "{path}?{only}");
        }
    }
    assert_eq!(request("POST", &seen.url("/hit/site/page?hit=0"), &[]).value(), Some(1));
    assert_eq!(seen.value("/hit/site/page?hit=1"), 2);
}

#[test]
fn parameters_for_reading_do_not_count() {
    let place = Place::file();
    let seen = place.seen();
    for path in ["/badge?page_id=x", "/ghpvc/?username=x", "/example.com/x.svg?a"] {
        assert_eq!(seen.get(&format!("{path}&hit=maybe")).status, 400, "{path}");
        for only in ["hit=0", "readonly=1", "query_only=true"] {
            seen.get(&format!("{path}&{only}"));
        }
        let counted = seen.get(path).body;
        assert!(counted.contains(">1<"), "{path}: {counted}");
    }
}
