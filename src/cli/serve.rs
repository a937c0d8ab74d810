//! `seen serve`: opens the store, listens, and shuts down gracefully.

use std::io::IsTerminal;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit::Failure;
use super::runtime::runtime;
use super::{check, log, open};
use crate::config::{Endpoint, Settings, environment};
use crate::counters::Counters;
use crate::counters::batcher::Batcher;
use crate::counters::visitor::Visitors;
use crate::metrics::Metrics;
use crate::model::permits::Permits;
use crate::server::connections::{self, Allowed};
use crate::server::listener::Listener;
use crate::server::{clock, fd_limit, systemd};
use crate::store::Location;
use crate::web::{self, App};

/// The most connections to the metrics listener, in addition to the others.
const METRICS_CONNECTIONS: usize = 16;

/// Serves until SIGTERM, SIGINT or SIGHUP.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    log::start(settings.log, settings.log_format);
    for unknown in environment::unknown() {
        tracing::warn!("{}", check::sentence(&unknown));
    }
    let room = fd_limit::make_room(settings.sockets.connections);
    let location = settings.store().map_err(|sentence| Failure::new(2, sentence))?;
    let runtime =
        runtime(settings.threads).map_err(|e| Failure::new(1, format!("cannot start: {e}")))?;
    let result = runtime.block_on(serve(settings, &location, room));
    // Requests that are still running have used up the grace period.
    runtime.shutdown_background();
    result
}

async fn serve(settings: &Settings, location: &Location, room: usize) -> Result<(), Failure> {
    let stop = stop_signal().map_err(|e| Failure::new(1, format!("cannot take signals: {e}")))?;
    let store = open::store(settings, location).await.map_err(|e| Failure::new(1, e))?;
    let metrics = Arc::new(Metrics::default());
    let batcher = Batcher::new(store.clone(), metrics.clone(), settings.queue, settings.deadline);
    let app = App::new(
        settings,
        Counters::new(store.clone(), batcher, settings.deadline),
        Visitors::new(store, settings.deadline),
        metrics.clone(),
        stop.clone(),
    );
    let allowed = |connections, of_a_client| Allowed {
        sockets: settings.sockets.clone(),
        permits: Permits::new(connections, of_a_client),
        trusted_proxies: settings.trusted_proxies.clone(),
        refusals: app.refusals.clone(),
        metrics: metrics.clone(),
    };

    let main = match systemd::socket() {
        Ok(Some(socket)) => socket,
        Ok(None) => listen(settings, &settings.listen, "--listen").await?,
        Err(error) => {
            let sentence =
                format!("cannot use the socket in LISTEN_FDS: {error}; give a TCP or Unix one");
            return Err(Failure::new(1, sentence));
        }
    };
    let endpoint = main.endpoint().unwrap_or_else(|_| settings.listen.clone());
    let mut servers = Vec::new();
    let routes = match settings.metrics_listen {
        Some(apart) => {
            let apart = Endpoint::Network(apart);
            let listener = listen(settings, &apart, "--metrics-listen").await?;
            let routes = web::metrics_router(app.clone());
            let answer = move |_, request| web::answer(routes.clone(), request).map(web::private);
            servers.push(tokio::spawn(connections::serve(
                listener,
                answer,
                allowed(METRICS_CONNECTIONS, METRICS_CONNECTIONS),
                stop.clone(),
            )));
            web::router(app.clone())
        }
        None => web::router(app.clone()).merge(web::metrics_router(app.clone())),
    };
    let dispatch = web::dispatch(routes, app.clone());
    let answer = move |peer, request| dispatch.clone().answer(peer, request);
    servers.push(tokio::spawn(connections::serve(
        main,
        answer,
        allowed(room, settings.sockets.client_connections),
        stop.clone(),
    )));
    tokio::spawn(clock::watch());
    announce(&endpoint, location);
    systemd::ready();

    stop.cancelled().await;
    systemd::stopping();
    tracing::info!("stopping: finishing requests and writing the last hits");
    let rest = async {
        for server in servers {
            let _ = server.await;
        }
        app.counters.close().await;
    };
    match tokio::time::timeout(settings.grace, rest).await {
        Ok(()) => tracing::info!("stopped"),
        Err(_) => tracing::warn!(
            "stopped after {:?} with requests unanswered; --grace gives them longer",
            settings.grace
        ),
    }
    let in_doubt = app.counters.in_doubt();
    if in_doubt > 0 {
        tracing::error!(
            hits = in_doubt,
            "the store has not answered; {in_doubt} hits that were answered 503 may be counted or not"
        );
    }
    Ok(())
}

async fn listen(
    settings: &Settings,
    endpoint: &Endpoint,
    setting: &str,
) -> Result<Listener, Failure> {
    Listener::bind(endpoint, settings.listen_mode).await.map_err(|e| {
        let sentence =
            format!("cannot listen on {endpoint}: {e}; give another address with {setting}");
        Failure::new(1, sentence)
    })
}

/// A token cancelled at the first SIGTERM, SIGINT or SIGHUP (the terminal was closed). A second
/// signal ends the process at once, with the exit code that shells use: 128 plus its number.
fn stop_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => SignalKind::terminate(),
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = hangup.recv() => SignalKind::hangup(),
            }
        };
        next().await;
        cancel.cancel();
        let second = next().await;
        tracing::warn!("ended by a second signal; hits that were not answered are lost");
        std::process::exit(128 + second.as_raw_value());
    });
    Ok(stop)
}

/// Logs the address and the store. On a terminal the sentence alone, without fields.
fn announce(endpoint: &Endpoint, location: &Location) {
    let url = endpoint.url();
    if std::io::stderr().is_terminal() {
        tracing::info!("seen listens on {url} and keeps its counts in {location}");
    } else {
        tracing::info!(address = %endpoint, store = %location, "seen listens on {url} and keeps its counts in {location}");
    }
}
