//! The client of a request, for counting and for limits.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};

use super::{idempotency, user_agent};
use crate::model::hit::{HitId, Source, Visitor};
use crate::model::name::Counter;
use crate::model::network::{Client, Peer};
use crate::model::rate::Tier;
use crate::model::time::Timestamp;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::client_ip;

/// Stands in for the user agents of all visitors beyond a client's limit. No header contains a
/// line feed.
const MANY: &[u8] = b"\n";

/// The client of a request. Only its source and its visitor, a keyed hash, are passed on; its
/// address is not.
pub(crate) struct Caller {
    /// The kind of client.
    pub source: Source,
    /// The network that the limits apply to.
    pub client: Client,
    /// Whether the request counts. A HEAD does not, since nobody sees anything.
    pub counts: bool,
    agent: Option<HeaderValue>,
    /// The `Idempotency-Key`. Boxed, since every connection reserves memory for a caller.
    key: Option<Box<HeaderValue>>,
}

impl Caller {
    /// The caller behind these headers, without an `Idempotency-Key`.
    pub(crate) fn of(client: Client, method: &Method, headers: &HeaderMap) -> Self {
        Self {
            source: user_agent::source(headers),
            client,
            counts: *method != Method::HEAD,
            agent: headers.get(USER_AGENT).cloned(),
            key: None,
        }
    }

    /// The id of the request's hit, by its `Idempotency-Key`.
    ///
    /// # Errors
    /// 400 if the key is not valid.
    pub(crate) fn hit_id(&self) -> Result<Option<HitId>, ApiError> {
        self.key.as_deref().map(idempotency::of_header).transpose()
    }

    /// The visitor; `None` behind an image proxy, for a machine, and without the day's key.
    pub(crate) async fn visitor(&self, app: &App, counter: &Counter) -> Option<Visitor> {
        if self.source != Source::Browser {
            return None;
        }
        let agent = self.agent.as_ref().map_or(b"".as_slice(), |agent| user_agent::examined(agent));
        let now = Timestamp::now();
        let visitor = app.visitors.visitor(&self.client.0, agent, counter, now).await.ok()?;
        let all = match app.marks.shared(self.client, &visitor) {
            None => return Some(visitor),
            Some(Tier::Client) => self.client,
            Some(Tier::Network) => self.client.network().first_client(),
        };
        let all = app.visitors.visitor(&all.0, MANY, counter, now).await.ok()?;
        Some(Visitor { mark: all.mark, ..visitor })
    }

    /// Refuses a HEAD on a route that changes something.
    pub(crate) fn may_change(&self) -> Result<(), ApiError> {
        if self.counts { Ok(()) } else { Err(ApiError::head_changes_nothing()) }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let unknown = Peer { ip: Ipv4Addr::UNSPECIFIED.into(), is_proxy: false };
        let peer = parts.extensions.get().copied().unwrap_or(unknown);
        let client = client_ip::client(peer, &parts.headers, &app.trusted_proxies);
        let key = parts.headers.get(&idempotency::HEADER).cloned().map(Box::new);
        Ok(Self { key, ..Self::of(client, &parts.method, &parts.headers) })
    }
}
