//! The badge builder: code copied from it shows a working badge.

use crate::common::Place;
use crate::driver::Browser;
use crate::site::Site;
use serde_json::json;

#[test]
fn the_copied_markdown_shows_a_badge_that_counts() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let permissions = json!({
        "origin": seen.url("").trim_end_matches('/'),
        "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    browser.devtools("Browser.grantPermissions", &permissions);
    browser.open(&seen.url(
        "/builder?namespace=mine&key=page&label=a+b%26c&color=green&style=plastic&count=total",
    ));
    let button = "[aria-labelledby=md] + button";
    assert_eq!(
        browser.value(&format!("document.querySelector('{button}').ariaLabel")),
        "Copy For a README (Markdown)"
    );
    browser.click(button);
    browser.wait(&format!("document.querySelector('{button}').textContent"), "Copied");
    let copied = browser.run("return navigator.clipboard.readText()");
    let copied = copied.as_str().expect("text");
    assert_eq!(copied, browser.text("[aria-labelledby=md] code"));
    assert!(
        browser.value("document.querySelector('.preview img').naturalWidth").as_u64() > Some(40)
    );
    assert_eq!(seen.get("/get/mine/page").status, 404, "a preview counts nothing");

    let mut readme = String::new();
    pulldown_cmark::html::push_html(&mut readme, pulldown_cmark::Parser::new(copied));
    let site = Site::page(&readme);
    for views in 1..=2 {
        browser.open(&site.url("/"));
        browser.wait("document.querySelector('a > img').naturalWidth > 40", true);
        assert_eq!(seen.value("/get/mine/page"), views);
    }
    let badge = browser.value("document.querySelector('a > img').src");
    let badge = badge.as_str().unwrap().replace("/hit/", "/get/");
    browser.open(&badge);
    assert_eq!(browser.value("document.documentElement.getAttribute('aria-label')"), "a b&c: 2");
    // Its link leads to the counter's page.
    browser.open(&site.url("/"));
    browser.click("a > img");
    browser.wait("document.querySelector('.total strong')?.textContent", "3");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_builder_follows_every_change_at_once() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    browser.open(&seen.url("/builder"));
    let ask = |name: &str, value: &str| {
        browser.run(&format!(
            "const field = document.querySelector('#builder [name={name}]'); field.value = {value:?};
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
        ));
    };
    let code =
        |id: &str| format!("document.querySelector('[aria-labelledby={id}] code').textContent");
    for (name, value) in [
        ("namespace", "mine"),
        ("key", "page"),
        ("style", "for-the-badge"),
        ("logo", "eye"),
        ("count", "today"),
        ("color", "hotpink"),
    ] {
        ask(name, value);
    }
    let query = "?style=for-the-badge&count=today&logo=eye&color=hotpink";
    let origin = seen.url("");
    let badge = format!("{origin}/hit/mine/page/badge.svg{query}");
    let expected = format!("[![views]({badge})]({origin}/counter/mine/page)");
    browser.wait(&code("md"), expected);
    browser.wait("document.querySelector('.preview img').naturalHeight", 28);
    let preview = browser.value("document.querySelector('.preview img').getAttribute('src')");
    assert_eq!(preview, format!("/get/mine/page/badge.svg{query}"));
    // Its button, for browsers without scripts, gives the same code.
    let live: Vec<_> = ["md", "html", "script"].map(|id| browser.value(&code(id))).into();
    browser.click("#builder button");
    browser.wait("location.pathname", "/builder");
    browser.wait("document.readyState", "complete");
    assert_eq!(["md", "html", "script"].map(|id| browser.value(&code(id))).to_vec(), live);
    assert_eq!(browser.value("document.querySelector('[name=style]').value"), "for-the-badge");
    assert_eq!(browser.complaints(), [""; 0]);

    // An invalid value is explained, and the last valid code stays.
    ask("color", "no-colour");
    browser
        .wait("document.querySelector('[data-problem]').textContent.startsWith('color is')", true);
    assert_eq!(browser.value(&code("md")), live[0]);
    ask("color", "teal");
    browser.wait("document.querySelector('[data-problem]').textContent", "");
    ask("namespace", "my site");
    let problem = "Site: Up to 64 letters, digits, _ - and .";
    browser.wait("document.querySelector('[data-problem]').textContent", problem);
    ask("namespace", "mine");
    browser.wait("document.querySelector('[data-problem]').textContent", "");
    assert_eq!(seen.get("/get/mine/page").status, 404, "previews count nothing");
}
