//! `/hit/{namespace}/{key}/badge.svg` counts and shows;
//! `/get/{namespace}/{key}/badge.svg` shows.

use axum::extract::State;

use crate::model::hit::HitId;
use crate::model::name::Counter;
use crate::picture::param::{self as look, Spec};
use crate::picture::params::{self, BadgeParams};
use crate::picture::{ParamError, badge};
use crate::web::App;
use crate::web::count::{self, Number, Reading};
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Param, switch};
use crate::web::request::caller::Caller;
use crate::web::request::idempotency::{ID, IdempotencyKey};
use crate::web::request::metric::{self, Metric};
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::picture;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// What stands left of the number, unless the caller wants something else.
const LABEL: &str = "views";
/// What Abacus draws where the query does not say.
const ABACUS: &[(&str, &str)] = &[("text", "counter"), ("bgcolor", "007ec6")];
/// What stands for a number that cannot be had just now.
const UNKNOWN: &str = "unavailable";

/// `/hit/…/badge.svg` in the document.
pub(crate) const HIT: Doc =
    Doc::other("Count a hit and draw a badge", SVG).query(&[ID]).shared(ONLY_READS).looks(specs);
/// What keeps a badge from counting.
pub(crate) const ONLY_READS: &[Param] = &[
    Param::new("hit", "`0` only reads", switch),
    Param::new("readonly", "`1` only reads", switch),
    Param::new("query_only", "`1` only reads, as visitor-badge has it", switch),
];
/// `/get/…/badge.svg` in the document.
pub(crate) const GET: Doc = Doc::other("Draw a badge", SVG).looks(specs);

/// All about a badge's look.
pub(crate) fn specs() -> Vec<Spec> {
    let own = PARAMS.iter().map(|param| param.spec);
    own.chain(params::PARAMS.iter().map(|param| param.spec)).collect()
}

const SVG: &str = "image/svg+xml";

/// Counts, unless `?hit=0` or `?readonly` forbids it.
pub(crate) async fn hit(
    State(app): State<App>,
    OrSvg(caller): OrSvg<Caller>,
    OrSvg(Path(counter)): OrSvg<Path>,
    OrSvg(IdempotencyKey(id)): OrSvg<IdempotencyKey>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    let hit = (caller.counts && !only_reads(&query)?).then_some((&caller, id));
    Ask::read(&query).draw(&app, &counter, hit).await
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

/// Whether a query forbids counting; `query_only` is visitor-badge's word for it.
pub(crate) fn only_reads(query: &Query) -> Result<bool, ApiError> {
    // All are read whatever the others say: none may be nonsense.
    let hit = query.switch("hit")?;
    let (readonly, query_only) = (query.switch("readonly")?, query.switch("query_only")?);
    Ok(hit == Some(false) || readonly == Some(true) || query_only == Some(true))
}

/// Reads.
pub(crate) async fn get(
    State(app): State<App>,
    OrSvg(Path(counter)): OrSvg<Path>,
    OrSvg(query): OrSvg<Query>,
) -> Result<Picture, PictureError> {
    Ask::read(&query).draw(&app, &counter, None).await
}

/// All that a query asks of a badge.
pub(super) struct Ask {
    /// How it looks.
    pub look: BadgeParams,
    /// Which number it shows.
    pub metric: Metric,
    /// A number to add, from before the move to seen.
    base: i64,
    /// How long caches may keep a badge that does not count, in seconds.
    pub keep: u32,
}

/// What a query may ask of a badge beside its look.
pub(super) const PARAMS: &[look::Param<Ask>] = &[
    look::Param {
        spec: Spec {
            names: &["count", "view"],
            summary: "Which number is shown",
            values: "`total` (all hits), `human` (without bots), `unique` (different visitors \
                     today), `today` (hits today, UTC), `today-total` (`today / total`), `7d`, `30d` \
                     (hits of the last days), `unique-7d`, `unique-30d` (each day's visitors, \
                     added up), `best-day` (the most hits of a day)",
            default: "`total`",
        },
        set: |ask, name, value| {
            let error = || ParamError::new(name, value, format!("one of {}", metric::ALLOWED));
            ask.metric = Metric::named(value).ok_or_else(error)?;
            Ok(())
        },
    },
    look::Param {
        spec: Spec {
            names: &["base", "extraCount"],
            summary: "A number to add, from before the move to seen. It is added to the picture \
                      and not to the counter",
            values: "a whole number",
            default: "`0`",
        },
        set: |ask, name, value| {
            if !value.trim().is_empty() {
                let error = || ParamError::new(name, value, "a whole number");
                ask.base = value.trim().parse().map_err(|_| error())?;
            }
            Ok(())
        },
    },
    look::Param {
        spec: picture::CACHE_SECONDS,
        set: |ask, name, value| picture::keep(&mut ask.keep, name, value),
    },
];

impl Ask {
    /// Reads a query; what cannot be used is left out and told.
    pub(super) fn read(query: &Query) -> Self {
        let look = BadgeParams::read(query.pairs());
        let mut ask = Self { look, metric: Metric::default(), base: 0, keep: 0 };
        let ignored = look::Param::set_all(PARAMS, &mut ask, query.pairs());
        ask.look.ignored.append(ignored);
        ask
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

    /// Draws a number, which caches may keep as long as is asked.
    pub(super) fn picture(self, reading: Reading) -> Picture {
        let (message, stale) = self.message(reading);
        let ignored = self.look.ignored.clone();
        let svg = badge::render(&self.look.badge(LABEL, message));
        let keep = if stale { 0 } else { self.keep };
        Picture::fresh(svg).keep(keep).stale(stale).ignored(&ignored)
    }

    fn message(&self, reading: Reading) -> (String, bool) {
        let format = self.look.format.unwrap_or_default();
        let print = |number: Number| number.plus(self.base).print(format);
        match reading {
            Reading::Number(number) => (print(number), number.stale),
            Reading::Missing => (print(Number::zero(self.metric)), false),
            Reading::Unknown => (UNKNOWN.into(), true),
        }
    }
}
