//! `/create/{namespace}/{key}`: creates a counter and its token, as Abacus does.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::count::CounterSettings;
use crate::model::edit::Edit;
use crate::model::hex;
use crate::model::name::{Counter, Name};
use crate::model::token;
use crate::model::token::Token;
use crate::store::StoreError;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam, number};
use crate::web::request::auth::Bearer;
use crate::web::request::caller::Caller;
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::request::settings;
use crate::web::request::settings::{DEDUPE, ENABLE_RESET, UPDATE_LOWERBOUND, UPDATE_UPPERBOUND};
use crate::web::response::value::NO_STORE;

#[derive(JsonSchema, Serialize)]
struct Created<'a> {
    key: &'a Name,
    namespace: &'a Name,
    admin_key: &'a str,
    value: i64,
}

/// The OpenAPI description of `/create/{namespace}/{key}`.
pub(crate) const NAMED: Doc =
    Doc::json::<Created<'_>>("Create a counter and its token").status(201).query(QUERY);

/// The OpenAPI description of `/create`.
pub(crate) const RANDOM: Doc =
    Doc::json::<Created<'_>>("Create a counter under a random name").status(201).query(QUERY);

const QUERY: &[QueryParam] = &[
    QueryParam::new("initializer", "The first total", number),
    QueryParam::new("value", "The same", number),
    DEDUPE,
    ENABLE_RESET,
    UPDATE_LOWERBOUND,
    UPDATE_UPPERBOUND,
];

/// `{"key","namespace","admin_key","value"}`; the token is shown only this once.
pub(crate) async fn named(
    State(app): State<App>,
    caller: Caller,
    Path(counter): Path,
    bearer: Bearer,
    query: Query,
) -> Result<Response, ApiError> {
    create(&app, &caller, &counter, &bearer, &query).await
}

/// Creates a counter with a random, unused name.
pub(crate) async fn random(
    State(app): State<App>,
    caller: Caller,
    bearer: Bearer,
    query: Query,
) -> Result<Response, ApiError> {
    let counter = Counter { namespace: random_name()?, key: random_name()? };
    create(&app, &caller, &counter, &bearer, &query).await
}

async fn create(
    app: &App,
    caller: &Caller,
    counter: &Counter,
    bearer: &Bearer,
    query: &Query,
) -> Result<Response, ApiError> {
    caller.may_change()?;
    let quota = app.limits.change(caller)?;
    let value = query.number(&["initializer", "value"])?.unwrap_or(0);
    let settings = settings::changed(CounterSettings::default(), query)?;
    let credential = bearer.presented(app, &counter.namespace).await?;
    let taken = app.creation.take(caller, credential)?;
    let token = Token::generate().map_err(StoreError::from)?;
    let edit = Edit::Create { value, settings, token: Some(token.digest()) };
    let made = app.counters.edit(counter, credential, edit).await;
    if let Err(error) = made {
        taken.give_back();
        return Err(ApiError::not_changed(counter, error));
    }
    app.metrics.created();
    let Counter { namespace, key } = counter;
    let body = Created { key, namespace, admin_key: token.expose(), value };
    Ok((StatusCode::CREATED, quota, [NO_STORE], Json(body)).into_response())
}

/// 64 random bits, in hexadecimal.
fn random_name() -> Result<Name, ApiError> {
    let bytes: [u8; 8] = token::random().map_err(StoreError::from)?;
    Name::new(&hex::encode(&bytes)).map_err(|e| ApiError::invalid_name("name", &e))
}
