//! Counting a hit and reading the number to show. A picture is drawn even if a limit or an
//! outage keeps its hit from being counted.

use crate::counters::sums::Sum;
use crate::model::count::{Count, History, Sources};
use crate::model::hit::{Hit, HitId};
use crate::model::name::{Counter, Name};
use crate::model::site::Depth;
use crate::model::time::Timestamp;
use crate::picture::number::Format;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::limits::creation;
use crate::web::limits::quota::Quota;
use crate::web::request::caller::Caller;
use crate::web::request::metric::Metric;

/// Counts one hit of `caller`: its number, and what is left of the quota. Without an `id`, the
/// hit has that of the request.
///
/// # Errors
/// An invalid `Idempotency-Key`, a limit, a refusal, or a store that did not acknowledge the hit.
pub(crate) async fn hit(
    app: &App,
    caller: &Caller,
    counter: &Counter,
    id: Option<HitId>,
) -> Result<(i64, Quota), ApiError> {
    let id = id.map_or_else(|| caller.hit_id(), |id| Ok(Some(id)))?;
    let quota = app.limits.take(caller, counter, &app.metrics)?;
    if id.is_some() {
        app.creation.id(caller)?;
    }
    let taken = creation::for_a_hit(app, caller, counter).await?;
    let visitor = caller.visitor(app, counter).await;
    let hit = Hit { counter: counter.clone(), source: caller.source, visitor, id };
    match app.counters.hit(hit).await {
        // A total of 1 means that this hit created the counter.
        Ok(1) => Ok((1, quota)),
        Ok(number) => {
            taken.give_back();
            Ok((number, quota))
        }
        Err(error) => {
            taken.give_back();
            Err(ApiError::not_counted(app.mode, counter, error))
        }
    }
}

/// A number of a counter; `None` for a counter that does not exist.
///
/// # Errors
/// The store could not be asked, and this process knows no earlier total.
pub(crate) async fn read(
    app: &App,
    counter: &Counter,
    metric: Metric,
) -> Result<Option<Number>, ApiError> {
    if metric == Metric::Total {
        let total = app.counters.total_or_last_known(counter).await?;
        return Ok(total.map(|total| Number {
            value: total.value(),
            of: None,
            stale: total.is_stale(),
        }));
    }
    if metric.is_of_the_past() {
        let history = app.counters.history(counter).await?;
        return Ok(history.map(|history| Number::of_the_past(&history, metric)));
    }
    let count = app.counters.count(counter).await?;
    Ok(count.map(|Count { total, today, uniques_today, sources, .. }| {
        Number::of_now(metric, total, today, uniques_today, &sources)
    }))
}

/// A number of all counters of a namespace together.
///
/// # Errors
/// The store could not be asked, and this process has no earlier sum.
pub(crate) async fn sum(app: &App, namespace: &Name, metric: Metric) -> Result<Number, ApiError> {
    let depth = if metric.is_of_the_past() { Depth::Histories } else { Depth::Counts };
    let Sum { site, is_stale } = app.counters.sum(namespace, depth).await?;
    let number = if metric.is_of_the_past() {
        Number::of_the_past(&site.history, metric)
    } else {
        Number::of_now(metric, site.total, site.today, site.uniques_today, &site.sources)
    };
    Ok(Number { stale: is_stale, ..number })
}

/// Counts the hit of `caller`, if there is one, and reads the number to show.
///
/// # Errors
/// The request is invalid. Limits and outages are not errors here: a number is still shown.
pub(crate) async fn count_then_read(
    app: &App,
    hit: Option<(&Caller, Option<HitId>)>,
    counter: &Counter,
    metric: Metric,
) -> Result<Reading, ApiError> {
    let mut failed = None;
    if let Some((caller, id)) = hit {
        match self::hit(app, caller, counter, id).await {
            Ok((value, _)) if metric == Metric::Total => {
                return Ok(Reading::Number(Number { value, of: None, stale: false }));
            }
            Ok(_) => {}
            Err(error) if error.is_transient() => failed = Some(error),
            Err(error) => return Err(error),
        }
    }
    read_or_last_known(app, counter, metric, failed.as_ref()).await
}

/// Reads the number to show, or the last total this process knows; `failed` is the
/// error of an earlier call in the same request.
///
/// # Errors
/// The store answered with a permanent failure.
pub(crate) async fn read_or_last_known(
    app: &App,
    counter: &Counter,
    metric: Metric,
    failed: Option<&ApiError>,
) -> Result<Reading, ApiError> {
    // This request has already waited one deadline for the store.
    if failed.is_some_and(ApiError::is_store_unavailable) {
        let known = app.counters.last_known(counter).filter(|_| metric == Metric::Total);
        return Ok(known.map_or(Reading::Unknown, |value| {
            Reading::Number(Number { value, of: None, stale: true })
        }));
    }
    match read(app, counter, metric).await {
        Ok(number) => Ok(number.map_or(Reading::Missing, Reading::Number)),
        Err(error) if error.is_transient() => Ok(Reading::Unknown),
        Err(error) => Err(error),
    }
}

/// The content of a picture or a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A number.
    Number(Number),
    /// The counter does not exist.
    Missing,
    /// The store cannot be asked, and this process knows no earlier total.
    Unknown,
}

/// A number to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    value: i64,
    /// The total, shown next to today's number.
    of: Option<i64>,
    /// Whether the store could not be asked.
    pub stale: bool,
}

impl Number {
    /// A number of the current count.
    fn of_now(metric: Metric, total: i64, today: u64, unique: u64, sources: &Sources) -> Self {
        let (value, of) = match metric {
            Metric::Human => (clamp(sources.human()), None),
            Metric::Unique => (clamp(unique), None),
            Metric::Today => (clamp(today), None),
            Metric::TodayTotal => (clamp(today), Some(total)),
            // All others are read from the history.
            _ => (total, None),
        };
        Self { value, of, stale: false }
    }

    /// A number of the history.
    fn of_the_past(history: &History, metric: Metric) -> Self {
        let today = Timestamp::now().day();
        let value = match metric {
            Metric::Days(days) => history.hits_of_days(days, today),
            Metric::UniqueDays(days) => history.uniques_of_days(days, today),
            _ => history.best_day().map_or(0, |(_, hits)| hits),
        };
        Self { value: clamp(value), of: None, stale: false }
    }

    /// The number of a counter that does not exist.
    pub(crate) fn zero(metric: Metric) -> Self {
        let of = (metric == Metric::TodayTotal).then_some(0);
        Self { value: 0, of, stale: false }
    }

    /// Today's hits if both numbers are shown, otherwise the only number.
    pub(crate) fn value(self) -> i64 {
        self.value
    }

    /// The total if both numbers are shown, otherwise the only number.
    pub(crate) fn total(self) -> i64 {
        self.of.unwrap_or(self.value)
    }

    /// Adds `more`, the views from before the move to seen. None of them are of today, so if
    /// both numbers are shown, only the total grows.
    pub(crate) fn plus(self, more: i64) -> Self {
        match self.of {
            Some(of) => Self { of: Some(of.saturating_add(more)), ..self },
            None => Self { value: self.value.saturating_add(more), ..self },
        }
    }

    /// The number, formatted for people.
    pub(crate) fn print(self, format: Format) -> String {
        match self.of {
            Some(total) => format.print_today(self.value, total),
            None => format.print(self.value),
        }
    }
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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
