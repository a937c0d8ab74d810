//! The routes: a table of paths and functions.

mod badge;
mod caller;
mod chart;
mod client;
mod error;
mod extract;
mod get;
mod health;
mod hit;
mod hit_id;
mod home;
mod limits;
mod negotiate;
mod observe;
mod picture;
mod query;
mod shields;
mod shown;
mod source;
mod value;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use ipnet::IpNet;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use self::limits::Limits;
use crate::config::Settings;
use crate::counters::Counters;
use crate::metrics::Metrics;
use crate::visitor::Visitors;

/// What handlers share; a clone costs one reference count.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What an [`App`] holds: all that handlers need, and nothing of the store.
pub struct Shared {
    /// All counters.
    pub counters: Counters,
    /// All measurements.
    pub metrics: Arc<Metrics>,
    visitors: Visitors,
    limits: Limits,
    trusted_proxies: Vec<IpNet>,
}

impl App {
    /// The state of one serving process.
    pub fn new(
        settings: &Settings,
        counters: Counters,
        visitors: Visitors,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self(Arc::new(Shared {
            counters,
            metrics,
            visitors,
            limits: Limits::new(settings),
            trusted_proxies: settings.trusted_proxies.clone(),
        }))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Everything that visitors and probes ask for.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(home::visit))
        .route("/hit/{key}", get(hit::answer).post(hit::answer))
        .route("/hit/{namespace}/{key}", get(hit::answer).post(hit::answer))
        .route("/get/{key}", get(get::answer))
        .route("/get/{namespace}/{key}", get(get::answer))
        .route("/hit/{namespace}/{key}/badge.svg", get(badge::hit))
        .route("/hit/{namespace}/{key}/shields.json", get(shields::hit))
        .route("/get/{namespace}/{key}/badge.svg", get(badge::get))
        .route("/get/{namespace}/{key}/chart.svg", get(chart::get))
        .route("/get/{namespace}/{key}/shields.json", get(shields::get))
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
    let cors =
        CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(Any).expose_headers([
            ALLOW,
            RETRY_AFTER,
            observe::REQUEST_ID,
            home::STALE,
            limits::LIMIT,
            limits::POLICY,
        ]);
    routes
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(cors)
        .layer(from_fn_with_state(app.clone(), observe::request))
}
