//! `/set/{namespace}/{key}?value=n`: sets the total, with its owner's token.

use axum::response::{IntoResponse, Response};

use crate::model::edit::Edit;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc, QueryParam, number};
use crate::web::request::auth::OwnerChange;
use crate::web::request::query::{NUMBER, Query};
use crate::web::response::jsonp::Callback;
use crate::web::response::value::Value;

/// The OpenAPI description of `/set/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::json::<Value>("Set the total")
    .owners()
    .query(&[QueryParam::new("value", "The new total", number).required(), CALLBACK]);

/// `{"value":n}`.
pub(crate) async fn set(
    change: OwnerChange,
    query: Query,
    callback: Callback,
) -> Result<Response, ApiError> {
    let value = query.number(&["value"])?;
    let value = value.ok_or_else(|| ApiError::missing_parameter("value", NUMBER))?;
    let total = change.total(Edit::Set(value)).await?;
    Ok((change.quota, callback.value(total)?).into_response())
}
