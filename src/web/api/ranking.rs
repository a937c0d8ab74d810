//! `/namespaces/{namespace}/counters`: the counters of a namespace, the largest first. Only its
//! owner may read the list, unless it is public.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::model::name::Name;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam};
use crate::web::request::auth::Visible;
use crate::web::request::query::Query;
use crate::web::response::value::NO_STORE;

/// The most counters on one page, and the default of `?limit=`.
const MAX_LIMIT: u32 = 1000;
const LIMIT: u32 = 100;

#[derive(JsonSchema, Serialize)]
pub(crate) struct Ranking {
    pub namespace: Name,
    pub counters: Vec<Ranked>,
    /// The `offset` of the next page, if there is one. None begins beyond 10,000.
    pub next: Option<u64>,
}

#[derive(JsonSchema, Serialize)]
pub(crate) struct Ranked {
    pub key: Name,
    pub value: i64,
}

/// The OpenAPI description of `/namespaces/{namespace}/counters`.
pub(crate) const DOC: Doc = Doc::json::<Ranking>(
    "List the counters of a namespace, the largest first",
)
.owners()
.expensive()
.query(&[
    QueryParam::new(
        "offset",
        "How many to skip, 10000 at most",
        || json!({ "type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0 }),
    ),
    QueryParam::new(
        "limit",
        "How many to list",
        || json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT }),
    ),
]);

/// The largest `?offset=`: a store reads the counters that it skips. An export has them all.
const MAX_OFFSET: u32 = 10_000;

/// The part of the list: `?offset=` and `?limit=`.
#[derive(Clone, Copy)]
pub(crate) struct PageRange {
    pub offset: u64,
    pub limit: u32,
}

impl PageRange {
    /// Reads the query.
    pub(crate) fn read(query: &Query) -> Result<Self, ApiError> {
        let allowed = "a whole number from 0 to 10000; an export has all counters";
        let offset = query.parsed("offset", allowed)?.unwrap_or(0);
        if offset > MAX_OFFSET {
            return Err(ApiError::invalid_parameter("offset", &offset.to_string(), allowed));
        }
        let allowed = "a whole number from 1 to 1000";
        let limit = query.parsed("limit", allowed)?.unwrap_or(LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(ApiError::invalid_parameter("limit", &limit.to_string(), allowed));
        }
        Ok(Self { offset: offset.into(), limit })
    }

    /// Where the next page begins, if one may begin there.
    fn next(self) -> Option<u64> {
        let next = self.offset + u64::from(self.limit);
        (next <= MAX_OFFSET.into()).then_some(next)
    }

    /// Whether no further page may be read, even if there are more counters.
    pub(crate) fn is_last(self) -> bool {
        self.next().is_none()
    }
}

/// One page.
pub(crate) async fn rank(
    State(app): State<App>,
    Visible(namespace): Visible,
    query: Query,
) -> Result<Response, ApiError> {
    let range = PageRange::read(&query)?;
    let list = list(&app, namespace, range).await?;
    Ok(([NO_STORE], Json(list)).into_response())
}

/// One page of the list.
pub(crate) async fn list(
    app: &App,
    namespace: Name,
    range: PageRange,
) -> Result<Ranking, ApiError> {
    let PageRange { offset, limit } = range;
    // One more than requested, to know whether there is a next page.
    let mut ranked = app.counters.ranking(&namespace, offset, limit + 1).await?;
    let next = range.next().filter(|_| ranked.len() > limit as usize);
    ranked.truncate(limit as usize);
    let counters = ranked.into_iter().map(|(key, value)| Ranked { key, value }).collect();
    Ok(Ranking { namespace, counters, next })
}
