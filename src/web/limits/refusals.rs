//! Refusals cost little to make and nothing to ask for: one stranger that sends request
//! after request, reading none of the answers, once had 100,000 of them a second, and
//! everybody else waited behind them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::metrics::{Limit, Metrics};
use crate::model::network::Client;
use crate::model::permits::{Permit, Permits};
use crate::model::rate::Tiers;

/// How long an answer is held back. A connection works off one request after the other,
/// so this is how long a refusal keeps a connection, of which a client has so many.
const HOLD: Duration = Duration::from_secs(1);

/// The share of all connections, one in so many, that may wait here: behind a proxy
/// each request of a stranger could take one, of which the proxy has as many as it likes.
const HELD_SHARE: usize = 8;

/// The least time between two log lines.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The limit of refusals; none where it is off. A clone shares it.
#[derive(Clone)]
pub struct RefusalLimits(Option<Arc<Refusals>>);

struct Refusals {
    at_once: Tiers,
    held: Permits,
    logged: Mutex<Option<Instant>>,
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

    /// What an answer has to wait for, if it refuses more to this client than it is
    /// refused at once.
    pub fn hold(&self, client: Client, status: StatusCode, metrics: &Metrics) -> Option<Permit> {
        // Every attempt to create in a full store is one too.
        if !(status.is_client_error() || status == StatusCode::INSUFFICIENT_STORAGE) {
            return None;
        }
        let Refusals { at_once, held, logged } = &**self.0.as_ref()?;
        at_once.take(client).err()?;
        metrics.over_limit(Limit::refusals);
        let mut logged = logged.lock();
        if logged.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
            *logged = Some(Instant::now());
            tracing::warn!("somebody is refused so often that the answers are held back");
        }
        held.take(client).ok()
    }
}

/// Waits for as long as a refusal is held back; a process that is to stop does not.
pub async fn wait(permit: Permit, stop: &CancellationToken) {
    let _ = tokio::time::timeout(HOLD, stop.cancelled()).await;
    drop(permit);
}

/// The answer, later, after which the connection ends: what else was sent on it is
/// forgotten rather than kept.
pub(crate) async fn held_back(
    permit: Permit,
    mut answer: Response,
    stop: CancellationToken,
) -> Response {
    wait(permit, &stop).await;
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
