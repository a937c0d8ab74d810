//! `/get/{namespace}/{key}/chart.svg`: a chart of a counter's days.

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
use crate::web::response::picture::{OrPicture, Picture, PictureError};

/// The default number of days.
const DAYS: usize = 30;

/// The OpenAPI description of `/get/…/chart.svg`.
pub(crate) const DOC: Doc =
    Doc::other("Draw the days of a counter", "image/svg+xml").looks(specs).expensive();

/// The documentation of a chart's parameters.
pub(super) fn specs() -> Vec<Spec> {
    let own = PARAMS.iter().map(|param| param.spec);
    own.chain(chart::PARAMS.iter().map(|param| param.spec)).collect()
}

/// The parameters of a chart that are not about its look.
struct ChartQuery {
    days: usize,
    keep: u32,
}

const PARAMS: &[Param<ChartQuery>] = &[
    Param {
        spec: Spec {
            names: &["days"],
            summary: "How many days, up to today (UTC)",
            values: "1 to 1096",
            default: "`30`",
        },
        set: |asked, name, value| {
            let days = value.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
            let error = || ParamError::new(name, value, "a number of days between 1 and 1096");
            asked.days = days.ok_or_else(error)?;
            Ok(())
        },
    },
    Param {
        spec: picture::CACHE_SECONDS,
        set: |asked, name, value| picture::keep(&mut asked.keep, name, value),
    },
];

/// Draws the last `?days=` days up to today (UTC).
pub(crate) async fn get(
    State(app): State<App>,
    OrPicture(Path(counter)): OrPicture<Path>,
    OrPicture(query): OrPicture<Query>,
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
            let data = ChartData { history: history.as_ref(), total, known: true, stale: false };
            Ok(picture(app, query, &name, data))
        }
        // This process remembers only the total. The chart shows it and says that the days are
        // unavailable: empty days would be a lie, and an error a broken picture.
        Err(error) if error.is_store_unavailable() => {
            let total = app.counters.last_known(counter);
            let data = ChartData { total, stale: true, ..ChartData::default() };
            Ok(picture(app, query, &name, data))
        }
        Err(error) => Err(error.into()),
    }
}

/// The data of a chart.
#[derive(Default)]
pub(super) struct ChartData<'a> {
    /// `None` draws empty days.
    pub history: Option<&'a History>,
    pub total: Option<i64>,
    /// Whether the days are known. If not, they are not drawn.
    pub known: bool,
    /// Whether the data is out of date.
    pub stale: bool,
}

/// Draws the data under a name, as a query asks.
pub(super) fn picture(app: &App, query: &Query, name: &str, data: ChartData) -> Picture {
    let mut asked = ChartQuery { days: DAYS, keep: 0 };
    let mut look = ChartParams::read(query.pairs());
    look.ignored.append(Param::set_all(PARAMS, &mut asked, query.pairs()));
    look.check_size();
    let ChartQuery { days, keep } = asked;
    let ignored = look.ignored.clone();
    let mut chart = look.chart(name, Vec::new());
    let today = Timestamp::now().day();
    chart.days = data.history.map(|history| points(history, days, today)).unwrap_or_default();
    (chart.total, chart.known) = (data.total, data.known);
    let keep = if data.stale { 0 } else { keep };
    Picture::fresh(app.drawings.chart(chart)).keep(keep).stale(data.stale).ignored(&ignored)
}

/// The hits of each of the last days, zeros included.
pub(super) fn points(history: &History, days: usize, today: u32) -> Vec<(Day, u64)> {
    let first = today.saturating_sub(u32::try_from(days).unwrap_or(u32::MAX) - 1);
    let day = |day| Day(i32::try_from(day).unwrap_or(i32::MAX));
    (first..=today).map(|unit| (day(unit), history.days.get(unit))).collect()
}
