//! The headers of every answer.

use std::sync::LazyLock;

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CONTENT_SECURITY_POLICY,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::countapi;
use crate::web::access_log;
use crate::web::limits::quota;
use crate::web::response::{page, picture};

/// The headers that scripts of other origins may read, in addition to the safelisted ones.
static EXPOSED: LazyLock<HeaderValue> = LazyLock::new(|| {
    let names = [
        ALLOW,
        RETRY_AFTER,
        access_log::REQUEST_ID,
        page::STALE,
        picture::IGNORED,
        quota::LIMIT,
        quota::POLICY,
        countapi::X_PATH,
    ];
    let list = names.each_ref().map(|name| name.as_str()).join(",");
    HeaderValue::try_from(list).expect("names of headers make a value")
});

/// The policy of all answers except pages.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Whether a request has one of these headers. A request has few, and to look through them costs
/// less than to hash each of these names.
#[expect(
    clippy::manual_contains,
    reason = "a call of `contains`, in code that is small, costs more"
)]
pub(crate) fn contains(headers: &HeaderMap, names: &[&HeaderName]) -> bool {
    headers.keys().any(|name| names.iter().any(|one| *one == name))
}

/// Whether a path is for operators alone, so that scripts of other origins must not read it.
pub(crate) fn is_private(path: &str) -> bool {
    matches!(path, "/export" | "/import" | "/metrics")
}

/// Adds the headers to the answer at a private path.
pub(crate) fn add_private(headers: &mut HeaderMap) {
    add(headers);
    headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
}

/// Adds the headers, unless the answer has them already.
///
/// The CORS headers are the same for every origin. tower-http's layer answers the preflights
/// alone: for other answers it would build these headers each time, which takes a tenth of
/// the instructions of an answer.
pub(crate) fn add(headers: &mut HeaderMap) {
    if headers.keys().any(|name| *name == X_CONTENT_TYPE_OPTIONS) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED.clone());
    // Pages have set a wider policy already.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
}
