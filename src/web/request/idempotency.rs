//! The key by which a repeated hit is recognised: the `Idempotency-Key` header
//! (draft-ietf-httpapi-idempotency-key-header-07), or `?id=`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use ring::digest;
use serde_json::json;

use super::query::Query;
use crate::model::hit::HitId;
use crate::web::error::ApiError;
use crate::web::openapi::QueryParam;

/// The header of the key.
pub(crate) static HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const ALLOWED: &str = "1 to 255 visible ASCII characters";

/// The OpenAPI description of `?id=`.
pub(crate) const ID: QueryParam = QueryParam::new(
    "id",
    "A hit repeated with the same id within an hour counts once",
    || json!({ "type": "string", "pattern": "^[!-~]{1,255}$" }),
);

/// The key of a request; `None` without one.
pub(crate) struct IdempotencyKey(pub Option<HitId>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if let Some(value) = parts.headers.get(&HEADER) {
            return of_header(value).map(|id| Self(Some(id)));
        }
        let query = Query::from_request_parts(parts, state).await?;
        query.get("id").map(|text| hash("id", text)).transpose().map(Self)
    }
}

/// The id of a header.
///
/// # Errors
/// 400 if the key is not valid.
pub(super) fn of_header(value: &HeaderValue) -> Result<HitId, ApiError> {
    let invalid = |_| ApiError::invalid_parameter(HEADER.as_str(), "not readable", ALLOWED);
    hash(HEADER.as_str(), value.to_str().map_err(invalid)?)
}

/// The id of one of the hits of a request with this id.
pub(crate) fn nth(HitId(id): HitId, number: usize) -> HitId {
    of_bytes(&[&id[..], &number.to_be_bytes()].concat())
}

fn of_bytes(bytes: &[u8]) -> HitId {
    let mut id = [0; 16];
    id.copy_from_slice(&digest::digest(&digest::SHA256, bytes).as_ref()[..16]);
    HitId(id)
}

/// The id of a key; `name` is its header or parameter, for the error.
pub(crate) fn hash(name: &str, text: &str) -> Result<HitId, ApiError> {
    if text.is_empty() || text.len() > 255 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ApiError::invalid_parameter(name, text, ALLOWED));
    }
    Ok(of_bytes(text.as_bytes()))
}
