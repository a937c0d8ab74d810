//! `/get/{namespace}/{key}`: reads, and never counts.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::App;
use super::error::ApiError;
use super::extract::Path;

/// What a counter shows, in the form that CountAPI and Abacus share.
#[derive(Serialize)]
pub struct Value {
    /// The total.
    pub value: i64,
}

/// `{"value":n}`.
pub async fn value(State(app): State<App>, Path(counter): Path) -> Result<Json<Value>, ApiError> {
    let total = app.counters.total(&counter).await?;
    let value = total.ok_or_else(|| ApiError::no_counter(&counter))?;
    Ok(Json(Value { value }))
}
