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
struct HitsShStatistics {
    total: i64,
    /// Hits of the last 30 days, today (UTC) included.
    monthly: u64,
    /// Hits of the last 7 days, today (UTC) included.
    weekly: u64,
    /// The years with hits.
    items: Vec<HitsShYear>,
}

#[derive(JsonSchema, Serialize)]
struct HitsShYear {
    from: String,
    to: String,
    data: Vec<HitsShDay>,
}

#[derive(JsonSchema, Serialize)]
struct HitsShDay {
    value: u64,
    day: String,
}

/// The OpenAPI description of `/api/urns/…`.
pub(super) const URN: Doc = Doc::json::<HitsShStatistics>("Read the days of a page (hits.sh)")
    .names(Names::Elsewhere)
    .expensive();

/// The days with hits, the newest first.
pub(super) async fn urn(State(app): State<App>, path: RawPathParams) -> Result<Response, ApiError> {
    let urn = path.iter().next().map(|(_, urn)| urn).unwrap_or_default();
    let counter = aliases::of_url(urn)?;
    let total = app.counters.total(&counter).await?;
    let total = total.ok_or_else(|| ApiError::no_counter(&counter))?;
    let history = app.counters.history(&counter).await?.unwrap_or_default();
    let today = Timestamp::now().day();
    let statistics = HitsShStatistics {
        total,
        monthly: history.hits_of_days(30, today),
        weekly: history.hits_of_days(7, today),
        items: years(&history),
    };
    Ok(([NO_STORE], Json(statistics)).into_response())
}

fn years(history: &History) -> Vec<HitsShYear> {
    let mut years: BTreeMap<i16, Vec<(Date, u64)>> = BTreeMap::new();
    for (day, hits) in history.days.iter().rev() {
        let date = Timestamp::of_day(day).civil().date();
        years.entry(date.year()).or_default().push((date, hits));
    }
    let year = |days: Vec<(Date, u64)>| HitsShYear {
        from: days.last().map(|(date, _)| date.to_string()).unwrap_or_default(),
        to: days.first().map(|(date, _)| date.to_string()).unwrap_or_default(),
        data: days
            .iter()
            .map(|(day, value)| HitsShDay { value: *value, day: day.to_string() })
            .collect(),
    };
    years.into_values().rev().map(year).collect()
}
