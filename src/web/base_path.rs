//! The path prefix at which a proxy serves seen, such as `/stats` in
//! `https://example.com/stats/`. It comes from `--base-path`, or from the
//! `X-Forwarded-Prefix` of a trusted proxy.
//!
//! It is removed before routing and added again to the addresses in an answer, here alone:
//! handlers and templates write every path as if there were no prefix.

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use axum::response::Response;

use super::App;
use crate::config::BasePath;
use crate::model::network::Peer;
use crate::web::headers;

/// The prefix that a proxy removed from the path. After [`enter`], only a trusted one is left.
static PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// The longest page that is rewritten, in bytes. Real ones have a few kilobytes.
const MAX_PAGE: usize = 4 << 20;

/// Removes the base path from a request, and notes it in the headers. A request without it
/// is served too: the proxy may have removed it, and probes that ask seen directly do not
/// have it.
pub(crate) fn enter<B>(request: &mut Request<B>, peer: Peer, app: &App) {
    if !headers::contains(request.headers(), &[&PREFIX]) && app.base_path.is_none() {
        return;
    }
    note(request.headers_mut(), peer.is_proxy, app.base_path.as_ref());
    if let Some(uri) = without(of(request.headers()), request.uri()) {
        *request.uri_mut() = uri;
    }
}

/// Replaces the prefix in the headers by the base path: a proxy's if it is sound, else `own`.
pub(crate) fn note(headers: &mut HeaderMap, is_proxy: bool, own: Option<&BasePath>) {
    let told = headers.remove(&PREFIX).filter(|_| is_proxy);
    let told = told.and_then(|prefix| prefix.to_str().ok()?.parse::<BasePath>().ok());
    let base = told.as_ref().or(own);
    if let Some(value) = base.and_then(|base| HeaderValue::from_str(base.as_str()).ok()) {
        headers.insert(&PREFIX, value);
    }
}

/// The address relative to `base`, if it begins with it.
fn without(base: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path().strip_prefix(base)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let path = if rest.is_empty() { "/" } else { rest };
    let path = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.ok()?);
    Uri::from_parts(parts).ok()
}

/// The base path of a request; empty if there is none.
pub(crate) fn of(headers: &HeaderMap) -> &str {
    // As in `headers::contains`, this costs less than to hash the name.
    let prefix = headers.iter().find(|(name, _)| **name == PREFIX);
    prefix.and_then(|(_, prefix)| prefix.to_str().ok()).unwrap_or_default()
}

/// Adds the base path to an answer: to the target of a redirect, and to every address in a
/// page that begins with a slash.
pub(crate) async fn leave(mut response: Response, base: &str) -> Response {
    if base.is_empty() {
        return response;
    }
    let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    if let Some(to) = location.filter(|to| to.starts_with('/') && !to.starts_with("//"))
        && let Ok(to) = HeaderValue::from_str(&format!("{base}{to}"))
    {
        response.headers_mut().insert(LOCATION, to);
    }
    let kind = response.headers().get(CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    // The page is in memory already, and short.
    let html = to_bytes(body, MAX_PAGE).await.unwrap_or_default();
    let html = String::from_utf8_lossy(&html);
    // Quotation marks in text are escaped, so only attributes match.
    Response::from_parts(parts, Body::from(html.replace("=\"/", &format!("=\"{base}/"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_taken_off_whole_segments() {
        let left = |uri: &str| without("/stats", &uri.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(left("/stats/hit/a/b?c=1"), Some("/hit/a/b?c=1".into()));
        assert_eq!(left("/stats"), Some("/".into()));
        assert_eq!(left("/stats/"), Some("/".into()));
        assert_eq!(left("/stats?a=b"), Some("/?a=b".into()));
        assert_eq!(left("/statistics/hit"), None);
        assert_eq!(left("/hit/stats/b"), None);
    }

    #[tokio::test]
    async fn pages_and_redirects_lead_below_the_base() {
        let html = "<a href=\"/x\">=&quot;/y</a><a href=\"https://h/\">";
        let page = Response::builder().header(CONTENT_TYPE, "text/html; charset=utf-8");
        let page = leave(page.header(LOCATION, "/w").body(Body::from(html)).unwrap(), "/b").await;
        assert_eq!(page.headers()[LOCATION], "/b/w");
        let body = to_bytes(page.into_body(), 1 << 10).await.unwrap();
        let expected = "<a href=\"/b/x\">=&quot;/y</a><a href=\"https://h/\">";
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }
}
