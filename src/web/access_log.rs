//! The id, the log line and the metric of each request. The line contains nothing personal:
//! no address, no user agent, no query.
//!
//! tower-http has layers for this, but each would cost every request a box and copies of
//! what it wraps (benches/README.md).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::http::header::ACCEPT;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::ready;
use parking_lot::Mutex;

use super::error;
use crate::metrics::{Metrics, Route};
use crate::model::hex;
use crate::model::log_interval::LogInterval;
use crate::web::headers;
use crate::web::response::negotiate;

/// Identifies a request in answers and log lines. An id from a trusted proxy is kept.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id accepted from a proxy, in bytes.
const MAX_ID: usize = 64;

/// Limits the lines about a full store and about other failures. One may fail every request.
static FULL: Mutex<LogInterval> = Mutex::new(LogInterval::new());
static FAILED: Mutex<LogInterval> = Mutex::new(LogInterval::new());

/// The cause of an error, for the log alone. Handlers attach it to a response as an extension.
#[derive(Clone, Debug)]
pub(crate) struct Cause(pub String);

/// The parts of a request that its log line and its metric need.
pub(crate) struct RequestLog {
    metrics: Arc<Metrics>,
    id: HeaderValue,
    method: Method,
    uri: Uri,
    /// Whether the client wants errors as `application/problem+json`.
    problem: bool,
    started: Instant,
}

impl RequestLog {
    /// Takes the parts from a request that arrived at `started`. Its id is kept only if a trusted
    /// proxy sent it.
    pub(crate) fn new<B>(
        request: &Request<B>,
        started: Instant,
        metrics: Arc<Metrics>,
        is_trusted: bool,
    ) -> Self {
        Self {
            metrics,
            id: id(is_trusted.then(|| request.headers().get(REQUEST_ID)).flatten()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            problem: request
                .headers()
                .get(ACCEPT)
                .and_then(|accept| accept.to_str().ok())
                .is_some_and(negotiate::prefers_problem),
            started,
        }
    }

    /// Runs a handler and logs its answer. A panic becomes a 500 for this request alone.
    pub(crate) fn answer<F: Future<Output = Response>>(
        self,
        begin: impl FnOnce() -> F,
    ) -> impl Future<Output = Response> {
        let answer = match catch_unwind(AssertUnwindSafe(begin)) {
            Ok(answer) => AssertUnwindSafe(answer).catch_unwind().left_future(),
            Err(panic) => ready(Err(panic)).right_future(),
        };
        answer.map(|answer| self.finish(answer.unwrap_or_else(error::panicked)))
    }

    /// Counts the answer, logs it (a failure as a warning), and adds the common headers.
    fn finish(self, mut response: Response) -> Response {
        let Self { metrics, id, method, uri, problem, started } = self;
        let status = response.status();
        metrics.answered(Route::of(uri.path()), status.as_u16(), started.elapsed());
        let limit = response.extensions_mut().remove();
        if let Some(limit) = limit {
            metrics.over_limit(limit);
        }
        let (id_text, path) = (id.to_str().unwrap_or_default(), uri.path());
        // The store logs an outage once, and the metrics count each request that it failed.
        // A 5xx of a limit is not a failure of seen.
        let is_failure = status.is_server_error() && limit.is_none();
        let is_logged = match status {
            StatusCode::SERVICE_UNAVAILABLE => false,
            StatusCode::INSUFFICIENT_STORAGE => is_failure && FULL.lock().is_due(),
            _ => is_failure && FAILED.lock().is_due(),
        };
        if is_logged {
            let cause = response.extensions_mut().remove::<Cause>().map(|cause| cause.0);
            tracing::warn!(id = id_text, %method, path, status = status.as_u16(), took = ?started.elapsed(), cause, "answered with an error");
        } else {
            tracing::debug!(id = id_text, %method, path, status = status.as_u16(), took = ?started.elapsed(), "answered");
        }
        if problem {
            response = error::make_problem(response);
        }
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id);
        if headers::is_private(path) {
            headers::add_private(headers);
        } else {
            headers::add(headers);
        }
        response
    }
}

fn id(given: Option<&HeaderValue>) -> HeaderValue {
    let sound = |id: &&HeaderValue| {
        !id.is_empty() && id.len() <= MAX_ID && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    given.filter(sound).cloned().unwrap_or_else(fresh)
}

/// A new id: a random prefix of the process and a rising number, so no lock is needed.
fn fresh() -> HeaderValue {
    static START: LazyLock<[u8; 8]> = LazyLock::new(|| {
        use std::hash::{BuildHasher, RandomState};
        let start = RandomState::new().hash_one(std::process::id()) as u32;
        let mut digits = [0; 8];
        hex::write(&start.to_be_bytes(), &mut digits);
        digits
    });
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut id = [b'-'; 17];
    id[..8].copy_from_slice(&*START);
    hex::write(&next.to_be_bytes(), &mut id[9..]);
    HeaderValue::from_bytes(&id).expect("hexadecimal digits are a header's")
}

#[cfg(test)]
mod tests {
    use futures_util::future::Ready;

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_request_alone() {
        let metrics = Arc::new(Metrics::default());
        let log = || RequestLog::new(&Request::new(()), Instant::now(), metrics.clone(), false);
        for response in [
            log().answer(|| async { panic!("a bug") }).await,
            log().answer(|| -> Ready<Response> { panic!("a bug") }).await,
        ] {
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(response.headers().contains_key(REQUEST_ID));
        }
        assert_eq!(metrics.so_far().requests, 2);
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
