//! `/get/{namespace}/{key}/history`: a counter's history, by day or by hour.

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::counters::sums::Sum;
use crate::model::count::History;
use crate::model::history;
use crate::model::history::{Point, Range, Series};
use crate::model::name::Name;
use crate::model::site::Depth;
use crate::model::time::Timestamp;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc, QueryParam, text};
use crate::web::request::auth::Visible;
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::jsonp::Callback;

#[derive(JsonSchema, Serialize)]
struct Past<'a> {
    namespace: &'a str,
    /// Absent for the sum of a namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    /// The first point, and the last.
    from: &'a str,
    to: &'a str,
    #[serde(flatten)]
    series: &'a Series,
}

/// The OpenAPI description of `/get/{namespace}/{key}/history`.
pub(crate) const DOC: Doc =
    Doc::json::<Past<'_>>("Read the history of a counter").query(RANGE).expensive();

/// The OpenAPI description of `/sum/{namespace}/history`.
pub(crate) const SUM: Doc =
    Doc::json::<Past<'_>>("Read the history of all counters of a namespace together")
        .owners()
        .query(RANGE)
        .expensive();

const RANGE: &[QueryParam] = &[
    QueryParam::new("from", "The first day or instant", text),
    QueryParam::new("to", "The last day or instant", text),
    QueryParam::new("step", "The length of a step", || json!({ "enum": ["day", "hour"] })),
    QueryParam::new("tz", "A time zone such as Europe/Berlin; UTC without one", text),
    CALLBACK,
];

/// `?from=`, `?to=`, `?step=day|hour`, `?tz=`; gaps are filled with zeros.
pub(crate) async fn history(
    State(app): State<App>,
    Path(counter): Path,
    query: Query,
    callback: Callback,
) -> Result<Response, ApiError> {
    let range = range(&query)?;
    let history = app.counters.history(&counter).await?;
    let history = history.ok_or_else(|| ApiError::no_counter(&counter))?;
    answer(&app, &counter.namespace, Some(&counter.key), &history, &range, &callback)
}

/// The history of all counters of a namespace together.
pub(crate) async fn sum(
    State(app): State<App>,
    Visible(namespace): Visible,
    query: Query,
    callback: Callback,
) -> Result<Response, ApiError> {
    let range = range(&query)?;
    let Sum { site, .. } = app.counters.sum(&namespace, Depth::Histories).await?;
    answer(&app, &namespace, None, &site.history, &range, &callback)
}

fn range(query: &Query) -> Result<Range, ApiError> {
    let (from, to) = (query.get("from"), query.get("to"));
    Range::parse(from, to, query.get("step"), query.get("tz"), Timestamp::now())
        .map_err(|error| ApiError::invalid_range(&error))
}

fn answer(
    app: &App,
    namespace: &Name,
    key: Option<&Name>,
    history: &History,
    range: &Range,
    callback: &Callback,
) -> Result<Response, ApiError> {
    let series = history::series(history, range, app.history_hours);
    callback.answer(&Past {
        namespace: namespace.as_str(),
        key: key.map(Name::as_str),
        from: at(series.points.first()),
        to: at(series.points.last()),
        series: &series,
    })
}

fn at(point: Option<&Point>) -> &str {
    point.map_or("", |point| &point.at)
}
