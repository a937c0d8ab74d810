//! Which of a counter's numbers to show, and where it comes from when the store
//! or a limit says no: a picture is drawn all the same.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::json;

use super::App;
use super::error::ApiError;
use super::openapi::Param;
use crate::model::hit::HitId;
use crate::model::name::Counter;
use crate::picture::number::Format;
use crate::web::api::hit;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;

/// `?count=`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// All hits.
    #[default]
    Total,
    /// Hits with a person behind them.
    Human,
    /// Different visitors of today (UTC).
    Unique,
    /// Hits of today (UTC).
    Today,
    /// Hits of today and all of them.
    TodayTotal,
}

/// `?count=` in the document.
pub const COUNT: Param = Param::new(
    "count",
    "Which number to answer with",
    || json!({ "type": "string", "enum": ["", "total", "human", "unique", "today", "today-total"] }),
);

/// An extractor, so that a bad value is refused before anything is counted.
impl<S: Send + Sync> FromRequestParts<S> for Shown {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await?;
        Self::parse(query.get("count").unwrap_or_default())
    }
}

/// What `?count=` may be.
const ALLOWED: &str = "total, human, unique, today or today-total";

impl Shown {
    /// Reads the value of `?count=`.
    pub fn parse(value: &str) -> Result<Self, ApiError> {
        match value {
            "" | "total" => Ok(Self::Total),
            "human" => Ok(Self::Human),
            "unique" => Ok(Self::Unique),
            "today" => Ok(Self::Today),
            "today-total" => Ok(Self::TodayTotal),
            other => Err(ApiError::invalid_parameter("count", other, ALLOWED)),
        }
    }

    /// The number of a counter that exists.
    pub async fn number(self, app: &App, counter: &Counter) -> Result<Option<Number>, ApiError> {
        if self == Self::Total {
            let total = app.counters.total_or_last_known(counter).await?;
            return Ok(total.map(|total| Number {
                value: total.value(),
                of: None,
                stale: total.is_stale(),
            }));
        }
        let Some(count) = app.counters.count(counter).await? else { return Ok(None) };
        let clamp = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (value, of) = match self {
            Self::Total => (count.total, None),
            Self::Human => (clamp(count.sources.human()), None),
            Self::Unique => (clamp(count.uniques_today), None),
            Self::Today => (clamp(count.today), None),
            Self::TodayTotal => (clamp(count.today), Some(count.total)),
        };
        Ok(Some(Number { value, of, stale: false }))
    }

    /// Counts a hit, where `hit` says whose, and finds the number to show. What
    /// keeps a hit from being counted does not keep the number from being shown.
    pub async fn after(
        self,
        app: &App,
        hit: Option<(&Caller, Option<HitId>)>,
        counter: &Counter,
    ) -> Result<Found, ApiError> {
        let mut failed = None;
        if let Some((caller, id)) = hit {
            match hit::count(app, caller, counter, id).await {
                Ok((value, _)) if self == Self::Total => {
                    return Ok(Found::Number(Number { value, of: None, stale: false }));
                }
                Ok(_) => {}
                Err(error) if error.is_passing() => failed = Some(error),
                Err(error) => return Err(error),
            }
        }
        self.found(app, counter, failed.as_ref()).await
    }

    /// Finds the number to show, or the last one known; `failed` is what became
    /// of an earlier question.
    pub async fn found(
        self,
        app: &App,
        counter: &Counter,
        failed: Option<&ApiError>,
    ) -> Result<Found, ApiError> {
        // Who waited for the store in vain does not wait for it twice.
        if failed.is_some_and(ApiError::is_away) {
            let known = app.counters.last_known(counter).filter(|_| self == Self::Total);
            return Ok(known.map_or(Found::Unknown, |value| {
                Found::Number(Number { value, of: None, stale: true })
            }));
        }
        match self.number(app, counter).await {
            Ok(number) => Ok(number.map_or(Found::Nothing, Found::Number)),
            // Away, and this process never saw a number of it.
            Err(error) if error.is_passing() => Ok(Found::Unknown),
            Err(error) => Err(error),
        }
    }
}

/// What there is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A number.
    Number(Number),
    /// Nobody has hit this counter.
    Nothing,
    /// The store cannot be asked, and of this nothing is known.
    Unknown,
}

/// A number to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    value: i64,
    /// The total beside today's.
    of: Option<i64>,
    /// Whether the store could not be asked.
    pub stale: bool,
}

impl Number {
    /// A counter that nobody has hit.
    pub const NONE: Self = Self { value: 0, of: None, stale: false };

    /// The number itself.
    pub fn value(self) -> i64 {
        self.value
    }

    /// The same with `more` on top, for counts from before a move to seen. None
    /// of those were today, so of two numbers only the total grows.
    pub fn plus(self, more: i64) -> Self {
        match self.of {
            Some(of) => Self { of: Some(of.saturating_add(more)), ..self },
            None => Self { value: self.value.saturating_add(more), ..self },
        }
    }

    /// As people read it.
    pub fn print(self, format: Format) -> String {
        match self.of {
            Some(total) => format.print_today(self.value, total),
            None => format.print(self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_before_grows_the_total_and_not_today() {
        let both = Number { value: 3, of: Some(7), stale: false }.plus(100);
        assert_eq!((both.value, both.of), (3, Some(107)));
        assert_eq!(Number { value: 7, of: None, stale: false }.plus(100).value, 107);
    }
}
