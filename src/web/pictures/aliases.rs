//! The badge addresses of other services, so that a link works again once its
//! host name is changed (research: their READMEs and sources).
//!
//! | service | address | counter |
//! |---|---|---|
//! | komarev | `/ghpvc/?username=NAME` | `github/NAME` |
//! | seeyoufarm | `/api/count/{incr,keep}/badge.svg?url=URL` | host and path of the URL |
//! | visitor-badge | `/badge?page_id=ID` | `visitor-badge/ID` |
//! | hits.sh | `/HOST/PATH.svg` | `HOST/PATH` |

use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use ring::digest;

use super::badge::{self, Ask};
use crate::model::hex;
use crate::model::name::{Counter, MAX_LENGTH, Name};
use crate::web::App;
use crate::web::error;
use crate::web::error::ApiError;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// komarev's profile views. (It counts only what comes through GitHub's proxy;
/// here the source of each hit is kept, and `?count=` can choose.)
pub(crate) async fn komarev(
    State(app): State<App>,
    OrSvg(caller): OrSvg<Caller>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    let name = query.required("username", "a GitHub user's name")?;
    let counter = counter("github", name)?;
    let query = query.or(&[("label", "Profile views"), ("color", "blue")]);
    draw(&app, &caller, true, &counter, &query).await
}

/// seeyoufarm's badge that counts: today and all.
pub(crate) async fn seeyoufarm_incr(
    State(app): State<App>,
    OrSvg(caller): OrSvg<Caller>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    seeyoufarm(&app, &caller, query, true).await
}

/// seeyoufarm's badge that only shows.
pub(crate) async fn seeyoufarm_keep(
    State(app): State<App>,
    OrSvg(caller): OrSvg<Caller>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    seeyoufarm(&app, &caller, query, false).await
}

async fn seeyoufarm(
    app: &App,
    caller: &Caller,
    query: Query,
    counts: bool,
) -> Result<Picture, PictureError> {
    let allowed = "an address such as https://example.com/page";
    let url = query.required("url", allowed)?;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.unwrap_or(url).split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let counter = counter(host, path)?;
    let query = query.or(&[
        ("title", "hits"),
        ("count_bg", "#79C83D"),
        ("title_bg", "#555555"),
        ("count", "today-total"),
    ]);
    draw(app, caller, counts, &counter, &query).await
}

/// visitor-badge's badge.
pub(crate) async fn visitor_badge(
    State(app): State<App>,
    OrSvg(caller): OrSvg<Caller>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    let page = query.required("page_id", "a page's name")?;
    let counter = counter("visitor-badge", page)?;
    let query = query.or(&[("left_text", "visitors")]);
    draw(&app, &caller, true, &counter, &query).await
}

/// hits.sh's badges have no prefix: what is no route of ours and looks like
/// one, a host with a dot and an ending, is one. Everything else is a 404.
pub(crate) async fn hits_sh(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let named = path.strip_suffix(".svg").and_then(|path| path[1..].split_once('/'));
    let (Some((host, page)), true) = (named, matches!(parts.method, Method::GET | Method::HEAD))
    else {
        return error::no_such_route(&parts.uri);
    };
    if !host.contains('.') {
        return error::no_such_route(&parts.uri);
    }
    let drawn = async {
        let OrSvg(caller) = OrSvg::<Caller>::from_request_parts(&mut parts, &app).await?;
        let OrSvg(query) = OrSvg::<Query>::from_request_parts(&mut parts, &app).await?;
        let counter = counter(host, page)?;
        let query = match query.get("view") {
            Some("today-total") => query.or(&[("count", "today-total")]),
            _ => query,
        };
        draw(&app, &caller, true, &counter, &query.or(&[("label", "hits")])).await
    };
    drawn.await.into_response()
}

async fn draw(
    app: &App,
    caller: &Caller,
    counts: bool,
    counter: &Counter,
    query: &Query,
) -> Result<Picture, PictureError> {
    let hit = (counts && caller.counts && !badge::only_reads(query)?).then_some((caller, None));
    Ask::read(query)?.draw(app, counter, hit).await
}

fn counter(namespace: &str, key: &str) -> Result<Counter, ApiError> {
    let namespace = namespace.to_ascii_lowercase();
    let namespace = Name::new(&namespace).map_err(|e| ApiError::invalid_name("host", &e))?;
    Ok(Counter { namespace, key: key_of(key)? })
}

/// A key for any path: itself where it is one, else a readable part of it, a
/// dot and 16 hexadecimal digits of its SHA-256, which keep paths apart. A name
/// that looks like such a key already is made into one too, or it could be
/// another path's.
fn key_of(path: &str) -> Result<Name, ApiError> {
    let path = path.trim_matches('/');
    let is_hashed = path.rsplit_once('.').is_some_and(|(_, end)| {
        end.len() == 16 && end.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    });
    if let Ok(name) = Name::new(path)
        && !is_hashed
    {
        return Ok(name);
    }
    let hash = digest::digest(&digest::SHA256, path.as_bytes());
    let digits = hex::encode(&hash.as_ref()[..8]);
    let of_name = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '-' };
    let readable: String = path.chars().map(of_name).take(MAX_LENGTH - 1 - digits.len()).collect();
    let readable = if readable.is_empty() { "home".into() } else { readable };
    Name::new(&format!("{readable}.{digits}")).map_err(|e| ApiError::invalid_name("path", &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_name_or_gets_one_of_its_own() {
        let key = |path: &str| key_of(path).unwrap().to_string();
        assert_eq!(key("octocat"), "octocat");
        assert_eq!(key("/octocat/"), "octocat");
        assert!(key("user/repo").starts_with("user-repo."), "{}", key("user/repo"));
        assert_ne!(key("user/repo"), key("user-repo"));
        assert_ne!(key("a/b"), key("a.b"));
        assert_ne!(key(&key("user/repo")), key("user/repo"), "a key given as a path");
        assert!(key("").starts_with("home."));
        assert_eq!(key(&"x/".repeat(100)).len(), 64);
        assert_eq!(key("日本/語").len(), 4 + 1 + 16);
    }
}
