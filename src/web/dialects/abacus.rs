//! The paths of Abacus that are not about counters.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;

use crate::web::App;
use crate::web::api::stats;
use crate::web::openapi::Doc;
use crate::web::response::value::NO_STORE;

#[derive(JsonSchema, Serialize)]
pub(super) struct Health {
    status: &'static str,
    uptime: String,
}

/// The OpenAPI description of `/docs`.
pub(super) const DOCS: Doc = Doc::nothing("Redirect to this document (Abacus)").status(302);
/// The OpenAPI description of `/healthcheck`.
pub(super) const HEALTH: Doc = Doc::json::<Health>("Check that the process answers (Abacus)");

/// Redirects to the document, by a relative address, which works below a base path too.
pub(super) async fn docs() -> impl IntoResponse {
    (StatusCode::FOUND, [(LOCATION, "openapi.json")])
}

/// 200 while the process answers.
pub(super) async fn health(State(app): State<App>) -> impl IntoResponse {
    let uptime = stats::uptime(app.started.elapsed().as_secs());
    ([NO_STORE], Json(Health { status: "ok", uptime }))
}
