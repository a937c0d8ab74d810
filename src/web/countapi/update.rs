//! `/update/{namespace}/{key}?amount=±n`: adds within the counter's bounds;
//! `{"value":n}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::name::CountApiPath;
use super::reply::{CountApiNumber, IMG, Reply, ReplyFormat};
use crate::model::edit::{Credential, Edit};
use crate::model::name::Counter;
use crate::store::EditError;
use crate::web::App;
use crate::web::count;
use crate::web::error::ApiError;
use crate::web::openapi::{self, CALLBACK, Doc, Names, QueryParam, number};
use crate::web::request::auth::Bearer;
use crate::web::request::caller::Caller;
use crate::web::request::query::{NUMBER, Query};

/// The OpenAPI description of this route.
pub(crate) const DOC: Doc =
    Doc::json::<CountApiNumber>("Add to a counter within its bounds (CountAPI)")
        .names(Names::CountApi)
        .query(&[CALLBACK, IMG, QueryParam::new("amount", "How much to add", number).required()])
        .other_responses(&[
            (403, openapi::schema::<CountApiNumber>),
            (404, openapi::schema::<CountApiNumber>),
        ]);

/// Adds the amount.
pub(crate) async fn update(
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
    let amount = query.number(&["amount"])?;
    let amount = amount.ok_or_else(|| ApiError::missing_parameter("amount", NUMBER))?;
    let (status, value) = match add(app, caller, &counter, bearer, amount).await? {
        Added::Total(value) => (StatusCode::OK, Some(value)),
        Added::Missing => (StatusCode::NOT_FOUND, None),
        Added::Refused(value) => (StatusCode::FORBIDDEN, value),
    };
    Ok(Reply::of(counter, status, CountApiNumber { value }))
}

/// The result of adding an amount.
pub(crate) enum Added {
    /// The total afterwards.
    Total(i64),
    /// There is no such counter.
    Missing,
    /// This caller may not add it; the total, if the caller may read it.
    Refused(Option<i64>),
}

/// Adds an amount. The owner may add any, and anybody else one within the counter's bounds.
///
/// # Errors
/// A limit, or a store that did not acknowledge the change.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    counter: &Counter,
    bearer: &Bearer,
    amount: i64,
) -> Result<Added, ApiError> {
    caller.may_change()?;
    let credential = bearer.presented(app, &counter.namespace).await?;
    let Some(count) = app.counters.count(counter).await? else {
        app.limits.change(caller)?;
        return Ok(Added::Missing);
    };
    let is_owner = match credential {
        Credential::Instance | Credential::NamespaceOwner(_) => true,
        Credential::Presented(digest) => count.token == Some(digest),
        Credential::None => false,
    };
    if is_owner {
        app.limits.change(caller)?;
    } else if count.settings.dedupe == 0 {
        app.limits.take(caller, counter, &app.metrics)?;
    } else if amount == 1 {
        // Adding 1 is a hit, so that dedupe applies.
        let (value, _) = count::hit(app, caller, counter, None).await?;
        return Ok(Added::Total(value));
    } else {
        return Ok(Added::Refused(Some(count.total)));
    }
    match app.counters.edit(counter, credential, Edit::Add(amount)).await {
        // Only a deletion leaves no total.
        Ok(edited) => Ok(Added::Total(edited.new.unwrap_or_default())),
        Err(EditError::Missing) => Ok(Added::Missing),
        Err(EditError::OutOfBounds { value }) => Ok(Added::Refused(Some(value))),
        Err(EditError::Forbidden { value }) => Ok(Added::Refused(value)),
        Err(error) => Err(ApiError::not_changed(counter, error)),
    }
}
