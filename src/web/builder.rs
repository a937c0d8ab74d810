//! `/builder`: a badge made to order, and the code to paste. A form, so that it
//! works without scripts.

use axum::http::HeaderMap;

use super::error::ApiError;
use super::page::{Page, PageError, Snippets, origin};
use super::query::Query;
use super::shown::Shown;
use crate::name::{Counter, Name};
use crate::picture::params::BadgeParams;

/// What may be asked of the badge, with what it is unless asked.
const LOOKS: [(&str, &str); 4] =
    [("label", "views"), ("color", "blue"), ("style", "flat"), ("count", "total")];

/// Shows the badge that the query asks for.
pub async fn show(query: Result<Query, ApiError>, headers: HeaderMap) -> Result<Page, PageError> {
    let query = query?;
    let name = |which, or| {
        let text = query.get(which).unwrap_or(or);
        Name::new(text).map_err(|e| ApiError::invalid_name(which, &e))
    };
    let counter = Counter { namespace: name("namespace", "my-site")?, key: name("key", "home")? };
    let looks =
        LOOKS.map(|(name, or)| (name, query.get(name).filter(|t| !t.is_empty()).unwrap_or(or)));
    let mut badge = BadgeParams::default();
    for (name, value) in looks {
        badge.set(name, value).map_err(|e| ApiError::invalid_look(&e))?;
    }
    Shown::parse(looks[3].1)?;

    // Only what differs from the defaults: short links last longer.
    let asked: Vec<_> = looks.into_iter().zip(LOOKS).filter(|(a, b)| a != b).map(|p| p.0).collect();
    let asked = serde_urlencoded::to_string(&asked).map_err(ApiError::invalid_query)?;
    let asked = if asked.is_empty() { asked } else { format!("?{asked}") };
    let snippets = Snippets::new(&origin(&headers), &counter, &asked);
    let preview = format!("/get/{counter}/badge.svg{asked}");
    let (namespace, key) = (counter.namespace.to_string(), counter.key.to_string());
    let mut texts = vec![
        ("namespace", namespace.as_str()),
        ("key", &key),
        ("preview", &preview),
        ("markdown", &snippets.markdown),
        ("html", &snippets.html),
        ("script", &snippets.script),
    ];
    texts.extend(looks);
    Ok(Page::new("Badge builder", include_str!("assets/builder.html"), &texts))
}
