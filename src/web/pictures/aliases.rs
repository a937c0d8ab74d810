//! The badge addresses of other services, so that a link works again once its
//! host name is changed (research: their READMEs and sources).

mod hits_sh;
mod moe;

use axum::extract::State;
use serde_json::json;

pub(crate) use self::hits_sh::answer as hits_sh;
use super::badge::{self, Ask};
use super::chart;
use crate::model::key::key_of;
use crate::model::name::{Counter, Name};
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Param, Table, Verb, text};
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// A picture of another service.
struct Alias {
    paths: &'static [&'static str],
    doc: Doc,
    /// The parameter that names the counter.
    named_by: &'static str,
    /// What `named_by` may be, for the error.
    allowed: &'static str,
    counter: fn(&str) -> Result<Counter, ApiError>,
    draws: Draws,
    /// How the service draws where the query does not say.
    defaults: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, PartialEq)]
enum Draws {
    /// A badge, and counts.
    Hit,
    /// A badge.
    Badge,
    /// The days.
    Chart,
}

const SVG: &str = "image/svg+xml";
const A_URL: &str = "an address such as https://example.com/page";
const URL: &[Param] =
    &[Param::new("url", "The page; its host and path name the counter", url_schema).required()];
const SEEYOUFARM: &[(&str, &str)] = &[
    ("title", "hits"),
    ("count_bg", "#79C83D"),
    ("title_bg", "#555555"),
    ("count", "today-total"),
];

/// All of them but hits.sh and dwyl, whose addresses have no prefix.
static ALIASES: &[Alias] = &[
    // komarev counts only what comes through GitHub's proxy; here the source of each
    // hit is kept, and `?count=` can choose.
    Alias {
        paths: &["/ghpvc", "/ghpvc/"],
        doc: Doc::other("Count a hit on `github/{username}` and draw komarev's badge", SVG)
            .query(&[Param::new("username", "A GitHub user", text).required()])
            .looks(badge::specs),
        named_by: "username",
        allowed: "a GitHub user's name",
        counter: |name| counter("github", name),
        draws: Draws::Hit,
        defaults: &[("label", "Profile views"), ("color", "blue")],
    },
    Alias {
        paths: &["/api/count/incr/badge.svg"],
        doc: Doc::other("Count a hit and draw seeyoufarm's badge", SVG)
            .query(URL)
            .looks(badge::specs),
        named_by: "url",
        allowed: A_URL,
        counter: of_url,
        draws: Draws::Hit,
        defaults: SEEYOUFARM,
    },
    Alias {
        paths: &["/api/count/keep/badge.svg"],
        doc: Doc::other("Draw seeyoufarm's badge", SVG).query(URL).looks(badge::specs),
        named_by: "url",
        allowed: A_URL,
        counter: of_url,
        draws: Draws::Badge,
        defaults: SEEYOUFARM,
    },
    Alias {
        paths: &["/api/count/graph/dailyhits.svg"],
        doc: Doc::other("Draw seeyoufarm's days of a page", SVG).query(URL).looks(chart::specs),
        named_by: "url",
        allowed: A_URL,
        counter: of_url,
        draws: Draws::Chart,
        defaults: &[],
    },
    Alias {
        paths: &["/badge"],
        doc: Doc::other("Count a hit on `visitor-badge/{page_id}` and draw its badge", SVG)
            .query(&[Param::new("page_id", "The page's name", text).required()])
            .looks(badge::specs),
        named_by: "page_id",
        allowed: "a page's name",
        counter: |page| counter("visitor-badge", page),
        draws: Draws::Hit,
        defaults: &[
            ("left_text", "visitors"),
            ("left_color", "#595959"),
            ("right_color", "#1283c3"),
        ],
    },
    Alias {
        paths: &["/api/visitors"],
        doc: Doc::other("Count a hit on `visitorbadge.io/{path}` and draw its badge", SVG)
            .query(&[Param::new("path", "The page's name", text).required()])
            .looks(badge::specs),
        named_by: "path",
        allowed: "a page's name",
        counter: |path| counter("visitorbadge.io", path),
        draws: Draws::Hit,
        defaults: &[("label", "VISITORS"), ("labelColor", "#d9e3f0"), ("countColor", "#697689")],
    },
    Alias {
        paths: &["/api/hit"],
        doc: Doc::other("Count a hit and draw the badge of hitscounter.dev", SVG)
            .query(URL)
            .looks(badge::specs),
        named_by: "url",
        allowed: A_URL,
        counter: of_url,
        draws: Draws::Hit,
        defaults: &[("label", "Visitors"), ("color", "#198754"), ("count", "today-total")],
    },
];

fn url_schema() -> serde_json::Value {
    json!({ "type": "string", "pattern": "^(https?://)?[A-Za-z0-9_.-]{1,64}(/[ -~]*)?$" })
}

/// Adds their routes to the table.
pub(crate) fn routes(mut table: Table) -> Table {
    for alias in ALIASES {
        for path in alias.paths {
            let handler = move |State(app): State<App>,
                                OrSvg(caller): OrSvg<Caller>,
                                OrSvg(query): OrSvg<Query>| async move {
                alias.draw(&app, &caller, query).await
            };
            table = table.api(&[Verb::Get], path, handler, &alias.doc);
        }
    }
    table
}

impl Alias {
    async fn draw(
        &self,
        app: &App,
        caller: &Caller,
        query: Query,
    ) -> Result<Picture, PictureError> {
        let counter = (self.counter)(query.required(self.named_by, self.allowed)?)?;
        let query = query.or(self.defaults);
        match self.draws {
            Draws::Chart => chart::draw(app, &counter, &query).await,
            draws => badge(app, caller, draws == Draws::Hit, &counter, &query).await,
        }
    }
}

async fn badge(
    app: &App,
    caller: &Caller,
    counts: bool,
    counter: &Counter,
    query: &Query,
) -> Result<Picture, PictureError> {
    let hit = (counts && caller.counts && !badge::only_reads(query)?).then_some((caller, None));
    Ask::read(query).draw(app, counter, hit).await
}

/// The counter of a page's address.
fn of_url(url: &str) -> Result<Counter, ApiError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.unwrap_or(url).split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    counter(host, path)
}

fn counter(namespace: &str, key: &str) -> Result<Counter, ApiError> {
    let namespace = namespace.to_ascii_lowercase();
    let namespace = Name::new(&namespace).map_err(|e| ApiError::invalid_name("host", &e))?;
    let key = key_of(key).map_err(|e| ApiError::invalid_name("path", &e))?;
    Ok(Counter { namespace, key })
}
