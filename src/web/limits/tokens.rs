//! Limits on guessing tokens.

use axum::http::StatusCode;
use parking_lot::Mutex;

use crate::config::ClientLimits;
use crate::metrics::{Limit, Metrics};
use crate::model::log_interval::LogInterval;
use crate::model::network::Client;
use crate::model::rate::{Limiter, Rate, Tier, Tiers};
use crate::web::error::ApiError;

/// How many times a client's quota all clients together have. Beyond it, every client that has
/// sent a wrong token must wait.
const CLIENTS_IN_ALL: u32 = 60;

/// The limit on wrong tokens; `None` if it is off.
pub(crate) struct TokenLimits(Option<Guesses>);

struct Guesses {
    rate: Rate,
    clients: Tiers,
    all: Limiter,
    log: Mutex<WrongTokens>,
}

#[derive(Default)]
struct WrongTokens {
    interval: LogInterval,
    /// Wrong tokens since the last line.
    wrong: u64,
}

impl TokenLimits {
    pub(crate) fn new(settings: &ClientLimits) -> Self {
        Self(settings.token_limit.0.map(|rate| Guesses {
            rate,
            clients: Tiers::new(rate),
            all: Limiter::new(rate.times(CLIENTS_IN_ALL)),
            log: Mutex::default(),
        }))
    }

    /// Refuses a token unread if the client or its network has sent too many wrong ones. If all
    /// clients together have, it refuses the clients that have sent any. So an owner whose network
    /// has sent none is never refused.
    ///
    /// # Errors
    /// 429, with the wait.
    pub(crate) fn check(&self, client: Client) -> Result<(), ApiError> {
        let Some(guesses) = &self.0 else { return Ok(()) };
        let mut wait = guesses.clients.wait(client);
        if wait.is_zero() && !guesses.clients.is_untouched(client) {
            wait = guesses.all.wait(&());
        }
        if wait.is_zero() {
            return Ok(());
        }
        Err(ApiError::over_quota(Limit::tokens, (Tier::Client, guesses.rate, wait)))
    }

    /// Notes an answer to a request that presented a token.
    pub(crate) fn answered(&self, client: Client, status: StatusCode, metrics: &Metrics) {
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return;
        }
        metrics.wrong_token();
        let Some(guesses) = &self.0 else { return };
        // The request was answered already, so the result does not matter.
        let _ = guesses.clients.take(client);
        guesses.all.take(&());
        let mut log = guesses.log.lock();
        log.wrong += 1;
        if log.interval.is_due() {
            tracing::warn!(wrong = log.wrong, "somebody presented wrong tokens");
            log.wrong = 0;
        }
    }
}
