//! `/get/{namespace}/{key}`: reads, and never counts.

use axum::extract::State;
use axum::response::Response;

use super::App;
use super::error::ApiError;
use super::extract::Path;
use super::value::Callback;

/// `{"value":n}`.
pub async fn answer(
    State(app): State<App>,
    Path(counter): Path,
    callback: Callback,
) -> Result<Response, ApiError> {
    let total = app.counters.total(&counter).await?;
    let total = total.ok_or_else(|| ApiError::no_counter(&counter))?;
    callback.value(total)
}
