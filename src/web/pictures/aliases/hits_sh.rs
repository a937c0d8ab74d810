//! Services whose paths have no prefix. hits.sh has `/HOST/PATH.svg`, `/HOST/PATH.preview`,
//! which does not count, and a dashboard at `/HOST/PATH/`; dwyl/hits has `/USER/REPO.svg`,
//! `.json` and a page at `/USER/REPO`, to which its badges lead; profile-counter has
//! `/NAME/count.svg`. Any other path without a route is a 404.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::table::PROFILE_COUNTER;
use super::{Alias, Draws, counter, repository};
use crate::model::name::Counter;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::fallback;
use crate::web::pictures::{badge, shields};
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::picture::{OrPicture, PictureError};

static HITS_SH: Alias =
    Alias::at(&[], "", repository).defaults(&[("label", "hits"), ("color", "#4c1")]);
static PREVIEW: Alias = Alias::at(&[], "", repository)
    .draws(Draws::Badge)
    .defaults(&[("label", "hits"), ("color", "#4c1")]);
static DWYL: Alias = Alias::at(&[], "", repository).defaults(DWYL_DEFAULTS);
const DWYL_DEFAULTS: &[(&str, &str)] =
    &[("label", "hits"), ("color", "brightgreen"), ("style", "flat-square")];

/// The meaning of a path without a prefix.
enum Meant {
    Picture(&'static Alias, Result<Counter, ApiError>),
    /// dwyl's JSON for shields.io.
    Shields(Result<Counter, ApiError>),
    Page(Counter),
    /// A link to dwyl's page of a repository, or to hits.sh's without its last slash.
    Link(Counter),
}

/// Answers with a picture of one of these services, a redirect to its page, or a 404.
pub(crate) async fn answer(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let meant = matches!(parts.method, Method::GET | Method::HEAD).then(|| Meant::by(&path));
    let mut meant = meant.flatten();
    // Any two names could be such a link: only those that were counted are.
    if let Some(Meant::Link(counter)) = &meant
        && !matches!(app.counters.total(counter).await, Ok(Some(_)))
    {
        meant = None;
    }
    match meant {
        Some(Meant::Page(counter) | Meant::Link(counter)) => to_page(&path, &counter),
        Some(Meant::Picture(alias, counter)) => draw(&app, &mut parts, alias, counter).await,
        Some(Meant::Shields(counter)) => {
            let answered = async {
                // Infallible.
                let Ok(caller) = Caller::from_request_parts(&mut parts, &app).await;
                let query = Query::from_request_parts(&mut parts, &app).await?.or(DWYL_DEFAULTS);
                let only_reads = badge::only_reads(&query)?;
                let hit = (caller.counts && !only_reads).then_some((&caller, None));
                shields::answer(&app, &counter?, &query, hit).await
            };
            let answered: Result<_, ApiError> = answered.await;
            answered.into_response()
        }
        None => fallback::no_such_route(&parts.uri, &parts.headers),
    }
}

impl Meant {
    fn by(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if let Some(page) = path.strip_suffix('/') {
            return page_of(page).ok().flatten().map(Self::Page);
        }
        let Some((named, ending)) = path.rsplit_once('.') else { return Self::link(path) };
        let (first, rest) = named.split_once('/').unwrap_or((named, ""));
        let is_host = first.contains('.');
        match ending {
            "svg" if is_host => Some(Self::Picture(&HITS_SH, counter(first, rest))),
            "preview" if is_host => Some(Self::Picture(&PREVIEW, counter(first, rest))),
            // Before dwyl's: no repository is called `count`.
            "svg" if rest == "count" && !is_ours(first) => {
                Some(Self::Picture(&PROFILE_COUNTER, (PROFILE_COUNTER.counter)(&decoded(first)?)))
            }
            "svg" if is_repository(first, rest) => Some(Self::Picture(&DWYL, repository(named))),
            "json" if is_repository(first, rest) => Some(Self::Shields(repository(named))),
            _ => Self::link(path),
        }
    }

    fn link(path: &str) -> Option<Self> {
        let (first, rest) = path.split_once('/')?;
        let counter = if first.contains('.') {
            counter(first, rest)
        } else {
            is_repository(first, rest).then(|| repository(path))?
        };
        counter.ok().map(Self::Link)
    }
}

async fn draw(
    app: &App,
    parts: &mut Parts,
    alias: &Alias,
    counter: Result<Counter, ApiError>,
) -> Response {
    let drawn = async {
        let OrPicture(caller) = OrPicture::<Caller>::from_request_parts(parts, app).await?;
        let OrPicture(query) = OrPicture::<Query>::from_request_parts(parts, app).await?;
        alias.draw(app, &caller, &counter?, query).await
    };
    let drawn: Result<_, PictureError> = drawn.await;
    drawn.into_response()
}

/// Whether a path with this first part is probably a misspelt route of ours.
fn is_ours(first: &str) -> bool {
    fallback::SIGNPOSTS.iter().any(|post| post[1..].split('/').next() == Some(first))
}

/// Whether this is a user and a repository of GitHub.
fn is_repository(user: &str, repository: &str) -> bool {
    let of_user = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !is_ours(user)
        && !user.is_empty()
        && user.chars().all(of_user)
        && !repository.is_empty()
        && !repository.contains('/')
}

/// A percent-decoded part of a path. Some people leave the braces around their names.
fn decoded(part: &str) -> Option<String> {
    let pair = serde_urlencoded::from_str::<Vec<(String, String)>>(&format!("p={part}"));
    Some(pair.ok()?.pop()?.1)
}

/// The counter whose dashboard hits.sh has at `/HOST/PATH/`.
fn page_of(page: &str) -> Result<Option<Counter>, ApiError> {
    let (host, path) = page.split_once('/').unwrap_or((page, ""));
    let is_host = host.contains('.') && !is_ours(host);
    if is_host { counter(host, path).map(Some) } else { Ok(None) }
}

/// Redirects to a counter's page, by a relative address, which works below a base path too.
fn to_page(path: &str, counter: &Counter) -> Response {
    let up = "../".repeat(path.matches('/').count() - 1);
    (StatusCode::FOUND, [(LOCATION, format!("{up}counter/{counter}"))]).into_response()
}
