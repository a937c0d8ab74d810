//! The state of the web server.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::limits::creation::CreationLimits;
use super::limits::marks::MarkLimits;
use super::limits::quota::Quotas;
use super::limits::reads::ReadLimits;
use super::limits::refusals::RefusalLimits;
use super::limits::tokens::TokenLimits;
use super::pictures::drawings::Drawings;
use crate::config::{BasePath, Settings};
use crate::counters::Counters;
use crate::counters::visitor::Visitors;
use crate::metrics::Metrics;
use crate::model::permits::Permits;
use crate::model::token::Digest;
use crate::store::Mode;

/// The state that handlers share. A clone costs one reference count.
#[derive(Clone)]
pub struct App(Arc<AppState>);

/// Everything that handlers need. They never see the store itself.
pub struct AppState {
    /// Counting and reading.
    pub counters: Counters,
    /// All measurements.
    pub metrics: Arc<Metrics>,
    pub(crate) visitors: Visitors,
    pub(crate) limits: Quotas,
    pub(crate) creation: CreationLimits,
    pub(crate) marks: MarkLimits,
    pub(crate) reads: ReadLimits,
    pub(crate) tokens: TokenLimits,
    pub(crate) drawings: Arc<Drawings>,
    /// How many refusals a client gets without delay.
    pub refusals: RefusalLimits,
    /// Who may create counters.
    pub(crate) mode: Mode,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The values of `Host` that are accepted; empty accepts any.
    pub(super) allowed_hosts: Vec<String>,
    /// The path prefix at which a proxy serves seen.
    pub(crate) base_path: Option<BasePath>,
    /// How many hours of history a counter keeps.
    pub(crate) history_hours: u32,
    /// The digest of the instance's token, if it has one.
    pub(crate) token: Option<Digest>,
    pub(crate) stream_permits: Permits,
    /// How long each 32 KiB of a body may take.
    pub(super) body_timeout: Duration,
    /// Cancelled when the process is to stop.
    pub(crate) stop: CancellationToken,
    pub(crate) started: Instant,
}

impl App {
    /// The state of one serving process.
    pub fn new(
        settings: &Settings,
        counters: Counters,
        visitors: Visitors,
        metrics: Arc<Metrics>,
        stop: CancellationToken,
    ) -> Self {
        Self(Arc::new(AppState {
            counters,
            metrics,
            visitors,
            limits: Quotas::new(settings),
            creation: CreationLimits::new(&settings.clients),
            marks: MarkLimits::new(&settings.clients),
            reads: ReadLimits::new(&settings.clients),
            tokens: TokenLimits::new(&settings.clients),
            drawings: Arc::default(),
            refusals: RefusalLimits::new(settings),
            mode: settings.mode,
            trusted_proxies: settings.trusted_proxies.clone(),
            allowed_hosts: settings.allowed_hosts.clone(),
            base_path: settings.base_path.clone(),
            history_hours: settings.history_hours,
            token: settings.token().map(|token| Digest::of(&token.0)),
            stream_permits: Permits::new(settings.streams, settings.client_streams),
            body_timeout: settings.sockets.body_timeout,
            stop,
            started: Instant::now(),
        }))
    }
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}
