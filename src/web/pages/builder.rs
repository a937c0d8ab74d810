//! `/builder`: a badge made to order, and the code to paste. A form, so that it
//! works without scripts; the front page holds the same one.

use axum::http::HeaderMap;

use crate::model::name::{Counter, Name};
use crate::picture::badge::Style;
use crate::picture::logo::Icon;
use crate::picture::params::BadgeParams;
use crate::web::error::ApiError;
use crate::web::request::metric::Metric;
use crate::web::request::query::Query;
use crate::web::response::page::{Markup, Page, PageError, snippets, template};

/// What may be asked of the badge, with what it is unless asked.
const LOOKS: [(&str, &str); 6] = [
    ("label", "views"),
    ("style", "flat"),
    ("count", "total"),
    ("logo", ""),
    ("color", "blue"),
    ("labelColor", "#555"),
];

/// `?count=`, in words.
const COUNTS: [(&str, &str); 5] = [
    ("total", "all hits"),
    ("human", "hits by people"),
    ("unique", "visitors today"),
    ("today", "hits today"),
    ("today-total", "today / all"),
];

/// Shows the badge that the query asks for.
pub(crate) async fn show(
    query: Result<Query, ApiError>,
    headers: HeaderMap,
) -> Result<Page, PageError> {
    let parts = [("form", form(&query?, &headers)?)];
    Ok(Page::new("Badge builder", "<h1>Badge builder</h1>\n{{{form}}}", &[], &parts))
}

/// The form filled in, the badge that it asks for, and the code to paste.
pub(crate) fn form(query: &Query, headers: &HeaderMap) -> Result<Markup, ApiError> {
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
    let [_, _, (_, count), (_, logo), ..] = looks;
    Metric::parse(count)?;

    // Only what differs from the defaults: short links last longer.
    let asked: Vec<_> = looks.into_iter().zip(LOOKS).filter(|(a, b)| a != b).map(|p| p.0).collect();
    let asked = serde_urlencoded::to_string(&asked).map_err(ApiError::invalid_query)?;
    let asked = if asked.is_empty() { asked } else { format!("?{asked}") };
    let preview = format!("/get/{counter}/badge.svg{asked}");
    let mut texts = vec![
        ("namespace", counter.namespace.as_str()),
        ("key", counter.key.as_str()),
        ("preview", &preview),
    ];
    texts.extend(looks);
    let styles = Style::ALL.map(|style| match style {
        Style::Pixel => (style.name(), "pixel, which nobody sees"),
        style => (style.name(), style.name()),
    });
    let mut logos = vec![("", "none")];
    logos.extend(Icon::ALL.map(|icon| (icon.name(), icon.name())));
    let parts = [
        ("styles", options(&styles, badge.style.unwrap_or_default().name())),
        ("counts", options(&COUNTS, count)),
        ("logos", options(&logos, logo)),
        ("snippets", snippets(headers, &counter, &asked)),
    ];
    Ok(template(include_str!("assets/builder.html"), &texts, &parts))
}

/// What a list offers, as value and words; what is chosen and is none of it, such
/// as a picture of one's own, stays to be chosen.
fn options(offered: &[(&str, &str)], chosen: &str) -> Markup {
    let is_chosen = |value: &str| value.eq_ignore_ascii_case(chosen);
    let mut all = Markup::default();
    let own = (!offered.iter().any(|(value, _)| is_chosen(value))).then_some((chosen, "your own"));
    for (value, words) in offered.iter().copied().chain(own) {
        let option = if is_chosen(value) {
            "<option value=\"{{value}}\" selected>{{words}}</option>"
        } else {
            "<option value=\"{{value}}\">{{words}}</option>"
        };
        all.push(&template(option, &[("value", value), ("words", words)], &[]));
    }
    all
}
