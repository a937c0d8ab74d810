//! The HTTP client of `export --url` and `import --url`.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::uri::Authority;
use axum::http::{Request, Response, StatusCode, Uri};
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::exit::Failure;
use crate::config::{Endpoint, StoreOrUrl, UNIX};
use crate::model::export::{COUNTERS, OnConflict};
use crate::model::hex;
use crate::model::token;
use crate::transfer::importer::Stop;
use crate::transfer::line::Summary;

/// How long to wait for a server that sends nothing.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The pauses before each retry of a batch whose answer was lost.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// A client of a running seen. It reconnects after a lost connection.
pub struct Remote {
    sender: Option<SendRequest<Body>>,
    url: String,
    transport: Transport,
    authority: Authority,
    /// The path at which a proxy serves it; empty or `/stats`.
    base: String,
    token: String,
}

/// The kind of connection.
enum Transport {
    Host,
    Socket(PathBuf),
}

/// Why there is no answer.
enum NoAnswer {
    /// The connection was lost; the server may have done the work.
    Lost(String),
    /// The server refused the request.
    Refused(String),
}

/// The answer to an import.
#[derive(Deserialize)]
pub struct ImportReport {
    /// The summary of the import.
    #[serde(flatten)]
    pub done: Summary,
    /// The line that stopped it, and why.
    pub stopped: Option<Stop>,
}

/// The pages of an export as they arrive.
pub struct Pages(BodyDataStream, String);

impl Pages {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let Self(pages, url) = self;
        let page = timeout(TIMEOUT, pages.next()).await.map_err(|_| failed(url, silent()))?;
        page.transpose().map_err(|e| failed(url, e))
    }
}

impl Remote {
    /// Connects to `http://host:port`, which may have a base path, or `unix:/path`.
    pub async fn connect(url: &str, settings: &StoreOrUrl) -> Result<Self, Failure> {
        let Some((transport, authority, base)) = target(url) else {
            let allowed = "give one such as http://127.0.0.1:8000, http://10.0.0.2/stats or \
                           unix:/run/seen/seen.sock, without a query or a fragment";
            return Err(Failure::new(2, format!("--url is {url:?}; {allowed}")));
        };
        let Some(token) = settings.token() else {
            return Err(Failure::new(2, "--url needs the instance's token in SEEN_TOKEN"));
        };
        let (url, token) = (url.trim_end_matches('/').to_owned(), token.0.clone());
        let mut remote = Self { sender: None, url, transport, authority, base, token };
        if let Err(error) = remote.sender().await {
            return Err(remote.failed(error));
        }
        Ok(remote)
    }

    /// All lines of its store, and their approximate number.
    pub async fn export(&mut self) -> Result<(Pages, Option<u64>), Failure> {
        let response = self.ask("GET", "/export", None, Bytes::new()).await;
        let response = response.map_err(|error| self.failed(error))?;
        let all = response.headers().get(COUNTERS).and_then(|n| n.to_str().ok()?.parse().ok());
        let body = Body::new(response.into_body()).into_data_stream();
        Ok((Pages(body, self.url.clone()), all))
    }

    /// Imports lines. Sends them again until an answer arrives; a key makes sure that they are
    /// imported once.
    pub async fn import(
        &mut self,
        lines: Vec<u8>,
        on: OnConflict,
    ) -> Result<ImportReport, Failure> {
        let path = format!("/import?on-conflict={}", on.as_str());
        let key = token::random::<16>().map_err(|e| failed(&self.url, e))?;
        let (key, lines) = (hex::encode(&key), Bytes::from(lines));
        let mut pauses = PAUSES.into_iter();
        let body = loop {
            match (self.import_once(&path, &key, lines.clone()).await, pauses.next()) {
                (Ok(body), _) => break body,
                (Err(NoAnswer::Lost(_)), Some(pause)) => tokio::time::sleep(pause).await,
                (Err(error), _) => return Err(self.failed(error)),
            }
        };
        serde_json::from_slice(&body).map_err(|e| failed(&self.url, e))
    }

    async fn import_once(
        &mut self,
        path: &str,
        key: &str,
        lines: Bytes,
    ) -> Result<Bytes, NoAnswer> {
        let response = self.ask("POST", path, Some(key), lines).await?;
        let body = axum::body::to_bytes(Body::new(response.into_body()), 1 << 20);
        match timeout(TIMEOUT, body).await {
            Ok(body) => body.map_err(|e| self.lost(&e)),
            Err(_) => Err(self.lost(&silent())),
        }
    }

    async fn ask(
        &mut self,
        verb: &str,
        path: &str,
        key: Option<&str>,
        body: Bytes,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let mut request = Request::builder()
            .method(verb)
            .uri(format!("{}{path}", self.base))
            .header(HOST, self.authority.as_str())
            .header(AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request =
            request.body(Body::from(body)).map_err(|e| NoAnswer::Refused(e.to_string()))?;
        let answer = self.sender().await?.send_request(request);
        let response = match timeout(TIMEOUT, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.lost(&error)),
            Err(_) => return Err(self.lost(&silent())),
        };
        let status = response.status();
        if status.is_success() || status == StatusCode::UNPROCESSABLE_ENTITY {
            return Ok(response);
        }
        let body = axum::body::to_bytes(Body::new(response.into_body()), 1 << 16).await;
        let body = body.unwrap_or_default();
        Err(NoAnswer::Refused(format!("{status} {}", String::from_utf8_lossy(&body))))
    }

    /// The connection, opened again if it was lost. Its task ends with it.
    async fn sender(&mut self) -> Result<&mut SendRequest<Body>, NoAnswer> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(self.sender.insert(sender));
        }
        let host = self.authority.host().trim_matches(['[', ']']);
        let address = (host, self.authority.port_u16().unwrap_or(80));
        let sender = match &self.transport {
            Transport::Host => begin(TcpStream::connect(address)).await?,
            Transport::Socket(path) => begin(UnixStream::connect(path)).await?,
        };
        Ok(self.sender.insert(sender))
    }

    fn lost(&mut self, why: &dyn Display) -> NoAnswer {
        self.sender = None;
        NoAnswer::Lost(why.to_string())
    }

    fn failed(&self, error: NoAnswer) -> Failure {
        let (NoAnswer::Lost(why) | NoAnswer::Refused(why)) = error;
        failed(&self.url, why)
    }
}

/// The transport, the host and the base path of a URL.
fn target(url: &str) -> Option<(Transport, Authority, String)> {
    if url.starts_with(UNIX) {
        let endpoint: Endpoint = url.parse().ok()?;
        let path = endpoint.path()?.to_owned();
        let host = Authority::from_static("localhost");
        return Some((Transport::Socket(path), host, String::new()));
    }
    // `Uri` drops a fragment.
    let uri: Uri = url.parse().ok().filter(|_| !url.contains(['?', '#']))?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"))?;
    let base = uri.path().trim_end_matches('/').to_owned();
    Some((Transport::Host, authority.clone(), base))
}

/// Connects, and starts HTTP on the connection.
async fn begin<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    connect: impl Future<Output = std::io::Result<S>>,
) -> Result<SendRequest<Body>, NoAnswer> {
    let lost = |error: &dyn Display| NoAnswer::Lost(error.to_string());
    let stream = timeout(TIMEOUT, connect).await.map_err(|_| NoAnswer::Lost(silent()))?;
    let stream = TokioIo::new(stream.map_err(|e| lost(&e))?);
    let (sender, connection) = handshake(stream).await.map_err(|e| lost(&e))?;
    tokio::spawn(connection);
    Ok(sender)
}

fn silent() -> String {
    format!("it sent nothing for {} seconds", TIMEOUT.as_secs())
}

fn failed(url: &str, error: impl Display) -> Failure {
    Failure::new(1, format!("{url}: {error}"))
}
