//! The routes: a table of paths and functions.

mod error;
mod extract;
mod get;
mod health;
mod hit;
mod home;
mod negotiate;
mod observe;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::counters::Counters;
use crate::metrics::Metrics;

/// What handlers share; a clone costs a few reference counts.
#[derive(Clone)]
pub struct App {
    /// All counters.
    pub counters: Counters,
    /// All measurements.
    pub metrics: Arc<Metrics>,
}

impl App {
    /// What handlers need, and nothing of the store.
    pub fn new(counters: Counters, metrics: Arc<Metrics>) -> Self {
        Self { counters, metrics }
    }
}

/// Everything that visitors and probes ask for.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(home::visit))
        .route("/hit/{key}", get(hit::value).post(hit::value))
        .route("/hit/{namespace}/{key}", get(hit::value).post(hit::value))
        .route("/get/{key}", get(get::value))
        .route("/get/{namespace}/{key}", get(get::value))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .with_state(app)
}

/// The measurements, which may have a listener of their own.
pub fn metrics_router(app: App) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(app)
}

/// What goes around every route: errors as JSON, CORS, request ids, log lines.
pub fn finish(routes: Router, app: &App) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers(Any)
        .expose_headers([ALLOW, RETRY_AFTER, observe::REQUEST_ID, home::STALE]);
    routes
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(cors)
        .layer(from_fn_with_state(app.clone(), observe::request))
}
