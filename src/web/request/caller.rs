//! The client of a request, as far as counting needs to know it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};

use super::source;
use crate::model::hit::{Source, Visitor};
use crate::model::name::Name;
use crate::model::network::Client;
use crate::model::time::Timestamp;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::client_ip;

/// The client of a request. Its address goes no further: only a source and a visitor,
/// which is a keyed hash, are passed on.
pub(crate) struct Caller {
    /// What kind of client it is.
    pub source: Source,
    /// The network that the limits apply to.
    pub client: Client,
    /// Whether the request counts. A HEAD shows nothing to anybody and does not.
    pub counts: bool,
    agent: Option<HeaderValue>,
}

impl Caller {
    /// The client behind a connection from `peer`.
    pub(crate) fn of(peer: IpAddr, method: &Method, headers: &HeaderMap, app: &App) -> Self {
        Self {
            source: source::source(headers),
            client: client_ip::client(peer, headers, &app.trusted_proxies),
            counts: *method != Method::HEAD,
            agent: headers.get(USER_AGENT).cloned(),
        }
    }

    /// The visitor; `None` behind an image proxy, for a machine, and without the day's
    /// key.
    pub(crate) async fn visitor(&self, app: &App, namespace: &Name) -> Option<Visitor> {
        if self.source != Source::Browser {
            return None;
        }
        let agent = self.agent.as_ref().map_or(b"".as_slice(), |agent| source::looked_at(agent));
        app.visitors.visitor(&self.client.0, agent, namespace, Timestamp::now()).await.ok()
    }

    /// Refuses a HEAD on a route that changes something.
    pub(crate) fn may_change(&self) -> Result<(), ApiError> {
        if self.counts { Ok(()) } else { Err(ApiError::head_changes_nothing()) }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(Self::of(peer, &parts.method, &parts.headers, app))
    }
}
