//! Every request passes through here, before and after the router.
//!
//! This wraps the router as a whole. `Router::layer` would wrap each route, and each layer
//! would cost every request a box and copies of what it wraps.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderName, Method, Request};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::ready;
use hyper::body::Incoming;
use tower::{Layer, Service};
use tower_http::cors::{Any, Cors, CorsLayer};

use super::App;
use crate::counters::deadline;
use crate::model::network::{Client, Peer};
use crate::web::access_log::RequestLog;
use crate::web::api::hit::PlainHit;
use crate::web::base_path;
use crate::web::fallback;
use crate::web::headers;
use crate::web::limits::{MeantStatus, head, refusals};
use crate::web::request::caller::Caller;
use crate::web::request::client_ip;
use crate::web::request::slow_body::Timed;

/// Answers all requests. A clone costs one reference count.
#[derive(Clone)]
pub struct Dispatch(Arc<Parts>);

struct Parts {
    app: App,
    routes: Router,
    /// The routes with CORS preflights.
    preflight: Cors<Router>,
}

impl Dispatch {
    /// A dispatcher for these routes.
    pub fn new(routes: Router, app: App) -> Self {
        // In the Fetch standard, `*` covers every header except this one.
        let any = HeaderName::from_static("*");
        let cors = CorsLayer::new().allow_origin(Any).allow_methods(Any);
        let cors = cors.allow_headers([any, AUTHORIZATION]);
        let preflight = cors.vary([]).layer(routes.clone());
        Self(Arc::new(Parts { app, routes, preflight }))
    }

    /// Answers a request that came from `peer`.
    pub fn answer(
        self,
        peer: Peer,
        mut request: Request<Incoming>,
    ) -> impl Future<Output = Response> + Send + use<> {
        let app = self.0.app.clone();
        base_path::enter(&mut request, peer, &app);
        if !peer.is_proxy {
            client_ip::notice_untrusted(peer.ip, request.headers());
        }
        let arrived = Instant::now();
        let log = RequestLog::new(&request, arrived, app.metrics.clone(), peer.is_proxy);
        let client = client_ip::client(peer, request.headers(), &app.trusted_proxies);
        let deadline = arrived + app.counters.deadline();
        let answer = log.answer(move || self.respond(peer, client, request));
        deadline::scope(deadline, answer).then(move |answer| {
            match app.refusals.hold(client, MeantStatus::of(&answer), &app.metrics) {
                None => ready(answer).left_future(),
                // Boxed, since it is rare: every connection reserves memory for the unboxed future.
                Some(permit) => {
                    refusals::held_back(permit, answer, app.stop.clone()).boxed().right_future()
                }
            }
        })
    }

    /// The future of a plain hit is stored in the connection's task. Those of other requests are
    /// larger, and boxed.
    fn respond(
        self,
        peer: Peer,
        client: Client,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response> + Send + use<> {
        if let Err(error) = head::check(&request, &self.0.app.allowed_hosts) {
            return ready(error.into_response()).boxed().right_future();
        }
        if let Some(plain) = PlainHit::of(&request) {
            let app = self.0.app.clone();
            let caller = Caller::of(client, request.method(), request.headers());
            return plain.answer(app, caller).left_future();
        }
        self.routed(peer, client, request).boxed().right_future()
    }

    async fn routed(self, peer: Peer, client: Client, request: Request<Incoming>) -> Response {
        let Parts { routes, preflight, app } = &*self.0;
        let headers = request.headers();
        let has_token = headers::contains(headers, &[&AUTHORIZATION]);
        if has_token && let Err(error) = app.tokens.check(client) {
            return error.into_response();
        }
        let is_private = headers::is_private(request.uri().path());
        let is_preflight = *request.method() == Method::OPTIONS && !is_private;
        let timed = |body| Timed::new(body, app.body_timeout, app.metrics.clone());
        let mut request = request.map(|body| Body::new(timed(body)));
        request.extensions_mut().insert(peer);
        let base = base_path::of(request.headers()).to_owned();
        let answer = if is_preflight {
            answer(preflight.clone(), request).await
        } else {
            answer(routes.clone(), request).await
        };
        if has_token {
            app.tokens.answered(client, MeantStatus::of(&answer), &app.metrics);
        }
        base_path::leave(fallback::name_methods(answer), &base).await
    }
}

/// Calls a service that cannot fail.
pub async fn answer<S, R>(mut from: S, request: R) -> Response
where
    S: Service<R, Response = Response, Error = Infallible>,
{
    from.call(request).await.unwrap_or_else(|never| match never {})
}

/// Adds the headers for an answer that only operators may read.
pub fn private(mut answer: Response) -> Response {
    headers::add_private(answer.headers_mut());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every connection holds one, idle streams too.
    #[test]
    fn an_answer_in_the_making_is_small() {
        fn size<F, A, B, C>(_: fn(A, B, C) -> F) -> usize {
            size_of::<F>()
        }
        let size = size(Dispatch::answer);
        assert!(size <= 1024, "{size}");
    }
}
