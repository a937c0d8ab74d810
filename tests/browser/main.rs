//! What people see, in a real browser: the real program, driven through a
//! headless Chromium that is found or got by `tests/get-browser`.
//! `SEEN_TEST_BROWSER=none` leaves all of this out, and says so.

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
