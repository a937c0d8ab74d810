//! Services whose addresses have no prefix: hits.sh has `/HOST/PATH.svg` and its
//! dashboard at `/HOST/PATH/`, dwyl/hits `/USER/REPO.svg`, Moe-Counter `/@NAME`.
//! Whatever else no route answers is a 404.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{badge, counter, moe};
use crate::model::name::Counter;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::fallback;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::picture::{OrSvg, PictureError};

const HITS_SH: &[(&str, &str)] = &[("label", "hits"), ("color", "#4c1")];
const DWYL: &[(&str, &str)] =
    &[("label", "hits"), ("color", "brightgreen"), ("style", "flat-square")];

/// A badge of one of these services, the way to its page, or a 404.
pub(crate) async fn answer(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return fallback::no_such_route(&parts.uri, &parts.headers);
    }
    let path = parts.uri.path().to_owned();
    if let Some(name) = path.strip_prefix("/@").filter(|name| !name.contains('/')) {
        return moe::answer(&app, &mut parts, name).await;
    }
    if let Some(page) = path.strip_suffix('/').and_then(|page| page.strip_prefix('/')) {
        return match page_of(page) {
            Ok(Some(counter)) => to_page(&path, &counter),
            _ => fallback::no_such_route(&parts.uri, &parts.headers),
        };
    }
    let named = path.strip_suffix(".svg").and_then(|path| path.strip_prefix('/'));
    let found = named.and_then(|named| {
        let (first, rest) = named.split_once('/').unwrap_or((named, ""));
        if first.contains('.') {
            Some((counter(first, rest), HITS_SH))
        } else if is_repository(first, rest) {
            Some((counter("github.com", named), DWYL))
        } else {
            None
        }
    });
    match found {
        Some((counter, defaults)) => draw(&app, &mut parts, counter, defaults).await,
        None => fallback::no_such_route(&parts.uri, &parts.headers),
    }
}

async fn draw(
    app: &App,
    parts: &mut Parts,
    counter: Result<Counter, ApiError>,
    defaults: &[(&str, &str)],
) -> Response {
    let drawn = async {
        let OrSvg(caller) = OrSvg::<Caller>::from_request_parts(parts, app).await?;
        let OrSvg(query) = OrSvg::<Query>::from_request_parts(parts, app).await?;
        badge(app, &caller, true, &counter?, &query.or(defaults)).await
    };
    let drawn: Result<_, PictureError> = drawn.await;
    drawn.into_response()
}

/// Whether this is a user and a repository of GitHub, and no misspelt route of ours.
fn is_repository(user: &str, repository: &str) -> bool {
    let of_user = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let ours = fallback::SIGNPOSTS.iter().any(|post| post[1..].split('/').next() == Some(user));
    !ours
        && !user.is_empty()
        && user.chars().all(of_user)
        && !repository.is_empty()
        && !repository.contains('/')
}

/// The counter whose page hits.sh has at `/HOST/PATH/`.
fn page_of(page: &str) -> Result<Option<Counter>, ApiError> {
    let (host, path) = page.split_once('/').unwrap_or((page, ""));
    if host.contains('.') { counter(host, path).map(Some) } else { Ok(None) }
}

/// Leads to a counter's page by a relative address, which holds under a base path too.
fn to_page(path: &str, counter: &Counter) -> Response {
    let up = "../".repeat(path.matches('/').count() - 1);
    (StatusCode::FOUND, [(LOCATION, format!("{up}counter/{counter}"))]).into_response()
}
