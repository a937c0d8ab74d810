//! The routes: a table of paths and functions.

mod aliases;
mod assets;
mod badge;
mod body;
mod builder;
mod caller;
mod chart;
mod client;
mod configure;
mod countapi;
mod counter;
mod create;
mod delete;
mod error;
mod extract;
mod get;
mod health;
mod history;
mod hit;
mod hit_id;
mod hits;
mod home;
mod info;
mod limits;
mod namespace;
mod negotiate;
mod observe;
mod owner;
mod page;
mod picture;
mod privacy;
mod query;
mod ranking;
mod reset;
mod rotate;
mod seats;
mod set;
mod settings;
mod shields;
mod shown;
mod source;
mod stats;
mod stream;
mod update;
mod value;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use ipnet::IpNet;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use self::limits::Limits;
use self::seats::Seats;
use crate::config::Settings;
use crate::counters::Counters;
use crate::metrics::Metrics;
use crate::token::Digest;
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
    /// How many hours' buckets a counter keeps.
    history_hours: u32,
    /// The digest of the instance's token, if it has one.
    token: Option<Digest>,
    seats: Seats,
    /// Becomes true when the process is to stop.
    stop: watch::Receiver<bool>,
    started: Instant,
}

impl App {
    /// The state of one serving process.
    pub fn new(
        settings: &Settings,
        counters: Counters,
        visitors: Visitors,
        metrics: Arc<Metrics>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self(Arc::new(Shared {
            counters,
            metrics,
            visitors,
            limits: Limits::new(settings),
            trusted_proxies: settings.trusted_proxies.clone(),
            history_hours: settings.history_hours,
            token: settings.token.as_ref().map(|token| Digest::of(&token.0)),
            seats: Seats::new(settings.streams, settings.client_streams),
            stop,
            started: Instant::now(),
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
        .route("/builder", get(builder::show))
        .route("/counter/{namespace}/{key}", get(counter::show))
        .route("/privacy", get(privacy::show))
        .route("/seen.js", get(assets::seen))
        .route("/assets/page.css", get(assets::style))
        .route("/assets/page.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .route("/ghpvc/", get(aliases::komarev))
        .route("/api/count/incr/badge.svg", get(aliases::seeyoufarm_incr))
        .route("/api/count/keep/badge.svg", get(aliases::seeyoufarm_keep))
        .route("/badge", get(aliases::visitor_badge))
        .route("/hit/{key}", get(hit::answer).post(hit::answer))
        .route("/hit/{namespace}/{key}", get(hit::answer).post(hit::answer))
        .route("/get/{key}", get(get::answer))
        .route("/get/{namespace}/{key}", get(get::answer))
        .route("/hit/{namespace}/{key}/badge.svg", get(badge::hit))
        .route("/hit/{namespace}/{key}/shields.json", get(shields::hit))
        .route("/get/{namespace}/{key}/badge.svg", get(badge::get))
        .route("/get/{namespace}/{key}/chart.svg", get(chart::get))
        .route("/get/{namespace}/{key}/shields.json", get(shields::get))
        .route("/hits", post(hits::answer))
        .route("/get/{key}/history", get(history::answer))
        .route("/get/{namespace}/{key}/history", get(history::answer))
        .route("/create", get(create::random).post(create::random))
        .route("/create/", get(create::random).post(create::random))
        .route("/create/{key}", get(create::named).post(create::named))
        .route("/create/{namespace}/{key}", get(create::named).post(create::named))
        .route("/info/{key}", get(info::answer))
        .route("/info/{namespace}/{key}", get(info::answer))
        .route("/set/{key}", post(set::answer).put(set::answer))
        .route("/set/{namespace}/{key}", post(set::answer).put(set::answer))
        .route("/update/{key}", post(update::answer))
        .route("/update/{namespace}/{key}", post(update::answer))
        .route("/reset/{key}", post(reset::answer))
        .route("/reset/{namespace}/{key}", post(reset::answer))
        .route("/delete/{key}", post(delete::answer).delete(delete::answer))
        .route("/delete/{namespace}/{key}", post(delete::answer).delete(delete::answer))
        .route("/configure/{key}", post(configure::answer).patch(configure::answer))
        .route("/configure/{namespace}/{key}", post(configure::answer).patch(configure::answer))
        .route("/rotate/{key}", post(rotate::answer))
        .route("/rotate/{namespace}/{key}", post(rotate::answer))
        .route("/stream/{key}", get(stream::answer))
        .route("/stream/{namespace}/{key}", get(stream::answer))
        .route("/stats", get(stats::answer))
        .route("/namespaces/{namespace}", get(namespace::show).put(namespace::claim))
        .route("/namespaces/{namespace}", axum::routing::patch(namespace::configure))
        .route("/namespaces/{namespace}", axum::routing::delete(namespace::delete))
        .route("/namespaces/{namespace}/token", post(namespace::rotate).delete(namespace::release))
        .route("/namespaces/{namespace}/counters", get(ranking::answer))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .nest("/countapi", countapi::routes())
        .layer(DefaultBodyLimit::max(body::MOST))
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
            countapi::X_PATH,
        ]);
    routes
        .fallback_service(any(aliases::hits_sh).with_state(app.clone()))
        .method_not_allowed_fallback(error::wrong_method)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(cors)
        .layer(from_fn_with_state(app.clone(), observe::request))
}
