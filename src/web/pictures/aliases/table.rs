//! The table of other services' pictures.

use serde_json::{Value, json};

use super::{Alias, Draws, NamedBy, counter, of_url, repository};
use crate::model::name::Counter;
use crate::web::error::ApiError;
use crate::web::openapi::{QueryParam, some_text, text};

/// All of them except hits.sh, dwyl and profile-counter, whose paths have no prefix.
pub(super) static ALIASES: &[Alias] = &[
    // komarev counts only hits through GitHub's proxy. seen keeps the source of each hit, so
    // `?count=` can choose.
    Alias::at(
        &["/ghpvc", "/ghpvc/"],
        "Count a hit on `github/{username}` and draw komarev's badge",
        // As komarev does: GitHub does not tell `Octocat` from `octocat`.
        |name| counter("github", &name.to_ascii_lowercase()),
    )
    .named_by(
        NamedBy::Query("username"),
        &[QueryParam::new("username", "A GitHub user", some_text).required()],
        "a GitHub user's name",
    )
    .defaults(&[("label", "Profile views"), ("color", "blue")]),
    // komarev's invisible tracker.
    Alias::at(
        &["/github/profile"],
        "Count a hit on `github/{user_id}` and draw nothing, as hit.yhype.me does",
        |id| counter("github", id),
    )
    .named_by(
        NamedBy::Query("user_id"),
        &[QueryParam::new("user_id", "A GitHub user's number", some_text).required()],
        "a GitHub user's number",
    )
    .draws(Draws::Nothing)
    .defaults(&[("style", "pixel")]),
    Alias::at(&["/api/count/incr/badge.svg"], "Count a hit and draw seeyoufarm's badge", of_url)
        .named_by(NamedBy::Query("url"), URL, A_URL)
        .defaults(SEEYOUFARM),
    Alias::at(&["/api/count/keep/badge.svg"], "Draw seeyoufarm's badge", of_url)
        .named_by(NamedBy::Query("url"), URL, A_URL)
        .draws(Draws::Badge)
        .defaults(SEEYOUFARM),
    Alias::at(&["/api/count/graph/dailyhits.svg"], "Draw seeyoufarm's days of a page", of_url)
        .named_by(NamedBy::Query("url"), URL, A_URL)
        .draws(Draws::Chart),
    Alias::at(&["/badge"], "Count a hit on `visitor-badge/{page_id}` and draw its badge", |page| {
        counter("visitor-badge", page)
    })
    .named_by(
        NamedBy::Query("page_id"),
        &[QueryParam::new("page_id", "The page's name", some_text).required()],
        "a page's name",
    )
    .defaults(&[
        ("left_text", "visitors"),
        ("left_color", "#595959"),
        ("right_color", "#1283c3"),
    ]),
    Alias::at(
        &["/api/visitors"],
        "Count a hit on `visitorbadge.io/{path}` and draw its badge",
        visitorbadge,
    )
    .named_by(NamedBy::Query("path"), PATH, A_PAGE)
    .defaults(VISITORBADGE),
    Alias::at(
        &["/api/daily"],
        "Count a hit on `visitorbadge.io/{path}` and draw today's hits",
        visitorbadge,
    )
    .named_by(NamedBy::Query("path"), PATH, A_PAGE)
    .defaults(VISITORBADGE_TODAY),
    Alias::at(
        &["/api/combined"],
        "Count a hit on `visitorbadge.io/{path}` and draw today's hits and all",
        visitorbadge,
    )
    .named_by(NamedBy::Query("path"), PATH, A_PAGE)
    .defaults(VISITORBADGE_BOTH),
    Alias::at(&["/api/hit"], "Count a hit and draw the badge of hitscounter.dev", of_url)
        .named_by(NamedBy::Query("url"), URL_OR_JSON_OUTPUT, A_URL)
        .json("output", |today, total| json!({ "today_hits": today, "total_hits": total }))
        .defaults(&[("label", ""), ("color", "brightgreen"), ("count", "today-total")]),
    Alias::at(&["/api/hit/{*url}"], "Count a hit and draw the badge of myhits.vercel.app", of_url)
        .renamed(&[("base_count", "base")])
        .defaults(&[("label", "hits")]),
    Alias::at(&["/hits", "/v1/hits"], "Count a hit and draw the badge of hits.link", of_url)
        .named_by(NamedBy::Query("url"), URL_OR_JSON, A_URL)
        .json("json", |_, total| json!({ "data": { "hits": total } }))
        .renamed(&[("color", "textColor"), ("bg", "color")])
        // The colour of AprilNEA/hits, which hits.link's author names as its replacement.
        .defaults(&[("label", "hits"), ("color", "#2f3136")]),
    Alias::at(&["/visits/{user}/{repo}"], "Count a hit and draw the badge of Badge-It", repository)
        .defaults(&[("label", "Visits"), ("color", "brightgreen")]),
    Alias::at(
        &["/views/github/{user}/{repo}"],
        "Count a hit and draw the badge of views.whatilearened.today",
        repository,
    )
    .defaults(&[("label", "views"), ("color", "green")]),
    Alias::at(&["/count/tag.svg"], "Count a hit and draw the badge of Hit Counter", of_url)
        .named_by(NamedBy::Page("url"), PAGE, A_URL)
        .defaults(HIT_COUNTER),
    Alias::at(&["/nocount/tag.svg"], "Draw the badge of Hit Counter", of_url)
        .named_by(NamedBy::Page("url"), PAGE, A_URL)
        .draws(Draws::Badge)
        .defaults(HIT_COUNTER),
    Alias::at(
        &["/@{name}", "/get/@{name}"],
        "Count a hit on `moe-counter/{name}` and draw Moe-Counter's digits",
        moe,
    )
    .draws(Draws::Digits),
    Alias::at(&["/cmoe"], "Count a hit on `moe-counter/{name}` and draw cmoe's digits", moe)
        .named_by(
            NamedBy::Query("name"),
            &[QueryParam::new("name", "The counter's name", some_text).required()],
            "a counter's name",
        )
        .draws(Draws::Digits)
        .defaults(&[("padding", "1")]),
    Alias::at(
        &["/counter/counter.php"],
        "Count a hit on `hitwebcounter/{page}` and draw hitwebcounter's digits",
        |page| counter("hitwebcounter", page),
    )
    .named_by(
        NamedBy::Query("page"),
        &[QueryParam::new("page", "The page's number", some_text).required()],
        "a page's number",
    )
    .draws(Draws::Digits)
    .defaults(&[("nbdigits", "5"), ("scale", "0.25")]),
];

/// The badge of visitcount.itsvg.in, at a path that busuanzi has too.
pub(super) static VISITCOUNT: Alias =
    Alias::at(&[], "", |id| counter("visitcount", id)).defaults(&[("label", "Profile Views")]);

/// profile-counter's digits, at `/NAME/count.svg`.
pub(super) static PROFILE_COUNTER: Alias =
    Alias::at(&[], "", |name| counter("profile-counter", name))
        .draws(Draws::Digits)
        .defaults(&[("scale", "0.3")]);

const A_URL: &str = "an address such as https://example.com/page";
const A_PAGE: &str = "a page's name";
const PATH: &[QueryParam] = &[QueryParam::new("path", "The page's name", some_text).required()];
const URL: &[QueryParam] =
    &[QueryParam::new("url", "The page; its host and path name the counter", url_schema)
        .required()];
const PAGE: &[QueryParam] =
    &[QueryParam::new("url", "The page; without it, the one in `Referer`", url_schema)];
const URL_OR_JSON_OUTPUT: &[QueryParam] =
    &[URL[0], QueryParam::new("output", "`json` for the numbers alone", text)];
const URL_OR_JSON: &[QueryParam] =
    &[URL[0], QueryParam::new("json", "`true` for the number alone", text)];
const VISITORBADGE: &[(&str, &str)] =
    &[("label", "VISITORS"), ("labelColor", "#555"), ("countColor", "#263759")];
const VISITORBADGE_TODAY: &[(&str, &str)] =
    &[VISITORBADGE[0], VISITORBADGE[1], VISITORBADGE[2], ("count", "today")];
const VISITORBADGE_BOTH: &[(&str, &str)] =
    &[VISITORBADGE[0], VISITORBADGE[1], VISITORBADGE[2], ("count", "today-total")];
const SEEYOUFARM: &[(&str, &str)] = &[
    ("title", "hits"),
    ("count_bg", "#79C83D"),
    ("title_bg", "#555555"),
    ("count", "today-total"),
];
const HIT_COUNTER: &[(&str, &str)] = &[("label", "hits"), ("color", "#4c1"), ("format", "plain")];

fn visitorbadge(path: &str) -> Result<Counter, ApiError> {
    counter("visitorbadge.io", path)
}

fn moe(name: &str) -> Result<Counter, ApiError> {
    counter("moe-counter", name)
}

fn url_schema() -> Value {
    json!({ "type": "string", "pattern": "^(https?://)?[A-Za-z0-9_.-]{1,64}(/[ -~]*)?$" })
}
