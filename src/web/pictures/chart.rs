//! `/get/{namespace}/{key}/chart.svg`: a counter's days as a picture.

use axum::extract::State;
use serde_json::json;

use crate::model::count::History;
use crate::model::time::Timestamp;
use crate::picture::Day;
use crate::picture::chart::{self, ChartParams, MAX_DAYS};
use crate::store::StoreError;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Param};
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::picture;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// The days of a chart, unless the caller wants others.
const DAYS: usize = 30;

/// What the document says about `/get/…/chart.svg`.
pub(crate) const DOC: Doc =
    Doc::other("Draw the days of a counter", "image/svg+xml").query(&[Param::new(
        "days",
        "How many",
        || json!({ "type": "integer", "minimum": 1, "maximum": MAX_DAYS }),
    )]);

/// Draws the last `?days=30` days, today (UTC) the last.
pub(crate) async fn get(
    State(app): State<App>,
    OrSvg(Path(counter)): OrSvg<Path>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    let mut look = ChartParams::default();
    for (name, value) in query.pairs() {
        look.set(name, value)?;
    }
    let (days, keep) = (days(&query)?, picture::keep(&query)?);
    let mut chart = look.chart(&counter.to_string(), Vec::new())?;
    let asked = async {
        let history = app.counters.history(&counter).await?;
        Ok::<_, StoreError>((history, app.counters.total(&counter).await?))
    };
    match asked.await.map_err(ApiError::from) {
        Ok((history, total)) => {
            chart.total = total;
            let today = Timestamp::now().day();
            chart.days = history.map(|history| points(&history, days, today)).unwrap_or_default();
        }
        // Only totals are remembered. An axis without days would be a lie, and an
        // error a broken picture: what is known stands there, and what is not.
        Err(error) if error.is_store_unavailable() => {
            chart.total = app.counters.last_known(&counter);
            chart.known = false;
        }
        Err(error) => return Err(error.into()),
    }
    let stale = !chart.known;
    let keep = if stale { 0 } else { keep };
    Ok(Picture::fresh(chart::render(&chart)).keep(keep).stale(stale))
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
