//! `/rotate/{namespace}/{key}`: replaces a counter's token. The old one stops working at once.

use axum::Json;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::edit::Edit;
use crate::model::token::Token;
use crate::store::StoreError;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::auth::OwnerChange;
use crate::web::response::value::NO_STORE;

#[derive(JsonSchema, Serialize)]
struct Rotated<'a> {
    admin_key: &'a str,
}

/// The OpenAPI description of `/rotate/{namespace}/{key}`.
pub(crate) const DOC: Doc = Doc::json::<Rotated<'_>>("Replace the token of a counter").owners();

/// `{"admin_key":…}`, shown only this once.
pub(crate) async fn rotate(change: OwnerChange) -> Result<Response, ApiError> {
    let token = Token::generate().map_err(StoreError::from)?;
    change.make(Edit::Rotate(token.digest())).await?;
    let body = Json(Rotated { admin_key: token.expose() });
    Ok((change.quota, [NO_STORE], body).into_response())
}
