//! `/stats`: totals since this process started.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::reply::{FORMAT, Reply, ReplyFormat};
use crate::web::App;
use crate::web::openapi::Doc;

#[derive(JsonSchema, Serialize)]
struct CountApiStats {
    keys_created: u64,
    keys_updated: u64,
    requests: u64,
    version: &'static str,
}

/// The OpenAPI description of this route.
pub(crate) const DOC: Doc =
    Doc::json::<CountApiStats>("Read the statistics of this process (CountAPI)").query(&FORMAT);

/// `{"keys_created","keys_updated","requests","version"}`.
pub(crate) async fn stats(State(app): State<App>, format: ReplyFormat) -> Response {
    let done = app.metrics.so_far();
    let body = CountApiStats {
        keys_created: done.created,
        keys_updated: done.hits,
        requests: done.requests,
        version: env!("CARGO_PKG_VERSION"),
    };
    format.answer(Ok(Reply::plain(StatusCode::OK, body)))
}
