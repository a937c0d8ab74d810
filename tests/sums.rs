//! `/sum/{namespace}`: the counters of a site added up, for those who may list them.

mod common;

use common::{Answer, Place, Seen, request, wait_until};

fn owned(seen: &Seen, method: &str, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    request(method, &seen.url(path), &[("authorization", &bearer)])
}

/// Claims a site in which every hit creates; returns its token.
fn site(seen: &Seen) -> String {
    let claimed = request("PUT", &seen.url("/namespaces/site"), &[]);
    let token = claimed.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(owned(seen, "PATCH", "/namespaces/site?open=1", &token).status, 200);
    token
}

/// Hits its pages: three times by a browser and twice by a bot.
fn hit(seen: &Seen) {
    let bot = "Googlebot/2.1 (+http://www.google.com/bot.html)";
    for (page, agent) in [("a", "one"), ("a", "two"), ("b", "one"), ("b", bot), ("c", bot)] {
        let url = seen.url(&format!("/hit/site/{page}"));
        assert_eq!(request("GET", &url, &[("user-agent", agent)]).status, 200);
    }
}

fn a_public_site_tells_its_sum_in_every_form(place: Place) {
    let seen = place.seen();
    let token = site(&seen);
    hit(&seen);
    // A site's counter of another service: its hits are in a page's counter too.
    let headers = [("x-bsz-referer", "http://site/a"), ("user-agent", "three")];
    assert_eq!(request("POST", &seen.url("/api"), &headers).status, 200);
    assert_eq!(seen.value("/get/site/.site"), 1);
    assert_eq!(owned(&seen, "PATCH", "/namespaces/site?public=1", &token).status, 200);
    for (query, value) in [
        ("", 6),
        ("?count=total", 6),
        ("?count=today", 6),
        ("?count=ToDay", 6),
        ("?count=7d", 6),
        ("?count=30d", 6),
        ("?count=best-day", 6),
        ("?count=human", 4),
        // The sum of the pages' uniques: a visitor of two pages is in it twice.
        ("?count=unique", 4),
        ("?count=unique-7d", 4),
    ] {
        assert_eq!(seen.value(&format!("/sum/site{query}")), value, "{query}");
    }
    assert_eq!(seen.get("/sum/site?callback=f").body, "/**/f({\"value\":6});");
    assert_eq!(seen.get("/sum/site?count=week").status, 400);

    let badge = seen.get("/sum/site/badge.svg?label=all&count=today-total");
    assert_eq!(badge.header("content-type"), Some("image/svg+xml; charset=utf-8"));
    assert!(badge.body.contains("all: 6 / 6"), "{badge:?}");
    let png = seen.get("/sum/site/badge.png?label=all&count=today-total");
    assert_eq!(png.bytes, common::picture::png("all", "6 / 6"));
    let chart = seen.get("/sum/site/chart.svg?days=7");
    assert!(chart.body.contains("site: 6 views in 7 days"), "{chart:?}");
    let endpoint = seen.get("/sum/site/shields.json?count=30d").json();
    assert_eq!((&endpoint["label"], &endpoint["message"]), (&"views".into(), &"6".into()));
    let history = seen.get("/sum/site/history").json();
    assert_eq!(history["namespace"], "site");
    assert!(history.get("key").is_none(), "{history}");
    let points = history["points"].as_array().unwrap();
    assert_eq!(
        (points.len(), &points[29]["hits"], &points[29]["uniques"]),
        (30, &6.into(), &4.into())
    );

    // A later hit is soon in it, and a deletion too.
    seen.get("/hit/site/d");
    wait_until("the sum has the hit", || seen.value("/sum/site") == 7);
    assert_eq!(owned(&seen, "POST", "/delete/site/a", &token).status, 200);
    wait_until("the sum is without the page", || seen.value("/sum/site") == 4);
}

fn the_sum_of_a_private_site_is_its_owners(place: Place) {
    let seen = place.seen();
    let token = site(&seen);
    hit(&seen);
    for form in ["", "/badge.svg", "/badge.png", "/chart.svg", "/shields.json", "/history"] {
        let path = format!("/sum/site{form}");
        let refused = seen.get(&path);
        assert_eq!(refused.status, 401, "{refused:?}");
        assert_eq!(form.ends_with(".svg"), refused.body.starts_with("<svg"), "{refused:?}");
        assert_eq!(owned(&seen, "GET", &path, "nonsense").status, 401);
        assert_eq!(owned(&seen, "GET", &path, &token).status, 200, "{form}");
    }
    // Nobody can read the sum of a site without owner; a site without counters answers 0.
    seen.get("/hit/other/page");
    assert_eq!(seen.get("/sum/other").status, 401);
    assert_eq!(seen.get("/sum/no%20name").status, 400);
    owned(&seen, "PATCH", "/namespaces/site?public=1", &token);
    assert_eq!(seen.value("/sum/site"), 5);
    owned(&seen, "PATCH", "/namespaces/site?public=0", &token);
    assert_eq!(seen.get("/sum/site").status, 401, "what is kept is told to nobody else");
}

on_every_store! {
    a_public_site_tells_its_sum_in_every_form
    the_sum_of_a_private_site_is_its_owners
}
