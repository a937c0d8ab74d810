//! `seen.js` in pages of another origin.

use serde_json::json;

use crate::common::{Place, Seen, wait_until};
use crate::driver::Browser;
use crate::site::Site;

/// A site whose pages hold these spans and the script.
fn site(seen: &Seen, spans: &str) -> Site {
    let script = seen.url("/seen.js");
    Site::page(&format!("{spans}<script async src=\"{script}\"></script>"))
}

fn text(id: &str) -> String {
    format!("document.querySelector('#{id}').textContent")
}

/// The pages' requests to seen since the last call, without the script's own.
fn asked(browser: &Browser, seen: &Seen) -> Vec<String> {
    let origin = seen.url("");
    let asked = browser.requests().into_iter().filter(|request| request.contains(&origin));
    let asked = asked.map(|request| request.replace(&origin, ""));
    let mut asked: Vec<_> = asked.filter(|request| request != "GET /seen.js").collect();
    asked.sort();
    asked
}

fn streams(seen: &Seen) -> usize {
    let metrics = seen.get("/metrics").body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("seen_streams "));
    line.expect("a metric").parse().expect("a number")
}

#[test]
fn a_view_counts_once_however_many_spans_show_it() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    seen.value("/hit/other/page");
    let site = site(
        &seen,
        "<b id=one data-seen=my/page>-</b><b id=two data-seen=my/page>-</b>\
         <b id=read data-seen=other/page data-seen-hit=0>-</b>\
         <b id=none data-seen=no/such data-seen-hit=0>none</b><b id=here data-seen>-</b>",
    );
    for (views, path) in [(1, "/one"), (2, "/two")] {
        browser.open(&site.url(path));
        for id in ["one", "two"] {
            browser.wait(&text(id), views.to_string());
        }
        browser.wait(&text("read"), "1");
        browser.wait(&text("here"), "1");
        let expected = [
            "GET /get/no/such",
            "GET /get/other/page",
            "GET /hit/my/page",
            &format!("GET /hit/site.test{path}"),
        ];
        assert_eq!(asked(&browser, &seen), expected);
        browser.wait(&text("none"), "0");
    }
    assert_eq!(seen.value("/get/other/page"), 1, "data-seen-hit=0 only reads");

    // A change of path without a load is a view; a change of fragment is not.
    browser.run("history.pushState({}, '', '/three')");
    browser.wait(&text("here"), "1");
    browser.wait(&text("one"), "3");
    browser.run("history.pushState({}, '', '/three?a=b#c'); location.hash = 'd'");
    browser.run("history.back(); history.back()");
    browser
        .run("document.body.insertAdjacentHTML('beforeend', '<b id=late data-seen=my/late>-</b>')");
    browser.wait(&text("late"), "1");
    assert_eq!(seen.value("/get/my/page"), 3);
    assert_eq!(seen.value("/get/site.test/three"), 1);

    // So is one that replaces the entry, as routers do to redirect.
    browser.run("history.replaceState({}, '', '/four')");
    browser.wait(&text("one"), "4");
    browser.run("history.replaceState({}, '', '/four?a=b')");
    browser.run("history.pushState({}, '', '/five')");
    browser.wait(&text("one"), "5");
    assert_eq!(seen.value("/get/site.test/four"), 1);
}

/// Frameworks change the address first, and the page a little later: the page that was left
/// counted again, and a span that was used again never for the new page. Some put the script
/// beside every number.
#[test]
fn the_pages_of_a_framework_count_once_each() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let again = format!("<script async src=\"{}\"></script>", seen.url("/seen.js"));
    let site = site(&seen, &format!("<b id=it data-seen=spa/a>-</b>{again}"));
    browser.open(&site.url("/a"));
    browser.wait(&text("it"), "1");
    let later = "setTimeout(() => { document.querySelector('#it').dataset.seen = 'spa/b'; }, 30)";
    browser.run(&format!("history.pushState({{}}, '', '/b'); {later}"));
    wait_until("a view of the new page", || seen.get("/get/spa/b").status == 200);
    // The same page, by its key.
    browser.run("history.replaceState({}, '', '/b/')");
    browser.run(&format!("document.body.insertAdjacentHTML('beforeend', {:?})", again));
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!((seen.value("/get/spa/a"), seen.value("/get/spa/b")), (1, 1));
}

/// examples/goatcounter.awk gives the same name (tests/readme.rs).
#[test]
fn a_path_too_long_for_a_key_is_a_counter_of_its_own() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let site = site(&seen, "<b id=here data-seen>-</b>");
    for end in ["", "/er"] {
        browser.open(&site.url(&("/long".repeat(20) + end)));
        browser.wait(&text("here"), "1");
    }
    let long = "long-long-long-long-long-long-long-long-long-long-lon.2325886861";
    assert_eq!(seen.value(&format!("/get/site.test/{long}")), 1);
}

#[test]
fn a_live_span_shares_one_stream_and_closes_it_in_the_end() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let spans = "<b id=one data-seen=my/page data-seen-live>-</b>\
                 <b id=two data-seen=my/page data-seen-live>-</b><b id=still data-seen=my/page>-</b>";
    let site = site(&seen, spans);
    browser.open(&site.url("/"));
    browser.wait(&text("one"), "1");
    wait_until("the page listens", || streams(&seen) == 1);
    seen.value("/hit/my/page");
    browser.wait(&text("one"), "2");
    browser.wait(&text("two"), "2");
    assert_eq!(browser.value(&text("still")), "1");
    browser.run("document.querySelector('#one').remove()");
    seen.value("/hit/my/page");
    browser.wait(&text("two"), "3");
    assert_eq!(streams(&seen), 1);
    browser.run("document.querySelector('#two').remove()");
    wait_until("the stream is left", || streams(&seen) == 0);
}

#[test]
fn a_live_span_polls_when_it_gets_no_stream() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen_with(&["--client-streams", "1"]);
    let page = site(&seen, "<b id=one data-seen=my/page data-seen-live>-</b>");
    // The first tab uses up the client's only stream.
    browser.open(&page.url("/"));
    browser.wait(&text("one"), "1");
    wait_until("the page listens", || streams(&seen) == 1);
    browser.new_tab();
    browser.open(&page.url("/"));
    browser.wait(&text("one"), "2");
    seen.value("/hit/my/page");
    browser.wait(&text("one"), "3");
    assert_eq!(streams(&seen), 1);
}

/// A proxy may show seen below a path, and the script must send its requests there.
#[test]
fn below_a_base_path_the_script_counts_and_listens() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen_with(&["--base-path", "/stats"]);
    let span = "<b id=one data-seen=my/page data-seen-live>-</b>";
    let script = seen.url("/stats/seen.js");
    let page = Site::page(&format!("{span}<script async src=\"{script}\"></script>"));
    browser.open(&page.url("/"));
    browser.wait(&text("one"), "1");
    wait_until("the page listens", || streams(&seen) == 1);
    seen.value("/hit/my/page");
    browser.wait(&text("one"), "2");
    let asked = asked(&browser, &seen);
    assert!(asked.len() > 2, "{asked:?}");
    assert!(asked.iter().all(|request| request.contains(" /stats/")), "{asked:?}");
}

#[test]
fn authors_and_visitors_who_opt_out_are_not_counted() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let page = site(&seen, "<b id=one data-seen=my/page>-</b>");
    seen.value("/hit/my/page");
    let shows_only = |browser: &Browser, url: &str| {
        browser.open(url);
        browser.wait(&text("one"), "1");
        assert_eq!(asked(browser, &seen), ["GET /get/my/page"], "{url}");
    };
    // The page's author, at home.
    for host in ["127.0.0.1", "localhost"] {
        shows_only(&browser, &page.url("/").replace("site.test", host));
    }
    // A visitor who turned counting off on this site.
    browser.open(&page.url("/"));
    browser.wait(&text("one"), "2");
    browser.run("localStorage.seenOff = 1");
    asked(&browser, &seen);
    browser.open(&page.url("/again"));
    browser.wait(&text("one"), "2");
    assert_eq!(asked(&browser, &seen), ["GET /get/my/page"]);
    browser.run("localStorage.clear()");

    // A visitor whose browser sends the signal.
    for signal in ["doNotTrack', { value: '1' }", "globalPrivacyControl', { value: true }"] {
        browser.new_tab();
        browser.before_each_page(&format!("Object.defineProperty(navigator, '{signal})"));
        browser.open(&page.url("/"));
        browser.wait(&text("one"), "2");
        assert_eq!(asked(&browser, &seen), ["GET /get/my/page"], "{signal}");
    }
    assert_eq!(seen.value("/get/my/page"), 2);
}

#[test]
fn a_page_stays_as_it_is_when_seen_is_down() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let mut seen = place.seen();
    let spans =
        "<b id=one data-seen=my/page>many</b><b id=two data-seen=a/b data-seen-live>some</b>";
    let site = site(&seen, spans);
    // The browser has cached the script. Before the next view seen is gone.
    browser.open(&site.url("/"));
    browser.wait(&text("one"), "1");
    seen.kill();
    browser.before_each_page(
        "window.failed = []; addEventListener('unhandledrejection', (e) => failed.push(`${e.reason}`));
         addEventListener('error', (e) => e.message && failed.push(e.message));
         const asks = window.fetch; window.asked = 0; window.fetch = (...all) =>
           asks(...all).finally(() => { asked += 1; });",
    );
    browser.open(&site.url("/again"));
    browser.wait("asked", 2);
    assert_eq!(
        browser.value("[one.textContent, two.textContent, ...failed]"),
        json!(["many", "some"])
    );
}
