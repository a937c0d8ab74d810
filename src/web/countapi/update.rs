//! `/update/{namespace}/{key}?amount=±n`: adds within the counter's bounds;
//! `{"value":n}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::{CountApiNumber, Form, IMG, Reply};
use super::name::CountApiPath;
use crate::model::edit::{Credential, Edit};
use crate::store::EditError;
use crate::web::App;
use crate::web::count;
use crate::web::error::ApiError;
use crate::web::openapi::{self, CALLBACK, Doc, Names, Param, number};
use crate::web::request::auth::Bearer;
use crate::web::request::caller::Caller;
use crate::web::request::query::{NUMBER, Query};

/// What the document says about this route.
pub(crate) const DOC: Doc =
    Doc::json::<CountApiNumber>("Add to a counter within its bounds (CountAPI)")
        .names(Names::CountApi)
        .query(&[CALLBACK, IMG, Param::new("amount", "How much to add", number).required()])
        .other_responses(&[
            (403, openapi::schema::<CountApiNumber>),
            (404, openapi::schema::<CountApiNumber>),
        ]);

/// Adds the amount.
pub(crate) async fn update(
    State(app): State<App>,
    form: Form,
    caller: Caller,
    path: CountApiPath,
    bearer: Bearer,
    query: Query,
) -> Response {
    form.answer(apply(&app, &caller, path, &bearer, &query).await)
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
    caller.may_change()?;
    let credential = bearer.presented(app, &counter.namespace).await?;
    let reply = |counter, status, value| Ok(Reply::of(counter, status, CountApiNumber { value }));
    let Some(count) = app.counters.count(&counter).await? else {
        app.limits.change(caller)?;
        return reply(counter, StatusCode::NOT_FOUND, None);
    };
    let is_owner = match credential {
        Credential::Instance | Credential::NamespaceOwner(_) => true,
        Credential::Presented(digest) => count.token == Some(digest),
        Credential::None => false,
    };
    if is_owner {
        app.limits.change(caller)?;
    } else if count.settings.dedupe == 0 {
        app.limits.take(caller, &counter, &app.metrics)?;
    } else if amount == 1 {
        // Each visitor counts once here, whichever way it comes.
        let (value, _) = count::hit(app, caller, &counter, None).await?;
        return reply(counter, StatusCode::OK, Some(value));
    } else {
        return reply(counter, StatusCode::FORBIDDEN, Some(count.total));
    }
    let (status, value) = match app.counters.edit(&counter, credential, Edit::Add(amount)).await {
        Ok(edited) => (StatusCode::OK, edited.new),
        Err(EditError::Missing) => (StatusCode::NOT_FOUND, None),
        Err(EditError::OutOfBounds { value }) => (StatusCode::FORBIDDEN, Some(value)),
        Err(EditError::Forbidden { value }) => (StatusCode::FORBIDDEN, value),
        Err(error) => return Err(ApiError::not_changed(&counter, error)),
    };
    reply(counter, status, value)
}
