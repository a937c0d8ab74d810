//! A request's id, its log line and its measurement. Nothing personal: no
//! address, no user agent, no query.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::App;

/// Names a request in answers and log lines; one that a proxy sent is kept.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a proxy, in bytes.
const ID_MOST: usize = 64;

/// What went wrong, for the log alone; goes with an answer to [`request`].
#[derive(Clone, Debug)]
pub struct Cause(pub String);

/// Goes around every request: one log line each, a warning where it failed.
pub async fn request(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = id(request.headers().get(REQUEST_ID));
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let started = Instant::now();
    let mut response = next.run(request).await;
    let status = response.status();
    app.metrics.answered(status.as_u16());
    if let Some(limit) = response.extensions_mut().remove() {
        app.metrics.over_limit(limit);
    }
    let (id_text, path) = (id.to_str().unwrap_or_default(), uri.path());
    // An outage is logged once, by the store; each hit of it is in the metrics.
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        let cause = response.extensions_mut().remove::<Cause>().map(|cause| cause.0);
        tracing::warn!(id = id_text, %method, path, status = status.as_u16(), took = ?started.elapsed(), cause, "answered with an error");
    } else {
        tracing::debug!(id = id_text, %method, path, status = status.as_u16(), took = ?started.elapsed(), "answered");
    }
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
