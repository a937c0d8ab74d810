//! Hit Counter's bare numbers, `/count?url=` and `/nocount?url=`
//! (github.com/brentvollebregt/hit-counter). Its pictures are among the aliases.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::REFERER;
use axum::response::{IntoResponse, Response};

use crate::model::name::Counter;
use crate::web::App;
use crate::web::count;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam, text};
use crate::web::pictures::aliases;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::value::NO_STORE;

/// The OpenAPI description of `/nocount`.
pub(super) const READ: Doc =
    Doc::other("Read the hits of a page (Hit Counter)", "text/plain").query(&[URL]);

/// The page.
const URL: QueryParam = QueryParam::new("url", "The page; without it, the one in `Referer`", text);

/// Whether a request to `/count` is for Hit Counter: GoatCounter has the same path, with a
/// page in `p`.
pub(crate) fn asks_for(query: &Query) -> bool {
    query.get("url").is_some() && query.get("p").is_none()
}

/// Counts, and answers with the number.
pub(crate) async fn count(
    app: &App,
    caller: &Caller,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let counter = page(query, headers)?;
    if !caller.counts {
        return number(app, &counter).await;
    }
    let (number, quota) = count::hit(app, caller, &counter, None).await?;
    Ok((quota, [NO_STORE], number.to_string()).into_response())
}

/// Answers with the number.
pub(super) async fn read(
    State(app): State<App>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    number(&app, &page(&query, &headers)?).await
}

async fn number(app: &App, counter: &Counter) -> Result<Response, ApiError> {
    let number = app.counters.total(counter).await?.unwrap_or_default();
    Ok(([NO_STORE], number.to_string()).into_response())
}

fn page(query: &Query, headers: &HeaderMap) -> Result<Counter, ApiError> {
    let referer = headers.get(REFERER).and_then(|referer| referer.to_str().ok());
    let url = query.get("url").or(referer);
    let allowed = "an address such as https://example.com/page";
    aliases::of_url(url.ok_or_else(|| ApiError::missing_parameter("url", allowed))?)
}
