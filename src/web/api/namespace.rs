//! `/namespaces/{namespace}`: the owner of a namespace, and changes to all of its counters at
//! once.
//!
//! | request | effect | allowed for |
//! |---|---|---|
//! | `GET` | describes it | anybody |
//! | `PUT` | claims it: 201 and its token, shown once | anybody, if it has no counters and is not a shared name; the instance |
//! | `PATCH ?public=1` | lets anybody list its counters, or not | its owner |
//! | `PATCH ?open=1` | lets anybody's hit create a counter, or not | its owner |
//! | `DELETE` | deletes it and all its counters | its owner |
//! | `POST …/token` | replaces its token | its owner |
//! | `DELETE …/token` | releases it; its counters stay | its owner |

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::edit::{Credential, NamespaceEdit};
use crate::model::name::Name;
use crate::model::token::Token;
use crate::store::{EditError, StoreError};
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::limits::quota::Quota;
use crate::web::openapi::{Doc, QueryParam, ResponseBody, switch};
use crate::web::request::auth::Bearer;
use crate::web::request::caller::Caller;
use crate::web::request::path::NamespacePath;
use crate::web::request::query::Query;
use crate::web::response::value::NO_STORE;

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Namespace")]
struct NamespaceBody<'a> {
    namespace: &'a Name,
    counters: u64,
    owned: bool,
    public: bool,
    open: bool,
}

#[derive(JsonSchema, Serialize)]
struct Tokened<'a> {
    namespace: &'a Name,
    token: &'a str,
}

/// The OpenAPI description of `GET`.
pub(crate) const SHOW: Doc = Doc::json::<NamespaceBody<'_>>("Describe a namespace");
/// The OpenAPI description of `PUT`.
pub(crate) const CLAIM: Doc =
    Doc::json::<Tokened<'_>>("Become the owner of a namespace without counters").status(201);
/// The OpenAPI description of `PATCH`.
pub(crate) const CONFIGURE: Doc =
    Doc::json::<NamespaceBody<'_>>("Change what anybody may do in a namespace").owners().query(&[
        QueryParam::new("public", "Whether anybody may list its counters", switch),
        QueryParam::new("open", "Whether anybody's hit creates a counter", switch),
    ]);
/// The OpenAPI description of `DELETE`.
pub(crate) const DELETE: Doc = Doc {
    answer: ResponseBody::Nothing,
    ..Doc::json::<()>("Delete a namespace and all its counters").owners().status(204)
};
/// The OpenAPI description of `POST …/token`.
pub(crate) const ROTATE: Doc =
    Doc::json::<Tokened<'_>>("Replace the token of a namespace").owners();
/// The OpenAPI description of `DELETE …/token`.
pub(crate) const RELEASE: Doc =
    Doc::json::<NamespaceBody<'_>>("Release a namespace; its counters stay").owners();

/// `{"namespace","counters","owned","public","open"}`.
pub(crate) async fn show(
    State(app): State<App>,
    NamespacePath(name): NamespacePath,
) -> Result<Response, ApiError> {
    shown(&app, &name).await
}

/// `{"namespace","token"}`. The token is shown only this once.
pub(crate) async fn claim(
    State(app): State<App>,
    caller: Caller,
    NamespacePath(name): NamespacePath,
    bearer: Bearer,
) -> Result<Response, ApiError> {
    let quota = app.limits.change(&caller)?;
    let credential = bearer.presented(&app, &name).await?;
    if name.is_shared() && credential != Credential::Instance {
        return Err(ApiError::reserved_name(&name));
    }
    let taken = app.creation.take(&caller, credential)?;
    let claim = NamespaceEdit::Claim;
    let claimed = tokened(&app, quota, &name, credential, StatusCode::CREATED, claim).await;
    if claimed.is_err() {
        taken.give_back();
    }
    claimed
}

/// Lets anybody list its counters (`?public=1`) or create them by a hit (`?open=1`), or not.
pub(crate) async fn configure(query: Query, owner: Owner) -> Result<Response, ApiError> {
    let (public, open) = (query.switch("public")?, query.switch("open")?);
    if public.is_none() && open.is_none() {
        return Err(ApiError::missing_parameter("public or open", "1 or 0"));
    }
    owner.make(NamespaceEdit::Configure { public, open }).await?;
    owner.shown().await
}

/// Replaces its token: `{"namespace","token"}`.
pub(crate) async fn rotate(owner: Owner) -> Result<Response, ApiError> {
    let Owner { app, name, credential, quota } = owner;
    tokened(&app, quota, &name, credential, StatusCode::OK, NamespaceEdit::Rotate).await
}

/// Releases it; its counters stay.
pub(crate) async fn release(owner: Owner) -> Result<Response, ApiError> {
    owner.make(NamespaceEdit::Release).await?;
    owner.shown().await
}

/// Deletes it and all its counters.
pub(crate) async fn delete(owner: Owner) -> Result<Response, ApiError> {
    owner.make(NamespaceEdit::Delete).await?;
    Ok((StatusCode::NO_CONTENT, owner.quota, ()).into_response())
}

/// A change that only the namespace's owner, or the instance, may make.
pub(crate) struct Owner {
    app: App,
    name: Name,
    credential: Credential,
    quota: Quota,
}

impl FromRequestParts<App> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // Both are infallible.
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let NamespacePath(name) = NamespacePath::from_request_parts(parts, app).await?;
        let Ok(bearer) = Bearer::from_request_parts(parts, app).await;
        let quota = app.limits.change(&caller)?;
        let credential = bearer.namespace_owner(app, &name).await?;
        Ok(Self { app: app.clone(), name, credential, quota })
    }
}

impl Owner {
    async fn make(&self, edit: NamespaceEdit) -> Result<(), ApiError> {
        make(&self.app, &self.name, self.credential, edit).await
    }

    async fn shown(self) -> Result<Response, ApiError> {
        Ok((self.quota, shown(&self.app, &self.name).await?).into_response())
    }
}

async fn make(
    app: &App,
    name: &Name,
    credential: Credential,
    edit: NamespaceEdit,
) -> Result<(), ApiError> {
    let deletes = matches!(edit, NamespaceEdit::Delete);
    let made = app.counters.edit_namespace(name, credential, edit).await;
    made.map_err(|error| match error {
        EditError::Store(StoreError::Unavailable(_)) if deletes => ApiError::not_all_deleted(name),
        // Of other changes, `Owner` has let only owners through.
        EditError::Forbidden { .. } => ApiError::not_claimable(name),
        error => ApiError::not_changed(format_args!("namespace {name}"), error),
    })
}

/// Makes a change that creates a token, and answers with it.
async fn tokened(
    app: &App,
    quota: Quota,
    name: &Name,
    credential: Credential,
    status: StatusCode,
    edit: fn(crate::model::token::Digest) -> NamespaceEdit,
) -> Result<Response, ApiError> {
    let token = Token::generate().map_err(StoreError::from)?;
    make(app, name, credential, edit(token.digest())).await?;
    let body = Json(Tokened { namespace: name, token: token.expose() });
    Ok((status, quota, [NO_STORE], body).into_response())
}

async fn shown(app: &App, name: &Name) -> Result<Response, ApiError> {
    let facts = app.counters.namespace(name).await?;
    let body = NamespaceBody {
        namespace: name,
        counters: facts.counters,
        owned: facts.owner.is_some(),
        public: facts.public,
        open: facts.open,
    };
    Ok(([NO_STORE], Json(body)).into_response())
}
