//! `/counter/{namespace}`: the page of a namespace, with its counters ranked.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::counter::{Card, date, noun, without_bots};
use super::plot::{Plot, Span};
use crate::model::count::History;
use crate::model::edit::Namespace;
use crate::model::key::SITE;
use crate::model::name::Name;
use crate::model::site::{Depth, Site};
use crate::model::time::Timestamp;
use crate::picture::number::Format;
use crate::store::Mode;
use crate::web::App;
use crate::web::api::ranking;
use crate::web::api::ranking::{PageRange, Ranked, Ranking};
use crate::web::error::ApiError;
use crate::web::request::auth::Bearer;
use crate::web::request::path::NamespacePath;
use crate::web::request::query::Query;
use crate::web::response::page::{HtmlPage, PageError, origin};

/// The most rows of a page.
const MAX_ROWS: u32 = 50;
/// The days of a sparkline.
const DAYS: u32 = 30;

/// Shows the list of `/namespaces/{namespace}/counters` to callers who may read it. Others
/// learn how its owner can open it to them.
pub(crate) async fn show(
    State(app): State<App>,
    namespace: Result<NamespacePath, ApiError>,
    query: Result<Query, ApiError>,
    bearer: Bearer,
    headers: HeaderMap,
) -> Result<HtmlPage, PageError> {
    let NamespacePath(namespace) = namespace?;
    let mut range = PageRange::read(&query?)?;
    // The store reads a history for each row.
    range.limit = range.limit.min(MAX_ROWS);
    let facts = app.counters.namespace(&namespace).await.map_err(ApiError::from)?;
    if let Err(error) = bearer.may_list(&app, &namespace, &facts).await {
        let private = private(&app, namespace, &facts, &headers);
        return Err(PageError::told(error, private));
    }
    let list = ranking::list(&app, namespace, range).await?;
    // The sum of a large site takes time, and the page is useful without it.
    let sum = app.counters.sum(&list.namespace, Depth::Histories).await.ok();
    let sum = sum.map(|sum| Overview::of(&sum.site));
    let rows = rows(&app, &list, sum.as_ref()).await?;
    let badge = facts.public.then(|| badge(&list.namespace, &headers));
    Ok(listed(list, rows, sum, badge, range))
}

#[derive(Template)]
#[template(path = "private.html")]
struct Private {
    namespace: Name,
    how: &'static str,
    claimable: bool,
    origin: String,
}

fn private(app: &App, namespace: Name, facts: &Namespace, headers: &HeaderMap) -> HtmlPage {
    let claimable = facts.owner.is_none() && facts.counters == 0 && app.mode != Mode::Private;
    let how = if facts.owner.is_some() {
        "Its owner got the token when claiming it."
    } else if claimable {
        "Nobody owns this site yet. This claims it, and answers with its token, once:"
    } else {
        "Nobody owns this site. It has counters already, or nobody may claim names here: only the \
         server's token opens it."
    };
    HtmlPage::new(&Private { namespace, how, claimable, origin: origin(headers) })
}

#[derive(Template)]
#[template(path = "namespace.html")]
struct Listed {
    namespace: Name,
    rows: Vec<CounterRow>,
    /// `None` while it is being added up.
    sum: Option<Overview>,
    /// The code of a badge with the sum, if the list is public.
    badge: Option<String>,
    which: String,
    previous: Option<u64>,
    next: Option<u64>,
    limit: u32,
}

/// The sum of all pages.
struct Overview {
    total: i64,
    cards: Vec<Card>,
    plot: Plot,
}

impl Overview {
    fn of(site: &Site) -> Self {
        let Site { total, today, sources, history, .. } = site;
        let now = Timestamp::now();
        let print = |number: u64| Format::Separated.print(number);
        let yesterday = history.days.get(now.day().saturating_sub(1));
        let (best, when) =
            history.best_day().map_or((0, String::new()), |(day, hits)| (hits, date(day)));
        let card = |name, number, note| Card { name, number: print(number), note };
        let cards = vec![
            card("Today", *today, format!("{} yesterday", print(yesterday))),
            card("7 days", history.hits_of_days(7, now.day()), String::new()),
            card("30 days", history.hits_of_days(30, now.day()), String::new()),
            card("Best day", best, when),
            without_bots(*total, sources),
        ];
        // The sum contains visitors of several pages several times, so the chart leaves them out.
        let views = History { days: history.days.clone(), ..History::default() };
        Self { total: *total, cards, plot: Plot::of(&views, Span::Month, now).without_uniques() }
    }

    fn printed(&self) -> String {
        Format::Separated.print(self.total)
    }

    fn noun(&self) -> &'static str {
        noun(self.total)
    }
}

/// A counter in the list.
struct CounterRow {
    key: Name,
    total: i64,
    /// Its share of the site's views, in percent; `None` if it is not a page.
    share: Option<i64>,
    today: u64,
    month: u64,
    /// The points of its sparkline.
    trend: String,
}

/// The rows of a list, with the history of each counter.
async fn rows(
    app: &App,
    list: &Ranking,
    sum: Option<&Overview>,
) -> Result<Vec<CounterRow>, ApiError> {
    let keys: Vec<Name> = list.counters.iter().map(|ranked| ranked.key.clone()).collect();
    let histories = app.counters.histories(&list.namespace, &keys).await?;
    let today = Timestamp::now().day();
    let row = |(ranked, history): (&Ranked, Option<History>)| {
        // Deleted since it was listed.
        let history = history.unwrap_or_default();
        CounterRow {
            key: ranked.key.clone(),
            total: ranked.value,
            share: share(ranked, sum),
            today: history.days.get(today),
            month: history.hits_of_days(DAYS, today),
            trend: trend(&history, today),
        }
    };
    Ok(list.counters.iter().zip(histories).map(row).collect())
}

/// The share of a page in the site's views, in percent. The sum may be older than the page's
/// total.
fn share(ranked: &Ranked, sum: Option<&Overview>) -> Option<i64> {
    let sum = sum.map(|sum| i128::from(sum.total)).filter(|sum| *sum > 0)?;
    let is_page = ranked.key.as_str() != SITE;
    is_page.then(|| i64::try_from((100 * i128::from(ranked.value) / sum).min(100)).unwrap_or(0))
}

/// A sparkline's points, in a box of 290 by 100.
fn trend(history: &History, today: u32) -> String {
    let days: Vec<u128> =
        (0..DAYS).rev().map(|back| history.days.get(today.saturating_sub(back)).into()).collect();
    let max = days.iter().copied().max().unwrap_or(0).max(1);
    let points =
        days.iter().enumerate().map(|(i, hits)| format!("{},{}", 10 * i, 96 - 92 * hits / max));
    points.collect::<Vec<_>>().join(" ")
}

/// The code of a badge with the sum.
fn badge(namespace: &Name, headers: &HeaderMap) -> String {
    let origin = origin(headers);
    format!("[![views]({origin}/sum/{namespace}/badge.svg)]({origin}/counter/{namespace})")
}

fn listed(
    list: Ranking,
    rows: Vec<CounterRow>,
    sum: Option<Overview>,
    badge: Option<String>,
    range: PageRange,
) -> HtmlPage {
    let PageRange { offset, limit } = range;
    let print = |n: u64| Format::Separated.print(n);
    let previous = (offset > 0).then(|| offset.saturating_sub(limit.into()));
    let which = match rows.len() as u64 {
        0 if offset == 0 => "No counters yet.".to_owned(),
        0 => "No more counters.".to_owned(),
        1 if offset == 0 && list.next.is_none() => "One page.".to_owned(),
        shown => {
            let (first, last) = (print(offset + 1), print(offset + shown));
            let end = if range.is_last() { " An export has all pages." } else { "" };
            format!("Pages {first} to {last}, most viewed first.{end}")
        }
    };
    let sum = sum.filter(|_| !rows.is_empty());
    let badge = badge.filter(|_| sum.is_some());
    let Ranking { namespace, next, .. } = list;
    HtmlPage::new(&Listed { namespace, rows, sum, badge, which, previous, next, limit })
}
