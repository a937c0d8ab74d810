//! `/get/{namespace}/{key}`: reads a counter without counting; `/get/{namespace}/{a,b}` reads
//! several.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::name::{Counter, Name};
use crate::web::App;
use crate::web::count::{self, Number};
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc, Names};
use crate::web::request::metric::{COUNT, Metric};
use crate::web::request::path::{MAX_PATHS, Paths};
use crate::web::response::jsonp::Callback;
use crate::web::response::value;

#[derive(JsonSchema, Serialize)]
struct Values<'a> {
    /// Null for a counter that does not exist.
    values: BTreeMap<&'a Name, Option<i64>>,
}

/// The schema of both answers.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is needed")]
enum ValueOrValues<'a> {
    One(value::Value),
    Several(Values<'a>),
}

/// The OpenAPI description of `/get/{namespace}/{key}`.
pub(crate) const DOC: Doc =
    Doc::json::<ValueOrValues<'_>>("Read a counter, or several separated by commas")
        .names(Names::Several(MAX_PATHS))
        .query(&[COUNT, CALLBACK]);

/// `{"value":n}`, or `{"values":{"a":n,"b":m}}`.
pub(crate) async fn get(
    State(app): State<App>,
    Paths { namespace, keys }: Paths,
    metric: Metric,
    callback: Callback,
) -> Result<Response, ApiError> {
    if let [key] = keys.as_slice() {
        let counter = Counter { namespace, key: key.clone() };
        return callback.value(value(&app, &counter, metric).await?);
    }
    let values = match metric {
        Metric::Total => app.counters.totals(&namespace, &keys).await?,
        metric => {
            let counters =
                keys.iter().cloned().map(|key| Counter { namespace: namespace.clone(), key });
            let counters: Vec<Counter> = counters.collect();
            let numbers =
                try_join_all(counters.iter().map(|c| count::read(&app, c, metric))).await?;
            numbers.into_iter().map(|number| number.map(Number::value)).collect()
        }
    };
    callback.answer(&Values { values: keys.iter().zip(values).collect() })
}

/// A number of a counter. Unlike pictures, the API answers with an error while the store is
/// unreachable.
///
/// # Errors
/// 404 for a counter that does not exist, 503 while the store is unreachable.
pub(crate) async fn value(app: &App, counter: &Counter, metric: Metric) -> Result<i64, ApiError> {
    let value = match metric {
        Metric::Total => app.counters.total(counter).await?,
        metric => count::read(app, counter, metric).await?.map(|number| number.value()),
    };
    value.ok_or_else(|| ApiError::no_counter(counter))
}
