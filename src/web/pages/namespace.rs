//! `/counter/{namespace}`: the page of a namespace, its counters ranked.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::counter::{Card, date};
use super::plot::{Plot, Span};
use crate::model::count::History;
use crate::model::key::SITE;
use crate::model::name::Name;
use crate::model::site::{Depth, Site};
use crate::model::time::Timestamp;
use crate::picture::number::Format;
use crate::web::App;
use crate::web::api::ranking;
use crate::web::api::ranking::{PageRange, Ranked, Ranking};
use crate::web::error::ApiError;
use crate::web::request::auth::Bearer;
use crate::web::request::path::Namespace;
use crate::web::request::query::Query;
use crate::web::response::page::{Page, PageError, origin};

/// Rows of a page at most.
const MAX_ROWS: u32 = 50;
/// Days of a sparkline.
const DAYS: u32 = 30;

/// Shows what `/namespaces/{namespace}/counters` lists, to those it is for; to
/// others, how its owner would let them see it.
pub(crate) async fn show(
    State(app): State<App>,
    namespace: Result<Namespace, ApiError>,
    query: Result<Query, ApiError>,
    bearer: Bearer,
    headers: HeaderMap,
) -> Result<Page, PageError> {
    let Namespace(namespace) = namespace?;
    let mut range = PageRange::read(&query?)?;
    // Each row reads its counter's history.
    range.limit = range.limit.min(MAX_ROWS);
    let facts = app.counters.namespace(&namespace).await.map_err(ApiError::from)?;
    if let Err(error) = bearer.may_list(&app, &namespace, &facts).await {
        let private = private(namespace, facts.owner.is_some(), &headers);
        return Err(PageError::told(error, private));
    }
    let list = ranking::list(&app, namespace, range).await?;
    // A page without it is still a page: the sum of a large site takes its time.
    let sum = app.counters.sum(&list.namespace, Depth::Histories).await.ok();
    let sum = sum.map(|sum| Sum::of(&sum.site));
    let rows = rows(&app, &list, sum.as_ref()).await?;
    let badge = facts.public.then(|| badge(&list.namespace, &headers));
    Ok(listed(list, rows, sum, badge, range))
}

#[derive(Template)]
#[template(path = "private.html")]
struct Private {
    namespace: Name,
    how: &'static str,
    origin: String,
}

fn private(namespace: Name, owned: bool, headers: &HeaderMap) -> Page {
    let how = if owned {
        "Its owner got the token when claiming it."
    } else {
        "Nobody owns this site yet. Unclaimed and empty? Claim it with PUT \
         /namespaces/NAME. Otherwise ask the holder of the server's token."
    };
    Page::new(&Private { namespace, how, origin: origin(headers) })
}

#[derive(Template)]
#[template(path = "namespace.html")]
struct Listed {
    namespace: Name,
    rows: Vec<Row>,
    /// Of all pages, unless it is still being added up.
    sum: Option<Sum>,
    /// The code of a badge with the sum, if anybody may see it.
    badge: Option<String>,
    which: String,
    previous: Option<u64>,
    next: Option<u64>,
    limit: u32,
}

/// All pages together.
struct Sum {
    total: i64,
    cards: Vec<Card>,
    plot: Plot,
}

impl Sum {
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
            card("Excluding bots", sources.human(), String::new()),
        ];
        // Visitors of several pages are in the sum several times: no line for a chart.
        let views = History { days: history.days.clone(), ..History::default() };
        Self { total: *total, cards, plot: Plot::of(&views, Span::Month, now).without_uniques() }
    }

    fn printed(&self) -> String {
        Format::Separated.print(self.total)
    }
}

/// A counter in the list.
struct Row {
    key: Name,
    total: i64,
    /// Of the site's views, in percent; none for what is no page.
    share: Option<i64>,
    today: u64,
    month: u64,
    /// The points of the last 30 days.
    trend: String,
}

/// The rows of a list, with the past of each counter.
async fn rows(app: &App, list: &Ranking, sum: Option<&Sum>) -> Result<Vec<Row>, ApiError> {
    let keys: Vec<Name> = list.counters.iter().map(|ranked| ranked.key.clone()).collect();
    let histories = app.counters.histories(&list.namespace, &keys).await?;
    let today = Timestamp::now().day();
    let row = |(ranked, history): (&Ranked, Option<History>)| {
        // Deleted since it was listed.
        let history = history.unwrap_or_default();
        Row {
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

/// How much of the site's views a page has. The sum is older than the page's number.
fn share(ranked: &Ranked, sum: Option<&Sum>) -> Option<i64> {
    let sum = sum.map(|sum| i128::from(sum.total)).filter(|sum| *sum > 0)?;
    let is_page = ranked.key.as_str() != SITE;
    is_page.then(|| i64::try_from((100 * i128::from(ranked.value) / sum).min(100)).unwrap_or(0))
}

/// A sparkline's points, 290 by 100.
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
    rows: Vec<Row>,
    sum: Option<Sum>,
    badge: Option<String>,
    PageRange { offset, limit }: PageRange,
) -> Page {
    let print = |n: u64| Format::Separated.print(n);
    let previous = (offset > 0).then(|| offset.saturating_sub(limit.into()));
    let which = match rows.len() as u64 {
        0 if offset == 0 => "No counters yet.".to_owned(),
        0 => "No more counters.".to_owned(),
        shown => {
            format!("Pages {} to {}, most viewed first.", print(offset + 1), print(offset + shown))
        }
    };
    let sum = sum.filter(|_| !rows.is_empty());
    let badge = badge.filter(|_| sum.is_some());
    let Ranking { namespace, next, .. } = list;
    Page::new(&Listed { namespace, rows, sum, badge, which, previous, next, limit })
}
