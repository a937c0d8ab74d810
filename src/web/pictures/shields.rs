//! `…/shields.json`: a count for shields.io's endpoint badge (shields.io/badges/endpoint-badge).
//! It has only the keys of the schema, since shields refuses others.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::badge::{self, BadgeQuery, LABEL, ONLY_READS};
use crate::model::hit::HitId;
use crate::model::name::Counter;
use crate::picture::param::Spec;
use crate::web::App;
use crate::web::count::{self, Reading};
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::caller::Caller;
use crate::web::request::idempotency::{ID, IdempotencyKey};
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::picture::{self, Form};
use crate::web::response::value::NO_STORE;

/// The shortest time after which shields asks again, in seconds.
const MIN_CACHE: u32 = 300;

#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShieldsEndpoint {
    schema_version: u8,
    label: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_error: bool,
    cache_seconds: u32,
}

/// The OpenAPI description of `/get/…/shields.json`.
pub(crate) const GET: Doc = doc("Read a counter in the format of shields.io's endpoint badge");
/// The OpenAPI description of `/hit/…/shields.json`.
pub(crate) const HIT: Doc =
    doc("Count a hit, and answer in the format of shields.io's endpoint badge")
        .query(&[ID])
        .shared(ONLY_READS);

/// The OpenAPI description of a route with this answer.
pub(super) const fn doc(summary: &'static str) -> Doc {
    Doc::json::<ShieldsEndpoint>(summary).looks(specs)
}

/// The parameters of a badge that the endpoint's schema has a place for. shields.io reads the
/// others from its own query.
fn specs() -> Vec<Spec> {
    let mut specs = badge::specs();
    specs.retain(|spec| !["textColor", "logo", "logoColor", "link"].contains(&spec.names[0]));
    specs
}

/// Only reads. shields and its caches ask at most every five minutes, so a count here would
/// be far too low.
pub(crate) async fn get(
    State(app): State<App>,
    Path(counter): Path,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&app, &counter, &query, None).await
}

/// Counts shields' own requests, unless `?hit=0` or `?readonly` forbids it.
pub(crate) async fn hit(
    State(app): State<App>,
    caller: Caller,
    Path(counter): Path,
    IdempotencyKey(id): IdempotencyKey,
    query: Query,
) -> Result<Response, ApiError> {
    let only_reads = badge::only_reads(&query)?;
    let hit = (caller.counts && !only_reads).then_some((&caller, id));
    answer(&app, &counter, &query, hit).await
}

pub(super) async fn answer(
    app: &App,
    counter: &Counter,
    query: &Query,
    hit: Option<(&Caller, Option<HitId>)>,
) -> Result<Response, ApiError> {
    let badge = BadgeQuery::read(query, Form::Svg);
    let reading = count::count_then_read(app, hit, counter, badge.metric).await?;
    Ok(body(badge, reading))
}

/// The answer for a number.
pub(super) fn body(query: BadgeQuery, reading: Reading) -> Response {
    let is_error = reading == Reading::Unknown;
    let (message, _) = query.message(reading);
    let BadgeQuery { look, keep, .. } = query;
    let (style, ignored) = (look.style, look.ignored.names());
    let badge = look.badge(LABEL, message);
    let body = ShieldsEndpoint {
        schema_version: 1,
        label: badge.label,
        message: badge.message,
        color: Some(badge.color.map_or_else(|| "blue".into(), |color| color.to_string())),
        label_color: badge.label_color.map(|color| color.to_string()),
        style: style.map(|style| style.name()),
        is_error,
        cache_seconds: keep.max(MIN_CACHE),
    };
    let mut response = ([NO_STORE], Json(body)).into_response();
    picture::set_ignored(response.headers_mut(), &ignored);
    response
}
