//! `/sum/{namespace}/badge.svg`, `badge.png`, `chart.svg` and `shields.json`: the sum of a
//! namespace's counters, for callers who may list them.

use axum::extract::State;
use axum::response::Response;

use super::badge::{self, BadgeQuery};
use super::chart::{self, ChartData};
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
use crate::web::response::picture::{Form, OrPicture, Picture, PictureError};

/// The OpenAPI description of `badge.svg`.
pub(crate) const BADGE: Doc =
    Doc::other("Draw a badge of all counters of a namespace", "image/svg+xml")
        .looks(badge::specs)
        .owners()
        .expensive();
/// The OpenAPI description of `badge.png`.
pub(crate) const BADGE_PNG: Doc =
    Doc::other("Draw a badge of all counters of a namespace as a PNG", badge::PNG)
        .looks(badge::png_specs)
        .owners()
        .expensive();
/// The OpenAPI description of `chart.svg`.
pub(crate) const CHART: Doc =
    Doc::other("Draw the days of all counters of a namespace", "image/svg+xml")
        .looks(chart::specs)
        .owners()
        .expensive();
/// The OpenAPI description of `shields.json`.
pub(crate) const SHIELDS: Doc =
    shields::doc("Read the sum of a namespace in the format of shields.io's endpoint badge")
        .owners()
        .expensive();

/// A badge.
pub(crate) async fn badge(
    State(app): State<App>,
    form: Form,
    OrPicture(Visible(namespace)): OrPicture<Visible>,
    OrPicture(query): OrPicture<Query>,
) -> Result<Picture, PictureError> {
    let badge = BadgeQuery::read(&query, form);
    let reading = reading(&app, &namespace, badge.metric).await;
    Ok(badge.picture(reading.map_err(|error| form.error(error))?))
}

/// The answer for shields.io's endpoint badge.
pub(crate) async fn endpoint(
    State(app): State<App>,
    Visible(namespace): Visible,
    query: Query,
) -> Result<Response, ApiError> {
    let badge = BadgeQuery::read(&query, Form::Svg);
    let reading = reading(&app, &namespace, badge.metric).await?;
    Ok(shields::body(badge, reading))
}

/// A chart.
pub(crate) async fn chart(
    State(app): State<App>,
    OrPicture(Visible(namespace)): OrPicture<Visible>,
    OrPicture(query): OrPicture<Query>,
) -> Result<Picture, PictureError> {
    let name = namespace.as_str();
    match app.counters.sum(&namespace, Depth::Histories).await.map_err(ApiError::from) {
        Ok(Sum { site, is_stale: stale }) => {
            let (history, total) = (Some(&site.history), Some(site.total));
            let data = ChartData { history, total, known: true, stale };
            Ok(chart::picture(&app, &query, name, data))
        }
        Err(error) if error.is_store_unavailable() => {
            let data = ChartData { stale: true, ..ChartData::default() };
            Ok(chart::picture(&app, &query, name, data))
        }
        Err(error) => Err(error.into()),
    }
}

/// The number to show; unknown while the store is unavailable.
async fn reading(app: &App, namespace: &Name, metric: Metric) -> Result<Reading, ApiError> {
    match count::sum(app, namespace, metric).await {
        Ok(number) => Ok(Reading::Number(number)),
        Err(error) if error.is_transient() => Ok(Reading::Unknown),
        Err(error) => Err(error),
    }
}
