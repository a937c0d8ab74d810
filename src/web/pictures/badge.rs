//! Badges: `/hit/{namespace}/{key}/badge.svg` counts, `/get/{namespace}/{key}/badge.svg` only
//! reads; `badge.png` is the same in pixels.

use axum::extract::State;

use crate::model::hit::HitId;
use crate::model::name::Counter;
use crate::picture::ParamError;
use crate::picture::param::{Param, Spec};
use crate::picture::params::{self, BadgeParams};
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
use crate::web::response::picture::{Form, OrPicture, Picture, PictureError};

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
/// The OpenAPI description of `/hit/…/badge.png`.
pub(crate) const HIT_PNG: Doc = Doc::other("Count a hit and draw a badge as a PNG", PNG)
    .query(&[ID])
    .shared(ONLY_READS)
    .looks(png_specs);
/// The OpenAPI description of `/get/…/badge.png`.
pub(crate) const GET_PNG: Doc = Doc::other("Draw a badge as a PNG", PNG).looks(png_specs);

/// The documentation of a badge's parameters.
pub(crate) fn specs() -> Vec<Spec> {
    let own = PARAMS.iter().map(|param| param.spec);
    own.chain(params::PARAMS.iter().map(|param| param.spec)).collect()
}

/// The documentation of the parameters that a PNG has a place for.
pub(super) fn png_specs() -> Vec<Spec> {
    let mut specs = specs();
    specs.retain(|spec| !["logo", "logoColor", "link"].contains(&spec.names[0]));
    specs
}

const SVG: &str = "image/svg+xml";
pub(super) const PNG: &str = "image/png";

/// Counts, unless `?hit=0` or `?readonly` forbids it, and draws.
pub(crate) async fn hit(
    State(app): State<App>,
    form: Form,
    OrPicture(caller): OrPicture<Caller>,
    OrPicture(Path(counter)): OrPicture<Path>,
    OrPicture(IdempotencyKey(id)): OrPicture<IdempotencyKey>,
    OrPicture(query): OrPicture<Query>,
) -> Result<Picture, PictureError> {
    let only_reads = only_reads(&query).map_err(|error| form.error(error))?;
    let hit = (caller.counts && !only_reads).then_some((&caller, id));
    BadgeQuery::read(&query, form).draw(&app, &counter, hit).await
}

/// Counts and draws as Abacus does.
pub(crate) async fn hit_shield(
    state: State<App>,
    caller: OrPicture<Caller>,
    path: OrPicture<Path>,
    id: OrPicture<IdempotencyKey>,
    OrPicture(query): OrPicture<Query>,
) -> Result<Picture, PictureError> {
    hit(state, Form::Svg, caller, path, id, OrPicture(query.or(ABACUS))).await
}

/// Draws as Abacus does.
pub(crate) async fn get_shield(
    state: State<App>,
    path: OrPicture<Path>,
    OrPicture(query): OrPicture<Query>,
) -> Result<Picture, PictureError> {
    get(state, Form::Svg, path, OrPicture(query.or(ABACUS))).await
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
    form: Form,
    OrPicture(Path(counter)): OrPicture<Path>,
    OrPicture(query): OrPicture<Query>,
) -> Result<Picture, PictureError> {
    BadgeQuery::read(&query, form).draw(&app, &counter, None).await
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
    form: Form,
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
    pub(super) fn read(query: &Query, form: Form) -> Self {
        let look = match form {
            Form::Svg => BadgeParams::read(query.pairs()),
            Form::Png => BadgeParams::read_for_png(query.pairs()),
        };
        let mut badge = Self { look, metric: Metric::default(), base: 0, keep: 0, form };
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
        let reading = count::count_then_read(app, hit, counter, self.metric).await;
        let reading = reading.map_err(|error| self.form.error(error))?;
        Ok(Self { keep, ..self }.picture(reading))
    }

    /// Draws a number. Caches may keep it as long as the query says.
    pub(super) fn picture(mut self, reading: Reading) -> Picture {
        let (message, stale) = self.message(reading);
        if self.form == Form::Png {
            self.ignore_undrawn();
        }
        let ignored = self.look.ignored.clone();
        let badge = self.look.badge(LABEL, message);
        let keep = if stale { 0 } else { self.keep };
        Picture::badge(&badge, self.form).keep(keep).stale(stale).ignored(&ignored)
    }

    /// Reports the parameters that a PNG has no place for.
    fn ignore_undrawn(&mut self) {
        let BadgeParams { logo, links, ignored, .. } = &mut self.look;
        for (name, is_given) in [("logo", logo.is_some()), ("link", links[0].is_some())] {
            if is_given {
                ignored.push(ParamError::new(name, "given", "left out of a PNG"));
            }
        }
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
