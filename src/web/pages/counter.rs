//! `/counter/{namespace}/{key}`: a counter's page.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;

use super::plot::{Plot, Span, counted};
use crate::model::count::{Count, History, Sources};
use crate::model::hit::Source;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::picture::Day;
use crate::picture::card;
use crate::picture::number::Format;
use crate::store::Mode;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::page::{HtmlPage, PageError, Snippets, note, origin};

#[derive(Template)]
#[template(path = "counter.html")]
struct CounterPage {
    counter: Counter,
    total: i64,
    /// Everything besides the total; `None` if the store cannot be asked.
    known: Option<Details>,
    stale: &'static str,
    /// The address of the picture that a link preview shows.
    preview: String,
    snippets: Snippets,
}

/// The content of a page besides the total.
struct Details {
    cards: Vec<Card>,
    since: String,
    sources: Vec<Share>,
    plot: Plot,
    /// Whether there is a total without a history, from an import or `/set`.
    no_history: bool,
}

/// A number with a heading.
pub(super) struct Card {
    pub name: &'static str,
    pub number: String,
    /// Small text below it; may be empty.
    pub note: String,
}

/// The share of one source in the views.
struct Share {
    /// Its name in the style sheet.
    name: &'static str,
    words: &'static str,
    views: u64,
    /// In tenths of a percent, like its start on the bar.
    share: u64,
    from: u64,
}

impl CounterPage {
    fn printed(&self) -> String {
        Format::Separated.print(self.total)
    }

    fn noun(&self) -> &'static str {
        noun(self.total)
    }

    fn description(&self) -> String {
        let noun = self.noun();
        match &self.known {
            Some(known) => format!("{} {noun}. {}.", self.printed(), known.plot.sentence()),
            None => format!("{} {noun}.", self.printed()),
        }
    }
}

/// Shows the page, with `?range=` of the history. It counts nothing.
pub(crate) async fn show(
    State(app): State<App>,
    path: Result<Path, ApiError>,
    query: Result<Query, ApiError>,
    headers: HeaderMap,
) -> Result<HtmlPage, PageError> {
    let Path(counter) = path?;
    let query = query?;
    let range = query.get("range").unwrap_or("30d");
    let span = Span::named(range)
        .ok_or_else(|| ApiError::invalid_parameter("range", range, "24h, 7d, 30d, 90d or 1y"))?;
    let asked = async {
        let count = app.counters.count(&counter).await?;
        let history = app.counters.history(&counter).await?;
        Ok::<_, ApiError>(count.zip(history))
    };
    let (total, known) = match asked.await {
        Ok(Some((count, history))) => (count.total, Some(Details::of(&count, &history, span))),
        Ok(None) => return Err(missing(&app, counter, &headers)),
        // Do not ask the store again, which would take as long again: show the last known total.
        Err(error) => {
            let known = app.counters.last_known(&counter).filter(|_| error.is_transient());
            (known.ok_or(error)?, None)
        }
    };
    let stale = known.is_none();
    let snippets = Snippets::new(&headers, &counter, "");
    let preview = format!("{}/get/{counter}/card.png", origin(&headers));
    let page = CounterPage { counter, total, known, stale: note(stale), preview, snippets };
    Ok(HtmlPage::new(&page).stale(stale))
}

#[derive(Template)]
#[template(path = "waiting.html")]
struct WaitingPage {
    counter: Counter,
    hits_create: bool,
    origin: String,
    snippets: Snippets,
}

/// The page of a counter without hits: it shows how to begin.
fn missing(app: &App, counter: Counter, headers: &HeaderMap) -> PageError {
    let error = ApiError::no_counter(&counter);
    let page = HtmlPage::new(&WaitingPage {
        origin: origin(headers),
        snippets: Snippets::new(headers, &counter, ""),
        hits_create: app.mode == Mode::Open,
        counter,
    });
    PageError::told(error, page)
}

impl Share {
    fn printed(&self) -> String {
        Format::Separated.print(self.views)
    }
}

impl Details {
    fn of(count: &Count, history: &History, span: Span) -> Self {
        let now = Timestamp::now();
        let first = history.first_day().unwrap_or(u32::MAX).min(count.created.day());
        Self {
            cards: cards(count, history, now.day()),
            since: date(first),
            sources: shares(&count.sources),
            plot: Plot::of(history, span, now),
            no_history: count.total != 0 && history.first_day().is_none(),
        }
    }
}

/// The hits of people, and of how many hits the source is known: of an imported total it is not.
pub(super) fn without_bots(total: i64, sources: &Sources) -> Card {
    let print = |number: u64| Format::Separated.print(number);
    let known = sources.known();
    let all_known = i64::try_from(known).is_ok_and(|known| known >= total);
    Card {
        name: "Excluding bots",
        number: print(sources.human()),
        note: if all_known { String::new() } else { format!("of {} counted here", print(known)) },
    }
}

/// What is counted, for a total.
pub(super) fn noun(total: i64) -> &'static str {
    if total == 1 { "view" } else { "views" }
}

fn cards(count: &Count, history: &History, today: u32) -> Vec<Card> {
    let print = |number: u64| Format::Separated.print(number);
    let yesterday = history.days.get(today.saturating_sub(1));
    let days = |name, days| Card {
        name,
        number: print(history.hits_of_days(days, today)),
        note: counted(history.uniques_of_days(days, today), "unique visitor"),
    };
    let (best, when) =
        history.best_day().map_or((0, String::new()), |(day, hits)| (hits, date(day)));
    vec![
        Card {
            name: "Today",
            number: print(count.today),
            note: format!("{} yesterday", print(yesterday)),
        },
        days("7 days", 7),
        days("30 days", 30),
        Card { name: "Best day", number: print(best), note: when },
        Card {
            name: "Unique visitors today",
            number: print(count.uniques_today),
            note: String::new(),
        },
        without_bots(count.total, &count.sources),
    ]
}

fn shares(sources: &Sources) -> Vec<Share> {
    let sum: u128 = Source::ALL.into_iter().map(|source| u128::from(sources.get(source))).sum();
    let mut from = 0;
    let shares = Source::ALL.into_iter().filter(|source| sources.get(*source) > 0).map(|source| {
        let views = sources.get(source);
        // At most 1000, so it fits.
        let share = u64::try_from(1000 * u128::from(views) / sum).unwrap_or(1000);
        from += share;
        Share { name: source.as_str(), words: words(source), views, share, from: from - share }
    });
    shares.collect()
}

fn words(source: Source) -> &'static str {
    match source {
        Source::Browser => "Browsers",
        Source::Proxy => "Image proxies, such as GitHub's",
        Source::Bot => "Bots",
        Source::Prefetch => "Prefetches",
        Source::Own => "The owner",
    }
}

pub(super) fn date(day: u32) -> String {
    Day(i32::try_from(day).unwrap_or(i32::MAX)).long()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_all_views_and_stand_side_by_side() {
        let mut sources = Sources::default();
        assert!(shares(&sources).is_empty());
        sources.add(Source::Browser, 3);
        sources.add(Source::Bot, 1);
        let parts: Vec<_> = shares(&sources).iter().map(|s| (s.name, s.from, s.share)).collect();
        assert_eq!(parts, [("browser", 0, 750), ("bot", 750, 250)]);
        sources.add(Source::Own, u64::MAX - 4);
        assert_eq!(shares(&sources).len(), 3);
    }
}
