//! A count as large digits, as Moe-Counter and similar services draw it.

use super::badge;
use crate::model::name::Counter;
use crate::picture::digits::{self, DigitsParams};
use crate::picture::param::Spec;
use crate::web::App;
use crate::web::count::{self, Reading};
use crate::web::request::caller::Caller;
use crate::web::request::metric::Metric;
use crate::web::request::query::Query;
use crate::web::response::picture::{Picture, PictureError};

/// The counter for which Moe-Counter shows all digits and counts nothing.
pub(crate) const DEMO: &str = "moe-counter/demo";

/// The documentation of their parameters.
pub(super) fn specs() -> Vec<Spec> {
    digits::PARAMS.iter().map(|param| param.spec).collect()
}

/// Counts and draws.
pub(super) async fn draw(
    app: &App,
    caller: &Caller,
    counter: &Counter,
    query: &Query,
) -> Result<Picture, PictureError> {
    let look = DigitsParams::read(query.pairs());
    let (number, stale) = match look.number {
        Some(number) => (number, false),
        None if counter.to_string() == DEMO => (123_456_789, false),
        None => {
            let counts = caller.counts && !badge::only_reads(query)?;
            let hit = counts.then_some((caller, None));
            match count::count_then_read(app, hit, counter, Metric::Total).await? {
                Reading::Number(number) => (number.plus(look.base).value(), number.stale),
                Reading::Missing => (look.base, false),
                Reading::Unknown => (0, true),
            }
        }
    };
    let svg = digits::render(&look, number);
    Ok(Picture::fresh(svg).stale(stale).ignored(&look.ignored))
}
