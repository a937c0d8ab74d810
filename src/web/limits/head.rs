//! How long the head of a request may be.
//!
//! hyper has bounds of its own and answers a bare 414 or 431 at them: 65,534
//! bytes of URL, 100 headers, 400 kB in all. These are lower, so that a request
//! which is too long by mistake is told what would be right.

use axum::http::Request;

use crate::web::error::ApiError;
use crate::web::request::query;

/// The longest path that is read, in bytes: a namespace and 100 keys fit.
const MAX_PATH: usize = 8 << 10;
/// The most headers, and the most bytes of their names and values together.
const HEADERS_MANY: usize = 80;
const MAX_HEADERS: usize = 32 << 10;

/// Refuses a request out of bounds.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), ApiError> {
    let (uri, headers) = (request.uri(), request.headers());
    if uri.path().len() > MAX_PATH {
        return Err(ApiError::url_too_long("path", MAX_PATH));
    }
    if uri.query().is_some_and(|text| text.len() > query::MAX_BYTES) {
        return Err(ApiError::url_too_long("query", query::MAX_BYTES));
    }
    let bytes = || headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > HEADERS_MANY || MAX_HEADERS < bytes() {
        return Err(ApiError::headers_too_large(HEADERS_MANY, MAX_HEADERS));
    }
    Ok(())
}
