//! `/builder`: a badge made to order, and the code to paste. A form, so that it
//! works without scripts.

use askama::Template;
use axum::http::HeaderMap;

use crate::model::count::Settings;
use crate::model::name::{Counter, Name};
use crate::picture::badge::Style;
use crate::picture::logo::Icon;
use crate::picture::params::BadgeParams;
use crate::web::error::ApiError;
use crate::web::request::metric::Metric;
use crate::web::request::query::Query;
use crate::web::request::settings;
use crate::web::response::page::{Page, PageError, Snippets, origin};

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
const COUNTS: [(&str, &str); 9] = [
    ("total", "all views"),
    ("human", "views without bots"),
    ("7d", "views of 7 days"),
    ("30d", "views of 30 days"),
    ("today", "views today"),
    ("today-total", "today / all"),
    ("unique", "unique visitors today"),
    ("unique-7d", "daily unique visitors, 7 days"),
    ("unique-30d", "daily unique visitors, 30 days"),
];

/// `?dedupe=`, in words.
const RELOADS: [(&str, &str); 4] = [
    ("off", "count every time"),
    ("30m", "not within 30 minutes"),
    ("1h", "not within an hour"),
    ("24h", "not within 24 hours"),
];

#[derive(Template)]
#[template(path = "builder.html")]
struct Builder {
    form: Form,
}

/// Shows the badge that the query asks for.
pub(crate) async fn show(
    query: Result<Query, ApiError>,
    headers: HeaderMap,
) -> Result<Page, PageError> {
    Ok(Page::new(&Builder { form: Form::new(&query?, &headers)? }))
}

/// The form filled in, the badge that it asks for, and the code to paste.
pub(crate) struct Form {
    pub namespace: Name,
    pub key: Name,
    pub label: String,
    pub color: String,
    pub label_color: String,
    pub counts: Vec<Choice>,
    pub styles: Vec<Choice>,
    pub logos: Vec<Choice>,
    pub reloads: Vec<Choice>,
    /// The path of the badge.
    pub preview: String,
    pub origin: String,
    pub snippets: Snippets,
    /// The command that makes the counter the caller's own, with what reloads count.
    pub create: String,
}

impl Form {
    /// As the query asks for it.
    ///
    /// # Errors
    /// 400 for a name or a look that cannot be.
    pub(crate) fn new(query: &Query, headers: &HeaderMap) -> Result<Self, ApiError> {
        let name = |which, or| {
            let text = query.get(which).unwrap_or(or);
            Name::new(text).map_err(|e| ApiError::invalid_name(which, &e))
        };
        let counter =
            Counter { namespace: name("namespace", "my-site")?, key: name("key", "home")? };
        let looks =
            LOOKS.map(|(name, or)| (name, query.get(name).filter(|t| !t.is_empty()).unwrap_or(or)));
        let mut badge = BadgeParams::default();
        for (name, value) in looks {
            badge.set(name, value).map_err(|e| ApiError::invalid_look(&e))?;
        }
        let [(_, label), _, (_, count), (_, logo), (_, color), (_, label_color)] = looks;
        Metric::parse(count)?;
        let dedupe = query.get("dedupe").filter(|text| !text.is_empty()).unwrap_or("off");
        settings::changed(Settings::default(), query)?;
        let origin = origin(headers);

        // Only what differs from the defaults: short links last longer.
        let asked: Vec<_> =
            looks.into_iter().zip(LOOKS).filter(|(a, b)| a != b).map(|p| p.0).collect();
        let asked = serde_urlencoded::to_string(&asked).map_err(ApiError::invalid_query)?;
        let asked = if asked.is_empty() { asked } else { format!("?{asked}") };
        let styles = Style::ALL.map(|style| match style {
            Style::Pixel => (style.name(), "pixel (invisible)"),
            style => (style.name(), style.name()),
        });
        let mut logos = vec![("", "none")];
        logos.extend(Icon::ALL.map(|icon| (icon.name(), icon.name())));
        Ok(Self {
            label: label.to_owned(),
            color: color.to_owned(),
            label_color: label_color.to_owned(),
            counts: choices(&COUNTS, count),
            styles: choices(&styles, badge.style.unwrap_or_default().name()),
            logos: choices(&logos, logo),
            reloads: choices(&RELOADS, dedupe),
            preview: format!("/get/{counter}/badge.svg{asked}"),
            create: create(&origin, &counter, dedupe)?,
            origin,
            snippets: Snippets::new(headers, &counter, &asked),
            namespace: counter.namespace,
            key: counter.key,
        })
    }

    fn counter(&self) -> Counter {
        Counter { namespace: self.namespace.clone(), key: self.key.clone() }
    }
}

fn create(origin: &str, counter: &Counter, dedupe: &str) -> Result<String, ApiError> {
    let query = match dedupe {
        "off" | "0" => String::new(),
        _ => serde_urlencoded::to_string([("dedupe", dedupe)])
            .map(|query| format!("?{query}"))
            .map_err(ApiError::invalid_query)?,
    };
    Ok(format!("curl --request POST '{origin}/create/{counter}{query}'"))
}

/// One line of a list.
pub(crate) struct Choice {
    pub value: String,
    pub words: &'static str,
    pub chosen: bool,
}

/// What a list offers, as value and words; what is chosen and is none of it, such
/// as a picture of one's own, stays to be chosen.
fn choices(offered: &[(&'static str, &'static str)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, words): (&str, _)| {
        let chosen = value.eq_ignore_ascii_case(chosen);
        Choice { value: value.to_owned(), words, chosen }
    };
    let mut all: Vec<Choice> = offered.iter().copied().map(choice).collect();
    if !all.iter().any(|choice| choice.chosen) {
        all.push(choice((chosen, "your own")));
    }
    all
}
