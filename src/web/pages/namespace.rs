//! `/counter/{namespace}`: the page of a namespace, its counters ranked.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use futures_util::future::try_join_all;

use crate::model::count::History;
use crate::model::name::{Counter, Name};
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
const MAX_ROWS: u32 = 100;
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
    if let Err(error) = ranking::allow(&app, &namespace, &facts, &bearer).await {
        let private = private(namespace, facts.owner.is_some(), &headers);
        return Err(PageError::told(error, private));
    }
    let list = ranking::list(&app, namespace, range).await?;
    let rows = rows(&app, &list).await?;
    Ok(listed(list, rows, range))
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
    /// Of all counters, where all of them are on this page.
    sum: Option<String>,
    which: String,
    previous: Option<u64>,
    next: Option<u64>,
    limit: u32,
}

/// A counter in the list.
struct Row {
    key: Name,
    total: i64,
    /// Of the views on this page, in percent.
    share: i64,
    today: u64,
    month: u64,
    /// The points of the last 30 days.
    trend: String,
}

/// The rows of a list, with the past of each counter.
async fn rows(app: &App, list: &Ranking) -> Result<Vec<Row>, ApiError> {
    let counters = list
        .counters
        .iter()
        .map(|ranked| Counter { namespace: list.namespace.clone(), key: ranked.key.clone() });
    let counters: Vec<Counter> = counters.collect();
    let histories = try_join_all(counters.iter().map(|c| app.counters.history(c))).await?;
    let today = Timestamp::now().day();
    let sum = sum(list);
    let row = |(ranked, history): (&Ranked, Option<History>)| {
        // Deleted since it was listed.
        let history = history.unwrap_or_default();
        let share = if sum > 0 { 100 * i128::from(ranked.value) / sum } else { 0 };
        Row {
            key: ranked.key.clone(),
            total: ranked.value,
            share: i64::try_from(share).unwrap_or(0),
            today: history.days.get(today),
            month: history.hits_of_days(DAYS, today),
            trend: trend(&history, today),
        }
    };
    Ok(list.counters.iter().zip(histories).map(row).collect())
}

fn sum(list: &Ranking) -> i128 {
    list.counters.iter().map(|ranked| i128::from(ranked.value)).sum()
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

fn listed(list: Ranking, rows: Vec<Row>, PageRange { offset, limit }: PageRange) -> Page {
    let print = |n: u64| Format::Separated.print(n);
    let previous = (offset > 0).then(|| offset.saturating_sub(limit.into()));
    let which = match rows.len() as u64 {
        0 if offset == 0 => "No counters yet.".to_owned(),
        0 => "No more counters.".to_owned(),
        shown => {
            format!("Pages {} to {}, most viewed first.", print(offset + 1), print(offset + shown))
        }
    };
    let sum = (offset == 0 && list.next.is_none() && !rows.is_empty())
        .then(|| Format::Separated.print(sum(&list)));
    let Ranking { namespace, next, .. } = list;
    Page::new(&Listed { namespace, rows, sum, which, previous, next, limit })
}
