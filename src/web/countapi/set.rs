//! `/set/{namespace}/{key}?value=n`: sets the total of a counter that was created with
//! `enable_reset`; `{"old_value":m,"value":n}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::name::CountApiPath;
use super::reply::{IMG, Reply, ReplyFormat};
use crate::model::edit::Edit;
use crate::store::EditError;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{self, CALLBACK, Doc, Names, QueryParam, number};
use crate::web::request::auth::Bearer;
use crate::web::request::caller::Caller;
use crate::web::request::query::{NUMBER, Query};

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "CountApiSet")]
struct Set {
    /// Null for a counter that does not exist.
    old_value: Option<i64>,
    value: Option<i64>,
}

/// The OpenAPI description of this route.
pub(crate) const DOC: Doc = Doc::json::<Set>("Set a counter that anybody may set (CountAPI)")
    .names(Names::CountApi)
    .query(&[CALLBACK, IMG, QueryParam::new("value", "The new total", number).required()])
    .other_responses(&[(403, openapi::schema::<Set>), (404, openapi::schema::<Set>)]);

/// Sets the total.
pub(crate) async fn set(
    State(app): State<App>,
    format: ReplyFormat,
    caller: Caller,
    path: CountApiPath,
    bearer: Bearer,
    query: Query,
) -> Response {
    format.answer(apply(&app, &caller, path, &bearer, &query).await)
}

async fn apply(
    app: &App,
    caller: &Caller,
    CountApiPath(counter): CountApiPath,
    bearer: &Bearer,
    query: &Query,
) -> Result<Reply, ApiError> {
    let counter = counter?;
    let value = query.number(&["value"])?;
    let value = value.ok_or_else(|| ApiError::missing_parameter("value", NUMBER))?;
    caller.may_change()?;
    app.limits.change(caller)?;
    let credential = bearer.presented(app, &counter.namespace).await?;
    let (status, old, new) = match app.counters.edit(&counter, credential, Edit::Set(value)).await {
        Ok(edited) => (StatusCode::OK, edited.old, edited.new),
        Err(EditError::Missing) => (StatusCode::NOT_FOUND, None, None),
        Err(EditError::Forbidden { value }) => (StatusCode::FORBIDDEN, value, value),
        Err(error) => return Err(ApiError::not_changed(&counter, error)),
    };
    Ok(Reply::of(counter, status, Set { old_value: old, value: new }))
}
