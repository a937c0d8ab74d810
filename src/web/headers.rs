//! The headers that every answer has.

use std::sync::LazyLock;

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CONTENT_SECURITY_POLICY,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};

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

/// The policy of everything except pages.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Whether a path is only for operators, whose pages are of this origin.
pub(crate) fn is_private(path: &str) -> bool {
    matches!(path, "/export" | "/import" | "/metrics")
}

/// Adds them to the answer at a private path, which pages of other origins may not read.
pub(crate) fn add_private(headers: &mut HeaderMap) {
    add(headers);
    headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
}

/// Adds them, unless the answer has them already.
///
/// Two of them are CORS, the same for every origin. (tower-http's layer builds them for
/// each answer, a tenth of its instructions; it answers the preflights.)
pub(crate) fn add(headers: &mut HeaderMap) {
    if headers.contains_key(X_CONTENT_TYPE_OPTIONS) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED.clone());
    // Pages set a wider policy of their own.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
}
