//! The rate limits of hits, and the headers that report them.

use std::fmt::Write;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponseParts, ResponseParts};

use super::by_source::BySource;
use crate::config::Settings;
use crate::metrics::{Limit, Metrics, Uncounted};
use crate::model::name::Counter;
use crate::model::rate::{Left, Limiter, Rate, Tier, Tiers};
use crate::web::error::ApiError;
use crate::web::request::caller::Caller;

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
pub(crate) const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How many times a client's quota an image proxy has.
pub(super) const PROXY_TIMES: u32 = 20;

/// How many times a client's quota a network has. It is higher than for other limits, since
/// many people share the /48 of a carrier, and all of them make hits.
const CLIENTS_OF_A_NETWORK: u32 = 16;

/// Every limit of hits.
pub(crate) struct Quotas {
    caller: BySource,
    /// `None` if it is off.
    counter: Option<Limiter>,
}

/// The rest of a client's quota after a hit, for the answer's headers.
pub(crate) struct Quota(Option<(Rate, Left)>);

impl Quotas {
    /// The limits from the settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        let rate = settings.client_limit.0;
        Self {
            caller: BySource {
                client: rate.map(|rate| Tiers::with_networks_of(rate, CLIENTS_OF_A_NETWORK)),
                ..BySource::new(rate, PROXY_TIMES)
            },
            counter: settings.counter_limit.0.map(Limiter::new),
        }
    }

    /// Takes a change from the client's quota.
    pub(crate) fn change(&self, caller: &Caller) -> Result<Quota, ApiError> {
        take(self.caller.client.as_ref(), caller)
    }

    /// Takes one hit from each quota that it falls under.
    pub(crate) fn take(
        &self,
        caller: &Caller,
        counter: &Counter,
        metrics: &Metrics,
    ) -> Result<Quota, ApiError> {
        let quota = take(self.caller.of(caller), caller)
            .inspect_err(|_| metrics.uncounted(Uncounted::limited))?;
        if let Some(limit) = &self.counter {
            let left = limit.take(counter);
            if !left.wait.is_zero() {
                metrics.uncounted(Uncounted::limited);
                return Err(ApiError::limited(Limit::counter, limit.rate(), left.wait));
            }
        }
        Ok(quota)
    }
}

fn take(limit: Option<&Tiers>, caller: &Caller) -> Result<Quota, ApiError> {
    let Some(limit) = limit else { return Ok(Quota(None)) };
    match limit.take(caller.client) {
        Ok(left) => Ok(Quota(Some(left))),
        Err((Tier::Client, rate, wait)) => Err(ApiError::limited(Limit::client, rate, wait)),
        Err((Tier::Network, rate, wait)) => Err(ApiError::limited(Limit::network, rate, wait)),
    }
}

impl IntoResponseParts for Quota {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let Some((rate, left)) = self.0 else { return Ok(parts) };
        insert(
            parts.headers_mut(),
            "client",
            rate,
            u64::from(left.remaining),
            left.full_in.as_secs() + 1,
        );
        Ok(parts)
    }
}

/// Adds the headers that report a quota under the name `whose`: how much is left, and in how
/// many seconds there is more.
pub(crate) fn insert(
    headers: &mut HeaderMap,
    whose: &str,
    rate: Rate,
    remaining: u64,
    seconds: u64,
) {
    let mut text = String::with_capacity(32);
    let mut insert = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    // Writing to a String cannot fail.
    let _ = write!(text, "\"{whose}\";q={};w={}", rate.quota, rate.window.as_secs().max(1));
    insert(POLICY, &text);
    text.clear();
    let _ = write!(text, "\"{whose}\";r={remaining};t={seconds}");
    insert(LIMIT, &text);
}
