//! Health checks and metrics, for an operator's probes.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use tokio::runtime::Handle;

use crate::metrics;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;

/// What the document says about `/healthz`.
pub(crate) const LIVE: Doc = Doc::other("Ask whether the process answers", "text/plain");
/// What the document says about `/readyz`.
pub(crate) const READY: Doc = Doc::other("Ask whether the store answers", "text/plain");

/// 200 while the process answers.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Whether the store answers, by one round trip.
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.counters.ping().await?;
    Ok("ready\n")
}

/// The metrics.
pub(crate) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let text = app.metrics.render(app.counters.in_flight(), app.stream_permits.held_now(), tasks);
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text)
}
