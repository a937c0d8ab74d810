//! The pages in a real browser: a headless Chromium, found or installed by `tests/get-browser`,
//! opens what the real program serves. `SEEN_TEST_BROWSER=none` leaves these tests out, and says
//! so.

#[path = "../common/mod.rs"]
mod common;
mod driver;
mod site;

mod builder;
mod chart;
mod count_js;
mod drawn;
mod live;
mod looks;
mod owner;
mod seen_js;
mod snippets;
