//! The files that pages load, and `seen.js` for other people's pages.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::web::response::asset::{self, Asset, packed};

static STYLE: Asset = packed!("page.css", "text/css; charset=utf-8");
static SCRIPT: Asset = packed!("page.js", asset::SCRIPT);
static SEEN: Asset = packed!("seen.js", asset::SCRIPT);
static ICON: Asset = Asset::plain("image/svg+xml", include_bytes!("assets/icon.svg"));
static FAVICON: Asset = Asset::plain("image/x-icon", include_bytes!("assets/favicon.ico"));

/// The style of the pages.
pub(crate) async fn style(headers: HeaderMap) -> Response {
    STYLE.answer(&headers)
}

/// The script of the pages.
pub(crate) async fn script(headers: HeaderMap) -> Response {
    SCRIPT.answer(&headers)
}

/// The pages' icon.
pub(crate) async fn icon(headers: HeaderMap) -> Response {
    ICON.answer(&headers)
}

/// The same icon for programs that request it by default, such as feed readers.
pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    FAVICON.answer(&headers)
}

/// The script that shows counts in other people's pages.
pub(crate) async fn seen(headers: HeaderMap) -> Response {
    SEEN.answer(&headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// seen.js goes to every visitor of every page that shows a number.
    #[test]
    fn what_browsers_load_is_small_on_its_way() {
        for (asset, most) in [(&SEEN, 1500), (&SCRIPT, 3072), (&STYLE, 3072)] {
            let sizes = asset.sizes();
            let [(_, plain), (_, br), (_, gzip)] = sizes[..] else { panic!("{sizes:?}") };
            assert!(br < gzip && gzip < plain && gzip <= most, "{sizes:?}, {most} at most");
        }
    }
}
