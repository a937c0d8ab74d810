//! A private site's list, as its owner sees it: the token stays in the tab.

use crate::common::{Place, request};
use crate::driver::Browser;

#[test]
fn the_token_opens_the_list_and_is_in_no_cookie_and_no_address() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let claimed = request("PUT", &seen.url("/namespaces/site"), &[]).json();
    let token = claimed["token"].as_str().expect("a token");
    let bearer = format!("Bearer {token}");
    request("PATCH", &seen.url("/namespaces/site?open=1"), &[("authorization", &bearer)]);
    for key in ["few", "many", "many"] {
        seen.value(&format!("/hit/site/{key}"));
    }
    let url = seen.url("/counter/site");
    let enter = |token: &str| {
        browser.run(&format!("document.querySelector('[data-owner] input').value = {token:?}"));
        browser.click("[data-owner] button");
    };
    browser.open(&url);
    enter("not-the-token-of-this-site");
    browser.wait(
        "document.querySelector('[data-owner] [role=status]').textContent",
        "This is not the token of this site.",
    );
    enter(token);
    let first = "document.querySelector('tbody tr:not([hidden]) a')?.textContent";
    browser.wait(first, "many");
    assert_eq!(browser.value("document.cookie"), "");
    assert_eq!(browser.value("location.href"), url);

    // Sorting and filtering happen in the page.
    browser.click("th:nth-child(2) button");
    browser.click("th:nth-child(2) button");
    browser.wait(first, "few");
    browser.run(
        "const field = document.querySelector('[data-filter]'); field.value = 'MAN';
         field.dispatchEvent(new Event('input'))",
    );
    browser.wait(first, "many");

    // The tab keeps the token; another tab of the same site has none.
    browser.open(&url);
    browser.wait(first, "many");
    browser.new_tab();
    browser.open(&url);
    browser.wait("document.querySelector('[data-owner]').hidden", false);
    assert_eq!(browser.value("sessionStorage.length"), 0);
}
