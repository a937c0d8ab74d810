//! The files that pages load, and the script for other people's pages.

use axum::http::HeaderMap;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

/// A browser asks again after an hour, and then only whether it has changed.
const KEEP: &str = "public, max-age=3600";
/// These files change only with the program.
const TAG: &str = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");

/// The style of the pages.
pub async fn style(headers: HeaderMap) -> Response {
    file(&headers, "text/css; charset=utf-8", include_str!("assets/page.css"))
}

/// What makes the pages live.
pub async fn script(headers: HeaderMap) -> Response {
    file(&headers, "text/javascript; charset=utf-8", include_str!("assets/page.js"))
}

/// The pages' icon.
pub async fn icon(headers: HeaderMap) -> Response {
    file(&headers, "image/svg+xml", include_str!("assets/icon.svg"))
}

/// What shows counts in other people's pages.
pub async fn seen(headers: HeaderMap) -> Response {
    file(&headers, "text/javascript; charset=utf-8", include_str!("assets/seen.js"))
}

fn file(headers: &HeaderMap, kind: &'static str, text: &'static str) -> Response {
    let common: [(HeaderName, &str); 4] = [
        (CACHE_CONTROL, KEEP),
        (ETAG, TAG),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    if headers.get(IF_NONE_MATCH).is_some_and(|tag| tag == TAG) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    ([(CONTENT_TYPE, kind)], common, text).into_response()
}

#[cfg(test)]
mod tests {
    /// It goes to every visitor of every page that shows a number.
    #[test]
    fn the_script_stays_small() {
        let script = include_str!("assets/seen.js");
        assert!(script.len() < 2400, "{} bytes before compression", script.len());
    }
}
