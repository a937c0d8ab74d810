//! Health checks and metrics, for an operator's probes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::response::IntoResponse;

use tokio::runtime::Handle;

use crate::metrics;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::response::negotiate;

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

/// The metrics, in the format that the scraper prefers.
pub(crate) async fn metrics(State(app): State<App>, headers: HeaderMap) -> impl IntoResponse {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let (in_flight, streams) = (app.counters.in_flight(), app.stream_permits.held_now());
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (kind, text) = if negotiate::prefers_openmetrics(accept) {
        (metrics::CONTENT_TYPE, app.metrics.render(in_flight, streams, tasks))
    } else {
        (metrics::text::CONTENT_TYPE, app.metrics.render_text(in_flight, streams, tasks))
    };
    ([(CONTENT_TYPE, kind), (VARY, "accept")], text)
}
