//! An Abacus user's requests and the answers they expect. Where Abacus' documents and code
//! disagree, seen follows the documents.

mod common;

use common::{Answer, Place, Seen, request};

fn send(seen: &Seen, method: &str, path: &str, token: Option<&str>) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer.iter().map(|b| ("authorization", b.as_str())).collect();
    request(method, &seen.url(path), &headers)
}

/// Creates a counter and returns its token.
fn create(seen: &Seen, path: &str) -> String {
    let answer = seen.get(path);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["admin_key"].as_str().unwrap().to_owned()
}

fn a_counter_lives_as_its_owner_says(place: Place) {
    let seen = place.seen();
    let created = seen.get("/create/myapp/newcounter?initializer=10");
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.header("cache-control"), Some("no-store"));
    let body = created.json();
    assert_eq!(body["key"], "newcounter");
    assert_eq!(body["namespace"], "myapp");
    assert_eq!(body["value"], 10);
    let token = body["admin_key"].as_str().unwrap();
    let post = |path: &str| send(&seen, "POST", path, Some(token));

    assert_eq!(seen.get("/create/myapp/newcounter").status, 409);
    assert_eq!(seen.value("/hit/myapp/newcounter"), 11);
    assert_eq!(post("/set/myapp/newcounter?value=15").value(), Some(15));
    assert_eq!(post("/update/myapp/newcounter?value=5").value(), Some(20));
    assert_eq!(post("/update/myapp/newcounter?amount=-30").value(), Some(-10));
    assert_eq!(seen.value("/get/myapp/newcounter"), -10);
    assert_eq!(post("/reset/myapp/newcounter").value(), Some(0));
    let deleted = post("/delete/myapp/newcounter");
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert_eq!(deleted.json()["status"], "ok");
    assert_eq!(seen.get("/get/myapp/newcounter").status, 404);
    for path in ["/set/myapp/newcounter?value=1", "/update/myapp/newcounter?value=1"] {
        assert_eq!(post(path).status, 404, "{path}");
    }
    assert_eq!(post("/reset/myapp/newcounter").status, 404);
    assert_eq!(post("/delete/myapp/newcounter").status, 404);
}

/// Abacus keeps the token of a deleted counter, so the next person who hits that name makes a
/// counter that belongs to a stranger.
fn a_token_ends_with_its_counter(place: Place) {
    let seen = place.seen();
    let token = create(&seen, "/create/site/page");
    assert_eq!(send(&seen, "DELETE", "/delete/site/page", Some(&token)).status, 200);
    assert_eq!(seen.value("/hit/site/page"), 1);
    assert_eq!(send(&seen, "POST", "/reset/site/page", Some(&token)).status, 401);
    assert_eq!(seen.value("/get/site/page"), 1);
}

fn only_the_owner_changes_a_counter(place: Place) {
    let seen = place.seen();
    let token = create(&seen, "/create/site/mine");
    let other = create(&seen, "/create/site/other");
    seen.get("/hit/site/free");
    for (path, token) in [
        ("/set/site/mine?value=7", None),
        ("/set/site/mine?value=7", Some("nonsense")),
        ("/set/site/mine?value=7", Some(other.as_str())),
        ("/delete/site/mine", Some(other.as_str())),
        ("/rotate/site/mine", Some(other.as_str())),
        ("/configure/site/mine?dedupe=1m", None),
        // A hit created this one, so it has no owner.
        ("/reset/site/free", Some(token.as_str())),
    ] {
        let answer = send(&seen, "POST", path, token);
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
        assert!(answer.json()["error"].is_string(), "{path}");
    }
    // A token in a URL ends up in logs.
    let in_url = send(&seen, "POST", &format!("/set/site/mine?value=7&token={token}"), None);
    assert_eq!(in_url.status, 401);
    assert_eq!(seen.value("/get/site/mine"), 0);
    // Crawlers follow links, so a GET changes nothing.
    assert_eq!(send(&seen, "GET", "/set/site/mine?value=7", Some(&token)).status, 405);
    assert_eq!(send(&seen, "HEAD", "/create/site/fresh", None).status, 405);
    assert_eq!(seen.get("/get/site/fresh").status, 404);
}

fn a_lost_token_is_replaced_by_the_instance(place: Place) {
    let secret = "the-token-of-the-instance";
    let mut command = common::command(&["--store", &place.store()]);
    command.env("SEEN_TOKEN", secret);
    let seen = Seen::spawn(command);
    let first = create(&seen, "/create/site/page");
    let answer = send(&seen, "POST", "/rotate/site/page", Some(&first));
    let second = answer.json()["admin_key"].as_str().unwrap().to_owned();
    assert_eq!(send(&seen, "POST", "/reset/site/page", Some(&first)).status, 401);
    assert_eq!(send(&seen, "POST", "/reset/site/page", Some(&second)).status, 200);
    let third = send(&seen, "POST", "/rotate/site/page", Some(secret)).json();
    let third = third["admin_key"].as_str().unwrap().to_owned();
    assert_eq!(send(&seen, "POST", "/reset/site/page", Some(&second)).status, 401);
    assert_eq!(send(&seen, "POST", "/reset/site/page", Some(&third)).status, 200);
    assert_eq!(send(&seen, "POST", "/set/site/page?value=3", Some(secret)).value(), Some(3));
}

fn info_describes_the_counter(place: Place) {
    let seen = place.seen();
    let token = create(&seen, "/create/site/page?initializer=5");
    seen.get("/hit/site/page");
    let bot = [("user-agent", "Googlebot/2.1")];
    request("GET", &seen.url("/hit/site/page"), &bot);
    let configured = send(&seen, "PATCH", "/configure/site/page?dedupe=30m", Some(&token));
    assert_eq!(configured.json()["dedupe"], 1800, "{configured:?}");
    let info = seen.get("/info/site/page").json();
    assert_eq!(info["value"], 7, "{info}");
    assert_eq!(info["full_key"], "K:site:page");
    assert_eq!(info["is_genuine"], false);
    assert_eq!(info["exists"], true);
    assert_eq!(info["expires_str"], "never");
    assert_eq!(info["sources"], serde_json::json!({"browser": 1, "bot": 1}));
    assert_eq!(
        (&info["today"], &info["human"], &info["unique_today"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!(info["settings"]["dedupe"], 1800);
    let missing = seen.get("/info/site/missing");
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json()["value"], -1);
    assert_eq!(missing.json()["exists"], false);
}

/// Abacus' documents show the short form, but its server has no route for it.
fn one_segment_is_the_default_namespace(place: Place) {
    let seen = place.seen();
    assert_eq!(seen.value("/hit/alone"), 1);
    assert_eq!(seen.value("/get/default/alone"), 1);
    assert_eq!(seen.get("/info/alone").json()["full_key"], "K:default:alone");
    let token = create(&seen, "/create/other");
    assert_eq!(send(&seen, "POST", "/set/other?value=4", Some(&token)).value(), Some(4));
    assert_eq!(seen.value("/get/default/other"), 4);
}

fn create_without_a_name_chooses_a_free_one(place: Place) {
    let seen = place.seen();
    let (one, other) = (seen.get("/create/").json(), seen.get("/create").json());
    assert_ne!(one["key"], other["key"]);
    let text = |field: &str| one[field].as_str().unwrap().to_owned();
    let path = format!("/hit/{}/{}", text("namespace"), text("key"));
    assert_eq!(seen.value(&path), 1);
}

fn an_invalid_number_is_named_in_the_error(place: Place) {
    let seen = place.seen();
    let token = create(&seen, "/create/site/page");
    for (path, named) in [
        ("/set/site/page", "value is missing"),
        ("/set/site/page?value=x", "value is"),
        ("/set/site/page?value=1.5", "value is"),
        ("/set/site/page?value=9007199254740992", "9007199254740992"),
        ("/set/site/page?value=-9223372036854775808", "-9223372036854775808"),
        ("/update/site/page?value=99999999999999999999", "value is"),
        ("/configure/site/page?dedupe=25h", "dedupe"),
        ("/configure/site/page?update_upperbound=-1", "update_upperbound"),
    ] {
        let answer = send(&seen, "POST", path, Some(&token));
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert!(answer.json()["error"].as_str().unwrap().contains(named), "{path}: {answer:?}");
    }
    assert_eq!(seen.get("/create/site/more?initializer=x").status, 400);
    let set = send(&seen, "POST", "/set/site/page?value=9007199254740991", Some(&token));
    assert_eq!(set.value(), Some(9_007_199_254_740_991));
    assert_eq!(send(&seen, "POST", "/update/site/page?value=1", Some(&token)).status, 409);
}

fn stats_count_requests_and_name_no_counter(place: Place) {
    let seen = place.seen();
    create(&seen, "/create/secret-site/secret-page");
    seen.get("/hit/secret-site/secret-page");
    let stats = seen.get("/stats");
    assert!(!stats.body.contains("secret"), "{stats:?}");
    let stats = stats.json();
    assert_eq!(stats["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(stats["commands"]["hit"], 1);
    assert_eq!(stats["commands"]["create"], 1);
}

on_every_store! {
    a_counter_lives_as_its_owner_says
    a_token_ends_with_its_counter
    only_the_owner_changes_a_counter
    a_lost_token_is_replaced_by_the_instance
    info_describes_the_counter
    one_segment_is_the_default_namespace
    create_without_a_name_chooses_a_free_one
    an_invalid_number_is_named_in_the_error
    stats_count_requests_and_name_no_counter
}
