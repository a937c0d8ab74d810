//! A counter's chart shows its values without a mouse, at every width.

use crate::common::Place;
use crate::driver::Browser;

#[test]
fn the_arrow_keys_read_the_chart() {
    let Some(browser) = Browser::start() else { return };
    let place = Place::file();
    let seen = place.seen();
    seen.value("/hit/site/page");
    browser.look(390, 800, "light");
    browser.open(&seen.url("/counter/site/page?range=24h"));
    let readout = "document.querySelector('[data-readout]').textContent";
    let whole = browser.value(readout);
    assert!(whole.as_str().unwrap().starts_with("1 view in the last 24 hours"), "{whole}");
    let press = |key: &str| {
        browser.run(&format!(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: {key:?} }}))"
        ));
        browser.value(readout)
    };
    browser.run("document.querySelector('.bars').focus()");
    let now = browser.value(readout);
    assert!(now.as_str().unwrap().ends_with(":00: 1 view"), "{now}");
    let before = press("ArrowLeft");
    assert!(before.as_str().unwrap().ends_with(":00: 0 views"), "{before}");
    assert_eq!(press("End"), now);
    assert_eq!(press("Escape"), whole);
    // The plot fills its frame, and is taller on a phone.
    let height = browser.value("document.querySelector('.bars').getBoundingClientRect().height");
    assert!(height.as_f64() > Some(250.0), "{height}");
    assert_eq!(browser.complaints(), [""; 0]);
}
