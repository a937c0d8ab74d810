//! `/`: the front page, which counts its visits.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::name::{Counter, Name};
use crate::picture::number::Format;
use crate::web::App;
use crate::web::count::{self, Reading};
use crate::web::error::ApiError;
use crate::web::openapi;
use crate::web::openapi::{Doc, ResponseBody};
use crate::web::request::caller::Caller;
use crate::web::request::metric::Metric;
use crate::web::response::negotiate;
use crate::web::response::negotiate::Representation;
use crate::web::response::page;
use crate::web::response::page::HtmlPage;

#[derive(JsonSchema, Serialize)]
struct Greeting {
    message: String,
    value: i64,
}

/// The OpenAPI description of `/`: HTML for browsers, text for curl.
pub(crate) const DOC: Doc = Doc {
    answer: ResponseBody::Several(openapi::schema::<Greeting>, &["text/html", "text/plain"]),
    ..Doc::json::<()>("Count a visit of the front page")
};

/// Counts a visit and shows the number: as HTML to a browser, as a line of text to curl, and as
/// JSON on request. HEAD only reads.
pub(crate) async fn visit(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let accept = headers.get(ACCEPT).and_then(|a| a.to_str().ok()).unwrap_or_default();
    let form = negotiate::preferred(accept);
    let counter = counter();
    let counted = if caller.counts {
        count::hit(&app, &caller, &counter, None).await.map(|(number, _)| number)
    } else {
        app.counters.total(&counter).await.map(Option::unwrap_or_default).map_err(ApiError::from)
    };
    let value = match counted {
        Ok(value) => value,
        // A person still gets the page; a program gets the error.
        Err(error) if form == Representation::Html && error.is_transient() => {
            let known =
                count::read_or_last_known(&app, &counter, Metric::Total, Some(&error)).await;
            return match known? {
                Reading::Number(known) => {
                    Ok(page(known.value(), known.stale, &headers).into_response())
                }
                // The mode lets no visit create it.
                Reading::Missing => Ok(page(0, false, &headers).into_response()),
                Reading::Unknown => Err(error),
            };
        }
        Err(error) => return Err(error),
    };
    let mut response = match form {
        Representation::Text => format!("{}\n", sentence(value)).into_response(),
        Representation::Html => page(value, false, &headers).into_response(),
        Representation::Json => Json(Greeting { message: sentence(value), value }).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The counter of this page, `default/hits`.
fn counter() -> Counter {
    let key = Name::new("hits").expect("a constant that is a name");
    Counter { namespace: Name::default_namespace(), key }
}

fn sentence(value: i64) -> String {
    format!("Hello World! I have been seen {value} {}.", times(value))
}

fn times(value: i64) -> &'static str {
    if value == 1 { "time" } else { "times" }
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    sentence: String,
    value: String,
    times: &'static str,
    stale: &'static str,
    origin: String,
}

fn page(value: i64, stale: bool, headers: &HeaderMap) -> HtmlPage {
    let page = HtmlPage::new(&Home {
        sentence: sentence(value),
        value: Format::Separated.print(value),
        times: times(value),
        stale: page::note(stale),
        origin: page::origin(headers),
    });
    page.stale(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_and_more_times() {
        assert_eq!(sentence(1), "Hello World! I have been seen 1 time.");
        assert_eq!(sentence(2), "Hello World! I have been seen 2 times.");
        assert_eq!(sentence(0), "Hello World! I have been seen 0 times.");
    }
}
