//! `/reset/{namespace}/{key}`: its owner starts over.

use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use super::owner::Change;
use super::value::Callback;
use crate::edit::Edit;

/// `{"value":0}`.
pub async fn answer(change: Change, callback: Callback) -> Result<Response, ApiError> {
    let total = change.total(Edit::Reset).await?;
    Ok((change.quota, callback.value(total)?).into_response())
}
