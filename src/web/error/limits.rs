//! Errors about limits that a request, its client or its network has reached.

use std::time::Duration;

use axum::http::StatusCode;

use super::{ApiError, UsedUp};
use crate::metrics::Limit;
use crate::model::permits::Full;
use crate::model::rate::{Rate, Tier};

/// `Retry-After` when no stream is free, in seconds: streams end all the time.
const RETRY_STREAM: u64 = 10;

impl ApiError {
    /// 414: `part` of the URL is longer than `most` bytes.
    pub(crate) fn url_too_long(part: &str, most: usize) -> Self {
        Self::new(StatusCode::URI_TOO_LONG, format!("the {part} is too long"))
            .allowed(format!("up to {most} bytes"))
            .limit(Limit::url)
    }

    /// 431: there are too many headers, or they are too long.
    pub(crate) fn headers_too_large(many: usize, most: usize) -> Self {
        Self::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the headers are too many or too long",
        )
        .allowed(format!("up to {many} headers and {most} bytes"))
        .limit(Limit::headers)
    }

    /// 429: the client or the counter has used up its rate limit.
    pub(crate) fn limited(which: Limit, rate: Rate, wait: Duration) -> Self {
        let whose = match which {
            Limit::counter => "counter",
            Limit::network => "network",
            _ => "client",
        };
        let error = format!("too many hits of this {whose}; nothing was counted");
        Self::quota_used_up(error, which, whose, rate, wait)
    }

    /// 429: a client, or its network, has used up a limit other than that of hits.
    pub(crate) fn over_quota(which: Limit, (tier, rate, wait): (Tier, Rate, Duration)) -> Self {
        let what = match which {
            Limit::create => "new counters and namespaces",
            Limit::ids => "hits with an id",
            Limit::tokens => "wrong tokens",
            _ => "long answers",
        };
        let whose = match tier {
            Tier::Client => "client",
            Tier::Network => "network",
        };
        let error = format!("too many {what} for this {whose}");
        Self::quota_used_up(error, which, whose, rate, wait)
    }

    fn quota_used_up(
        error: String,
        which: Limit,
        whose: &'static str,
        rate: Rate,
        wait: Duration,
    ) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self::new(StatusCode::TOO_MANY_REQUESTS, error)
            .allowed(format!("{} in {:?}", rate.quota, rate.window))
            .retry_after(seconds)
            .limit(which)
            .used_up(UsedUp { whose, rate, seconds })
    }

    /// 413: the body has more than `most` bytes.
    pub(crate) fn body_too_long(most: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long")
            .allowed(format!("up to {most} bytes"))
            .limit(Limit::body)
    }

    /// 429 if a client or its network holds too many streams, 503 if all clients together do.
    pub(crate) fn no_stream(full: Full) -> Self {
        let too_many = |whose, most: usize, limit| {
            Self::new(StatusCode::TOO_MANY_REQUESTS, format!("too many streams of this {whose}"))
                .allowed(format!("up to {most} at once"))
                .limit(limit)
        };
        match full {
            Full::Client(most) => too_many("client", most, Limit::client_streams),
            Full::Network(most) => too_many("network", most, Limit::network_streams),
            Full::All => Self::new(StatusCode::SERVICE_UNAVAILABLE, "all live streams are in use")
                .limit(Limit::streams),
        }
        .retry_after(RETRY_STREAM)
    }
}
