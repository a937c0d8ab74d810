//! `/counter/{namespace}/{key}`: a counter's page.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use crate::model::name::Counter;
use crate::picture::number::Format;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::path::Path;
use crate::web::response::page::{Page, PageError, Snippets, note};

#[derive(Template)]
#[template(path = "counter.html")]
struct CounterPage {
    counter: Counter,
    total: String,
    today: String,
    uniques: String,
    human: String,
    stale: &'static str,
    snippets: Snippets,
}

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
    let part = |n: Option<u64>| n.map_or_else(|| "?".into(), |n| Format::Separated.print(n));
    let page = Page::new(&CounterPage {
        total: Format::Separated.print(total),
        today: part(count.as_ref().map(|c| c.today)),
        uniques: part(count.as_ref().map(|c| c.uniques_today)),
        human: part(count.as_ref().map(|c| c.sources.human())),
        stale: note(count.is_none()),
        snippets: Snippets::new(&headers, &counter, ""),
        counter,
    });
    Ok(page.stale(count.is_none()))
}
