//! `/get/{namespace}/{key}`: `{"value":n}`; 404 and null for a counter that does not exist.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::name::CountApiPath;
use super::reply::{CountApiNumber, FORMAT, Reply, ReplyFormat};
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{self, Doc, Names};

/// The OpenAPI description of this route.
pub(crate) const DOC: Doc = Doc::json::<CountApiNumber>("Read a counter (CountAPI)")
    .names(Names::CountApi)
    .query(&FORMAT)
    .other_responses(&[(404, openapi::schema::<CountApiNumber>)]);

/// Reads the total.
pub(crate) async fn get(
    State(app): State<App>,
    format: ReplyFormat,
    path: CountApiPath,
) -> Response {
    format.answer(read(&app, path).await)
}

/// The reply of [`get`], and of a HEAD on `/hit`.
pub(crate) async fn read(
    app: &App,
    CountApiPath(counter): CountApiPath,
) -> Result<Reply, ApiError> {
    let counter = counter?;
    let value = app.counters.total(&counter).await?;
    let status = if value.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Ok(Reply::of(counter, status, CountApiNumber { value }))
}
