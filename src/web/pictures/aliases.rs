//! The pictures of other services at the services' own paths, so that a link works again after
//! a change of its host name. The services' READMEs and sources are the reference.

mod digits;
mod hits_sh;
mod table;

use axum::Json;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::header::REFERER;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

pub(crate) use self::hits_sh::answer as hits_sh;
use super::badge::{self, BadgeQuery, ONLY_READS};
use super::chart;
use crate::model::hit::HitId;
use crate::model::key::key_of;
use crate::model::name::{Counter, Name};
use crate::web::App;
use crate::web::count::{self, Reading};
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Names, QueryParam, Table, Verb};
use crate::web::request::caller::Caller;
use crate::web::request::metric::Metric;
use crate::web::request::query::Query;
use crate::web::response::picture::{Form, OrPicture, Picture, PictureError};
use crate::web::response::value::NO_STORE;

/// Writes the hits of today and the total as a service's JSON.
type WriteJson = fn(today: i64, total: i64) -> Value;

/// A picture of another service.
struct Alias {
    paths: &'static [&'static str],
    doc: Doc,
    named_by: NamedBy,
    /// The expected name, for the error.
    allowed: &'static str,
    counter: fn(&str) -> Result<Counter, ApiError>,
    draws: Draws,
    /// The parameter that asks for JSON instead of a picture, and the writer of that JSON.
    json: Option<(&'static str, WriteJson)>,
    /// Parameters of the service that have another name here, and that name.
    renamed: &'static [(&'static str, &'static str)],
    /// The defaults of the service that differ from ours.
    defaults: &'static [(&'static str, &'static str)],
}

/// The part of a link that names the counter.
#[derive(Clone, Copy)]
enum NamedBy {
    /// A parameter.
    Query(&'static str),
    /// A parameter, or `Referer` without it.
    Page(&'static str),
    /// The variable parts of the path.
    Path,
}

#[derive(Clone, Copy, PartialEq)]
enum Draws {
    /// A badge that counts.
    Hit,
    /// A transparent pixel that counts.
    Nothing,
    /// A badge that only reads.
    Badge,
    /// Large digits that count.
    Digits,
    /// A chart of the days.
    Chart,
}

const SVG: &str = "image/svg+xml";

impl Alias {
    /// A badge that counts on the counter that the path names.
    const fn at(
        paths: &'static [&'static str],
        summary: &'static str,
        counter: fn(&str) -> Result<Counter, ApiError>,
    ) -> Self {
        Self {
            paths,
            doc: Doc::other(summary, SVG)
                .shared(ONLY_READS)
                .looks(badge::specs)
                .names(Names::Elsewhere),
            named_by: NamedBy::Path,
            allowed: "a name in the path",
            counter,
            draws: Draws::Hit,
            json: None,
            renamed: &[],
            defaults: &[],
        }
    }

    const fn named_by(
        self,
        named_by: NamedBy,
        query: &'static [QueryParam],
        allowed: &'static str,
    ) -> Self {
        Self { named_by, allowed, doc: self.doc.query(query), ..self }
    }

    const fn draws(self, draws: Draws) -> Self {
        let doc = match draws {
            Draws::Hit => self.doc,
            Draws::Nothing => self.doc.looks(Vec::new),
            Draws::Badge => self.doc.shared(&[]),
            Draws::Digits => self.doc.looks(digits::specs),
            Draws::Chart => self.doc.shared(&[]).looks(chart::specs),
        };
        Self { draws, doc, ..self }
    }

    const fn json(self, parameter: &'static str, write: WriteJson) -> Self {
        Self { json: Some((parameter, write)), ..self }
    }

    const fn renamed(self, renamed: &'static [(&'static str, &'static str)]) -> Self {
        Self { renamed, ..self }
    }

    const fn defaults(self, defaults: &'static [(&'static str, &'static str)]) -> Self {
        Self { defaults, ..self }
    }

    async fn answer(&self, app: &App, mut parts: Parts) -> Result<Response, PictureError> {
        let OrPicture(caller) = OrPicture::<Caller>::from_request_parts(&mut parts, app).await?;
        let OrPicture(query) = OrPicture::<Query>::from_request_parts(&mut parts, app).await?;
        let missing = |name: &str| ApiError::missing_parameter(name, self.allowed);
        // Without its name, all who left it out would share one counter.
        let given = |name| query.filled(name).map(str::to_owned);
        let name = match self.named_by {
            NamedBy::Query(name) => given(name).ok_or_else(|| missing(name))?,
            NamedBy::Page(name) => {
                given(name).or_else(|| referer(&parts)).ok_or_else(|| missing(name))?
            }
            NamedBy::Path => named_in_path(&mut parts).await?,
        };
        let counter = (self.counter)(&name)?;
        if let Some((parameter, write)) = self.json
            && query.get(parameter).is_some_and(|value| matches!(value, "" | "json" | "true"))
        {
            let hit = (caller.counts && !badge::only_reads(&query)?).then_some((&caller, None));
            return Ok(numbers(app, &counter, hit, write).await.into_response());
        }
        Ok(self.draw(app, &caller, &counter, query).await?.into_response())
    }

    async fn draw(
        &self,
        app: &App,
        caller: &Caller,
        counter: &Counter,
        query: Query,
    ) -> Result<Picture, PictureError> {
        let query = query.renamed(self.renamed).or(self.defaults);
        match self.draws {
            Draws::Chart => chart::draw(app, counter, &query).await,
            Draws::Digits => digits::draw(app, caller, counter, &query).await,
            draws => badge(app, caller, draws != Draws::Badge, counter, &query).await,
        }
    }
}

/// Adds the routes to the table.
pub(crate) fn routes(mut table: Table) -> Table {
    for alias in table::ALIASES {
        for path in alias.paths {
            let handler = move |State(app): State<App>, parts: Parts| async move {
                alias.answer(&app, parts).await
            };
            table = table.api(&[Verb::Get], path, handler, &alias.doc);
        }
    }
    table
}

/// Counts on `visitcount/{id}` and draws the badge of visitcount.itsvg.in. busuanzi has the
/// same path, so its route calls this.
pub(crate) async fn visitcount(
    app: &App,
    caller: &Caller,
    id: &str,
    query: &Query,
) -> Result<Picture, PictureError> {
    let alias = &table::VISITCOUNT;
    alias.draw(app, caller, &(alias.counter)(id)?, query.clone()).await
}

/// Counts, and answers with today's hits and the total.
async fn numbers(
    app: &App,
    counter: &Counter,
    hit: Option<(&Caller, Option<HitId>)>,
    write: WriteJson,
) -> Result<Response, ApiError> {
    let numbers = match count::count_then_read(app, hit, counter, Metric::TodayTotal).await? {
        Reading::Number(number) => write(number.value(), number.total()),
        Reading::Missing | Reading::Unknown => write(0, 0),
    };
    Ok(([NO_STORE], Json(numbers)).into_response())
}

/// The variable parts of a path, without `.svg`.
async fn named_in_path(parts: &mut Parts) -> Result<String, ApiError> {
    let named = RawPathParams::from_request_parts(parts, &()).await;
    let named = named.map_err(ApiError::invalid_path)?;
    let named: Vec<&str> = named.iter().map(|(_, part)| part).collect();
    let named = named.join("/");
    Ok(named.strip_suffix(".svg").map(str::to_owned).unwrap_or(named))
}

fn referer(parts: &Parts) -> Option<String> {
    Some(parts.headers.get(REFERER)?.to_str().ok()?.to_owned())
}

async fn badge(
    app: &App,
    caller: &Caller,
    counts: bool,
    counter: &Counter,
    query: &Query,
) -> Result<Picture, PictureError> {
    let hit = (counts && caller.counts && !badge::only_reads(query)?).then_some((caller, None));
    BadgeQuery::read(query, Form::Svg).draw(app, counter, hit).await
}

/// The counter of a page's address.
pub(crate) fn of_url(url: &str) -> Result<Counter, ApiError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.unwrap_or(url).split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    counter(host, path)
}

/// The counter of a repository on GitHub, `USER/REPOSITORY`.
pub(super) fn repository(path: &str) -> Result<Counter, ApiError> {
    counter("github.com", path)
}

pub(crate) fn counter(namespace: &str, key: &str) -> Result<Counter, ApiError> {
    let namespace = namespace.to_ascii_lowercase();
    let namespace = Name::new(&namespace).map_err(|e| ApiError::invalid_name("host", &e))?;
    let key = key_of(key).map_err(|e| ApiError::invalid_name("path", &e))?;
    Ok(Counter { namespace, key })
}
