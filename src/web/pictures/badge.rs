//! Badges: `/hit/{namespace}/{key}/badge.svg` counts, `/get/{namespace}/{key}/badge.svg` only
//! reads.

use axum::extract::State;

use crate::model::hit::HitId;
use crate::model::name::Counter;
use crate::picture::param::{Param, Spec};
use crate::picture::params::{self, BadgeParams};
use crate::picture::{ParamError, badge};
use crate::web::App;
use crate::web::count::{self, Number, Reading};
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, QueryParam, switch};
use crate::web::request::caller::Caller;
use crate::web::request::idempotency::{ID, IdempotencyKey};
use crate::web::request::metric::{self, Metric};
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::picture;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// The default label.
pub(super) const LABEL: &str = "views";
/// Abacus' defaults.
const ABACUS: &[(&str, &str)] = &[("text", "counter"), ("bgcolor", "007ec6")];
/// The message in place of an unavailable number.
const UNKNOWN: &str = "unavailable";

/// The OpenAPI description of `/hit/…/badge.svg`.
pub(crate) const HIT: Doc =
    Doc::other("Count a hit and draw a badge", SVG).query(&[ID]).shared(ONLY_READS).looks(specs);
/// The parameters that keep a badge from counting.
pub(crate) const ONLY_READS: &[QueryParam] = &[
    QueryParam::new("hit", "`0` only reads", switch),
    QueryParam::new("readonly", "`1` only reads", switch),
    QueryParam::new("query_only", "`1` only reads, as visitor-badge has it", switch),
];
/// The OpenAPI description of `/get/…/badge.svg`.
pub(crate) const GET: Doc = Doc::other("Draw a badge", SVG).looks(specs);

/// The documentation of a badge's parameters.
pub(crate) fn specs() -> Vec<Spec> {
    let own = PARAMS.iter().map(|param| param.spec);
    own.chain(params::PARAMS.iter().map(|param| param.spec)).collect()
}

const SVG: &str = "image/svg+xml";

/// Counts, unless `?hit=0` or `?readonly` forbids it, and draws.
pub(crate) async fn hit(
    State(app): State<App>,
    OrSvg(caller): OrSvg<Caller>,
    OrSvg(Path(counter)): OrSvg<Path>,
    OrSvg(IdempotencyKey(id)): OrSvg<IdempotencyKey>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    let hit = (caller.counts && !only_reads(&query)?).then_some((&caller, id));
    BadgeQuery::read(&query).draw(&app, &counter, hit).await
}

/// Counts and draws as Abacus does.
pub(crate) async fn hit_shield(
    state: State<App>,
    caller: OrSvg<Caller>,
    path: OrSvg<Path>,
    id: OrSvg<IdempotencyKey>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    hit(state, caller, path, id, OrSvg(query.or(ABACUS))).await
}

/// Draws as Abacus does.
pub(crate) async fn get_shield(
    state: State<App>,
    path: OrSvg<Path>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    get(state, path, OrSvg(query.or(ABACUS))).await
}

/// Whether a query forbids counting. `query_only` is visitor-badge's parameter.
pub(crate) fn only_reads(query: &Query) -> Result<bool, ApiError> {
    // Read all three, so that an invalid value of any is refused.
    let hit = query.switch("hit")?;
    let (readonly, query_only) = (query.switch("readonly")?, query.switch("query_only")?);
    Ok(hit == Some(false) || readonly == Some(true) || query_only == Some(true))
}

pub(crate) async fn get(
    State(app): State<App>,
    OrSvg(Path(counter)): OrSvg<Path>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    BadgeQuery::read(&query).draw(&app, &counter, None).await
}

/// The query of a badge.
pub(super) struct BadgeQuery {
    /// How it looks.
    pub look: BadgeParams,
    /// The number to show.
    pub metric: Metric,
    /// A number to add: the views from before the move to seen.
    base: i64,
    /// How long caches may keep a badge that does not count, in seconds.
    pub keep: u32,
}

/// The parameters of a badge that are not about its look.
pub(super) const PARAMS: &[Param<BadgeQuery>] = &[
    Param {
        spec: Spec {
            names: &["count", "view"],
            summary: "Which number is shown",
            values: "`total` (all hits), `human` (without bots), `unique` (different visitors \
                     today), `today` (hits today, UTC), `today-total` (`today / total`), `7d`, `30d` \
                     (hits of the last days), `unique-7d`, `unique-30d` (each day's visitors, \
                     added up), `best-day` (the most hits of a day)",
            default: "`total`",
        },
        set: |badge, name, value| {
            let error = || ParamError::new(name, value, format!("one of {}", metric::ALLOWED));
            badge.metric = Metric::named(value).ok_or_else(error)?;
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["base", "extraCount"],
            summary: "A number to add, from before the move to seen. It is added to the picture \
                      and not to the counter",
            values: "a whole number",
            default: "`0`",
        },
        set: |badge, name, value| {
            if !value.trim().is_empty() {
                let error = || ParamError::new(name, value, "a whole number");
                badge.base = value.trim().parse().map_err(|_| error())?;
            }
            Ok(())
        },
    },
    Param {
        spec: picture::CACHE_SECONDS,
        set: |badge, name, value| picture::keep(&mut badge.keep, name, value),
    },
];

impl BadgeQuery {
    /// Reads a query. Unusable values are ignored, and reported in the picture.
    pub(super) fn read(query: &Query) -> Self {
        let look = BadgeParams::read(query.pairs());
        let mut badge = Self { look, metric: Metric::default(), base: 0, keep: 0 };
        let ignored = Param::set_all(PARAMS, &mut badge, query.pairs());
        badge.look.ignored.append(ignored);
        badge
    }

    /// Counts the hit, if there is one, and draws.
    pub(crate) async fn draw(
        self,
        app: &App,
        counter: &Counter,
        hit: Option<(&Caller, Option<HitId>)>,
    ) -> Result<Picture, PictureError> {
        let keep = if hit.is_some() { 0 } else { self.keep };
        let reading = count::count_then_read(app, hit, counter, self.metric).await?;
        Ok(Self { keep, ..self }.picture(reading))
    }

    /// Draws a number. Caches may keep it as long as the query says.
    pub(super) fn picture(self, reading: Reading) -> Picture {
        let (message, stale) = self.message(reading);
        let ignored = self.look.ignored.clone();
        let svg = badge::render(&self.look.badge(LABEL, message));
        let keep = if stale { 0 } else { self.keep };
        Picture::fresh(svg).keep(keep).stale(stale).ignored(&ignored)
    }

    /// The words for a number, and whether it is out of date.
    pub(super) fn message(&self, reading: Reading) -> (String, bool) {
        let format = self.look.format.unwrap_or_default();
        let print = |number: Number| number.plus(self.base).print(format);
        match reading {
            Reading::Number(number) => (print(number), number.stale),
            Reading::Missing => (print(Number::zero(self.metric)), false),
            Reading::Unknown => (UNKNOWN.into(), true),
        }
    }
}
