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
use crate::store::Mode;
use crate::web::base_path;
use crate::web::error::ApiError;

/// Keeps other windows from controlling a page (HTML, section 7.1.3).
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Denies pages all features of the machine (Permissions Policy, W3C).
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const NO_PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), \
                              payment=(), usb=()";

/// Only resources of this origin, and no inline scripts or styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A page as an answer.
pub(crate) struct HtmlPage {
    status: StatusCode,
    stale: bool,
    html: String,
}

/// The header of an answer with the last known number instead of the current one.
pub(crate) const STALE: HeaderName = HeaderName::from_static("x-seen-stale");

/// The note next to an outdated number; empty for a current one.
pub(crate) fn note(stale: bool) -> &'static str {
    if stale { "The store cannot be reached just now: this is the last number known." } else { "" }
}

impl HtmlPage {
    /// Renders a template.
    pub(crate) fn new(template: &impl Template) -> Self {
        match template.render() {
            Ok(html) => Self { status: StatusCode::OK, stale: false, html },
            // Only a failing `Display` of a value can cause this, and no template has one.
            Err(_) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self { status, stale: false, html: String::new() }
            }
        }
    }

    /// Sets the header that tells whether the number is out of date.
    pub(crate) fn stale(self, stale: bool) -> Self {
        Self { stale, ..self }
    }

    /// The page for an error.
    pub(crate) fn error(error: &ApiError) -> Self {
        let (status, sentence) = error.status_and_message();
        let (status, sentence) = (status.as_u16(), sentence.to_owned());
        Self::new(&ErrorPage { status, sentence, allowed: error.allowed_values() }).of(error)
    }

    /// Sets the status of an error.
    pub(crate) fn of(self, error: &ApiError) -> Self {
        Self { status: error.status_and_message().0, ..self }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    status: u16,
    sentence: String,
    allowed: Option<String>,
}

impl IntoResponse for HtmlPage {
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
pub(crate) struct PageError(ApiError, HtmlPage);

impl PageError {
    /// An error with a page of its own.
    pub(crate) fn told(error: ApiError, page: HtmlPage) -> Self {
        let page = page.of(&error);
        Self(error, page)
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        let page = HtmlPage::error(&error);
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

/// The address that this visitor used, with the base path, for code to copy.
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

/// The command that creates a counter. `query` is that of `/create`, with its `?`, or empty.
pub(crate) fn create_command(mode: Mode, origin: &str, counter: &Counter, query: &str) -> String {
    let token = match mode {
        Mode::Private => "--header \"Authorization: Bearer $TOKEN\" ",
        Mode::Open | Mode::Create => "",
    };
    format!("curl --request POST {token}'{origin}/create/{counter}{query}'")
}

/// The code that people paste to show a counter.
pub(crate) struct Snippets {
    pub markdown: String,
    pub html: String,
    pub script: String,
}

impl Snippets {
    /// The code for a page requested with these headers. `query` is that of the badge, with its
    /// `?`, or empty.
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
