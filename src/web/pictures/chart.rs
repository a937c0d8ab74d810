//! `/get/{namespace}/{key}/chart.svg`: a counter's days as a picture.

use axum::extract::State;

use crate::model::count::History;
use crate::model::name::Counter;
use crate::model::time::Timestamp;
use crate::picture::chart::{self, ChartParams, MAX_DAYS};
use crate::picture::param::{Param, Spec};
use crate::picture::{Day, ParamError};
use crate::store::StoreError;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::openapi::Doc;
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::picture;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// The days of a chart, unless the caller wants others.
const DAYS: usize = 30;

/// `/get/…/chart.svg` in the document.
pub(crate) const DOC: Doc = Doc::other("Draw the days of a counter", "image/svg+xml").looks(specs);

/// All about a chart's look.
pub(super) fn specs() -> Vec<Spec> {
    let own = PARAMS.iter().map(|param| param.spec);
    own.chain(chart::PARAMS.iter().map(|param| param.spec)).collect()
}

/// What a query asks of a chart, beside its look.
struct Ask {
    days: usize,
    keep: u32,
}

const PARAMS: &[Param<Ask>] = &[
    Param {
        spec: Spec {
            names: &["days"],
            summary: "How many days, today (UTC) the last",
            values: "1 to 1096",
            default: "`30`",
        },
        set: |ask, name, value| {
            let days = value.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
            let error = || ParamError::new(name, value, "a number of days between 1 and 1096");
            ask.days = days.ok_or_else(error)?;
            Ok(())
        },
    },
    Param {
        spec: picture::CACHE_SECONDS,
        set: |ask, name, value| picture::keep(&mut ask.keep, name, value),
    },
];

/// Draws the last `?days=30` days, today (UTC) the last.
pub(crate) async fn get(
    State(app): State<App>,
    OrSvg(Path(counter)): OrSvg<Path>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    draw(&app, &counter, &query).await
}

/// Draws a counter's chart as a query asks.
pub(super) async fn draw(
    app: &App,
    counter: &Counter,
    query: &Query,
) -> Result<Picture, PictureError> {
    let asked = async {
        let history = app.counters.history(counter).await?;
        Ok::<_, StoreError>((history, app.counters.total(counter).await?))
    };
    let name = counter.to_string();
    match asked.await.map_err(ApiError::from) {
        Ok((history, total)) => {
            let past = Past { history: history.as_ref(), total, known: true, stale: false };
            Ok(picture(query, &name, past))
        }
        // Only totals are remembered. An axis without days would be a lie, and an
        // error a broken picture: what is known stands there, and what is not.
        Err(error) if error.is_store_unavailable() => {
            let total = app.counters.last_known(counter);
            Ok(picture(query, &name, Past { total, stale: true, ..Past::default() }))
        }
        Err(error) => Err(error.into()),
    }
}

/// What there is to draw.
#[derive(Default)]
pub(super) struct Past<'a> {
    /// Without one the days are empty.
    pub history: Option<&'a History>,
    pub total: Option<i64>,
    /// Whether the store could be asked; without it the days are not drawn.
    pub known: bool,
    /// Whether this is what it said some time ago.
    pub stale: bool,
}

/// Draws a past under a name, as a query asks.
pub(super) fn picture(query: &Query, name: &str, past: Past) -> Picture {
    let mut ask = Ask { days: DAYS, keep: 0 };
    let mut look = ChartParams::read(query.pairs());
    look.ignored.append(Param::set_all(PARAMS, &mut ask, query.pairs()));
    look.check_size();
    let Ask { days, keep } = ask;
    let ignored = look.ignored.clone();
    let mut chart = look.chart(name, Vec::new());
    let today = Timestamp::now().day();
    chart.days = past.history.map(|history| points(history, days, today)).unwrap_or_default();
    (chart.total, chart.known) = (past.total, past.known);
    let keep = if past.stale { 0 } else { keep };
    Picture::fresh(chart::render(&chart)).keep(keep).stale(past.stale).ignored(&ignored)
}

/// The hits of each of the last days, zeros too.
pub(super) fn points(history: &History, days: usize, today: u32) -> Vec<(Day, u64)> {
    let first = today.saturating_sub(u32::try_from(days).unwrap_or(u32::MAX) - 1);
    let day = |day| Day(i32::try_from(day).unwrap_or(i32::MAX));
    (first..=today).map(|unit| (day(unit), history.days.get(unit))).collect()
}
