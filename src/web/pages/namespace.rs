//! `/counter/{namespace}`: the page of a namespace, its counters ranked.

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
use crate::web::response::page::{Markup, Page, PageError, origin, template};

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
        let private = private(&namespace, facts.owner.is_some(), &headers);
        return Err(PageError::told(error, private));
    }
    let list = ranking::list(&app, namespace, range).await?;
    Ok(listed(&list, range))
}

fn private(namespace: &Name, owned: bool, headers: &HeaderMap) -> Page {
    let how = if owned {
        "Whoever claimed it was given a token."
    } else {
        "Nobody owns it yet. While it has no counters anybody may claim it, by PUT to \
         /namespaces/ and its name; later, whoever has the instance's token."
    };
    let texts = [("namespace", namespace.as_str()), ("how", how), ("origin", &origin(headers))];
    let title = format!("{namespace} is private");
    Page::new(&title, include_str!("assets/private.html"), &texts, &[])
}

fn listed(list: &Ranking, range: PageRange) -> Page {
    let namespace = list.namespace.as_str();
    let print = |n: u64| Format::Separated.print(n);
    let mut rows = Markup::default();
    for ranked in &list.counters {
        let value = Format::Separated.print(ranked.value);
        let texts = [("namespace", namespace), ("key", ranked.key.as_str()), ("value", &value)];
        rows.push(&template(include_str!("assets/ranked.html"), &texts, &[]));
    }
    let link = |to: Option<u64>, words: &str| match to {
        None => Markup::default(),
        Some(offset) => {
            let (offset, limit) = (offset.to_string(), range.limit.to_string());
            let texts = [
                ("namespace", namespace),
                ("offset", &offset),
                ("limit", &limit),
                ("words", words),
            ];
            let link = "<a href=\"/counter/{{namespace}}?offset={{offset}}&amp;limit={{limit}}\">\
                        {{words}}</a> ";
            template(link, &texts, &[])
        }
    };
    let previous = (range.offset > 0).then(|| range.offset.saturating_sub(range.limit.into()));
    let which = match list.counters.len() as u64 {
        0 if range.offset == 0 => "It has no counters yet.".to_owned(),
        0 => "It has no more counters.".to_owned(),
        shown => format!(
            "Its counters, the largest first: {} to {}.",
            print(range.offset + 1),
            print(range.offset + shown)
        ),
    };
    let parts = [
        ("rows", rows),
        ("previous", link(previous, "Larger ones")),
        ("next", link(list.next, "Smaller ones")),
    ];
    let texts = [("namespace", namespace), ("which", &which)];
    Page::new(namespace, include_str!("assets/namespace.html"), &texts, &parts)
}
