//! `/counter/{namespace}/{key}`: a counter's page.

use axum::extract::State;
use axum::http::HeaderMap;

use super::App;
use super::error::ApiError;
use super::extract::Path;
use super::page::{Page, PageError, Snippets, origin};
use crate::picture::number::Format;

/// Shows it; looking at a page of seen's own counts nothing.
pub async fn show(
    State(app): State<App>,
    path: Result<Path, ApiError>,
    headers: HeaderMap,
) -> Result<Page, PageError> {
    let Path(counter) = path?;
    let count = app.counters.count(&counter).await.map_err(ApiError::from)?;
    let count = count.ok_or_else(|| ApiError::no_counter(&counter))?;
    let print = |n: i128| Format::Separated.print(n);
    let snippets = Snippets::new(&origin(&headers), &counter, "");
    let texts = [
        ("counter", counter.to_string()),
        ("namespace", counter.namespace.to_string()),
        ("key", counter.key.to_string()),
        ("total", print(count.total.into())),
        ("today", print(count.today.into())),
        ("uniques", print(count.uniques_today.into())),
        ("human", print(count.sources.human().into())),
        ("markdown", snippets.markdown),
        ("html", snippets.html),
        ("script", snippets.script),
    ];
    let texts = texts.each_ref().map(|(name, text)| (*name, text.as_str()));
    let title = format!("{counter}: {} hits", print(count.total.into()));
    Ok(Page::new(&title, include_str!("assets/counter.html"), &texts))
}
