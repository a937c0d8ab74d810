//! The one place where an error becomes a status, and its sentence.

use std::any::Any;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::joiner::HitError;
use crate::name::{self, Counter, InvalidName};
use crate::store::StoreError;
use crate::tally::{MAX_TOTAL, Refusal};

/// When to try again after a store could not be reached, in seconds: it is
/// looked for at least this often.
const RETRY_SOON: u64 = 1;
/// When to try again after a cap was met, in seconds: somebody must act first.
const RETRY_LATER: u64 = 3600;

/// An answer that is an error.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    retry_after: Option<u64>,
    body: Body,
}

#[derive(Debug, Serialize)]
struct Body {
    /// What is wrong.
    error: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    /// CountAPI's clients look for a value where there is no counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<()>,
}

impl ApiError {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        let body = Body { error: error.into(), allowed: None, value: None };
        Self { status, retry_after: None, body }
    }

    fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.body.allowed = Some(allowed.into());
        self
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 400: a name in the path, `which` of them, is none.
    pub fn invalid_name(which: &str, error: &InvalidName) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the {which} is not valid: {error}"))
            .allowed(name::ALLOWED)
    }

    /// 400: the path is not text.
    pub fn invalid_path(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string()).allowed("a path in UTF-8")
    }

    /// 404: there is no such counter.
    pub fn no_counter(counter: &Counter) -> Self {
        let mut error = Self::new(StatusCode::NOT_FOUND, format!("there is no counter {counter}"))
            .allowed(format!("a counter that was hit before: /hit/{counter} creates it"));
        error.body.value = Some(());
        error
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // What exactly is wrong with the store is the operator's business: the log has it.
        match error {
            StoreError::Unavailable(why) => {
                tracing::debug!(%why, "the store cannot be reached");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be reached just now")
                    .retry_after(RETRY_SOON)
            }
            StoreError::Refused(why) => {
                tracing::warn!(%why, "the store is refused");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store must not be used as it is")
                    .retry_after(RETRY_SOON)
            }
            StoreError::Full(why) => {
                tracing::warn!(%why, "the store is full");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "the store is full")
                    .retry_after(RETRY_LATER)
            }
            StoreError::Failed(why) => {
                tracing::error!(%why, "the store failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the store failed")
            }
        }
    }
}

impl ApiError {
    /// Why a hit on `counter` was not counted.
    pub fn not_counted(counter: &Counter, error: HitError) -> Self {
        match error {
            HitError::Store(error) => error.into(),
            HitError::Refused(Refusal::Missing) => Self::no_counter(counter),
            HitError::Refused(refusal @ (Refusal::NamespaceFull | Refusal::InstanceFull)) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, HitError::Refused(refusal).to_string())
                    .allowed("hits on the counters that it has")
                    .retry_after(RETRY_LATER)
            }
            HitError::Refused(refusal @ Refusal::OutOfRange) => {
                Self::new(StatusCode::CONFLICT, HitError::Refused(refusal).to_string())
                    .allowed(format!("totals of up to {MAX_TOTAL}"))
            }
            late @ (HitError::Busy | HitError::Late) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("{late}; nothing was counted"))
                    .retry_after(RETRY_SOON)
            }
        }
    }
}

/// 404 for a path that is no route.
pub async fn no_such_route(uri: Uri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", uri.path()))
        .allowed("/, /hit/{namespace}/{key}, /get/{namespace}/{key}, /healthz, /readyz, /metrics")
}

/// 405; axum says in `Allow` which methods there are.
pub async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let error = format!("{method} is not for {}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, error)
        .allowed("the methods in this answer's Allow header")
}

/// 500 for a bug of ours; the panic's own message is in the log.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(what, "a request made seen panic");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in seen; its log says more")
        .into_response()
}
