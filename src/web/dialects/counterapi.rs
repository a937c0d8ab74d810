//! counterapi.dev, version 1: `/v1/NAMESPACE/NAME`, and `/up`, `/down`, `/set` and `/list`
//! after it. There, every request is a GET, and anybody may lower and set a counter. Here,
//! only its owner may, with a token in `Authorization`, unless the owner allows it to anybody
//! by `update_lowerbound` and `enable_reset`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::model::count::History;
use crate::model::edit::Edit;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::web::App;
use crate::web::count;
use crate::web::countapi::{self, Added};
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam, number, text};
use crate::web::request::auth::Bearer;
use crate::web::request::caller::Caller;
use crate::web::request::path::Path;
use crate::web::request::query::{NUMBER, Query};
use crate::web::response::value::NO_STORE;

/// A counter.
#[derive(JsonSchema, Serialize)]
struct CounterApiCounter<'a> {
    name: &'a str,
    count: i64,
    created_at: String,
    /// When it was read.
    updated_at: String,
    namespace: CounterApiNamespace<'a>,
}

#[derive(JsonSchema, Serialize)]
struct CounterApiNamespace<'a> {
    name: &'a str,
}

/// An error: the fields of counterapi.dev, and `error` for clients of seen.
#[derive(Serialize)]
struct CounterApiError<'a> {
    error: &'a str,
    code: u16,
    message: &'a str,
}

/// A step of a list.
#[derive(Debug, PartialEq, JsonSchema, Serialize)]
struct CounterApiStep {
    count: u64,
    date: String,
}

const fn doc(summary: &'static str) -> Doc {
    Doc::json::<CounterApiCounter<'_>>(summary)
}

/// The OpenAPI description of `/v1/…`.
pub(super) const GET: Doc = doc("Read a counter, or set it (counterapi.dev)").query(&[COUNT]);
/// The OpenAPI description of `/v1/…/up`.
pub(super) const UP: Doc = doc("Count a hit (counterapi.dev)");
/// The OpenAPI description of `/v1/…/down`.
pub(super) const DOWN: Doc = doc("Subtract one from a counter (counterapi.dev)");
/// The OpenAPI description of `/v1/…/set`.
pub(super) const SET: Doc = doc("Set a counter (counterapi.dev)").query(&[COUNT]);
/// The OpenAPI description of `/v1/…/list`.
pub(super) const LIST: Doc =
    Doc::json::<Vec<CounterApiStep>>("Read the history of a counter (counterapi.dev)")
        .expensive()
        .query(&[
            QueryParam::new(
                "group_by",
                "The length of a step",
                || json!({ "enum": ["hour", "day", "week", "month", "year"] }),
            ),
            QueryParam::new("order_by", "`desc` for the newest first", text),
        ]);
const COUNT: QueryParam =
    QueryParam::new("count", "The new total, which its owner may set", number);

/// Reads. With `?count=`, which the JavaScript client of the service sends, it sets.
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(counter): Path,
    bearer: Bearer,
    query: Query,
) -> Response {
    if query.get("count").is_some() {
        return answered(&app, &counter, set_to(&app, &caller, &counter, &bearer, &query).await)
            .await;
    }
    match app.counters.total(&counter).await {
        Ok(Some(total)) => shown(&app, &counter, total).await,
        Ok(None) => missing(),
        Err(error) => failed(error.into()),
    }
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

pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    Path(counter): Path,
    bearer: Bearer,
    query: Query,
) -> Response {
    answered(&app, &counter, set_to(&app, &caller, &counter, &bearer, &query).await).await
}

/// The hits of each step that has any.
pub(super) async fn list(
    State(app): State<App>,
    Path(counter): Path,
    query: Query,
) -> Result<Response, ApiError> {
    let by = query.get("group_by").unwrap_or("day");
    let grouped = Grouped::named(by).ok_or_else(|| {
        ApiError::invalid_parameter("group_by", by, "hour, day, week, month or year")
    })?;
    let history = app.counters.history(&counter).await?.unwrap_or_default();
    let mut steps = grouped.steps(&history);
    if query.get("order_by").is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
        steps.reverse();
    }
    Ok(([NO_STORE], Json(steps)).into_response())
}

/// The number of a hit.
///
/// # Errors
/// As for any hit. A HEAD only reads.
pub(super) async fn raised(
    app: &App,
    caller: &Caller,
    counter: &Counter,
) -> Result<Option<i64>, ApiError> {
    if !caller.counts {
        return Ok(app.counters.total(counter).await?);
    }
    Ok(Some(count::hit(app, caller, counter, None).await?.0))
}

/// Subtracts one, and returns the total; `None` if there is no such counter.
///
/// # Errors
/// This caller may not lower it.
pub(super) async fn lowered(
    app: &App,
    caller: &Caller,
    counter: &Counter,
    bearer: &Bearer,
) -> Result<Option<i64>, ApiError> {
    match countapi::add(app, caller, counter, bearer, -1).await? {
        Added::Total(total) => Ok(Some(total)),
        Added::Missing => Ok(None),
        Added::Refused(_) => Err(ApiError::not_for_everybody(
            "only the owner may lower this counter, unless its update_lowerbound is -1 or less",
        )),
    }
}

async fn set_to(
    app: &App,
    caller: &Caller,
    counter: &Counter,
    bearer: &Bearer,
    query: &Query,
) -> Result<Option<i64>, ApiError> {
    let value = query.number(&["count"])?;
    let value = value.ok_or_else(|| ApiError::missing_parameter("count", NUMBER))?;
    caller.may_change()?;
    app.limits.change(caller)?;
    let credential = bearer.presented(app, &counter.namespace).await?;
    let edited = app.counters.edit(counter, credential, Edit::Set(value)).await;
    Ok(edited.map_err(|error| ApiError::not_changed(counter, error))?.new)
}

async fn answered(app: &App, counter: &Counter, total: Result<Option<i64>, ApiError>) -> Response {
    match total {
        Ok(Some(total)) => shown(app, counter, total).await,
        Ok(None) => missing(),
        Err(error) => failed(error),
    }
}

async fn shown(app: &App, counter: &Counter, count: i64) -> Response {
    let now = Timestamp::now();
    // The hit is counted, so failing to read the first day is not an error.
    let created = app.counters.count(counter).await.ok().flatten().map_or(now, |c| c.created);
    let body = CounterApiCounter {
        name: counter.key.as_str(),
        count,
        created_at: instant(created),
        updated_at: instant(now),
        namespace: CounterApiNamespace { name: counter.namespace.as_str() },
    };
    ([NO_STORE], Json(body)).into_response()
}

/// An instant in the format of that service.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{}Z", at.civil())
}

fn missing() -> Response {
    let message = "record not found";
    let body = CounterApiError { error: message, code: 400, message };
    (StatusCode::BAD_REQUEST, [NO_STORE], Json(body)).into_response()
}

fn failed(why: ApiError) -> Response {
    let (status, message) = why.status_and_message();
    let body = CounterApiError { error: message, code: status.as_u16(), message };
    let mut response = (status, [NO_STORE], Json(body)).into_response();
    why.annotate(&mut response);
    response
}

/// The steps of a list.
#[derive(Clone, Copy)]
enum Grouped {
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

impl Grouped {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "hour" => Self::Hours,
            "day" => Self::Days,
            "week" => Self::Weeks,
            "month" => Self::Months,
            "year" => Self::Years,
            _ => return None,
        })
    }

    /// The steps that have hits, in their order.
    fn steps(self, history: &History) -> Vec<CounterApiStep> {
        let instants: Vec<(DateTime, u64)> = match self {
            Self::Hours => history
                .hours
                .iter()
                .map(|(n, hits)| (Timestamp::of_hour(n).civil(), hits))
                .collect(),
            _ => {
                history.days.iter().map(|(n, hits)| (Timestamp::of_day(n).civil(), hits)).collect()
            }
        };
        let mut sums: BTreeMap<DateTime, u64> = BTreeMap::new();
        for (at, hits) in instants {
            let sum = sums.entry(self.first(at)).or_default();
            *sum = sum.saturating_add(hits);
        }
        sums.into_iter()
            .map(|(at, count)| CounterApiStep { count, date: format!("{at}Z") })
            .collect()
    }

    /// The beginning of the step that contains an instant. Weeks begin on Monday.
    fn first(self, at: DateTime) -> DateTime {
        let day = at.date();
        let day = match self {
            Self::Hours | Self::Days => return at,
            Self::Weeks => {
                let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                day.saturating_sub(jiff::Span::new().days(since_monday))
            }
            Self::Months => day.first_of_month(),
            Self::Years => day.first_of_year(),
        };
        day.to_datetime(jiff::civil::Time::midnight())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_make_weeks_months_and_years() {
        let mut history = History::default();
        // 1970-01-31 was a Saturday, February 1st a Sunday, the 2nd a Monday.
        for (day, hits) in [(30, 1), (31, 2), (32, 4)] {
            history.days.set(day, hits);
        }
        history.hours.set(30 * 24 + 5, 1);
        let steps = |by| {
            let steps = Grouped::named(by).unwrap().steps(&history).into_iter();
            steps.map(|step| (step.date, step.count)).collect::<Vec<_>>()
        };
        let step = |date: &str, count| (format!("{date}Z"), count);
        assert_eq!(steps("hour"), [step("1970-01-31T05:00:00", 1)]);
        assert_eq!(steps("day").len(), 3);
        let weeks = [step("1970-01-26T00:00:00", 3), step("1970-02-02T00:00:00", 4)];
        assert_eq!(steps("week"), weeks);
        let months = [step("1970-01-01T00:00:00", 1), step("1970-02-01T00:00:00", 6)];
        assert_eq!(steps("month"), months);
        assert_eq!(steps("year"), [step("1970-01-01T00:00:00", 7)]);
        assert!(Grouped::named("minute").is_none());
    }

    #[test]
    fn a_step_of_the_largest_numbers_stops_at_the_largest() {
        let mut history = History::default();
        history.days.set(30, u64::MAX);
        history.days.set(31, 1);
        assert_eq!(Grouped::Years.steps(&history)[0].count, u64::MAX);
    }
}
