//! A request's id, its log line and its measurement. Nothing personal: no
//! address, no user agent, no query.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::App;

/// Names a request in answers and log lines; one that a proxy sent is kept.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a proxy, in bytes.
const ID_MOST: usize = 64;

/// Goes around every request.
pub async fn request(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = id(request.headers().get(REQUEST_ID));
    let started = Instant::now();
    let mut response = if tracing::enabled!(tracing::Level::WARN) {
        let method = request.method().as_str();
        let span = tracing::warn_span!(
            "request",
            id = id.to_str().unwrap_or_default(),
            method,
            path = request.uri().path()
        );
        let answer = async {
            let response = next.run(request).await;
            let (status, took) = (response.status(), started.elapsed());
            if status.is_server_error() {
                tracing::warn!(status = status.as_u16(), ?took, "answered with an error");
            } else {
                tracing::debug!(status = status.as_u16(), ?took, "answered");
            }
            response
        };
        answer.instrument(span).await
    } else {
        next.run(request).await
    };
    app.metrics.answered(response.status().as_u16());
    response.headers_mut().insert(REQUEST_ID, id);
    response
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
    let id = format!("{:08x}-{:08x}", *START, NEXT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).expect("hexadecimal digits are a header's")
}
