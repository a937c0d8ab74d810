//! `/sum/{namespace}`: the sum of a namespace's counters, for callers who may list them.

use axum::extract::State;
use axum::response::Response;

use crate::web::App;
use crate::web::count;
use crate::web::error::ApiError;
use crate::web::openapi::{CALLBACK, Doc};
use crate::web::request::auth::Visible;
use crate::web::request::metric::{COUNT, Metric};
use crate::web::response::jsonp::Callback;
use crate::web::response::value::Value;

/// The OpenAPI description of `/sum/{namespace}`.
pub(crate) const DOC: Doc = Doc::json::<Value>("Read all counters of a namespace together")
    .owners()
    .query(&[COUNT, CALLBACK])
    .expensive();

/// `{"value":n}`, which may be a short while old: see [`crate::counters::sums`].
pub(crate) async fn sum(
    State(app): State<App>,
    Visible(namespace): Visible,
    metric: Metric,
    callback: Callback,
) -> Result<Response, ApiError> {
    callback.value(count::sum(&app, &namespace, metric).await?.value())
}
