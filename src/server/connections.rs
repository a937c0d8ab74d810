//! Accepts connections and serves HTTP/1.1 on each, in a task of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::response::Response;
use futures_util::FutureExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::server::memory::OpenConnections;
use crate::server::socket::Socket;

/// How long a client may take to send the head of a request, or stay silent
/// between two: whoever opens connections and says nothing does not keep them.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// The wait after the system would give no connection, as when there are no
/// descriptors left.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// Serves until `stop` is cancelled, then waits for the requests under way.
/// `answer` is given each request and where it came from.
pub async fn serve<A, F>(listener: TcpListener, answer: A, stop: CancellationToken)
where
    A: Fn(SocketAddr, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send,
{
    let open = TaskTracker::new();
    let connections = OpenConnections::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (answer, stop) = (answer.clone(), stop.clone());
                let guard = connections.enter();
                open.spawn(async move {
                    serve_one(stream, peer, answer, stop).await;
                    drop(guard);
                });
            }
            // The client hung up before it was accepted: take the next at once.
            Err(error) if is_of_one(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await;
            }
        }
    }
    drop(listener);
    open.close();
    open.wait().await;
}

async fn serve_one<F: Future<Output = Response>>(
    stream: TcpStream,
    peer: SocketAddr,
    answer: impl Fn(SocketAddr, Request<Incoming>) -> F,
    stop: CancellationToken,
) {
    // An answer is one small segment; waiting to fill it would cost 40 ms.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(peer, request).map(Ok::<_, Infallible>));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(Socket(stream)), service)
    );
    let done = tokio::select! {
        biased;
        done = connection.as_mut() => done,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a connection ended");
    }
}

fn is_of_one(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_hung_up_on() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let answer = |_, _| async { Response::new("well".into()) };
        let server = tokio::spawn(serve(listener, answer, stop.clone()));
        let started = tokio::time::Instant::now();
        for said in ["", "GET / HTTP/1.1\r\nHost:", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(said.as_bytes()).await.unwrap();
            let mut heard = String::new();
            client.read_to_string(&mut heard).await.unwrap();
            assert_eq!(heard.ends_with("well"), said.ends_with("\r\n\r\n"), "{heard}");
        }
        assert!(started.elapsed() >= 3 * HEAD_TIMEOUT);
        stop.cancel();
        server.await.unwrap();
    }
}
