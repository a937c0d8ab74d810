//! `/reset/{namespace}/{key}`: sets the total to 0, with its owner's token.

use axum::response::{IntoResponse, Response};

use crate::model::edit::Edit;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc};
use crate::web::request::auth::OwnerChange;
use crate::web::response::jsonp::Callback;
use crate::web::response::value::Value;

/// The OpenAPI description of `/reset/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::json::<Value>("Reset a counter to 0").owners().query(&[CALLBACK]);

/// `{"value":0}`.
pub(crate) async fn reset(change: OwnerChange, callback: Callback) -> Result<Response, ApiError> {
    let total = change.total(Edit::Reset).await?;
    Ok((change.quota, callback.value(total)?).into_response())
}
