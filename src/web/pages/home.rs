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
use crate::store::Mode;
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
        // The mode lets no visit create the counter: nobody has been counted yet.
        Err(error) if error.is_not_found() => 0,
        // A person still gets the page; a program gets the error.
        Err(error) if form == Representation::Html && error.is_transient() => {
            let known =
                count::read_or_last_known(&app, &counter, Metric::Total, Some(&error)).await;
            return match known? {
                Reading::Number(known) => {
                    Ok(page(&app, known.value(), known.stale, &headers).into_response())
                }
                // A limit or a cap kept the first visit from creating it.
                Reading::Missing => Ok(page(&app, 0, false, &headers).into_response()),
                Reading::Unknown => Err(error),
            };
        }
        Err(error) => return Err(error),
    };
    let mut response = match form {
        Representation::Text => format!("{}\n", sentence(value)).into_response(),
        Representation::Html => page(&app, value, false, &headers).into_response(),
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
    hits_create: bool,
    needs_token: bool,
    /// The command that creates the counter of the example.
    create: String,
}

fn page(app: &App, value: i64, stale: bool, headers: &HeaderMap) -> HtmlPage {
    let origin = page::origin(headers);
    let name = |text| Name::new(text).expect("a constant that is a name");
    let example = Counter { namespace: name("my-site"), key: name("home") };
    let page = HtmlPage::new(&Home {
        sentence: sentence(value),
        value: Format::Separated.print(value),
        times: times(value),
        stale: page::note(stale),
        hits_create: app.mode == Mode::Open,
        needs_token: app.mode == Mode::Private,
        create: page::create_command(app.mode, &origin, &example, ""),
        origin,
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
