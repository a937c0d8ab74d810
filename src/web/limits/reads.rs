//! Limits on expensive reads: each client has a quota, and gets 304 for an answer that it has
//! already.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::by_source::BySource;
use super::quota::PROXY_TIMES;
use crate::config::ClientLimits;
use crate::metrics::Limit;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::caller::Caller;
use crate::web::response::{etag, picture};

/// The limits on expensive reads.
pub(crate) struct ReadLimits(BySource);

impl ReadLimits {
    pub(crate) fn new(settings: &ClientLimits) -> Self {
        Self(BySource::new(settings.read_limit.0, PROXY_TIMES))
    }

    /// Takes a read from the caller's quota.
    ///
    /// # Errors
    /// 429 if the caller or its network has used up its quota.
    pub(crate) fn take(&self, caller: &Caller) -> Result<(), ApiError> {
        let Some(limit) = self.0.of(caller) else { return Ok(()) };
        match limit.take(caller.client) {
            Ok(_) => Ok(()),
            Err(over) => Err(ApiError::over_quota(Limit::reads, over)),
        }
    }
}

/// Limits the routes of expensive reads.
pub(crate) async fn limit(
    State(app): State<App>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    if matches!(method, Method::GET | Method::HEAD)
        && let Err(error) = app.reads.take(&caller)
    {
        return picture::error_at(request.uri().path(), error);
    }
    let asked = request.headers().get(IF_NONE_MATCH).cloned();
    let answer = next.run(request).await;
    if method == Method::GET { tagged(asked, answer).await } else { answer }
}

/// The answer with an `ETag`, or 304 for a client that has it (RFC 9110, section 13.1.2).
async fn tagged(asked: Option<HeaderValue>, answer: Response) -> Response {
    // Image proxies cache answers with an `ETag`, whatever their other headers say.
    let is_for_proxies = answer.headers().get(CACHE_CONTROL).is_some_and(|v| *v == picture::NEVER);
    if answer.status() != StatusCode::OK || is_for_proxies {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    // These answers are in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // Answers that are made once have their tag already.
    let tag = parts.headers.get(ETAG).cloned().unwrap_or_else(|| etag::of(&bytes));
    let is_known = etag::is_known(tag.to_str().unwrap_or_default(), asked.as_ref());
    parts.headers.insert(ETAG, tag);
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}
