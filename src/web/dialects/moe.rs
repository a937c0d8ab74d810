//! Moe-Counter's `/record/@NAME`: a count as JSON. As there, a request counts.

use axum::Json;
use axum::extract::{RawPathParams, State};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::web::App;
use crate::web::count::{self, Reading};
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Names};
use crate::web::pictures::aliases;
use crate::web::request::caller::Caller;
use crate::web::request::metric::Metric;
use crate::web::response::value::NO_STORE;

#[derive(JsonSchema, Serialize)]
struct MoeCounterRecord {
    name: String,
    num: i64,
}

/// The OpenAPI description of `/record/@{name}`.
pub(super) const RECORD: Doc =
    Doc::json::<MoeCounterRecord>("Count a hit on `moe-counter/{name}` and read it (Moe-Counter)")
        .names(Names::Elsewhere);

/// Counts and reads.
pub(super) async fn record(
    State(app): State<App>,
    caller: Caller,
    path: RawPathParams,
) -> Result<Response, ApiError> {
    let name = path.iter().next().map_or_else(String::new, |(_, name)| name.to_owned());
    let counter = aliases::counter("moe-counter", &name)?;
    let hit = caller.counts.then_some((&caller, None));
    let num = match count::count_then_read(&app, hit, &counter, Metric::Total).await? {
        Reading::Number(number) => number.value(),
        Reading::Missing | Reading::Unknown => 0,
    };
    Ok(([NO_STORE], Json(MoeCounterRecord { name, num })).into_response())
}
