//! `?count=`: the number of a counter to show.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::json;

use super::query::Query;
use crate::web::error::ApiError;
use crate::web::openapi::QueryParam;

/// A number of a counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Metric {
    /// All hits.
    #[default]
    Total,
    /// Hits of people, so without bots and prefetches.
    Human,
    /// Unique visitors of today (UTC).
    Unique,
    /// Hits of today (UTC).
    Today,
    /// Hits of today, and all hits.
    TodayTotal,
    /// Hits of the last days, today (UTC) included.
    Days(u32),
    /// Unique visitors of the last days, each day's added up.
    UniqueDays(u32),
    /// The most hits of a day.
    BestDay,
}

/// The OpenAPI description of `?count=`.
pub(crate) const COUNT: QueryParam = QueryParam::new(
    "count",
    "The number to answer with",
    || json!({ "type": "string", "enum": ["", "total", "human", "unique", "today", "today-total", "7d", "30d", "unique-7d", "unique-30d", "best-day"] }),
);

/// The values of `?count=`.
pub(crate) const ALLOWED: &str =
    "total, human, unique, today, today-total, 7d, 30d, unique-7d, unique-30d or best-day";

impl Metric {
    /// The metric of this name in any case; the total if it is empty.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "" | "total" => Self::Total,
            "human" => Self::Human,
            "unique" => Self::Unique,
            "today" => Self::Today,
            "today-total" => Self::TodayTotal,
            "7d" => Self::Days(7),
            "30d" => Self::Days(30),
            "unique-7d" => Self::UniqueDays(7),
            "unique-30d" => Self::UniqueDays(30),
            "best-day" => Self::BestDay,
            _ => return None,
        })
    }

    /// Whether it is read from the history.
    pub(crate) fn is_of_the_past(self) -> bool {
        matches!(self, Self::Days(_) | Self::UniqueDays(_) | Self::BestDay)
    }

    /// Reads the value of `?count=`.
    ///
    /// # Errors
    /// 400 for a value that is not allowed.
    pub(crate) fn parse(value: &str) -> Result<Self, ApiError> {
        Self::named(value).ok_or_else(|| ApiError::invalid_parameter("count", value, ALLOWED))
    }
}

/// An extractor, so that a bad value is refused before anything is counted.
impl<S: Send + Sync> FromRequestParts<S> for Metric {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await?;
        Self::parse(query.get("count").unwrap_or_default())
    }
}
