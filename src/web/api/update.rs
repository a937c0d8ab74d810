//! `/update/{namespace}/{key}?value=±n`: adds to the total, with its owner's token. CountAPI
//! calls the amount `amount`.

use axum::response::{IntoResponse, Response};

use crate::model::edit::Edit;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc, QueryParam, number};
use crate::web::request::auth::OwnerChange;
use crate::web::request::query::{NUMBER, Query};
use crate::web::response::jsonp::Callback;
use crate::web::response::value::Value;

/// The OpenAPI description of `/update/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::json::<Value>("Add to the total").owners().query(&[
    QueryParam::new("value", "How much to add", number).required(),
    QueryParam::new("amount", "The same as value", number),
    CALLBACK,
]);

/// `{"value":n}`, the total afterwards.
pub(crate) async fn update(
    change: OwnerChange,
    query: Query,
    callback: Callback,
) -> Result<Response, ApiError> {
    let amount = query.number(&["value", "amount"])?;
    let amount = amount.ok_or_else(|| ApiError::missing_parameter("value", NUMBER))?;
    let total = change.total(Edit::Add(amount)).await?;
    Ok((change.quota, callback.value(total)?).into_response())
}
