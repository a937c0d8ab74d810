//! `/stats`: what this process has done since it started.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::form::{Form, Said};
use crate::web::App;

/// `{"keys_created","keys_updated","requests","version"}`.
pub async fn answer(State(app): State<App>, form: Form) -> Response {
    let done = app.metrics.so_far();
    let body = json!({
        "keys_created": done.created,
        "keys_updated": done.hits,
        "requests": done.requests,
        "version": env!("CARGO_PKG_VERSION"),
    });
    form.answer(Ok(Said::plain(StatusCode::OK, body)))
}
