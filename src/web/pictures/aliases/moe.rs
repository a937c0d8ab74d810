//! Moe-Counter's `/@NAME` (github.com/journey-ad/Moe-Counter): a count as large digits.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::counter;
use crate::picture::digits::{self, DigitsParams};
use crate::web::App;
use crate::web::count::{self, Reading};
use crate::web::pictures::badge;
use crate::web::request::caller::Caller;
use crate::web::request::metric::Metric;
use crate::web::request::query::Query;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// The name that Moe-Counter shows all digits for, and counts nothing.
const DEMO: &str = "demo";

/// Counts on `moe-counter/NAME` and draws.
pub(super) async fn answer(app: &App, parts: &mut Parts, name: &str) -> Response {
    let drawn = async {
        let OrSvg(caller) = OrSvg::<Caller>::from_request_parts(parts, app).await?;
        let OrSvg(query) = OrSvg::<Query>::from_request_parts(parts, app).await?;
        draw(app, &caller, name, &query).await
    };
    drawn.await.into_response()
}

async fn draw(
    app: &App,
    caller: &Caller,
    name: &str,
    query: &Query,
) -> Result<Picture, PictureError> {
    let look = DigitsParams::read(query.pairs());
    let (number, stale) = match look.number {
        Some(number) => (number, false),
        None if name == DEMO => (123_456_789, false),
        None => {
            let counter = counter("moe-counter", name)?;
            let counts = caller.counts && !badge::only_reads(query)?;
            let hit = counts.then_some((caller, None));
            match count::count_then_read(app, hit, &counter, Metric::Total).await? {
                Reading::Number(number) => (number.value(), number.stale),
                Reading::Missing => (0, false),
                Reading::Unknown => (0, true),
            }
        }
    };
    let svg = digits::render(&look, number);
    Ok(Picture::fresh(svg).stale(stale).ignored(&look.ignored))
}
