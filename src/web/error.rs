//! Errors as answers: the only place where an error becomes a status and a sentence.

mod limits;
mod problem;
mod request;
mod store;

use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use self::problem::{Problem, make_problem};
use crate::metrics::Limit;
use crate::model::rate::Rate;
use crate::web::access_log::Cause;
use crate::web::limits::quota;

/// An error to answer with.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    retry_after: Option<u64>,
    /// The limit that was reached, for the metrics.
    limit: Option<Limit>,
    /// The quota that is used up, for the answer's headers.
    used_up: Option<Box<UsedUp>>,
    body: ErrorBody,
    /// Goes to the operator's log, never to the client.
    cause: Option<Box<Cause>>,
}

/// A quota that is used up.
#[derive(Debug)]
struct UsedUp {
    whose: &'static str,
    rate: Rate,
    /// The seconds until the next request is allowed.
    seconds: u64,
}

/// The body of every error.
#[derive(JsonSchema, Clone, Debug, Default, Serialize)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorBody {
    /// The error.
    error: String,
    /// The allowed values.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    /// Always null: CountAPI's clients read `value` of a counter that does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<()>,
    /// For a hit that the store did not answer in time: `no` if it was not counted, `unknown`
    /// if it may be counted, once. Repeat it with the same Idempotency-Key to get its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<&'static str>,
}

impl ErrorBody {
    /// The error and the allowed values, in one sentence.
    fn sentence(&self) -> String {
        match &self.allowed {
            Some(allowed) => format!("{}; allowed: {allowed}", self.error),
            None => self.error.clone(),
        }
    }
}

impl ApiError {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        let body = ErrorBody { error: error.into(), ..ErrorBody::default() };
        Self { status, retry_after: None, limit: None, used_up: None, body, cause: None }
    }

    fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.body.allowed = Some(allowed.into());
        self
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn counted(mut self, counted: &'static str) -> Self {
        self.body.counted = Some(counted);
        self
    }

    fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    fn used_up(mut self, quota: UsedUp) -> Self {
        self.used_up = Some(Box::new(quota));
        self
    }

    fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(Box::new(Cause(cause.into())));
        self
    }

    /// 500: an answer could not be serialized, or drawn.
    pub(crate) fn serialization(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in seen; its log says more")
            .cause(error.to_string())
    }

    /// The error and the allowed values, in one sentence.
    pub(crate) fn sentence(&self) -> String {
        self.body.sentence()
    }

    /// The allowed values, if they can be listed.
    pub(crate) fn allowed_values(&self) -> Option<String> {
        self.body.allowed.clone()
    }

    /// Whether the same request may succeed later. Pictures are drawn despite such an error, only
    /// their hits are not counted.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self.status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::INSUFFICIENT_STORAGE
                | StatusCode::NOT_FOUND
                | StatusCode::CONFLICT
        )
    }

    /// Whether the answer is a 404: there is no such counter.
    pub(crate) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// Whether the answer is a 503: the store is away or refuses, or the queue is full.
    pub(crate) fn is_store_unavailable(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The status and the sentence, for dialects with an error body of their own.
    pub(crate) fn status_and_message(&self) -> (StatusCode, &str) {
        (self.status, &self.body.error)
    }

    /// Adds the headers of this error, and its cause for the log, to a response with another
    /// body.
    pub(crate) fn annotate(self, response: &mut Response) {
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Required by RFC 9110, section 11.6.1.
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(quota) = self.used_up {
            quota::insert(response.headers_mut(), quota.whose, quota.rate, 0, quota.seconds);
        }
        if let Some(limit) = self.limit {
            response.extensions_mut().insert(limit);
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(*cause);
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(mut self) -> Response {
        let body = Arc::new(std::mem::take(&mut self.body));
        // Without this, GitHub's image proxy would cache an error for a year.
        let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        let mut response = (self.status, no_store, Json(&*body)).into_response();
        response.extensions_mut().insert(body);
        self.annotate(&mut response);
        response
    }
}

impl From<Infallible> for ApiError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// 500 for a panic. Its message goes to the log.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in seen; its log says more")
        .cause(format!("a panic: {what}"))
        .into_response()
}
