//! Delays refusals, which cost a client nothing: in a test, a client that sent requests without
//! reading the answers caused 100,000 refusals a second, and everybody else had to wait.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::metrics::{Limit, Metrics};
use crate::model::log_interval::LogInterval;
use crate::model::network::Client;
use crate::model::permits::{Permit, Permits};
use crate::model::rate::Tiers;

/// How long an answer is held back. A connection handles one request at a time, so a refusal
/// occupies one of the client's connections for this long.
const HOLD: Duration = Duration::from_secs(1);

/// At most one in this many connections may wait here. The connections of a proxy are not
/// limited, so a stranger behind it could take one with each request.
const HELD_SHARE: usize = 8;

/// The limit on refusals; `None` if it is off. A clone shares it.
#[derive(Clone)]
pub struct RefusalLimits(Option<Arc<Refusals>>);

struct Refusals {
    at_once: Tiers,
    held: Permits,
    logged: Mutex<LogInterval>,
}

impl RefusalLimits {
    pub(crate) fn new(settings: &Settings) -> Self {
        let sockets = &settings.sockets;
        let most = (sockets.connections / HELD_SHARE).max(1);
        let refusals = settings.clients.refusal_limit.0.map(|rate| Refusals {
            at_once: Tiers::new(rate),
            held: Permits::new(most, sockets.client_connections),
            logged: Mutex::default(),
        });
        Self(refusals.map(Arc::new))
    }

    /// The permit to wait with if this answer must be delayed.
    pub fn hold(&self, client: Client, status: StatusCode, metrics: &Metrics) -> Option<Permit> {
        // Attempts to create in a full store count as well.
        if !(status.is_client_error() || status == StatusCode::INSUFFICIENT_STORAGE) {
            return None;
        }
        let Refusals { at_once, held, logged } = &**self.0.as_ref()?;
        at_once.take(client).err()?;
        metrics.over_limit(Limit::refusals);
        if logged.lock().is_due() {
            tracing::warn!("somebody is refused so often that the answers are held back");
        }
        held.take(client).ok()
    }
}

/// Waits for the delay of a refusal, or until the process is to stop.
pub async fn wait(permit: Permit, stop: &CancellationToken) {
    let _ = tokio::time::timeout(HOLD, stop.cancelled()).await;
    drop(permit);
}

/// Delays the answer and closes the connection after it, so that further requests on it are
/// dropped instead of buffered.
pub(crate) async fn held_back(
    permit: Permit,
    mut answer: Response,
    stop: CancellationToken,
) -> Response {
    wait(permit, &stop).await;
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
