//! `/info/{namespace}/{key}`: a counter's facts, in CountAPI's fields.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::name::CountApiPath;
use super::reply::{CountApiNumber, FORMAT, Reply, ReplyFormat};
use crate::model::name::Name;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{self, Doc, Names};

/// The time to live of an unused counter, in milliseconds. Counters in seen never expire, but
/// clients expect a number: this is CountAPI's half a year.
const TTL: u64 = 15_778_476_000;

#[derive(JsonSchema, Serialize)]
struct CountApiInfo<'a> {
    namespace: &'a Name,
    key: &'a Name,
    /// In milliseconds.
    ttl: u64,
    /// In milliseconds since the epoch.
    created: u64,
    update_lowerbound: i64,
    update_upperbound: i64,
    enable_reset: bool,
    value: i64,
}

/// The OpenAPI description of this route.
pub(crate) const DOC: Doc = Doc::json::<CountApiInfo<'_>>("Read the facts of a counter (CountAPI)")
    .names(Names::CountApi)
    .query(&FORMAT)
    .other_responses(&[(404, openapi::schema::<CountApiNumber>)]);

/// Reads the facts.
pub(crate) async fn info(
    State(app): State<App>,
    format: ReplyFormat,
    path: CountApiPath,
) -> Response {
    format.answer(read(&app, path).await)
}

async fn read(app: &App, CountApiPath(counter): CountApiPath) -> Result<Reply, ApiError> {
    let counter = counter?;
    let Some(count) = app.counters.count(&counter).await? else {
        return Ok(Reply::of(counter, StatusCode::NOT_FOUND, CountApiNumber { value: None }));
    };
    let about = counter.clone();
    let info = CountApiInfo {
        namespace: &counter.namespace,
        key: &counter.key,
        ttl: TTL,
        created: count.created.0.saturating_mul(1000),
        update_lowerbound: count.settings.update_lowerbound,
        update_upperbound: count.settings.update_upperbound,
        enable_reset: count.settings.enable_reset,
        value: count.total,
    };
    Ok(Reply::of(about, StatusCode::OK, info))
}
