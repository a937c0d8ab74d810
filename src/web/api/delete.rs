//! `/delete/{namespace}/{key}`: deletes a counter and its history, with its owner's token.

use axum::Json;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::edit::Edit;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::auth::OwnerChange;

#[derive(JsonSchema, Serialize)]
struct Deleted {
    status: &'static str,
    message: String,
}

/// The OpenAPI description of `/delete/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::json::<Deleted>("Delete a counter and its history").owners();

/// `{"status":"ok","message":…}`, in Abacus' words.
pub(crate) async fn delete(change: OwnerChange) -> Result<Response, ApiError> {
    change.make(Edit::Delete).await?;
    let OwnerChange { quota, counter, .. } = change;
    let message = format!("Deleted key: {}:{}", counter.namespace, counter.key);
    Ok((quota, Json(Deleted { status: "ok", message })).into_response())
}
