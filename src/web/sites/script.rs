//! Scripts that replace those of busuanzi, vercount and GoatCounter at their paths. They are
//! our own, written after the documentation of these services.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::web::response::asset::{self, Asset, packed};

static BUSUANZI: Asset = packed!("busuanzi.js", asset::SCRIPT);
static GOATCOUNTER: Asset = packed!("count.js", asset::SCRIPT);

/// busuanzi's and vercount's.
pub(super) async fn busuanzi(headers: HeaderMap) -> Response {
    BUSUANZI.answer(&headers)
}

/// GoatCounter's.
pub(super) async fn goatcounter(headers: HeaderMap) -> Response {
    GOATCOUNTER.answer(&headers)
}
