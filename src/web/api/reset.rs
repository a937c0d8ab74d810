//! `/reset/{namespace}/{key}`: sets the total to 0, with its owner's token.

use axum::response::{IntoResponse, Response};

use crate::model::edit::Edit;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc};
use crate::web::request::auth::OwnerChange;
use crate::web::response::value::{Callback, Value};

/// What the document says about `/reset/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::json::<Value>("Start over").owners().query(&[CALLBACK]);

/// `{"value":0}`.
pub(crate) async fn reset(change: OwnerChange, callback: Callback) -> Result<Response, ApiError> {
    let total = change.total(Edit::Reset).await?;
    Ok((change.quota, callback.value(total)?).into_response())
}
