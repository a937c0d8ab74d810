//! `/hit/{namespace}/{key}`: counts, and answers with the hit's own number.

use axum::Json;
use axum::extract::State;
use axum::http::Method;

use super::App;
use super::error::ApiError;
use super::extract::Path;
use super::get::{self, Value};
use crate::hit::{Hit, Source};

/// `{"value":n}`, n the number of this hit. HEAD only reads: whoever asks for
/// no answer has not seen anything.
pub async fn value(
    method: Method,
    State(app): State<App>,
    Path(counter): Path,
) -> Result<Json<Value>, ApiError> {
    if method == Method::HEAD {
        return get::value(State(app), Path(counter)).await;
    }
    let hit = Hit { key: counter.key.clone(), source: Source::Browser, visitor: None, id: None };
    let value = app
        .counters
        .hit(&counter.namespace, hit)
        .await
        .map_err(|error| ApiError::not_counted(&counter, error))?;
    Ok(Json(Value { value }))
}
