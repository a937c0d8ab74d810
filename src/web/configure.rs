//! `/configure/{namespace}/{key}`: its owner changes how a counter counts.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::App;
use super::error::ApiError;
use super::owner::Change;
use super::query::Query;
use super::settings::{self, Shown};
use super::value::NO_STORE;
use crate::edit::Edit;

/// Changes what the query names and answers with all the settings.
pub async fn answer(
    State(app): State<App>,
    change: Change,
    query: Query,
) -> Result<Response, ApiError> {
    let count = app.counters.count(&change.counter).await?;
    let before = count.ok_or_else(|| ApiError::no_counter(&change.counter))?.settings;
    let settings = settings::changed(before, &query)?;
    change.make(Edit::Configure(settings)).await?;
    Ok((change.quota, [NO_STORE], Json(Shown::from(settings))).into_response())
}
