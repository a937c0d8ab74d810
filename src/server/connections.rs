//! Accepts connections and serves HTTP/1.1 on each, in a task of its own.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::exchange::Exchange;
use super::listener::{Listener, Stream};
use super::memory::OpenConnections;
use super::socket::Socket;
use crate::config::Sockets;
use crate::metrics::{Limit, Metrics, Timeout};
use crate::model::log_interval::LogInterval;
use crate::model::network::{Client, Peer};
use crate::model::permits::{Full, Permit, Permits};
use crate::web::{self, RefusalLimits};

/// The wait after a failed accept, as when no descriptors are left.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// The limits on a listener's clients.
#[derive(Clone)]
pub struct Allowed {
    /// Their timeouts.
    pub sockets: Sockets,
    /// How many connections they may hold.
    pub permits: Permits,
    /// Proxies that speak for many clients, so that a client's bounds do not apply.
    pub trusted_proxies: Vec<IpNet>,
    /// How many refusals are answered without delay.
    pub refusals: RefusalLimits,
    /// The metrics to update.
    pub metrics: Arc<Metrics>,
}

impl Allowed {
    fn permit(&self, peer: Peer) -> Result<Permit, Limit> {
        let permit = if peer.is_proxy {
            self.permits.take_for_many()
        } else {
            self.permits.take(Client::of(peer.ip))
        };
        permit.map_err(|full| match full {
            Full::All => Limit::connections,
            Full::Client(_) => Limit::client_connections,
            Full::Network(_) => Limit::network_connections,
        })
    }
}

/// Serves until `stop` is cancelled, then waits for the requests under way.
/// `answer` is given each request and its peer.
pub async fn serve<A, F>(listener: Listener, answer: A, allowed: Allowed, stop: CancellationToken)
where
    A: Fn(Peer, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send,
{
    listener.bound_memory(2 * allowed.sockets.write_timeout);
    let allowed = Arc::new(allowed);
    let open = TaskTracker::new();
    let connections = OpenConnections::default();
    let mut logged = LogInterval::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept(&allowed.trusted_proxies) => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let permit = match allowed.permit(peer) {
                    Ok(permit) => permit,
                    Err(limit) => {
                        refuse(&stream);
                        allowed.metrics.over_limit(limit);
                        if limit == Limit::connections && logged.is_due() {
                            tracing::warn!("as many connections as --connections allows are open");
                        }
                        // Refused clients come again at once: let others have their turn.
                        tokio::task::yield_now().await;
                        continue;
                    }
                };
                let (answer, allowed, stop) = (answer.clone(), allowed.clone(), stop.clone());
                let guard = connections.enter();
                open.spawn(async move {
                    allowed.metrics.connected();
                    let was_refused = serve_one(stream, peer, answer, &allowed, &stop).await;
                    allowed.metrics.disconnected();
                    drop(guard);
                    if was_refused {
                        keep_place(&allowed, peer, &stop).await;
                    }
                    drop(permit);
                });
            }
            // The client hung up before it was accepted: accept the next at once.
            Err(error) if is_of_one(&error) => {}
            Err(error) => {
                if logged.is_due() {
                    tracing::error!(%error, "no connection can be accepted");
                }
                tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await;
            }
        }
    }
    drop(listener);
    open.close();
    open.wait().await;
}

/// Serves a connection until its end. Returns whether the client sent something other than
/// HTTP.
async fn serve_one<F: Future<Output = Response> + Send>(
    stream: Stream,
    peer: Peer,
    answer: impl Fn(Peer, Request<Incoming>) -> F,
    allowed: &Allowed,
    stop: &CancellationToken,
) -> bool {
    let Sockets { head_timeout, idle_timeout, write_timeout, .. } = allowed.sockets;
    let exchange = Arc::new(Exchange::default());
    let timeouts = (head_timeout, write_timeout);
    let socket = Socket::new(stream, exchange.clone(), timeouts, web::bare_answer);
    let shared = exchange.clone();
    let service = service_fn(move |request| {
        let is_pipelined = shared.begin();
        let shared = shared.clone();
        let answer = answer(peer, request);
        let answer = if is_pipelined {
            // A client that pipelines yields to the others before each request.
            tokio::task::yield_now().then(move |()| answer).boxed().right_future()
        } else {
            answer.left_future()
        };
        answer.map(move |answer| {
            if answer.extensions().get::<web::Live>().is_some() {
                shared.set_live();
            }
            Ok::<_, Infallible>(shared.watch(answer))
        })
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            // The socket watches heads that have begun.
            .header_read_timeout(idle_timeout)
            // By default hyper reads 400 kB of a head, and buffers as much of an answer.
            .max_buf_size(web::MAX_HEAD)
            .half_close(true)
            .serve_connection(TokioIo::new(socket), service)
    );
    let done = tokio::select! {
        biased;
        done = connection.as_mut() => done,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    let was_idle = done.as_ref().is_err_and(hyper::Error::is_timeout);
    // hyper does not report the end of a silent connection as an error.
    if let Some(timeout) = exchange.timed_out().or(was_idle.then_some(Timeout::idle)) {
        allowed.metrics.timed_out(timeout);
    }
    if let Err(error) = done {
        tracing::debug!(%error, "a connection ended");
    }
    exchange.was_refused()
}

/// Delays the return of a connection's permit if the connection ended with a refusal, of which
/// its client has had too many.
async fn keep_place(allowed: &Allowed, peer: Peer, stop: &CancellationToken) {
    if peer.is_proxy {
        return;
    }
    let client = Client::of(peer.ip);
    if let Some(permit) = allowed.refusals.hold(client, StatusCode::BAD_REQUEST, &allowed.metrics) {
        web::wait(permit, stop).await;
    }
}

/// Answers 503. A client that has already sent data may not receive it.
fn refuse(stream: &Stream) {
    // A new socket takes so few bytes at once; if it does not, waiting would not help.
    let _ = stream.try_write(&web::bare_answer(503));
}

fn is_of_one(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
