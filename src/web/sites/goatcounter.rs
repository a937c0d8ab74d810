//! GoatCounter: `/count`, which its `count.js` calls, and the numbers at `/counter/PATH.json`
//! (goatcounter.com/help/js, goatcounter.com/help/visitor-counter).

use axum::Json;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Serialize;

use super::site_page::{SitePage, told};
use crate::model::count::History;
use crate::model::hit::Source;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::picture::Badge;
use crate::picture::escape;
use crate::web::App;
use crate::web::countapi;
use crate::web::dialects;
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam, text};
use crate::web::pages::namespace;
use crate::web::request::caller::Caller;
use crate::web::request::query::Query;
use crate::web::response::negotiate::{Representation, preferred};
use crate::web::response::picture::{Form, Picture};
use crate::web::response::value::NO_STORE;

/// The OpenAPI description of `/count`.
pub(super) const COUNT: Doc =
    Doc::other("Count a view of a page of the site in `Referer` (GoatCounter)", "image/gif").query(
        &[
            QueryParam::new("p", "The page's path, or the name of an event", text),
            QueryParam::new("e", "`true` for an event, which is not a view of the site", text),
            QueryParam::new("b", "Anything but `0` for a bot", text),
            QueryParam::new("host", "The site, if there is no `Referer`", text),
            QueryParam::new(
                "url",
                "Instead of `p`, for Hit Counter: a page, whose number is the answer",
                text,
            ),
        ],
    );

/// Counts. The referrer, title, screen and campaign are ignored.
pub(super) async fn count(
    State(app): State<App>,
    mut caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if dialects::asks_for_hit_counter(&query) {
        return dialects::hit_counter(&app, &caller, &query, &headers).await;
    }
    let path = query.required("p", "a path such as /page")?;
    let page =
        SitePage::of(&site(&query, &headers)?, path.split(['?', '#']).next().unwrap_or(path))?;
    if query.get("b").is_some_and(|bot| bot != "0") {
        caller.source = Source::Bot;
    }
    if query.get("e") == Some("true") {
        if caller.counts {
            crate::web::count::hit(&app, &caller, &page.page, None).await?;
        }
    } else {
        page.count(&app, &caller).await?;
    }
    Ok(([NO_STORE, (CONTENT_TYPE, countapi::GIF)], countapi::PIXEL).into_response())
}

/// The host of the calling page: `?host=`, or the host in `Referer`.
fn site(query: &Query, headers: &HeaderMap) -> Result<String, ApiError> {
    match query.get("host") {
        Some(host) => Ok(host.to_owned()),
        None => {
            let ways = "host=example.com in the query, or a page's address, such as \
                        https://example.com/page, in the header Referer or Origin";
            SitePage::of_headers(headers, ways).map(|page| page.site.namespace.to_string())
        }
    }
}

/// `/counter/PATH.json`, `.html`, `.svg` and `.png`, and an event's name in place of a path.
/// Anything else at this path is seen's own page of a namespace.
pub(super) async fn shown(State(app): State<App>, request: Request) -> Response {
    // A body is not `Sync`, so it must not be held across an await.
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let asks_for_event = || asks_for_event(query.as_ref().ok(), &parts.headers);
    let Some(asked) = Asked::of(parts.uri.path(), asks_for_event) else {
        return namespace::show.call(Request::from_parts(parts, body), app).await;
    };
    let answer = async { asked?.answer(&app, &query?, &parts.headers).await };
    answer.await.into_response()
}

/// Whether a name with an ending is an event's. It could be a namespace's too, whose page people
/// open in a browser, or which a script of that page reads with a token.
fn asks_for_event(query: Option<&Query>, headers: &HeaderMap) -> bool {
    if query.is_some_and(|query| query.get("host").is_some()) {
        return true;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_opened = match text(HeaderName::from_static("sec-fetch-dest")) {
        Some(destination) => destination == "document",
        None => preferred(text(ACCEPT).unwrap_or_default()) == Representation::Html,
    };
    told(headers).is_some() && !is_opened && !headers.contains_key(AUTHORIZATION)
}

/// The request of a page for a number.
struct Asked {
    path: String,
    is_total: bool,
    ending: Ending,
}

#[derive(Clone, Copy)]
enum Ending {
    Json,
    Html,
    Picture(Form),
}

impl Ending {
    fn of(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "html" => Some(Self::Html),
            "svg" => Some(Self::Picture(Form::Svg)),
            "png" => Some(Self::Picture(Form::Png)),
            _ => None,
        }
    }
}

/// GoatCounter's JSON. The number is formatted for people.
#[derive(Serialize)]
struct GoatCounterCount {
    count: String,
}

impl Asked {
    /// Reads a path; `None` for a namespace. A page begins with a slash, unlike any namespace, and
    /// `TOTAL` is the whole site. Any other name with an ending is an event's if the request
    /// `asks_for_event`.
    fn of(path: &str, asks_for_event: impl Fn() -> bool) -> Option<Result<Self, ApiError>> {
        let path = path.strip_prefix("/counter/")?;
        let (name, ending) = path.rsplit_once('.').unwrap_or((path, ""));
        let pair = serde_urlencoded::from_str::<Vec<(String, String)>>(&format!("p={name}"));
        let name = pair.ok()?.pop()?.1;
        let (is_page, is_total) = (name.starts_with('/'), name == "TOTAL");
        match Ending::of(ending) {
            Some(ending) if is_page || is_total || asks_for_event() => {
                Some(Ok(Self { path: name, is_total, ending }))
            }
            None if is_page => Some(Err(ApiError::unknown_ending(ending))),
            _ => None,
        }
    }

    async fn answer(
        self,
        app: &App,
        query: &Query,
        headers: &HeaderMap,
    ) -> Result<Response, ApiError> {
        let page = SitePage::of(&site(query, headers)?, &self.path)?;
        let counter = if self.is_total { page.site } else { page.page };
        let count = number(app, &counter, query).await?;
        let status = if count.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        let count = grouped(count.unwrap_or_default());
        Ok(match self.ending {
            Ending::Json => (status, [NO_STORE], Json(GoatCounterCount { count })).into_response(),
            Ending::Html => (status, html(&count)).into_response(),
            Ending::Picture(form) => {
                let message = count;
                let badge = Badge { label: "views".into(), message, ..Badge::default() };
                Picture::badge(&badge, form).into_response()
            }
        })
    }
}

/// The views of a counter on the days that the query asks for; `None` if there is no such
/// counter.
async fn number(app: &App, counter: &Counter, query: &Query) -> Result<Option<i64>, ApiError> {
    let today = Timestamp::now().day();
    let start = query.get("start").map(|start| day(start, today)).transpose()?;
    let end = query.get("end").map(|end| day(end, today)).transpose()?;
    if start.is_none() && end.is_none() {
        return Ok(app.counters.total(counter).await?);
    }
    let Some(History { days, .. }) = app.counters.history(counter).await? else { return Ok(None) };
    let range = start.unwrap_or(0)..=end.unwrap_or(today);
    let sum: u64 = days.iter().filter(|(day, _)| range.contains(day)).map(|(_, n)| n).sum();
    Ok(Some(i64::try_from(sum).unwrap_or(i64::MAX)))
}

/// `week`, `month`, `year` or a date, in days since the epoch.
fn day(text: &str, today: u32) -> Result<u32, ApiError> {
    let ago = match text {
        "week" => 7,
        "month" => 30,
        "year" => 365,
        date => {
            let allowed = "a date such as 2026-03-31, week, month or year";
            let invalid = || ApiError::invalid_parameter("start or end", date, allowed);
            let date: Date = date.parse().map_err(|_| invalid())?;
            let days = date.since(Date::constant(1970, 1, 1)).map_err(|_| invalid())?.get_days();
            return u32::try_from(days).map_err(|_| invalid());
        }
    };
    Ok(today.saturating_sub(ago))
}

/// A number with narrow spaces between thousands, as in GoatCounter.
fn grouped(count: i64) -> String {
    crate::picture::number::Format::Separated.print(count).replace(',', "\u{202f}")
}

/// A page for an `<iframe>` of 200 by 80 pixels on any site.
fn html(count: &str) -> Response {
    let mut escaped = String::new();
    escape::push(&mut escaped, count);
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Views</title>\
         <style>body{{font:16px sans-serif;text-align:center;margin:8px}}b{{font-size:24px}}\
         </style><body><div>Views for this page<br><b id=\"gcvc-views\">{escaped}</b></div>"
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let headers =
        [("content-type", "text/html; charset=utf-8"), ("content-security-policy", policy)];
    (headers, [NO_STORE], page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_a_namespace() {
        let read = |path, event| Asked::of(path, || event);
        let path = |path, event| read(path, event).map(|asked| asked.unwrap().path);
        assert_eq!(path("/counter/%2Fblog%2Fone.json", false).as_deref(), Some("/blog/one"));
        assert_eq!(path("/counter/%2Fa.html.svg", false).as_deref(), Some("/a.html"));
        assert_eq!(path("/counter/TOTAL.json", false).as_deref(), Some("TOTAL"));
        assert_eq!(path("/counter/data.json", false), None, "a namespace");
        assert_eq!(path("/counter/data.json", true).as_deref(), Some("data"), "an event");
        assert_eq!(path("/counter/site", true), None);
        for bad in ["/counter/%2Fpost%2F1.txt", "/counter/%2Fpost", "/counter/%2F"] {
            assert!(read(bad, true).unwrap().is_err(), "{bad}");
        }
    }

    #[test]
    fn days_are_dates_or_words() {
        assert_eq!(day("1970-01-31", 0).unwrap(), 30);
        assert_eq!(day("week", 20_000).unwrap(), 19_993);
        assert!(day("soon", 20_000).is_err() && day("1969-01-01", 0).is_err());
    }
}
