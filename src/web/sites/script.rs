//! The script that stands in for busuanzi's and vercount's, at their addresses.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// Our own; what it does is what their documents promise.
pub(super) async fn busuanzi() -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("busuanzi.js"))
}
