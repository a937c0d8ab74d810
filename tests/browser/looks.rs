//! How pages look at the width of a phone and of a desk, in both colour schemes: a screenshot of
//! each in `target/screenshots`, and the properties that a machine can judge.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{Place, Seen, client, request};
use seen::model::time::Timestamp;

use crate::driver::{Browser, tools};

/// A seen with some counts, and the pages that show them.
fn pages(seen: &Seen) -> [(&'static str, String); 8] {
    let claimed = request("PUT", &seen.url("/namespaces/open"), &[]).json();
    let token = format!("Bearer {}", claimed["token"].as_str().expect("a token"));
    let url = seen.url("/namespaces/open?public=1&open=1");
    assert_eq!(request("PATCH", &url, &[("authorization", &token)]).status, 200);
    let long = "a-page-with-quite-a-long-name-as-blogs-and-documentation-have";
    for (key, hits) in [("site/page", 3), ("open/home", 12), ("open/about", 4)] {
        (0..hits).for_each(|_| drop(seen.get(&format!("/hit/{key}"))));
    }
    for key in [long, "last"] {
        seen.value(&format!("/hit/open/{key}"));
    }
    [
        ("home", "/"),
        ("builder", "/builder?namespace=site&key=page&style=plastic"),
        ("counter", "/counter/site/page"),
        ("privacy", "/privacy"),
        ("missing", "/counter/site/nobody"),
        ("namespace", "/counter/open?limit=3"),
        ("private", "/counter/site"),
        ("error", "/builder?style=3d"),
    ]
    .map(|(name, path)| (name, seen.url(path)))
}

/// Adds up how far the page moved after it was first drawn (web.dev/cls).
const SHIFTS: &str = "window.shifts = 0; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shifts += entry.value;
}).observe({ type: 'layout-shift', buffered: true });";

/// Checks every page at one width, in one scheme.
fn look(width: u32, scheme: &str) {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let axe = fs::read_to_string(&tools().expect("there is a browser").axe).expect("axe-core");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    fs::create_dir_all(&folder).expect("a folder for screenshots");
    browser.look(width, 800, scheme);
    browser.before_each_page(SHIFTS);
    for (name, url) in pages(&seen) {
        browser.open(&url);
        let what = format!("{name} at {width} in {scheme}");
        // Measured before the screenshot, for which the driver stretches the window.
        assert_eq!(browser.value("shifts").as_f64(), Some(0.0), "{what}: things moved");
        let file = folder.join(format!("{name}-{width}-{scheme}.png"));
        fs::write(&file, browser.screenshot(true)).expect("a screenshot");
        let wide = browser.value("document.documentElement.scrollWidth - innerWidth");
        assert!(wide.as_i64() <= Some(0), "{what}: {wide} pixels too wide");
        // The page's policy blocks scripts from elsewhere, but not the driver's.
        let found = browser.run(&format!(
            "{axe}; return axe.run().then(({{ violations, passes }}) => [passes.length,
               violations.map((v) => [v.id, v.help, v.nodes.map((node) => node.html)])])"
        ));
        assert!(found[0].as_u64() > Some(5), "{what}: axe-core judged nothing: {found}");
        assert_eq!(found[1], json!([]), "{what}: {found:#}");
        let complaints: Vec<_> = browser.complaints();
        let status = match name {
            "missing" => "404",
            "private" => "401",
            "error" => "400",
            _ => "no error",
        };
        let own = |line: &&String| !line.contains(status);
        let complaints: Vec<_> = complaints.iter().filter(own).collect();
        assert!(complaints.is_empty(), "{what}: {complaints:#?}");
        let elsewhere = browser.requests().into_iter().filter(|request| {
            let address = request.split_once(' ').map_or("", |(_, address)| address);
            !address.starts_with(&seen.url("/")) && !address.starts_with("data:")
        });
        assert_eq!(elsewhere.collect::<Vec<_>>(), [""; 0], "{what}: loaded from elsewhere");
    }
    println!("screenshots: {}", folder.display());
}

#[test]
fn light_on_a_phone() {
    look(380, "light");
}

/// The smallest width that WCAG 2.2 asks of a page (1.4.10).
#[test]
fn light_on_the_smallest_phone() {
    look(320, "light");
}

/// A window of 1280 pixels, with everything twice as large (WCAG 1.4.4).
#[test]
fn light_at_twice_the_size() {
    look(640, "light");
}

#[test]
fn dark_on_a_phone() {
    look(380, "dark");
}

#[test]
fn light_on_a_desk() {
    look(1280, "light");
}

#[test]
fn dark_on_a_desk() {
    look(1280, "dark");
}

/// Large numbers and long names stay in their boxes, on a phone and on a desk.
#[test]
fn nothing_sticks_out() {
    const TOKEN: &str = "an-instance-token-for-large-numbers";
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen_with(&["--token", TOKEN]);
    let today = Timestamp::now().day();
    let long = "n".repeat(64);
    for (namespace, key, hits) in [
        ("millions", "home", 98_765_432_u64),
        ("most", "home", 987_654_321_012_345),
        (&long, &long, 1),
    ] {
        let line = json!({
            "kind": "counter", "namespace": namespace, "key": key, "total": hits,
            "created": u64::from(today) * 86_400, "sources": {"browser": hits},
            "days": [[today - 1, hits / 2], [today, hits - hits / 2]], "hours": [],
            "uniques": [[today, hits / 2]], "sketches": [],
            "settings": {"dedupe": 0, "enable_reset": false, "update_lowerbound": 0, "update_upperbound": 1},
        });
        let owner = format!("Bearer {TOKEN}");
        let import = client().post(seen.url("/import")).header("authorization", &owner);
        assert_eq!(import.send(line.to_string()).expect("an answer").status(), 200);
        let publish = seen.url(&format!("/namespaces/{namespace}?public=1"));
        if namespace != long {
            assert_eq!(request("PATCH", &publish, &[("authorization", &owner)]).status, 200);
        }
    }
    for width in [320, 380, 1280] {
        browser.look(width, 800, "light");
        for path in [
            "/counter/millions/home",
            "/counter/millions",
            "/counter/most/home",
            "/counter/most",
            &format!("/counter/{long}/{long}"),
            &format!("/counter/{long}"),
            "/no/such/page",
        ] {
            browser.open(&seen.url(path));
            let found = browser.run(
                "document.querySelectorAll('details').forEach((e) => e.open = true);
                 return [document.documentElement.scrollWidth - innerWidth,
                   [...document.querySelectorAll('.numbers div')]
                     .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)]",
            );
            assert_eq!(found, json!([0, []]), "{path} at {width}");
        }
    }
}

/// The page's script adds buttons, and must add them before anything is drawn.
#[test]
fn a_script_that_comes_late_moves_nothing() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    browser.look(1280, 800, "light");
    browser.before_each_page(SHIFTS);
    browser.slow_network();
    for (name, url) in pages(&seen) {
        browser.open(&url);
        assert_eq!(browser.value("shifts").as_f64(), Some(0.0), "{name}: things moved");
    }
}

/// The Tab key reaches every control, in the page's order, and the focus shows.
#[test]
fn every_page_works_by_keyboard() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    browser.look(1280, 800, "light");
    let tab = |kind: &str| {
        let key = json!({ "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 });
        browser.devtools("Input.dispatchKeyEvent", &key);
    };
    for (name, url) in pages(&seen) {
        browser.open(&url);
        // Tab stops only at the chosen radio button, and at nothing hidden.
        let stops = browser.run(
            "window.stops = [...document.querySelectorAll(
                 'a[href], button, input, select, summary, [tabindex=\"0\"]')]
               .filter((e) => e.checkVisibility() && !(e.type == 'radio' && !e.checked));
             return stops.length",
        );
        let stops = stops.as_u64().expect("a number");
        assert!(stops > 4, "{name}: {stops}");
        for at in 0..stops {
            ["rawKeyDown", "keyUp"].into_iter().for_each(tab);
            let stop = browser.run(&format!(
                "const e = document.activeElement, box = e.getBoundingClientRect();
                 return [e == stops[{at}], getComputedStyle(e).outlineStyle != 'none',
                   box.bottom > 0 && box.top < innerHeight, e.outerHTML.slice(0, 200)]"
            ));
            let is_there = stop.as_array().is_some_and(|stop| stop[..3] == [true, true, true]);
            assert!(is_there, "{name}, stop {at}: {stop}");
        }
    }
}

/// Readers who ask for less motion get none, and prints show no buttons.
#[test]
fn nothing_moves_and_paper_is_white() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    fs::create_dir_all(&folder).expect("a folder for screenshots");
    browser.look(1280, 800, "dark");
    for (name, url) in pages(&seen) {
        browser.open(&url);
        let still = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
        browser.devtools("Emulation.setEmulatedMedia", &still);
        let moving = "document.getAnimations().length + [...document.querySelectorAll('*')].filter(
             (e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length";
        assert_eq!(browser.value(moving), 0, "{name}");
        browser.devtools("Emulation.setEmulatedMedia", &json!({"media": "print"}));
        let paper = "getComputedStyle(document.documentElement).backgroundColor";
        assert_eq!(browser.value(paper), "rgb(255, 255, 255)", "{name}");
        let left = "[...document.querySelectorAll('button, nav, form, footer')].filter(
             (e) => e.checkVisibility()).length";
        assert_eq!(browser.value(left), 0, "{name}: what paper has no use for");
        let cut = "[...document.querySelectorAll('pre')].filter(
             (e) => e.checkVisibility() && e.scrollWidth > e.clientWidth).length";
        assert_eq!(browser.value(cut), 0, "{name}: code that paper cuts off");
        fs::write(folder.join(format!("{name}-print.png")), browser.screenshot(true)).unwrap();
    }
}

#[test]
fn the_schemes_differ() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    let mut colours: Vec<Value> = Vec::new();
    for scheme in ["light", "dark"] {
        browser.look(380, 800, scheme);
        browser.open(&seen.url("/privacy"));
        colours.push(browser.value("getComputedStyle(document.querySelector('h1')).color"));
    }
    assert_ne!(colours[0], colours[1]);
}
