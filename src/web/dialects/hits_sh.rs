//! hits.sh's `/api/urns/HOST/PATH`: the days of a page as JSON.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawPathParams, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::count::History;
use crate::model::time::Timestamp;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Names};
use crate::web::pictures::aliases;
use crate::web::response::value::NO_STORE;

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "HitsShStatistics")]
struct Statistics {
    total: i64,
    /// Hits of the last 30 days, today (UTC) included.
    monthly: u64,
    /// Hits of the last 7 days, today (UTC) included.
    weekly: u64,
    /// The years that have hits.
    items: Vec<Year>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "HitsShYear")]
struct Year {
    from: String,
    to: String,
    data: Vec<Day>,
}

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "HitsShDay")]
struct Day {
    value: u64,
    day: String,
}

/// `/api/urns/…` in the document.
pub(super) const URN: Doc =
    Doc::json::<Statistics>("Read the days of a page (hits.sh)").names(Names::Elsewhere);

/// The days that have hits, the newest first as there.
pub(super) async fn urn(State(app): State<App>, path: RawPathParams) -> Result<Response, ApiError> {
    let urn = path.iter().next().map(|(_, urn)| urn).unwrap_or_default();
    let counter = aliases::of_url(urn)?;
    let total = app.counters.total(&counter).await?;
    let total = total.ok_or_else(|| ApiError::no_counter(&counter))?;
    let history = app.counters.history(&counter).await?.unwrap_or_default();
    let today = Timestamp::now().day();
    let statistics = Statistics {
        total,
        monthly: history.hits_of_days(30, today),
        weekly: history.hits_of_days(7, today),
        items: years(&history),
    };
    Ok(([NO_STORE], Json(statistics)).into_response())
}

fn years(history: &History) -> Vec<Year> {
    let mut years: BTreeMap<i16, Vec<(Date, u64)>> = BTreeMap::new();
    for (day, hits) in history.days.iter().rev() {
        let date = Timestamp::of_day(day).civil().date();
        years.entry(date.year()).or_default().push((date, hits));
    }
    let year = |days: Vec<(Date, u64)>| Year {
        from: days.last().map(|(date, _)| date.to_string()).unwrap_or_default(),
        to: days.first().map(|(date, _)| date.to_string()).unwrap_or_default(),
        data: days.iter().map(|(day, value)| Day { value: *value, day: day.to_string() }).collect(),
    };
    years.into_values().rev().map(year).collect()
}
