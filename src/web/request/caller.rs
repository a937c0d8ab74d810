//! Who asks: what a counting handler needs to know of the client.

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

/// The client of a request. Its address ends here: what goes on is a source,
/// and a visitor that is a keyed hash.
pub(crate) struct Caller {
    /// What asks.
    pub source: Source,
    /// The network that limits are kept for.
    pub client: Client,
    /// Whether the request wants to be counted: a HEAD has seen nothing.
    pub counts: bool,
    agent: Option<HeaderValue>,
}

impl Caller {
    /// Who asks over a connection from `peer`.
    pub(crate) fn of(peer: IpAddr, method: &Method, headers: &HeaderMap, app: &App) -> Self {
        Self {
            source: source::source(headers),
            client: client_ip::client(peer, headers, &app.trusted_proxies),
            counts: *method != Method::HEAD,
            agent: headers.get(USER_AGENT).cloned(),
        }
    }

    /// The visitor, where there is one to see: not behind an image proxy, not a
    /// machine. Without the store's key of the day nobody can be told apart.
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
