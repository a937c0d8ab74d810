//! A site with an owner, and the limits of everybody else there.

mod common;

use common::{Answer, Place, Seen, command, request, wait_until};
use serde_json::json;

fn send(seen: &Seen, method: &str, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let headers = if token.is_empty() { &[][..] } else { &headers[..] };
    request(method, &seen.url(path), headers)
}

fn claim(seen: &Seen, namespace: &str, token: &str) -> String {
    let answer = send(seen, "PUT", &format!("/namespaces/{namespace}"), token);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Lets every hit create counters in an owned namespace.
fn open(seen: &Seen, namespace: &str, token: &str) {
    let answer = send(seen, "PATCH", &format!("/namespaces/{namespace}?open=1"), token);
    assert_eq!(answer.json()["open"], true, "{answer:?}");
}

/// A stranger's hits once filled an owner's namespace with counters.
fn a_strangers_hit_creates_nothing_in_an_owned_namespace(place: Place) {
    let seen = place.seen();
    let token = claim(&seen, "site", "");
    let refused = seen.get("/hit/site/page");
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.contains("/namespaces/site?open=1"), "{refused:?}");
    let badge = seen.get("/hit/site/page/badge.svg");
    assert!(badge.status == 403 && badge.body.starts_with("<svg"), "{badge:?}");
    assert_eq!(seen.get("/get/site/page").status, 404);
    // Counters that the owner creates count for everybody.
    assert_eq!(send(&seen, "POST", "/create/site/page", &token).status, 201);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(send(&seen, "PATCH", "/namespaces/site?open=1", "").status, 401);
    assert_eq!(send(&seen, "PATCH", "/namespaces/site", &token).status, 400);
    open(&seen, "site", &token);
    assert_eq!(seen.value("/hit/site/other"), 1);
    let closed = send(&seen, "PATCH", "/namespaces/site?open=0", &token).json();
    assert_eq!((&closed["open"], &closed["public"]), (&json!(false), &json!(false)));
    assert_eq!(seen.get("/hit/site/third").status, 403);
    // Once released, the namespace is open to every hit again.
    send(&seen, "DELETE", "/namespaces/site/token", &token);
    assert_eq!(seen.value("/hit/site/third"), 1);
}

fn a_site_is_claimed_once(place: Place) {
    let seen = place.seen();
    let token = claim(&seen, "site", "");
    assert_eq!(send(&seen, "PUT", "/namespaces/site", "").status, 409);
    let shown = seen.get("/namespaces/site").json();
    let expected = json!({
        "namespace": "site", "counters": 0, "owned": true, "public": false, "open": false,
    });
    assert_eq!(shown, expected);
    // Counters exist there, so a stranger cannot claim it.
    seen.get("/hit/used/page");
    assert_eq!(send(&seen, "PUT", "/namespaces/used", "").status, 401);

    let rotated = send(&seen, "POST", "/namespaces/site/token", &token).json();
    let second = rotated["token"].as_str().unwrap();
    assert_eq!(send(&seen, "DELETE", "/namespaces/site/token", &token).status, 401);
    let released = send(&seen, "DELETE", "/namespaces/site/token", second);
    assert_eq!(released.json()["owned"], false, "{released:?}");
    claim(&seen, "site", "");
}

fn its_owner_changes_every_counter_of_it(place: Place) {
    let seen = place.seen();
    let token = claim(&seen, "site", "");
    open(&seen, "site", &token);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(send(&seen, "GET", "/create/site/new", "").status, 401, "only its owner creates");
    assert_eq!(send(&seen, "GET", "/create/site/new", &token).status, 201);
    assert_eq!(send(&seen, "POST", "/set/site/page?value=9", &token).value(), Some(9));
    assert_eq!(send(&seen, "POST", "/set/site/page?value=8", "nonsense").status, 401);
    assert_eq!(send(&seen, "DELETE", "/namespaces/site", "nonsense").status, 401);
    assert_eq!(send(&seen, "DELETE", "/namespaces/site", &token).status, 204);
    assert_eq!(seen.get("/get/site/page").status, 404);
    assert_eq!(seen.get("/namespaces/site").json()["owned"], false);
}

/// A site's list of pages is private unless the owner publishes it.
fn the_list_of_counters_is_the_owners(place: Place) {
    let seen = place.seen();
    let token = claim(&seen, "site", "");
    open(&seen, "site", &token);
    for (key, hits) in [("a", 2), ("b", 3), ("c", 1)] {
        (0..hits).for_each(|_| drop(seen.get(&format!("/hit/site/{key}"))));
    }
    let list = "/namespaces/site/counters?limit=2";
    assert_eq!(send(&seen, "GET", list, "").status, 401);
    let refused = send(&seen, "GET", list, "nonsense");
    let allowed = "Authorization: Bearer and the token of the namespace or of the instance";
    assert_eq!((refused.status, refused.json()["allowed"].as_str()), (401, Some(allowed)));
    let expected = json!({
        "namespace": "site",
        "counters": [{"key": "b", "value": 3}, {"key": "a", "value": 2}],
        "next": 2,
    });
    assert_eq!(send(&seen, "GET", list, &token).json(), expected);
    let last = send(&seen, "GET", "/namespaces/site/counters?limit=2&offset=2", &token).json();
    assert_eq!(
        (&last["counters"], &last["next"]),
        (&json!([{"key": "c", "value": 1}]), &json!(null))
    );
    let deepest = send(&seen, "GET", "/namespaces/site/counters?offset=10000", &token).json();
    assert_eq!((&deepest["counters"], &deepest["next"]), (&json!([]), &json!(null)));
    assert_eq!(send(&seen, "PATCH", "/namespaces/site?public=1", "").status, 401);
    let public = send(&seen, "PATCH", "/namespaces/site?public=1", &token);
    assert_eq!(public.json()["public"], true, "{public:?}");
    assert_eq!(seen.get(list).json(), expected);
    for bad in ["limit=0", "limit=1001", "limit=x", "offset=-1", "offset=10001"] {
        assert_eq!(seen.get(&format!("/namespaces/site/counters?{bad}")).status, 400, "{bad}");
    }
}

/// Strangers learn how a site gets an owner.
fn a_page_without_an_owner_says_who_may_claim_it(place: Place) {
    let seen = place.seen();
    let claim = "namespaces/new'</code>";
    let empty = seen.get("/counter/new");
    assert!(empty.body.contains("Nobody owns this site yet."), "{empty:?}");
    assert!(empty.body.contains(claim), "{empty:?}");
    seen.value("/hit/new/page");
    let used = seen.get("/counter/new");
    assert!(used.body.contains("It has counters already"), "{used:?}");
    assert!(!used.body.contains(claim), "{used:?}");
    let refused = send(&seen, "PUT", "/namespaces/new", "");
    let allowed = "Authorization: Bearer and the token of the instance";
    assert_eq!((refused.status, refused.json()["allowed"].as_str()), (401, Some(allowed)));
}

/// The first view of a site's first page.
fn one_is_not_called_several(place: Place) {
    let seen = place.seen();
    let token = claim(&seen, "site", "");
    open(&seen, "site", &token);
    seen.value("/hit/site/page");
    let page = send(&seen, "GET", "/counter/site", &token);
    assert!(page.body.contains("<strong>1</strong> view</p>"), "{page:?}");
    assert!(page.body.contains("<title>site: 1 view</title>"), "{page:?}");
    assert!(page.body.contains("One page."), "{page:?}");
}

/// The same list as a page; to strangers it explains what to do.
fn the_page_of_a_namespace_is_its_list(place: Place) {
    let seen = place.seen();
    let token = claim(&seen, "site", "");
    open(&seen, "site", &token);
    for (key, hits) in [("a", 2), ("b", 3), ("c", 1)] {
        (0..hits).for_each(|_| drop(seen.get(&format!("/hit/site/{key}"))));
    }
    let private = seen.get("/counter/site");
    assert_eq!((private.status, private.header("www-authenticate")), (401, Some("Bearer")));
    assert!(private.body.contains("is private"), "{private:?}");
    assert!(private.body.contains("/namespaces/site?public=1"), "{private:?}");
    assert!(!private.body.contains("/counter/site/a"), "{private:?}");
    assert_eq!(send(&seen, "GET", "/counter/site", &token).status, 200);
    assert_eq!(send(&seen, "PATCH", "/namespaces/site?public=1", &token).status, 200);

    // Follow its links to the last page.
    let (mut path, mut found) = ("/counter/site?limit=2".to_owned(), Vec::new());
    loop {
        let page = seen.get(&path);
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("<strong>6</strong> views"), "{page:?}");
        assert!(page.body.contains("/sum/site/badge.svg"), "{page:?}");
        for row in page.body.split("<tr><th scope=\"row\"><a href=\"/counter/site/").skip(1) {
            let text: String = row.split("</tr>").next().unwrap().into();
            let key = text.split('"').next().unwrap();
            let hits = text.split("<td data-value=\"").nth(1).unwrap().split('"').next().unwrap();
            found.push(format!("{key} {hits}"));
        }
        let link = page.body.split("<a href=\"").find(|link| link.contains("Smaller ones"));
        let Some(link) = link else { break };
        path = link.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!(found, ["b 3", "a 2", "c 1"]);
    let last = seen.get("/counter/site?limit=2&offset=2").body;
    assert!(last.contains("offset=0&amp;limit=2\">Larger ones"), "{last}");
    assert!(seen.get("/counter/site/a").body.contains("<a href=\"/counter/site\">"));
    assert_eq!(seen.get("/counter/site?limit=0").status, 400);
    assert_eq!(seen.get("/counter/nobody").status, 401, "whether it exists is not told");
}

fn in_private_mode_strangers_get_no_counters(place: Place) {
    let mut command = common::command(&["--store", &place.store(), "--mode", "private"]);
    command.env("SEEN_TOKEN", "the-token-of-the-instance");
    let seen = Seen::spawn(command);
    let refused = seen.get("/hit/site/page");
    let allowed =
        "a counter that exists: here only /create/site/page, with the instance's token, makes one";
    assert_eq!((refused.status, refused.json()["allowed"].as_str()), (404, Some(allowed)));
    assert_eq!(seen.get("/create/site/page").status, 401);
    let command = "--request POST --header &#34;Authorization: Bearer $TOKEN&#34; &#39;";
    assert_pages_say_how_to_create(&seen, command);
    assert_eq!(send(&seen, "PUT", "/namespaces/site", "").status, 401);
    let page = seen.get("/counter/site");
    assert!(!page.body.contains("The command that claims it"), "{page:?}");
    let token = claim(&seen, "site", "the-token-of-the-instance");
    assert_eq!(seen.get("/hit/site/page").status, 403);
    open(&seen, "site", &token);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(send(&seen, "POST", "/reset/site/page", &token).value(), Some(0));
}

/// The front page and the builder promised that a view creates a counter, where it is refused.
fn assert_pages_say_how_to_create(seen: &Seen, command: &str) {
    for path in ["/", "/builder"] {
        let page = request("GET", &seen.url(path), &[("accept", "text/html")]);
        assert_eq!(page.status, 200, "{page:?}");
        assert!(!page.body.contains("first view creates"), "{page:?}");
        assert!(page.body.contains("a view does not create the counter"), "{page:?}");
        let create = format!("{command}{}/create/my-site/home&#39;", seen.url(""));
        assert!(page.body.contains(&create), "no {create} in {page:?}");
    }
}

fn in_create_mode_a_hit_creates_nothing(place: Place) {
    let seen = place.seen_with(&["--mode", "create"]);
    let refused = seen.get("/hit/site/page");
    let allowed = "a counter that exists: here only /create/site/page makes one";
    assert_eq!((refused.status, refused.json()["allowed"].as_str()), (404, Some(allowed)));
    let waiting = seen.get("/counter/site/page");
    assert!(waiting.body.contains("<code>POST /create/site/page</code>"), "{waiting:?}");
    assert_pages_say_how_to_create(&seen, "--request POST &#39;");
    // Nobody has made the front page's counter, which is the same for a person and a program.
    let json = request("GET", &seen.url("/"), &[("accept", "application/json")]);
    assert_eq!((json.status, json.value()), (200, Some(0)), "{json:?}");
    let text = seen.get("/");
    let sentence = "Hello World! I have been seen 0 times.\n";
    assert_eq!((text.status, text.body.as_str()), (200, sentence), "{text:?}");
    assert_eq!(seen.get("/create/site/page").status, 201);
    assert_eq!(seen.value("/hit/site/page"), 1);
}

/// The owner sets the window, and each counter has its own. seeyoufarm lost hits because all
/// badges shared one.
fn a_visitor_who_reloads_counts_once(place: Place) {
    let seen = place.seen();
    let created = seen.get("/create/site/page?dedupe=30m").json();
    let token = created["admin_key"].as_str().unwrap();
    let visit = |path: &str, agent: &str| {
        request("GET", &seen.url(path), &[("user-agent", agent)]).value().unwrap()
    };
    assert_eq!(visit("/hit/site/page", "one"), 1);
    assert_eq!(visit("/hit/site/page", "one"), 1);
    assert_eq!(visit("/hit/site/page", "two"), 2);
    assert_eq!([visit("/hit/site/other", "one"), visit("/hit/site/other", "one")], [1, 2]);
    let misspelt = send(&seen, "POST", "/configure/site/page?dedup=off", token);
    assert_eq!(misspelt.status, 400, "{misspelt:?}");
    send(&seen, "POST", "/configure/site/page?dedupe=off", token);
    assert_eq!(visit("/hit/site/page", "one"), 3);
}

fn a_repeated_hit_gets_the_same_number(place: Place) {
    let seen = place.seen();
    let hit =
        |id: &str| request("POST", &seen.url("/hit/site/page"), &[("idempotency-key", id)]).value();
    assert_eq!([hit("a"), hit("b"), hit("a")], [Some(1), Some(2), Some(1)]);
    assert_eq!(seen.value("/hit/site/page?id=b"), 2);
    assert_eq!(seen.value("/get/site/page"), 2);
}

/// The answer to a deletion that took too long blamed the store.
fn a_large_site_is_deleted_by_as_many_requests_as_it_takes(place: Place) {
    const TOKEN: &str = "f3c0a9d2718e4b65b1d07e9a";
    let counter =
        |n| format!("{{\"kind\":\"counter\",\"namespace\":\"site\",\"key\":\"{n}\",\"total\":1}}");
    let lines: Vec<String> = (0..8000).map(counter).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    let import = ["import", "--store", &place.store(), file.path().to_str().unwrap()];
    assert!(command(&import).status().unwrap().success());
    let seen = place.seen_with(&["--deadline", "100ms", "--token", TOKEN]);
    let (mut requests, mut left) = (0, 8000);
    loop {
        let answer = send(&seen, "DELETE", "/namespaces/site", TOKEN);
        requests += 1;
        if answer.status == 204 {
            break;
        }
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.body.contains("the same request again"), "{answer:?}");
        let counters = || seen.get("/namespaces/site").json()["counters"].as_u64();
        wait_until("the store answers", || counters().is_some());
        let now = counters().unwrap_or(left);
        assert!(now <= left && requests < 1000, "{now} of {left} after {requests} requests");
        left = now;
    }
    assert!(requests > 1, "one request has time for all of it");
    assert_eq!(seen.get("/namespaces/site").json()["counters"], 0);
    assert_eq!(seen.get("/get/site/7999").status, 404);
}

on_every_store! {
    a_strangers_hit_creates_nothing_in_an_owned_namespace
    a_site_is_claimed_once
    its_owner_changes_every_counter_of_it
    the_list_of_counters_is_the_owners
    a_page_without_an_owner_says_who_may_claim_it
    one_is_not_called_several
    the_page_of_a_namespace_is_its_list
    in_private_mode_strangers_get_no_counters
    in_create_mode_a_hit_creates_nothing
    a_visitor_who_reloads_counts_once
    a_repeated_hit_gets_the_same_number
    a_large_site_is_deleted_by_as_many_requests_as_it_takes
}

/// Each deletion took what it had found from the number of all counters, and the cap was that much
/// too high from then on.
#[test]
fn counters_that_two_delete_at_once_are_gone_once() {
    const TOKEN: &str = "f3c0a9d2718e4b65b1d07e9a";
    let redis = common::redis::Redis::durable();
    let seen = Seen::start(&["--store", &redis.url(), "--token", TOKEN]);
    for round in 0..5 {
        for n in 0..50 {
            assert_eq!(seen.value(&format!("/hit/site/{n}")), 1);
        }
        let (url, token) = (seen.url("/namespaces/site"), format!("Bearer {TOKEN}"));
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| request("DELETE", &url, &[("authorization", &token)]));
            }
        });
        assert_eq!(redis.ask(&["get", "seen:counters"]), "0", "round {round}");
    }
}
