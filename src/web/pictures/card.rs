//! `/get/{namespace}/{key}/card.png`: the picture of a counter for link previews.

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::chart;
use crate::model::time::Timestamp;
use crate::picture::number::Format;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::path::Path;

/// The days of a card.
const DAYS: usize = 30;

/// The OpenAPI description.
pub(crate) const DOC: Doc =
    Doc::other("Draw a counter and its last 30 days as a PNG", "image/png").expensive();

/// Draws the number and the last 30 days. Chats fetch it once for each link, so caches may
/// keep it for a while.
pub(crate) async fn get(State(app): State<App>, Path(counter): Path) -> Result<Response, ApiError> {
    let total = app.counters.total(&counter).await?;
    let total = total.ok_or_else(|| ApiError::no_counter(&counter))?;
    let history = app.counters.history(&counter).await?.unwrap_or_default();
    let days = chart::points(&history, DAYS, Timestamp::now().day());
    let days: Vec<u64> = days.into_iter().map(|(_, hits)| hits).collect();
    let drawing = app.drawings.card(Format::Separated.print(total), days);
    let png = drawing.await.map_err(ApiError::serialization)?;
    let headers = [
        (CONTENT_TYPE, "image/png"),
        (CACHE_CONTROL, "public, max-age=300"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    Ok((headers, png).into_response())
}
