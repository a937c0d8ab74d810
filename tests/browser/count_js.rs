//! `count.js` in pages made for GoatCounter's script: only the host name has changed.
//!
//! `SEEN_COUNT_JS=FILE` puts that file into the pages in place of seen's: GoatCounter's own
//! script, which no registry has, is tried so.

use crate::common::{Place, Seen, request, wait_until};
use crate::driver::Browser;
use crate::site::Site;

/// A site whose pages hold `body` and GoatCounter's documented tag.
fn site(seen: &Seen, body: &str, settings: &str) -> Site {
    let (count, script) = (seen.url("/count"), seen.url("/count.js"));
    if let Some(file) = std::env::var_os("SEEN_COUNT_JS") {
        let script = std::fs::read_to_string(file).unwrap();
        // Else it takes the browser of the tests for a bot, which it is.
        let person = "Object.defineProperty(navigator, 'webdriver', { value: false })";
        return Site::page(&format!(
            "{body}<script>{person}</script>\
             <script data-goatcounter=\"{count}\"{settings}>{script}</script>"
        ));
    }
    let script = script.trim_start_matches("http:");
    Site::page(&format!(
        "{body}<script data-goatcounter=\"{count}\"{settings} async src=\"{script}\"></script>"
    ))
}

fn wait_for(seen: &Seen, counter: &str, number: i64) {
    let path = format!("/get/site.test/{counter}");
    wait_until(&format!("{path} is {number}"), || seen.get(&path).value() == Some(number));
}

#[test]
fn its_views_events_and_numbers_are_counted_and_shown() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let button = "<button data-goatcounter-click=bought title=Bought>Buy</button><p id=here></p>";
    let site = site(&seen, button, "");
    browser.open(&site.url("/posts/one?campaign=a"));
    wait_for(&seen, "posts-one", 1);
    wait_for(&seen, ".site", 1);
    browser.click("button");
    wait_for(&seen, "bought", 1);
    browser.run("goatcounter.bind_events(); goatcounter.bind_events()");
    browser.click("button");
    wait_for(&seen, "bought", 2);
    browser.run("goatcounter.count({ path: (path) => '/app' + path, title: 'App' })");
    wait_for(&seen, "app-posts-one", 1);
    assert_eq!(browser.value("goatcounter.get_query('Campaign')"), "a");
    assert_eq!(browser.value("goatcounter.filter()"), false);
    let url = browser.value("goatcounter.url({ path: '/x', event: true, referrer: 'mail' })");
    let url = url.as_str().unwrap();
    assert!(url.starts_with(&seen.url("/count?p=%2Fx&r=mail&e=true&s=")), "{url}");
    assert!(browser.value("goatcounter.url({ path: () => null }) === undefined") == true);

    browser.run("goatcounter.visit_count({ append: '#here', type: 'svg', path: '/posts/one' })");
    browser.wait("document.querySelector('#here img')?.naturalWidth > 50", true);
    let shown = browser.value("document.querySelector('#here img').src");
    let from = site.url("/posts/one");
    let shown = request("GET", shown.as_str().unwrap(), &[("referer", &from)]);
    assert_eq!(crate::common::picture::says(&shown), "views: 1");
}

#[test]
fn its_settings_apply_and_visitors_can_opt_out() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let site =
        site(&seen, "", " data-goatcounter-settings='{\"no_onload\": true, \"path\": \"/set\"}'");
    browser.open(&site.url("/page"));
    browser.wait("typeof window.goatcounter?.count", "function");
    browser.run("goatcounter.count()");
    wait_for(&seen, "set", 1);
    assert_eq!(seen.get("/get/site.test/page").status, 404, "no_onload");
    browser.run("localStorage.skipgc = 't'; goatcounter.count()");
    assert_eq!(browser.value("goatcounter.filter()"), "disabled with #toggle-goatcounter");
    browser.run("delete localStorage.skipgc; goatcounter.count()");
    wait_for(&seen, "set", 2);
}
