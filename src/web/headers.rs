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
use crate::web::response::page;

/// What scripts of other origins may read beside what they always may.
static EXPOSED: LazyLock<HeaderValue> = LazyLock::new(|| {
    let names = [
        ALLOW,
        RETRY_AFTER,
        access_log::REQUEST_ID,
        page::STALE,
        quota::LIMIT,
        quota::POLICY,
        countapi::X_PATH,
    ];
    let list = names.each_ref().map(|name| name.as_str()).join(",");
    HeaderValue::try_from(list).expect("names of headers make a value")
});

/// The policy of answers that are no pages.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Adds them, unless they are there.
///
/// CORS is two of them, whoever asks from where: nothing in an answer depends on it.
/// (tower-http's layer makes them anew each time, for a tenth of the instructions of
/// an answer. Preflights are its.)
pub(crate) fn add(headers: &mut HeaderMap) {
    if headers.contains_key(X_CONTENT_TYPE_OPTIONS) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED.clone());
    // Whatever is sent is what it says, and may load nothing; pages say more.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
}
