//! Links to badge services that are gone: only the host name changes.

mod common;

use common::{Place, Seen, picture};

/// The words of the badge at a path.
fn says(seen: &Seen, path: &str) -> String {
    let badge = seen.get(path);
    assert_eq!(badge.status, 200, "{path}: {badge:?}");
    picture::assert_never_kept(&badge);
    picture::says(&badge)
}

#[test]
fn komarevs_profile_views_go_on() {
    let place = Place::file();
    let seen = place.seen();
    let path = "/ghpvc/?username=octocat";
    assert_eq!(says(&seen, path), "Profile views: 1");
    let dressed = "&label=PROFILE+VIEWS&color=green&style=flat-square&base=12344&abbreviated=true";
    assert_eq!(says(&seen, &format!("{path}{dressed}")), "PROFILE VIEWS: 12.3k");
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
fn what_only_looks_like_one_is_not_found() {
    let place = Place::file();
    let seen = place.seen();
    for path in ["/nodot/page.svg", "/page.svg", "/github.com/me/mine.png", "/.svg"] {
        assert_eq!(seen.get(path).status, 404, "{path}");
    }
    assert_eq!(seen.get("/ghpvc/").status, 400);
    assert_eq!(seen.get("/badge?page_id=").status, 200);
}

#[test]
fn whoever_only_asks_is_not_counted() {
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
