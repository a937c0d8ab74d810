//! `/counter/{namespace}/{key}`: a counter's page.

use axum::extract::State;
use axum::http::HeaderMap;

use super::App;
use super::error::ApiError;
use super::extract::Path;
use super::page::{Page, PageError, STALE, Snippets, origin};
use crate::picture::number::Format;

/// Shows it; looking at a page of seen's own counts nothing.
pub async fn show(
    State(app): State<App>,
    path: Result<Path, ApiError>,
    headers: HeaderMap,
) -> Result<Page, PageError> {
    let Path(counter) = path?;
    let count = match app.counters.count(&counter).await.map_err(ApiError::from) {
        Ok(count) => Some(count.ok_or_else(|| ApiError::no_counter(&counter))?),
        Err(error) if error.is_passing() => None,
        Err(error) => return Err(error.into()),
    };
    let total = match &count {
        Some(count) => count.total,
        // The store is away: what was seen last, or the error.
        None => app
            .counters
            .total_or_last_known(&counter)
            .await
            .map_err(ApiError::from)?
            .ok_or_else(|| ApiError::no_counter(&counter))?
            .value(),
    };
    let print = |n: i128| Format::Separated.print(n);
    let part = |n: Option<u64>| n.map_or_else(|| "?".into(), |n| print(n.into()));
    let snippets = Snippets::new(&origin(&headers), &counter, "");
    let texts = [
        ("counter", counter.to_string()),
        ("namespace", counter.namespace.to_string()),
        ("key", counter.key.to_string()),
        ("stale", if count.is_some() { String::new() } else { STALE.into() }),
        ("total", print(total.into())),
        ("today", part(count.as_ref().map(|c| c.today))),
        ("uniques", part(count.as_ref().map(|c| c.uniques_today))),
        ("human", part(count.as_ref().map(|c| c.sources.human()))),
        ("markdown", snippets.markdown),
        ("html", snippets.html),
        ("script", snippets.script),
    ];
    let texts = texts.each_ref().map(|(name, text)| (*name, text.as_str()));
    let title = format!("{counter}: {} hits", print(total.into()));
    Ok(Page::new(&title, include_str!("assets/counter.html"), &texts))
}
