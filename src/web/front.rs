//! The way of every request: what it meets before the router, and what every
//! answer gets after it.
//!
//! All of it is around the router as a whole. Around each route, as
//! `Router::layer` does it, each layer would cost each request a box and copies of
//! all below it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use tower::{Layer, Service};
use tower_http::cors::{Any, Cors, CorsLayer};

use super::App;
use super::bounds;
use super::hit::{self, PlainHit};
use super::observe::Observed;

/// What answers requests; a clone costs one reference count.
#[derive(Clone)]
pub struct Front(Arc<Parts>);

struct Parts {
    app: App,
    routes: Router,
    /// Answers preflights itself and hands on nothing.
    preflight: Cors<Router>,
}

impl Front {
    /// A front for these routes.
    pub fn new(routes: Router, app: App) -> Self {
        let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any);
        let preflight = cors.vary([]).layer(routes.clone());
        Self(Arc::new(Parts { app, routes, preflight }))
    }

    /// Answers a request that came from `peer`.
    pub async fn answer(self, peer: SocketAddr, request: Request<Incoming>) -> Response {
        let observed = Observed::new(&request);
        observed.answer(&self.0.app.metrics, self.chosen(peer, request)).await
    }

    async fn chosen(&self, peer: SocketAddr, request: Request<Incoming>) -> Response {
        let Parts { app, routes, preflight } = &*self.0;
        if let Err(error) = bounds::check(&request) {
            return error.into_response();
        }
        if let Some(plain) = PlainHit::of(&request) {
            return hit::answer_plain(app, peer, plain, request.headers()).await;
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if *request.method() == Method::OPTIONS {
            answer(preflight.clone(), request).await
        } else {
            answer(routes.clone(), request).await
        }
    }
}

/// The answer of something that always has one.
pub async fn answer<S, R>(mut from: S, request: R) -> Response
where
    S: Service<R, Response = Response, Error = Infallible>,
{
    from.call(request).await.unwrap_or_else(|never| match never {})
}
