//! `/get/{namespace}/{key}/chart.svg`: a counter's days as a picture.

use axum::extract::State;
use serde_json::json;

use super::App;
use super::error::ApiError;
use super::extract::Path;
use super::openapi::{Doc, Param};
use super::picture::{self, Drawn, Picture, PictureError};
use super::query::Query;
use crate::count::History;
use crate::picture::Day;
use crate::picture::chart::{self, ChartParams, MAX_DAYS};
use crate::time::Timestamp;

/// The days of a chart, unless the caller wants others.
const DAYS: usize = 30;

/// `/get/…/chart.svg` in the document.
pub const DOC: Doc =
    Doc::other("Draw the days of a counter", "image/svg+xml").query(&[Param::new(
        "days",
        "How many",
        || json!({ "type": "integer", "minimum": 1, "maximum": MAX_DAYS }),
    )]);

/// Draws the last `?days=30` days, today (UTC) the last.
pub async fn get(
    State(app): State<App>,
    Drawn(Path(counter)): Drawn<Path>,
    Drawn(query): Drawn<Query>,
) -> Result<Picture, PictureError> {
    let mut look = ChartParams::default();
    for (name, value) in query.pairs() {
        look.set(name, value)?;
    }
    let (days, keep) = (days(&query)?, picture::keep(&query)?);
    let history = app.counters.history(&counter).await.map_err(ApiError::from)?;
    let total = app.counters.total(&counter).await.map_err(ApiError::from)?;
    let points = history.map(|history| points(&history, days, Timestamp::now().day()));
    let mut chart = look.chart(&counter.to_string(), points.unwrap_or_default())?;
    chart.total = total;
    Ok(Picture::fresh(chart::render(&chart)).keep(keep))
}

fn days(query: &Query) -> Result<usize, ApiError> {
    let allowed = "a number of days between 1 and 1096";
    match query.parsed::<usize>("days", allowed)? {
        Some(days) if !(1..=MAX_DAYS).contains(&days) => {
            Err(ApiError::invalid_parameter("days", &days.to_string(), allowed))
        }
        days => Ok(days.unwrap_or(DAYS)),
    }
}

/// The hits of each of the last days, zeros too.
fn points(history: &History, days: usize, today: u32) -> Vec<(Day, u64)> {
    let first = today.saturating_sub(u32::try_from(days).unwrap_or(u32::MAX) - 1);
    let day = |day| Day(i32::try_from(day).unwrap_or(i32::MAX));
    (first..=today).map(|unit| (day(unit), history.days.get(unit))).collect()
}
