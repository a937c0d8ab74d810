//! The snippets of `examples/`, each in a page as its site generator would render it.

use std::path::Path;

use crate::common::{Place, wait_until};
use crate::driver::Browser;
use crate::site::Site;

/// The placeholder for one's own address in the snippets.
const ADDRESS: &str = "https://HOST";

/// Renders a snippet into a page's HTML, for a seen at this address.
type Generator = fn(&str) -> String;

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text between two markers.
#[track_caller]
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {text}")).1;
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} in {text}")).0
}

/// The text with both markers removed, and everything between them.
#[track_caller]
fn without(text: &str, from: &str, to: &str) -> String {
    text.replace(&format!("{from}{}{to}", between(text, from, to)), "")
}

fn hugo(url: &str) -> String {
    let template = without(&example("hugo/seen.html"), "{{- /*", "*/ -}}");
    let template = template.replace("{{- with site.Params.seen -}}", "");
    template.replace("{{- end -}}", "").replace("{{ . }}", url)
}

fn jekyll(url: &str) -> String {
    let template = example("jekyll/seen.html");
    without(&template, "{%- comment -%}", "{%- endcomment -%}").replace("{{ site.seen }}", url)
}

fn astro(url: &str) -> String {
    let template = without(&example("astro/Views.astro"), "---\n", "---\n");
    template.replace("is:inline ", "").replace("{`${host}/seen.js`}", &format!("\"{url}/seen.js\""))
}

fn docusaurus(url: &str) -> String {
    let module = example("docusaurus/Views.js");
    let script = between(&module, "scripts: [{ src: '", "', async: true }]");
    let view = between(&module, "return <>", "</>;").replace("key={pathname} ", "");
    format!("<script async src=\"{}\"></script>{view}", script.replace(ADDRESS, url))
}

fn hexo(url: &str) -> String {
    let plugin = example("hexo/seen.js");
    let head = between(&plugin, "`<script", "`").replace("${hexo.config.seen}", url);
    format!("<script{head}<p>{}</p>", between(&plugin, "const number = '", "'"))
}

fn wordpress(url: &str) -> String {
    let plugin = example("wordpress/seen.php");
    let script = between(&plugin, "wp_enqueue_script('seen', SEEN_URL . '", "'");
    let view = between(&plugin, "return '", "'");
    format!("<script async src=\"{url}{script}\"></script><p>{view}</p>")
}

#[test]
fn each_generators_snippet_counts_and_shows_a_page() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let snippets: [(&str, Generator); 6] = [
        ("hugo", hugo),
        ("jekyll", jekyll),
        ("astro", astro),
        ("docusaurus", docusaurus),
        ("hexo", hexo),
        ("wordpress", wordpress),
    ];
    for (generator, made) in snippets {
        let html = made(&seen.url(""));
        for left in ["{{", "{%", "${", "{`", "<?php", ADDRESS] {
            assert!(!html.contains(left), "{generator}: {left} in {html}");
        }
        let site = Site::page(&html);
        for views in ["1", "2"] {
            browser.open(&site.url(&format!("/{generator}")));
            browser.wait("document.querySelector('[data-seen]').textContent", views);
        }
        let read = browser.text("body");
        assert!(read.split_whitespace().collect::<Vec<_>>().ends_with(&["2", "views"]), "{read}");
        assert_eq!(browser.complaints(), [""; 0], "{generator}");
        assert_eq!(seen.value(&format!("/get/site.test/{generator}")), 2);
    }
}

#[test]
fn the_plain_pages_show_their_numbers() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let page = |name: &str| {
        let html = example(name).replace("http://localhost:8000", &seen.url(""));
        Site::serving("text/html", html)
    };

    seen.value("/hit/my-site/home");
    browser.open(&page("badge.html").url("/"));
    browser.wait("[...document.images].filter((image) => image.naturalWidth > 0).length", 4);
    assert_eq!(seen.value("/get/my-site/home"), 2, "one of the four counts");

    seen.value("/hit/my-site/about");
    browser.open(&page("live.html").url("/"));
    let number =
        |nth: usize| format!("document.querySelectorAll('[data-seen]')[{nth}].textContent");
    browser.wait(&number(0), "3");
    browser.wait(&number(1), "1");
    wait_until("the page listens", || seen.get("/metrics").body.contains("\nseen_streams 1\n"));
    seen.value("/hit/my-site/home");
    browser.wait(&number(0), "4");
}
