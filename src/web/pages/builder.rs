//! `/builder`: a form for a badge, and the code to paste. It works without scripts.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use crate::model::count::CounterSettings;
use crate::model::name::{Counter, Name};
use crate::picture::badge::Style;
use crate::picture::logo::Icon;
use crate::picture::params::BadgeParams;
use crate::store::Mode;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::metric::Metric;
use crate::web::request::query::Query;
use crate::web::request::settings;
use crate::web::response::page::{HtmlPage, PageError, Snippets, create_command, origin};

/// The parameters that the form offers, and their defaults.
const LOOKS: [(&str, &str); 6] = [
    ("label", "views"),
    ("style", "flat"),
    ("count", "total"),
    ("logo", ""),
    ("color", "blue"),
    ("labelColor", "#555"),
];

/// The choices of `?count=`.
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

/// The choices of `?dedupe=`.
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
    hits_create: bool,
    needs_token: bool,
}

/// Shows the badge that the query asks for.
pub(crate) async fn show(
    State(app): State<App>,
    query: Result<Query, ApiError>,
    headers: HeaderMap,
) -> Result<HtmlPage, PageError> {
    Ok(HtmlPage::new(&Builder {
        form: Form::new(app.mode, &query?, &headers)?,
        hits_create: app.mode == Mode::Open,
        needs_token: app.mode == Mode::Private,
    }))
}

/// The form as filled in, its badge, and the code to paste.
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
    /// The command that creates the counter with a token and with the chosen dedupe.
    pub create: String,
}

impl Form {
    /// The form that the query fills in.
    ///
    /// # Errors
    /// 400 for an invalid name or look.
    pub(crate) fn new(mode: Mode, query: &Query, headers: &HeaderMap) -> Result<Self, ApiError> {
        let name = |which, or| {
            let text = query.get(which).unwrap_or(or);
            Name::new(text).map_err(|e| ApiError::invalid_name(which, &e))
        };
        let counter =
            Counter { namespace: name("namespace", "my-site")?, key: name("key", "home")? };
        let looks = LOOKS.map(|(name, or)| (name, query.filled(name).unwrap_or(or)));
        let mut badge = BadgeParams::default();
        for (name, value) in looks {
            badge.set(name, value).map_err(|e| ApiError::invalid_look(&e))?;
        }
        let [(_, label), _, (_, count), (_, logo), (_, color), (_, label_color)] = looks;
        Metric::parse(count)?;
        let dedupe = query.filled("dedupe").unwrap_or("off");
        settings::changed(CounterSettings::default(), query)?;
        let origin = origin(headers);

        // Leave out the defaults, to keep links short.
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
            create: create(mode, &origin, &counter, dedupe)?,
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

fn create(mode: Mode, origin: &str, counter: &Counter, dedupe: &str) -> Result<String, ApiError> {
    let query = match dedupe {
        "off" | "0" => String::new(),
        _ => serde_urlencoded::to_string([("dedupe", dedupe)])
            .map(|query| format!("?{query}"))
            .map_err(ApiError::invalid_query)?,
    };
    Ok(create_command(mode, origin, counter, &query))
}

/// One entry of a list.
pub(crate) struct Choice {
    pub value: String,
    pub words: &'static str,
    pub chosen: bool,
}

/// The entries of a list, from pairs of a value and its words. A chosen value that is not
/// offered, such as a logo of the owner's, is added to them.
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
