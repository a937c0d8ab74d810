//! `/hit/{namespace}/{key}`: counts a hit, and answers with its number.

use axum::extract::State;
use axum::http::{Method, Request};
use axum::response::{IntoResponse, Response};

use super::get;
use crate::model::name::{Counter, Name};
use crate::web::App;
use crate::web::count;
use crate::web::error::ApiError;
use crate::web::headers;
use crate::web::openapi::{CALLBACK, Doc};
use crate::web::pictures::badge::{self, ONLY_READS};
use crate::web::request::caller::Caller;
use crate::web::request::idempotency;
use crate::web::request::idempotency::{ID, IdempotencyKey};
use crate::web::request::metric::{COUNT, Metric};
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::jsonp::Callback;
use crate::web::response::value;
use crate::web::response::value::Value;

/// The OpenAPI description of `/hit/{namespace}/{key}`.
pub(crate) const DOC: Doc =
    Doc::json::<Value>("Count a hit").query(&[ID, COUNT, CALLBACK]).shared(ONLY_READS);

/// `{"value":n}`, where n is the number of this hit, or the one of `?count=`. It only reads if
/// `?hit=0` or `?readonly` forbids it to count.
pub(crate) async fn hit(
    State(app): State<App>,
    caller: Caller,
    Path(counter): Path,
    IdempotencyKey(id): IdempotencyKey,
    metric: Metric,
    query: Query,
    callback: Callback,
) -> Result<Response, ApiError> {
    let only_reads = badge::only_reads(&query)?;
    if !caller.counts || only_reads {
        return callback.value(get::value(&app, &counter, metric).await?);
    }
    let (number, quota) = count::hit(&app, &caller, &counter, id).await?;
    let value = match metric {
        Metric::Total => number,
        metric => get::value(&app, &counter, metric).await?,
    };
    Ok((quota, callback.value(value)?).into_response())
}

/// The most frequent request: `GET /hit/{namespace}/{key}` without a query and without an
/// idempotency key. It skips the router and the extractors, which would double its
/// instructions.
pub(crate) struct PlainHit(Counter);

impl PlainHit {
    /// `None` unless the request is a plain, valid hit. The router answers all others, also with
    /// errors.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        let (namespace, key) = request.uri().path().strip_prefix("/hit/")?.split_once('/')?;
        let is_plain = *request.method() == Method::GET
            && request.uri().query().is_none()
            && !is_form(key)
            && !headers::contains(request.headers(), &[&idempotency::HEADER]);
        let name = |text| Name::new(text).ok();
        is_plain.then_some(())?;
        Some(Self(Counter { namespace: name(namespace)?, key: name(key)? }))
    }

    /// Counts and answers like [`hit`].
    pub(crate) async fn answer(self, app: App, caller: Caller) -> Response {
        let counted = count::hit(&app, &caller, &self.0, None).await;
        let answer = counted.and_then(|(number, quota)| Ok((quota, value::plain(number)?)));
        answer.into_response()
    }
}

/// Whether this is the last part of a route `/hit/{key}/…` and not a key.
fn is_form(key: &str) -> bool {
    matches!(key, "badge.svg" | "badge.png" | "shields.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(request: Request<()>) -> Option<String> {
        PlainHit::of(&request).map(|PlainHit(counter)| counter.to_string())
    }

    fn get(path: &str) -> Request<()> {
        Request::get(path).body(()).unwrap()
    }

    #[test]
    fn what_is_more_than_a_hit_goes_the_long_way() {
        assert_eq!(plain(get("/hit/a.b/badge-svg")), Some("a.b/badge-svg".into()));
        assert_eq!(plain(get("/hit/site/shield")), Some("site/shield".into()));
        for more in [
            "/hit/a",
            "/hit/a/",
            "/hit//b",
            "/hit/a/b/",
            "/hit/a/b/badge.svg",
            "/hit/a/b%2e",
            "/hit/a/b?id=1",
            "/hit/a/b?",
            "/get/a/b",
            "/hit/a/b/shield",
        ] {
            assert_eq!(plain(get(more)), None, "{more}");
        }
        for method in [Method::HEAD, Method::POST, Method::OPTIONS] {
            let request = Request::builder().method(&method).uri("/hit/a/b").body(()).unwrap();
            assert_eq!(plain(request), None, "{method}");
        }
        let request = Request::get("/hit/a/b").header("idempotency-key", "1").body(()).unwrap();
        assert_eq!(plain(request), None);
    }
}
