//! `/get/{namespace}/{key}/history`: a counter's past, by day or by hour.

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::model::history;
use crate::model::history::{Point, Range, Series};
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc, Param, text};
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::value::Callback;

#[derive(JsonSchema, Serialize)]
struct Past<'a> {
    namespace: &'a str,
    key: &'a str,
    /// Where the first point stands, and the last.
    from: &'a str,
    to: &'a str,
    #[serde(flatten)]
    series: &'a Series,
}

/// What the document says about `/get/{namespace}/{key}/history`.
pub(crate) const DOC: Doc = Doc::json::<Past<'_>>("Read the past of a counter").query(&[
    Param::new("from", "The first day or instant", text),
    Param::new("to", "The last day or instant", text),
    Param::new("step", "The length of a step", || json!({ "enum": ["day", "hour"] })),
    Param::new("tz", "A time zone such as Europe/Berlin; UTC without one", text),
    CALLBACK,
]);

/// `?from=`, `?to=`, `?step=day|hour`, `?tz=`; gaps are filled with zeros.
pub(crate) async fn history(
    State(app): State<App>,
    Path(counter): Path,
    query: Query,
    callback: Callback,
) -> Result<Response, ApiError> {
    let range = Range::parse(
        query.get("from"),
        query.get("to"),
        query.get("step"),
        query.get("tz"),
        Timestamp::now(),
    )
    .map_err(|error| ApiError::invalid_range(&error))?;
    let history = app.counters.history(&counter).await?;
    let history = history.ok_or_else(|| ApiError::no_counter(&counter))?;
    let series = history::series(&history, &range, app.history_hours);
    let Counter { namespace, key } = &counter;
    callback.answer(&Past {
        namespace: namespace.as_str(),
        key: key.as_str(),
        from: at(series.points.first()),
        to: at(series.points.last()),
        series: &series,
    })
}

fn at(point: Option<&Point>) -> &str {
    point.map_or("", |point| &point.at)
}
