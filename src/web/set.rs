//! `/set/{namespace}/{key}?value=n`: its owner sets the total.

use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use super::owner::Change;
use super::query::{NUMBER, Query};
use super::value::Callback;
use crate::edit::Edit;

/// `{"value":n}`.
pub async fn answer(
    change: Change,
    query: Query,
    callback: Callback,
) -> Result<Response, ApiError> {
    let value = query.number(&["value"])?;
    let value = value.ok_or_else(|| ApiError::missing_parameter("value", NUMBER))?;
    let total = change.total(Edit::Set(value)).await?;
    Ok((change.quota, callback.value(total)?).into_response())
}
