//! counterapi.dev, version 2: `/v2/WORKSPACE/NAME`, and `/up`, `/down`, `/reset` and `/stats`
//! after it. Counters here have one number, so `up_count` is the total and `down_count` is 0.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::counterapi::{instant, lowered, raised};
use crate::model::count::History;
use crate::model::edit::Edit;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::auth::{Bearer, OwnerChange};
use crate::web::request::caller::Caller;
use crate::web::request::path::Path;
use crate::web::response::value::NO_STORE;

/// An answer.
#[derive(JsonSchema, Serialize)]
struct CounterApiV2Answer<'a> {
    code: &'static str,
    data: CounterApiV2Counter<'a>,
}

/// An error: the fields of counterapi.dev, and `error` for clients of seen.
#[derive(Serialize)]
struct CounterApiV2Error<'a> {
    error: &'a str,
    code: String,
    message: &'a str,
}

#[derive(JsonSchema, Serialize)]
struct CounterApiV2Counter<'a> {
    name: &'a str,
    slug: &'a str,
    workspace_slug: &'a str,
    up_count: i64,
    down_count: i64,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<CounterApiV2Stats>,
}

/// A number of hits, as two numbers.
#[derive(Default, JsonSchema, Serialize)]
struct CounterApiV2Hits {
    up: u64,
    down: u64,
}

#[derive(JsonSchema, Serialize)]
struct CounterApiV2Stats {
    today: CounterApiV2Hits,
    this_week: CounterApiV2Hits,
    temporal: CounterApiV2Temporal,
}

#[derive(JsonSchema, Serialize)]
struct CounterApiV2Temporal {
    /// By hour of the day (UTC), `00` to `23`, over the hours that are kept.
    hours: BTreeMap<String, CounterApiV2Hits>,
    weekdays: BTreeMap<&'static str, CounterApiV2Hits>,
    quarters: BTreeMap<&'static str, CounterApiV2Hits>,
}

const fn doc(summary: &'static str) -> Doc {
    Doc::json::<CounterApiV2Answer<'_>>(summary)
}

/// The OpenAPI description of `/v2/…`.
pub(super) const GET: Doc = doc("Read a counter (counterapi.dev, version 2)");
/// The OpenAPI description of `/v2/…/up`.
pub(super) const UP: Doc = doc("Count a hit (counterapi.dev, version 2)");
/// The OpenAPI description of `/v2/…/down`.
pub(super) const DOWN: Doc = doc("Subtract one from a counter (counterapi.dev, version 2)");
/// The OpenAPI description of `/v2/…/reset`.
pub(super) const RESET: Doc = doc("Reset a counter to 0 (counterapi.dev, version 2)").owners();
/// The OpenAPI description of `/v2/…/stats`.
pub(super) const STATS: Doc =
    doc("Read when a counter was hit (counterapi.dev, version 2)").expensive();

pub(super) async fn get(State(app): State<App>, Path(counter): Path) -> Response {
    let total = app.counters.total(&counter).await.map_err(ApiError::from);
    answered(&app, &counter, total).await
}

pub(super) async fn up(State(app): State<App>, caller: Caller, Path(counter): Path) -> Response {
    answered(&app, &counter, raised(&app, &caller, &counter).await).await
}

/// Subtracts one.
pub(super) async fn down(
    State(app): State<App>,
    caller: Caller,
    Path(counter): Path,
    bearer: Bearer,
) -> Response {
    answered(&app, &counter, lowered(&app, &caller, &counter, &bearer).await).await
}

/// Resets the counter, with the owner's token. A HEAD changes nothing.
pub(super) async fn reset(
    State(app): State<App>,
    caller: Caller,
    change: Result<OwnerChange, ApiError>,
) -> Response {
    let reset = async {
        caller.may_change()?;
        let change = change?;
        let total = change.total(Edit::Reset).await?;
        Ok((change, total))
    };
    match reset.await {
        Ok((change, total)) => answered(&app, &change.counter, Ok(Some(total))).await,
        Err(error) => failed(error),
    }
}

/// When the counter was hit.
pub(super) async fn stats(State(app): State<App>, Path(counter): Path) -> Response {
    let read = async {
        let total = app.counters.total(&counter).await?;
        Ok::<_, ApiError>((total, app.counters.history(&counter).await?.unwrap_or_default()))
    };
    match read.await {
        Ok((Some(total), history)) => {
            let stats = CounterApiV2Stats::of(&history, Timestamp::now());
            shown(&app, &counter, total, Some(stats)).await
        }
        Ok((None, _)) => missing(),
        Err(error) => failed(error),
    }
}

async fn answered(app: &App, counter: &Counter, total: Result<Option<i64>, ApiError>) -> Response {
    match total {
        Ok(Some(total)) => shown(app, counter, total, None).await,
        Ok(None) => missing(),
        Err(error) => failed(error),
    }
}

async fn shown(
    app: &App,
    counter: &Counter,
    total: i64,
    stats: Option<CounterApiV2Stats>,
) -> Response {
    let now = Timestamp::now();
    // The hit is counted, so failing to read the first day is not an error.
    let created = app.counters.count(counter).await.ok().flatten().map_or(now, |c| c.created);
    let data = CounterApiV2Counter {
        name: counter.key.as_str(),
        slug: counter.key.as_str(),
        workspace_slug: counter.namespace.as_str(),
        up_count: total,
        down_count: 0,
        created_at: instant(created),
        updated_at: instant(now),
        stats,
    };
    ([NO_STORE], Json(CounterApiV2Answer { code: "200", data })).into_response()
}

fn error(status: StatusCode, message: &str) -> Response {
    let body = CounterApiV2Error { error: message, code: status.as_u16().to_string(), message };
    (status, [NO_STORE], Json(body)).into_response()
}

fn missing() -> Response {
    error(StatusCode::NOT_FOUND, "Counter not found")
}

fn failed(why: ApiError) -> Response {
    let (status, message) = why.status_and_message();
    let mut response = error(status, message);
    why.annotate(&mut response);
    response
}

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const QUARTERS: [&str; 4] = ["q1", "q2", "q3", "q4"];

impl CounterApiV2Stats {
    fn of(history: &History, now: Timestamp) -> Self {
        let hits = |up| CounterApiV2Hits { up, down: 0 };
        let today = now.day();
        let since_monday = |day: u32| {
            let weekday = Timestamp::of_day(day).civil().date().weekday();
            usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default()
        };
        let this_week = u32::try_from(since_monday(today)).unwrap_or_default() + 1;
        let add = |sum: &mut u64, more| *sum = sum.saturating_add(more);
        let mut hours = [0; 24];
        for (hour, more) in history.hours.iter() {
            add(&mut hours[hour as usize % 24], more);
        }
        let (mut weekdays, mut quarters) = ([0; 7], [0; 4]);
        for (day, more) in history.days.iter() {
            add(&mut weekdays[since_monday(day)], more);
            let month = usize::try_from(Timestamp::of_day(day).civil().month()).unwrap_or(1);
            add(&mut quarters[(month - 1) / 3], more);
        }
        let temporal = CounterApiV2Temporal {
            hours: hours.iter().enumerate().map(|(h, n)| (format!("{h:02}"), hits(*n))).collect(),
            weekdays: WEEKDAYS.into_iter().zip(weekdays.map(hits)).collect(),
            quarters: QUARTERS.into_iter().zip(quarters.map(hits)).collect(),
        };
        let week = history.hits_of_days(this_week, today);
        Self { today: hits(history.days.get(today)), this_week: hits(week), temporal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_put_where_the_calendar_has_them() {
        let mut history = History::default();
        // 1970-02-01 was a Sunday, April 6th of that year a Monday.
        for (day, hits) in [(31, 2), (95, 4)] {
            history.days.set(day, hits);
        }
        history.hours.set(95 * 24 + 7, 4);
        let stats = CounterApiV2Stats::of(&history, Timestamp::of_day(95));
        assert_eq!((stats.today.up, stats.this_week.up), (4, 4));
        let CounterApiV2Temporal { hours, weekdays, quarters } = stats.temporal;
        assert_eq!((hours["07"].up, hours["08"].up), (4, 0));
        assert_eq!((weekdays["sunday"].up, weekdays["monday"].up), (2, 4));
        assert_eq!((quarters["q1"].up, quarters["q2"].up), (2, 4));
        assert_eq!(CounterApiV2Stats::of(&history, Timestamp::of_day(31)).this_week.up, 2);
        history.days.set(96, u64::MAX);
        let CounterApiV2Temporal { quarters, .. } =
            CounterApiV2Stats::of(&history, Timestamp::of_day(96)).temporal;
        assert_eq!(quarters["q2"].up, u64::MAX);
    }
}
