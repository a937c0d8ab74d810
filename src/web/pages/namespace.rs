//! `/counter/{namespace}`: the page of a namespace, its counters ranked.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use crate::model::name::Name;
use crate::picture::number::Format;
use crate::web::App;
use crate::web::api::ranking;
use crate::web::api::ranking::{PageRange, Ranking};
use crate::web::error::ApiError;
use crate::web::request::auth::Bearer;
use crate::web::request::path::Namespace;
use crate::web::request::query::Query;
use crate::web::response::page::{Page, PageError, origin};

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
    let range = PageRange::read(&query?)?;
    let facts = app.counters.namespace(&namespace).await.map_err(ApiError::from)?;
    if let Err(error) = ranking::allow(&app, &namespace, &facts, &bearer).await {
        let private = private(namespace, facts.owner.is_some(), &headers);
        return Err(PageError::told(error, private));
    }
    let list = ranking::list(&app, namespace, range).await?;
    Ok(listed(list, range))
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
        "Whoever claimed it was given a token."
    } else {
        "Nobody owns it yet. While it has no counters anybody may claim it, by PUT to \
         /namespaces/ and its name; later, whoever has the instance's token."
    };
    Page::new(&Private { namespace, how, origin: origin(headers) })
}

#[derive(Template)]
#[template(path = "namespace.html")]
struct Listed {
    list: Ranking,
    which: String,
    previous: Option<u64>,
    limit: u32,
}

fn listed(list: Ranking, PageRange { offset, limit }: PageRange) -> Page {
    let print = |n: u64| Format::Separated.print(n);
    let previous = (offset > 0).then(|| offset.saturating_sub(limit.into()));
    let which = match list.counters.len() as u64 {
        0 if offset == 0 => "It has no counters yet.".to_owned(),
        0 => "It has no more counters.".to_owned(),
        shown => format!(
            "Its counters, the largest first: {} to {}.",
            print(offset + 1),
            print(offset + shown)
        ),
    };
    Page::new(&Listed { list, which, previous, limit })
}
