//! Authorisation: the token that a request presents, and what it may change.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::caller::Caller;
use crate::model::edit;
use crate::model::edit::{Credential, Edit, Edited};
use crate::model::name::{Counter, Name};
use crate::model::token::Digest;
use crate::store::StoreError;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::limits::quota::Quota;
use crate::web::request::path::{NamespacePath, Path};

/// Whose token is right for a namespace.
const OWNERS: &str = "the namespace or of the instance";
/// Whose token is right for all counters at once.
const INSTANCES: &str = "the instance";

/// The digest of the token in a request's `Authorization: Bearer`. Tokens in URLs are refused,
/// since URLs end up in histories and logs.
pub(crate) struct Bearer(Option<Digest>);

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        // Other schemes are meant for proxies in front of seen.
        let token = value.and_then(|text| text.split_once(' ')).filter(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()
        });
        Ok(Self(token.map(|(_, token)| Digest::of(token.trim()))))
    }
}

impl Bearer {
    /// The credential of the request in a namespace.
    ///
    /// # Errors
    /// The store could not be asked who owns the namespace.
    pub(crate) async fn presented(
        &self,
        app: &App,
        namespace: &Name,
    ) -> Result<Credential, StoreError> {
        let Some(digest) = self.0 else { return Ok(Credential::None) };
        if app.token == Some(digest) {
            return Ok(Credential::Instance);
        }
        let owner = app.counters.namespace(namespace).await?.owner;
        Ok(if owner == Some(digest) {
            Credential::NamespaceOwner(digest)
        } else {
            Credential::Presented(digest)
        })
    }

    /// The credential for a change to a counter, which needs a token. It may still be the wrong
    /// one: the store checks it together with the change.
    ///
    /// # Errors
    /// 401 without a token, or the store could not be asked.
    pub(crate) async fn required(
        &self,
        app: &App,
        namespace: &Name,
    ) -> Result<Credential, ApiError> {
        match self.presented(app, namespace).await? {
            Credential::None => Err(ApiError::unauthorized(
                "this needs a token",
                "the counter, of its namespace or of the instance",
            )),
            credential => Ok(credential),
        }
    }

    /// Checks that the caller may see which counters a namespace has.
    ///
    /// # Errors
    /// 401 otherwise, or the store could not be asked.
    pub(crate) async fn may_list(
        &self,
        app: &App,
        namespace: &Name,
        facts: &edit::Namespace,
    ) -> Result<(), ApiError> {
        let credential = self.presented(app, namespace).await?;
        let is_owner = matches!(credential, Credential::NamespaceOwner(_) | Credential::Instance);
        if facts.public || is_owner {
            return Ok(());
        }
        Err(ApiError::unauthorized(
            "only the namespace's owner may list its counters, or make the list public",
            OWNERS,
        ))
    }

    /// Checks that the request presents the instance's token.
    ///
    /// # Errors
    /// 401 otherwise.
    pub(crate) fn instance(&self, app: &App) -> Result<(), ApiError> {
        match (self.0, app.token) {
            (_, None) => Err(ApiError::unauthorized(
                "this needs the instance's token, and this instance has none; start it with \
                 SEEN_TOKEN",
                INSTANCES,
            )),
            (Some(given), Some(token)) if given == token => Ok(()),
            _ => Err(ApiError::unauthorized("this needs the instance's token", INSTANCES)),
        }
    }

    /// Checks that the request presents the namespace's token, or the instance's.
    ///
    /// # Errors
    /// 401 otherwise, also for a counter's token, or the store could not be asked.
    pub(crate) async fn namespace_owner(
        &self,
        app: &App,
        namespace: &Name,
    ) -> Result<Credential, ApiError> {
        match self.required(app, namespace).await? {
            Credential::None | Credential::Presented(_) => {
                Err(ApiError::unauthorized("this needs the token of the namespace", OWNERS))
            }
            credential => Ok(credential),
        }
    }
}

/// A namespace whose counters the caller may list: a public one, or the caller's own.
pub(crate) struct Visible(pub Name);

impl FromRequestParts<App> for Visible {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let NamespacePath(namespace) = NamespacePath::from_request_parts(parts, app).await?;
        // Infallible.
        let Ok(bearer) = Bearer::from_request_parts(parts, app).await;
        let facts = app.counters.namespace(&namespace).await?;
        bearer.may_list(app, &namespace, &facts).await?;
        Ok(Self(namespace))
    }
}

/// A change to one counter that needs its owner's token.
pub(crate) struct OwnerChange {
    app: App,
    credential: Credential,
    /// The rest of the client's quota.
    pub quota: Quota,
    /// The counter.
    pub counter: Counter,
}

impl FromRequestParts<App> for OwnerChange {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // Infallible.
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let quota = app.limits.change(&caller)?;
        let Path(counter) = Path::from_request_parts(parts, app).await?;
        let Ok(bearer) = Bearer::from_request_parts(parts, app).await;
        let credential = bearer.required(app, &counter.namespace).await?;
        Ok(Self { app: app.clone(), credential, quota, counter })
    }
}

impl OwnerChange {
    /// Makes the change.
    pub(crate) async fn make(&self, edit: Edit) -> Result<Edited, ApiError> {
        let edited = self.app.counters.edit(&self.counter, self.credential, edit).await;
        edited.map_err(|error| ApiError::not_changed(&self.counter, error))
    }

    /// Makes a change that keeps the counter, and returns its total.
    pub(crate) async fn total(&self, edit: Edit) -> Result<i64, ApiError> {
        let edited = self.make(edit).await?;
        // Only a deletion leaves no total.
        Ok(edited.new.unwrap_or_default())
    }
}
