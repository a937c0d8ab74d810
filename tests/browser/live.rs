//! The front page: its number goes up while one watches.

use serde_json::Value;

use crate::common::Place;
use crate::driver::Browser;

const NUMBER: &str = "document.querySelector('[data-live]').textContent.trim()";

#[test]
fn the_greeting_goes_up_in_one_tab_while_another_visits() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    browser.open(&seen.url("/"));
    assert_eq!(browser.text("[data-live]"), "1");
    assert_eq!(browser.text("[data-noun]"), "time");
    let first = browser.tab();
    browser.new_tab();
    browser.open(&seen.url("/"));
    assert_eq!(browser.text("[data-live]"), "2");
    browser.use_tab(&first);
    browser.wait(NUMBER, "2");
    assert_eq!(browser.text("[data-noun]"), "times");
    seen.value("/hit/default/hits");
    browser.wait(NUMBER, "3");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_browser_without_streams_asks_again() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    browser.before_each_page("delete window.EventSource");
    browser.open(&seen.url("/"));
    assert_eq!(browser.text("[data-live]"), "1");
    seen.value("/hit/default/hits");
    browser.wait(NUMBER, "2");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn pages_are_whole_without_scripts() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    browser.scripts(false);
    browser.open(&seen.url("/"));
    assert_eq!(browser.text("[data-live]"), "1");
    // The builder's form, with the values that the page came with.
    browser.click("form button");
    browser.wait("document.readyState == 'complete' && location.search != ''", true);
    let code = browser.text("[aria-labelledby=md] code");
    assert!(code.contains("/hit/my-site/home/badge.svg"), "{code}");
    assert_eq!(browser.value("document.querySelector('pre button')"), Value::Null, "a script ran");
    browser.wait("document.querySelector('.preview img').naturalWidth > 40", true);
    assert_eq!(browser.complaints(), [""; 0]);
}
