//! A running seen, asked over HTTP.

use std::fmt::Display;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{Request, Response, StatusCode, Uri};
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::Done;
use crate::config::Place;
use crate::serve::Failure;
use crate::transfer::OnConflict;

/// One connection to a running seen; its task ends with it.
pub struct Remote {
    sender: SendRequest<Body>,
    url: String,
    host: String,
    token: String,
}

/// What an import was answered.
#[derive(Deserialize)]
pub struct Answer {
    /// What was done.
    #[serde(flatten)]
    pub done: Done,
    /// The line that stopped it, and why.
    pub stopped: Option<(usize, String)>,
}

/// The pages of an export as they arrive.
pub struct Pages(BodyDataStream, String);

impl Pages {
    /// Some more bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        self.0.next().await.transpose().map_err(|e| failed(&self.1, e))
    }
}

impl Remote {
    /// Connects to `http://host:port`.
    pub async fn connect(url: &str, place: &Place) -> Result<Self, Failure> {
        let wrong =
            || Failure::new(2, format!("--url is {url:?}; give one such as http://127.0.0.1:8000"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        let Some(token) = &place.token else {
            return Err(Failure::new(2, "--url needs the instance's token in SEEN_TOKEN"));
        };
        let address =
            (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
        let stream = TcpStream::connect(address).await.map_err(|e| failed(url, e))?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|e| failed(url, e))?;
        tokio::spawn(connection);
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { sender, url, host: authority.to_string(), token: token.0.clone() })
    }

    /// All lines of its store.
    pub async fn export(&mut self) -> Result<Pages, Failure> {
        let response = self.ask("GET", "/export", Body::empty()).await?;
        Ok(Pages(Body::new(response.into_body()).into_data_stream(), self.url.clone()))
    }

    /// Gives it lines.
    pub async fn import(&mut self, lines: Vec<u8>, on: OnConflict) -> Result<Answer, Failure> {
        let on = match on {
            OnConflict::Skip => "skip",
            OnConflict::Replace => "replace",
            OnConflict::Add => "add",
        };
        let path = format!("/import?on-conflict={on}");
        let response = self.ask("POST", &path, Body::from(lines)).await?;
        let body = axum::body::to_bytes(Body::new(response.into_body()), 1 << 20).await;
        let body = body.map_err(|e| failed(&self.url, e))?;
        serde_json::from_slice(&body).map_err(|e| failed(&self.url, e))
    }

    async fn ask(
        &mut self,
        verb: &str,
        path: &str,
        body: Body,
    ) -> Result<Response<Incoming>, Failure> {
        let request = Request::builder()
            .method(verb)
            .uri(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(body)
            .map_err(|e| failed(&self.url, e))?;
        self.sender.ready().await.map_err(|e| failed(&self.url, e))?;
        let response = self.sender.send_request(request).await.map_err(|e| failed(&self.url, e))?;
        let status = response.status();
        if status.is_success() || (status == StatusCode::UNPROCESSABLE_ENTITY) {
            return Ok(response);
        }
        let body = axum::body::to_bytes(Body::new(response.into_body()), 1 << 16).await;
        let body = body.unwrap_or_default();
        Err(failed(&self.url, format!("{status} {}", String::from_utf8_lossy(&body))))
    }
}

fn failed(url: &str, error: impl Display) -> Failure {
    Failure::new(1, format!("{url}: {error}"))
}
