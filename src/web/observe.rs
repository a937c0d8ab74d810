//! A request's id, its log line and its measurement. Nothing personal: no
//! address, no user agent, no query.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tower::Service;

use super::error;
use crate::hex;
use crate::metrics::Metrics;

/// Names a request in answers and log lines; one that a proxy sent is kept.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The policy of answers that are no pages.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The longest id that is taken from a proxy, in bytes.
const ID_MOST: usize = 64;

/// What went wrong, for the log alone; goes with an answer to [`request`].
#[derive(Clone, Debug)]
pub struct Cause(pub String);

/// Goes around every request: one log line each, a warning where it failed; a
/// panic ends its request alone.
#[derive(Clone)]
pub struct Observed<S> {
    inner: S,
    metrics: Arc<Metrics>,
}

impl<S> Observed<S> {
    /// Observes what `inner` answers.
    pub fn new(inner: S, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }
}

impl<S> Service<Request> for Observed<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let metrics = self.metrics.clone();
        let started = Instant::now();
        let id = id(request.headers().get(REQUEST_ID));
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            let mut response = match answer.await {
                Ok(Ok(response)) => response,
                Err(panic) => error::panicked(panic),
            };
            let status = response.status();
            metrics.answered(status.as_u16());
            if let Some(limit) = response.extensions_mut().remove() {
                metrics.over_limit(limit);
            }
            let (id_text, path) = (id.to_str().unwrap_or_default(), uri.path());
            // An outage is logged once, by the store; each hit of it is in the metrics.
            if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
                let cause = response.extensions_mut().remove::<Cause>().map(|cause| cause.0);
                tracing::warn!(id = id_text, %method, path, status = status.as_u16(), took = ?started.elapsed(), cause, "answered with an error");
            } else {
                tracing::debug!(id = id_text, %method, path, status = status.as_u16(), took = ?started.elapsed(), "answered");
            }
            let headers = response.headers_mut();
            headers.insert(REQUEST_ID, id);
            // Whatever is sent is what it says, and may load nothing; pages say more.
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
            Ok(response)
        })
    }
}

fn id(given: Option<&HeaderValue>) -> HeaderValue {
    let sound = |id: &&HeaderValue| {
        !id.is_empty() && id.len() <= ID_MOST && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    given.filter(sound).cloned().unwrap_or_else(fresh)
}

/// The process's random start and a number that rises: unique without a lock.
fn fresh() -> HeaderValue {
    static START: LazyLock<u32> = LazyLock::new(|| {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::process::id()) as u32
    });
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut id = hex::encode(&START.to_be_bytes());
    id.push('-');
    id.push_str(&hex::encode(&next.to_be_bytes()));
    HeaderValue::try_from(id).expect("hexadecimal digits are a header's")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_request_alone() {
        let metrics = Arc::new(Metrics::default());
        let panics = tower::service_fn(|_| async { panic!("a bug") });
        let mut service = Observed::new(panics, metrics.clone());
        for answered in 1..=2 {
            let response = service.call(Request::default()).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(response.headers().contains_key(REQUEST_ID));
            assert_eq!(metrics.so_far().requests, answered);
        }
    }

    #[test]
    fn an_id_of_a_proxy_is_kept_if_it_is_sound() {
        let given = |text: &str| id(Some(&HeaderValue::from_bytes(text.as_bytes()).unwrap()));
        assert_eq!(given("abc-1"), "abc-1");
        for bad in ["", "a b", &"x".repeat(65)] {
            assert_eq!(given(bad).len(), "01234567-89abcdef".len(), "{bad}");
        }
        assert_ne!(fresh(), fresh());
    }
}
