//! `/hit/{namespace}/{key}`: counts one; `{"value":n}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::form::{Form, Said};
use super::get;
use super::name::Named;
use crate::web::App;
use crate::web::caller::Caller;
use crate::web::hit;

/// Counts.
pub async fn answer(State(app): State<App>, caller: Caller, form: Form, named: Named) -> Response {
    if !caller.counts {
        return form.answer(get::read(&app, named).await);
    }
    let counter = match named.0 {
        Ok(counter) => counter,
        Err(error) => return form.answer(Err(error)),
    };
    match hit::count(&app, &caller, &counter, None).await {
        Ok((value, quota)) => {
            let said = Said::of(counter, StatusCode::OK, json!({ "value": value }));
            (quota, form.answer(Ok(said))).into_response()
        }
        Err(error) => form.answer(Err(error)),
    }
}
