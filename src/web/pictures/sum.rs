//! `/sum/{namespace}/badge.svg`, `chart.svg` and `shields.json`: all counters of a
//! namespace together, for those who may list them.

use axum::extract::State;
use axum::response::Response;

use super::badge::{self, Ask};
use super::chart::{self, Past};
use super::shields;
use crate::counters::sums::Sum;
use crate::model::name::Name;
use crate::model::site::Depth;
use crate::web::App;
use crate::web::count::{self, Reading};
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::auth::Visible;
use crate::web::request::metric::Metric;
use crate::web::request::query::Query;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// What the document says about `badge.svg`.
pub(crate) const BADGE: Doc =
    Doc::other("Draw a badge of all counters of a namespace", "image/svg+xml")
        .looks(badge::specs)
        .owners();
/// What the document says about `chart.svg`.
pub(crate) const CHART: Doc =
    Doc::other("Draw the days of all counters of a namespace", "image/svg+xml")
        .looks(chart::specs)
        .owners();
/// What the document says about `shields.json`.
pub(crate) const SHIELDS: Doc =
    shields::doc("Read a namespace as shields.io's endpoint takes it").owners();

/// A badge.
pub(crate) async fn badge(
    State(app): State<App>,
    OrSvg(Visible(namespace)): OrSvg<Visible>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    let ask = Ask::read(&query);
    let reading = reading(&app, &namespace, ask.metric).await?;
    Ok(ask.picture(reading))
}

/// What shields.io's endpoint takes.
pub(crate) async fn endpoint(
    State(app): State<App>,
    Visible(namespace): Visible,
    query: Query,
) -> Result<Response, ApiError> {
    let ask = Ask::read(&query);
    let reading = reading(&app, &namespace, ask.metric).await?;
    Ok(shields::body(ask, reading))
}

/// A chart.
pub(crate) async fn chart(
    State(app): State<App>,
    OrSvg(Visible(namespace)): OrSvg<Visible>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    let name = namespace.as_str();
    match app.counters.sum(&namespace, Depth::Histories).await.map_err(ApiError::from) {
        Ok(Sum { site, is_stale: stale }) => {
            let (history, total) = (Some(&site.history), Some(site.total));
            Ok(chart::picture(&query, name, Past { history, total, known: true, stale }))
        }
        Err(error) if error.is_store_unavailable() => {
            Ok(chart::picture(&query, name, Past { stale: true, ..Past::default() }))
        }
        Err(error) => Err(error.into()),
    }
}

/// The number to show, or that there is none while the store is away.
async fn reading(app: &App, namespace: &Name, metric: Metric) -> Result<Reading, ApiError> {
    match count::sum(app, namespace, metric).await {
        Ok(number) => Ok(Reading::Number(number)),
        Err(error) if error.is_transient() => Ok(Reading::Unknown),
        Err(error) => Err(error),
    }
}
