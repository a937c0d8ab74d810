//! `/counter/{namespace}/{key}`: a counter's page.

use axum::extract::State;
use axum::http::HeaderMap;

use crate::picture::number::Format;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::path::Path;
use crate::web::response::page::{Page, PageError, note, snippets};

/// Shows it; looking at a page of seen's own counts nothing.
pub(crate) async fn show(
    State(app): State<App>,
    path: Result<Path, ApiError>,
    headers: HeaderMap,
) -> Result<Page, PageError> {
    let Path(counter) = path?;
    let (count, total) = match app.counters.count(&counter).await.map_err(ApiError::from) {
        Ok(Some(count)) => {
            let total = count.total;
            (Some(count), total)
        }
        Ok(None) => return Err(ApiError::no_counter(&counter).into()),
        // What was seen last, or the error: to ask again would take as long again.
        Err(error) => {
            let known = app.counters.last_known(&counter).filter(|_| error.is_transient());
            (None, known.ok_or(error)?)
        }
    };
    let print = |n: i128| Format::Separated.print(n);
    let part = |n: Option<u64>| n.map_or_else(|| "?".into(), |n| print(n.into()));
    let texts = [
        ("counter", counter.to_string()),
        ("namespace", counter.namespace.to_string()),
        ("key", counter.key.to_string()),
        ("stale", note(count.is_none()).into()),
        ("total", print(total.into())),
        ("today", part(count.as_ref().map(|c| c.today))),
        ("uniques", part(count.as_ref().map(|c| c.uniques_today))),
        ("human", part(count.as_ref().map(|c| c.sources.human()))),
    ];
    let texts = texts.each_ref().map(|(name, text)| (*name, text.as_str()));
    let title = format!("{counter}: {} hits", print(total.into()));
    let parts = [("snippets", snippets(&headers, &counter, ""))];
    let page = Page::new(&title, include_str!("assets/counter.html"), &texts, &parts);
    Ok(page.stale(count.is_none()))
}
