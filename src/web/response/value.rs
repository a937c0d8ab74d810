//! `{"value":n}`, the answer that CountAPI and Abacus share.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use crate::web::access_log::REQUEST_ID;
use crate::web::error::ApiError;
use crate::web::headers;

/// For numbers, which are current only now.
pub(crate) const NO_STORE: (HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// `{"value":n}`.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Value {
    /// The number.
    pub value: i64,
}

/// The answer `{"value":n}`.
pub(crate) fn plain(value: i64) -> Result<Response, ApiError> {
    /// All headers of this answer, since a copy costs less than building them. `x-request-id`
    /// is a placeholder that access_log.rs overwrites.
    static HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| {
        let json = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::from_iter([NO_STORE, (CONTENT_TYPE, json)]);
        headers.insert(REQUEST_ID, HeaderValue::from_static(""));
        headers::add(&mut headers);
        headers
    });
    let body = serde_json::to_vec(&Value { value }).map_err(ApiError::serialization)?;
    let mut response = Response::new(body.into());
    *response.headers_mut() = HEADERS.clone();
    Ok(response)
}
