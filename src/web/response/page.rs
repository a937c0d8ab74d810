//! The parts that all pages share: headers, the error page, and the code to paste.
//! The templates are in `templates/`; askama escapes every text in them.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::model::name::Counter;
use crate::picture::escape;
use crate::web::base_path;
use crate::web::error::ApiError;

/// No other window holds on to a page (HTML, section 7.1.3).
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What a page may use of the machine, which is nothing (Permissions Policy, W3C).
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const NO_PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), \
                              payment=(), usb=()";

/// Everything comes from seen itself, and no script or style stands in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A page as an answer.
pub(crate) struct Page {
    status: StatusCode,
    stale: bool,
    html: String,
}

/// Tells that a number is the last known one, not the current one.
pub(crate) const STALE: HeaderName = HeaderName::from_static("x-seen-stale");

/// The note next to such a number; empty for a current one.
pub(crate) fn note(stale: bool) -> &'static str {
    if stale { "The store cannot be reached just now: this is the last number known." } else { "" }
}

impl Page {
    /// The page that a template makes.
    pub(crate) fn new(template: &impl Template) -> Self {
        match template.render() {
            Ok(html) => Self { status: StatusCode::OK, stale: false, html },
            // Only a value whose Display fails can cause this, and no template has one.
            Err(_) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self { status, stale: false, html: String::new() }
            }
        }
    }

    /// The same, with a header that tells whether its number is out of date.
    pub(crate) fn stale(self, stale: bool) -> Self {
        Self { stale, ..self }
    }

    /// The page for an error.
    pub(crate) fn error(error: &ApiError) -> Self {
        let (status, _) = error.status_and_message();
        Self::new(&ErrorPage { status: status.as_u16(), sentence: error.sentence() }).of(error)
    }

    /// The same, with the status of an error.
    pub(crate) fn of(self, error: &ApiError) -> Self {
        Self { status: error.status_and_message().0, ..self }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    status: u16,
    sentence: String,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (REFERRER_POLICY, "same-origin"),
            (OPENER_POLICY, "same-origin"),
            (PERMISSIONS_POLICY, NO_PERMISSIONS),
            (CACHE_CONTROL, "no-store"),
            (VARY, "accept"),
        ];
        let stale = self.stale.then_some([(STALE, "true")]);
        (self.status, headers, stale, self.html).into_response()
    }
}

/// An error, answered as a page.
pub(crate) struct PageError(ApiError, Page);

impl PageError {
    /// An error with a page of its own.
    pub(crate) fn told(error: ApiError, page: Page) -> Self {
        let page = page.of(&error);
        Self(error, page)
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        let page = Page::error(&error);
        Self(error, page)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        self.0.annotate(&mut response);
        response
    }
}

/// Where visitors reach this seen, for code to copy: by the address they used, with
/// the base path.
pub(crate) fn origin(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").filter(|host| {
        let of_host =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        !host.is_empty() && host.len() <= 255 && host.bytes().all(of_host)
    });
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    format!("{scheme}://{}{}", host.unwrap_or("localhost:8000"), base_path::of(headers))
}

/// The code that people paste to show a counter.
pub(crate) struct Snippets {
    pub markdown: String,
    pub html: String,
    pub script: String,
}

impl Snippets {
    /// For a page that was asked for with these headers; `query` is the badge's, with
    /// its `?`, or empty.
    pub(crate) fn new(headers: &HeaderMap, counter: &Counter, query: &str) -> Self {
        let origin = origin(headers);
        let badge = format!("{origin}/hit/{counter}/badge.svg{query}");
        let page = format!("{origin}/counter/{counter}");
        let mut escaped = String::with_capacity(badge.len() + 16);
        escape::push(&mut escaped, &badge);
        Self {
            markdown: format!("[![views]({badge})]({page})"),
            html: format!("<a href=\"{page}\"><img src=\"{escaped}\" alt=\"views\"></a>"),
            script: format!(
                "<script async src=\"{origin}/seen.js\"></script>\n\
                 <span data-seen=\"{counter}\"></span> views"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_none_is_not_printed() {
        let with = |host: &str| {
            origin(&HeaderMap::from_iter([(axum::http::header::HOST, host.parse().unwrap())]))
        };
        assert_eq!(with("seen.example:8000"), "http://seen.example:8000");
        assert_eq!(with("\"><script>"), "http://localhost:8000");
    }
}
