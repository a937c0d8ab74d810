//! The script that stands in for busuanzi's and vercount's, at their addresses.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::web::response::asset::{self, Asset, packed};

/// Our own; what it does is what their documents promise.
static SCRIPT: Asset = packed!("busuanzi.js", asset::SCRIPT);

pub(super) async fn busuanzi(headers: HeaderMap) -> Response {
    SCRIPT.answer(&headers)
}
