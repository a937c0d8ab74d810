//! `/hit/{namespace}/{key}`: counts, and answers with the hit's own number.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::App;
use super::caller::Caller;
use super::error::ApiError;
use super::extract::Path;
use super::get;
use super::hit_id::{ID, Id};
use super::limits::Quota;
use super::openapi::{CALLBACK, Doc};
use super::shown::{COUNT, Shown};
use super::value::{Callback, Value};
use crate::hit::{Hit, HitId};
use crate::name::Counter;

/// `/hit/{namespace}/{key}` in the document.
pub const DOC: Doc = Doc::json::<Value>("Count a hit").query(&[ID, COUNT, CALLBACK]);

/// `{"value":n}`, n the number of this hit, or what `?count=` asks for.
pub async fn answer(
    State(app): State<App>,
    caller: Caller,
    Path(counter): Path,
    Id(id): Id,
    shown: Shown,
    callback: Callback,
) -> Result<Response, ApiError> {
    if !caller.counts {
        return callback.value(get::value(&app, &counter, shown).await?);
    }
    let (number, quota) = count(&app, &caller, &counter, id).await?;
    let value = match shown {
        Shown::Total => number,
        shown => get::value(&app, &counter, shown).await?,
    };
    Ok((quota, callback.value(value)?).into_response())
}

/// Counts one hit of `caller`: its number, and what is left of the quota.
pub async fn count(
    app: &App,
    caller: &Caller,
    counter: &Counter,
    id: Option<HitId>,
) -> Result<(i64, Quota), ApiError> {
    let quota = app.limits.take(caller, counter, &app.metrics)?;
    let visitor = caller.visitor(app, &counter.namespace).await;
    let hit = Hit { counter: counter.clone(), source: caller.source, visitor, id };
    match app.counters.hit(hit).await {
        Ok(number) => Ok((number, quota)),
        Err(error) => Err(ApiError::not_counted(counter, error)),
    }
}
