//! `/info/{namespace}/{key}`: a counter's facts, as CountAPI has them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::form::{Form, Said};
use super::name::Named;
use crate::web::App;
use crate::web::error::ApiError;

/// Until when a counter that nobody asks for lives, in milliseconds: CountAPI's
/// half a year. Ours end never, and clients take a number.
const TTL: u64 = 15_778_476_000;

/// Reads.
pub async fn answer(State(app): State<App>, form: Form, named: Named) -> Response {
    form.answer(read(&app, named).await)
}

async fn read(app: &App, Named(counter): Named) -> Result<Said, ApiError> {
    let counter = counter?;
    let Some(count) = app.counters.count(&counter).await? else {
        return Ok(Said::of(counter, StatusCode::NOT_FOUND, json!({ "value": null })));
    };
    let body = json!({
        "namespace": counter.namespace,
        "key": counter.key,
        "ttl": TTL,
        "created": count.created.0 * 1000,
        "update_lowerbound": count.settings.update_lowerbound,
        "update_upperbound": count.settings.update_upperbound,
        "enable_reset": count.settings.enable_reset,
        "value": count.total,
    });
    Ok(Said::of(counter, StatusCode::OK, body))
}
