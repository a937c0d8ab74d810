//! `/get/{namespace}/{key}`: reads, and never counts. `/get/{namespace}/{a,b}`
//! reads several at once.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::App;
use super::error::ApiError;
use super::extract::Paths;
use super::shown::Shown;
use super::value::Callback;
use crate::name::{Counter, Name};

#[derive(Serialize)]
struct Values<'a> {
    /// Null where there is no such counter.
    values: BTreeMap<&'a Name, Option<i64>>,
}

/// `{"value":n}`, or `{"values":{"a":n,"b":m}}`.
pub async fn answer(
    State(app): State<App>,
    Paths { namespace, keys }: Paths,
    shown: Shown,
    callback: Callback,
) -> Result<Response, ApiError> {
    if let [key] = keys.as_slice() {
        let counter = Counter { namespace, key: key.clone() };
        return callback.value(value(&app, &counter, shown).await?);
    }
    if shown != Shown::Total {
        return Err(ApiError::invalid_parameter(
            "count",
            "not total",
            "total, for several counters",
        ));
    }
    let totals = app.counters.totals(&namespace, &keys).await?;
    callback.answer(&Values { values: keys.iter().zip(totals).collect() })
}

/// The number of a counter that exists. Unlike a picture, the API says so when
/// the store cannot be asked.
pub async fn value(app: &App, counter: &Counter, shown: Shown) -> Result<i64, ApiError> {
    let value = match shown {
        Shown::Total => app.counters.total(counter).await?,
        shown => shown.number(app, counter).await?.map(|number| number.value()),
    };
    value.ok_or_else(|| ApiError::no_counter(counter))
}
