//! What all pages share: the frame, their headers, and text made harmless.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::name::Counter;
use crate::picture::escape;

/// Everything comes from seen itself, and no script or style stands in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A page on its way out.
pub struct Page {
    status: StatusCode,
    stale: bool,
    html: String,
}

/// Says that a number is the last one known and not the present one.
pub const STALE: HeaderName = HeaderName::from_static("x-seen-stale");

/// What a page says beside such a number, and nothing beside another.
pub fn note(stale: bool) -> &'static str {
    if stale { "The store cannot be reached just now: this is the last number known." } else { "" }
}

impl Page {
    /// The page with this title whose `<main>` is `body`, a template in which
    /// each `{{name}}` becomes the text given for it, made harmless.
    pub fn new(title: &str, body: &str, texts: &[(&str, &str)]) -> Self {
        let body = fill(body, texts);
        let frame = include_str!("assets/frame.html");
        // The body last: what it says must not be taken for a template again.
        let html = fill(frame, &[("title", title)]).replace("{{{body}}}", &body);
        Self { status: StatusCode::OK, stale: false, html }
    }

    /// The same, which says in a header whether it shows a number of old.
    pub fn stale(self, stale: bool) -> Self {
        Self { stale, ..self }
    }

    /// The page for an error.
    pub fn error(error: &ApiError) -> Self {
        let (status, _) = error.in_words();
        let texts = [("status", status.as_str()), ("sentence", &error.sentence())];
        let page = Self::new("seen", include_str!("assets/error.html"), &texts);
        Self { status, ..page }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (REFERRER_POLICY, "same-origin"),
            (CACHE_CONTROL, "no-store"),
            (VARY, "accept"),
        ];
        let stale = self.stale.then_some([(STALE, "true")]);
        (self.status, headers, stale, self.html).into_response()
    }
}

/// An error where a page was expected.
pub struct PageError(ApiError);

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = Page::error(&self.0).into_response();
        self.0.annotate(&mut response);
        response
    }
}

/// Puts texts in the places of a template.
fn fill(template: &str, texts: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}") {
            Some((name, after)) if texts.iter().any(|text| text.0 == name) => {
                let text = texts.iter().find(|text| text.0 == name).map_or("", |text| text.1);
                escape::push(&mut filled, text);
                rest = after;
            }
            _ => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// Where visitors reach this seen, for code to copy: by the address they used.
pub fn origin(headers: &HeaderMap) -> String {
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
    format!("{scheme}://{}", host.unwrap_or("localhost:8000"))
}

/// The code that people paste to show a counter.
pub struct Snippets {
    /// For READMEs.
    pub markdown: String,
    /// For pages.
    pub html: String,
    /// For pages that want the bare number.
    pub script: String,
}

impl Snippets {
    /// For a counter of the seen at `origin`, with a badge query (with its `?`)
    /// or nothing.
    pub fn new(origin: &str, counter: &Counter, query: &str) -> Self {
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
    fn a_text_is_never_taken_for_markup_or_for_a_template() {
        let page = fill("<p>{{a}}</p>{{b}}", &[("a", "<script>{{b}}"), ("b", "\"&")]);
        assert_eq!(page, "<p>&lt;script&gt;{{b}}</p>&quot;&amp;");
    }

    #[test]
    fn a_host_that_is_none_is_not_printed() {
        let with = |host: &str| {
            origin(&HeaderMap::from_iter([(axum::http::header::HOST, host.parse().unwrap())]))
        };
        assert_eq!(with("seen.example:8000"), "http://seen.example:8000");
        assert_eq!(with("\"><script>"), "http://localhost:8000");
    }
}
