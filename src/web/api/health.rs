//! Health checks and metrics, for an operator's probes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::response::IntoResponse;

use tokio::runtime::Handle;

use crate::metrics::{self, Now};
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::response::negotiate;

/// The OpenAPI description of `/healthz`.
pub(crate) const LIVE: Doc = Doc::other("Check that the process answers", "text/plain");
/// The OpenAPI description of `/readyz`.
pub(crate) const READY: Doc = Doc::other("Check that the store answers", "text/plain");

/// 200 while the process answers.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// 200 if the store answers, which takes one round trip.
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.counters.ping().await?;
    Ok("ready\n")
}

/// The metrics, in the format that the scraper prefers.
pub(crate) async fn metrics(State(app): State<App>, headers: HeaderMap) -> impl IntoResponse {
    let now = Now {
        in_flight: app.counters.in_flight(),
        streams: app.stream_permits.held_now(),
        tasks: Handle::current().metrics().num_alive_tasks(),
        store_has_room: app.counters.has_room(),
        writes_not_replicated: app.counters.writes_not_replicated(),
    };
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (kind, text) = if negotiate::prefers_openmetrics(accept) {
        (metrics::CONTENT_TYPE, app.metrics.render(now))
    } else {
        (metrics::text::CONTENT_TYPE, app.metrics.render_text(now))
    };
    ([(CONTENT_TYPE, kind), (VARY, "accept")], text)
}
