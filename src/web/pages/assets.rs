//! The files that pages load, and the script for other people's pages.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::web::response::etag;

/// A browser asks again after an hour, and then only whether it has changed.
const KEEP: &str = "public, max-age=3600";

/// One file that is a part of the program.
struct Asset {
    kind: &'static str,
    bytes: &'static [u8],
    /// Of the bytes: it changes with the file, and only with it.
    hash: u64,
}

static STYLE: Asset = Asset::new("text/css; charset=utf-8", include_str!("assets/page.css"));
static SCRIPT: Asset = Asset::new(SCRIPTS, include_str!("assets/page.js"));
static ICON: Asset = Asset::new("image/svg+xml", include_str!("assets/icon.svg"));
static FAVICON: Asset = Asset::binary("image/x-icon", include_bytes!("assets/favicon.ico"));
static SEEN: Asset = Asset::new(SCRIPTS, include_str!("assets/seen.js"));
const SCRIPTS: &str = "text/javascript; charset=utf-8";

/// The style of the pages.
pub(crate) async fn style(headers: HeaderMap) -> Response {
    STYLE.answer(&headers)
}

/// What makes the pages live.
pub(crate) async fn script(headers: HeaderMap) -> Response {
    SCRIPT.answer(&headers)
}

/// The pages' icon.
pub(crate) async fn icon(headers: HeaderMap) -> Response {
    ICON.answer(&headers)
}

/// The same icon for programs that ask for it unbidden, such as feed readers.
pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    FAVICON.answer(&headers)
}

/// What shows counts in other people's pages.
pub(crate) async fn seen(headers: HeaderMap) -> Response {
    SEEN.answer(&headers)
}

impl Asset {
    const fn new(kind: &'static str, text: &'static str) -> Self {
        Self::binary(kind, text.as_bytes())
    }

    const fn binary(kind: &'static str, bytes: &'static [u8]) -> Self {
        Self { kind, bytes, hash: etag::hash(bytes) }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let tag = etag::tag(self.hash);
        let common: [(HeaderName, &str); 3] = [
            (CACHE_CONTROL, KEEP),
            (ETAG, &tag),
            (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        ];
        if etag::is_known(&tag, headers) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        ([(CONTENT_TYPE, self.kind)], common, self.bytes).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// It goes to every visitor of every page that shows a number.
    #[test]
    fn the_script_is_small_on_its_way() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(SEEN.bytes).unwrap();
        let bytes = packed.finish().unwrap().len();
        assert!(bytes <= 1536, "{bytes} bytes by gzip, comments included");
    }

    #[test]
    fn a_tag_is_of_the_content() {
        assert_ne!(SEEN.hash, SCRIPT.hash);
    }
}
