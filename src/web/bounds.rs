//! How long the head of a request may be.
//!
//! hyper has bounds of its own and answers a bare 414 or 431 at them: 65,534
//! bytes of URL, 100 headers, 400 kB in all. These are lower, so that a request
//! which is too long by mistake is told what would be right.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::future::{Either, Ready, ready};
use tower::Service;

use super::error::ApiError;
use super::query;

/// The longest path that is read, in bytes: a namespace and 100 keys fit.
const PATH_MOST: usize = 8 << 10;
/// The most headers, and the most bytes of their names and values together.
const HEADERS_MANY: usize = 80;
const HEADERS_MOST: usize = 32 << 10;

/// Refuses requests out of bounds; `inner` answers the others.
#[derive(Clone)]
pub struct Bounded<S>(pub S);

impl<S> Service<Request> for Bounded<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Ready<Result<Response, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match check(request.uri(), request.headers()) {
            Ok(()) => Either::Left(self.0.call(request)),
            Err(error) => Either::Right(ready(Ok(error.into_response()))),
        }
    }
}

fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    if uri.path().len() > PATH_MOST {
        return Err(ApiError::url_too_long("path", PATH_MOST));
    }
    if uri.query().is_some_and(|text| text.len() > query::MOST) {
        return Err(ApiError::url_too_long("query", query::MOST));
    }
    let bytes = || headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > HEADERS_MANY || HEADERS_MOST < bytes() {
        return Err(ApiError::headers_too_large(HEADERS_MANY, HEADERS_MOST));
    }
    Ok(())
}
