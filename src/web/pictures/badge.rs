//! `/hit/{namespace}/{key}/badge.svg` counts and shows;
//! `/get/{namespace}/{key}/badge.svg` shows.

use axum::extract::State;

use crate::model::hit::HitId;
use crate::model::name::Counter;
use crate::picture::badge;
use crate::picture::params::BadgeParams;
use crate::web::App;
use crate::web::count::{self, Number, Reading};
use crate::web::error::ApiError;
use crate::web::openapi::{Doc, Param, switch, text};
use crate::web::request::caller::Caller;
use crate::web::request::idempotency::{ID, IdempotencyKey};
use crate::web::request::metric::{COUNT, Metric};
use crate::web::request::path::Path;
use crate::web::request::query::Query;
use crate::web::response::picture;
use crate::web::response::picture::{OrSvg, Picture, PictureError};

/// What stands left of the number, unless the caller wants something else.
const LABEL: &str = "views";
/// What stands for a number that cannot be had just now.
const UNKNOWN: &str = "unavailable";

/// `/hit/…/badge.svg` in the document; the badge builder knows all the looks.
pub(crate) const HIT: Doc = Doc::other("Count a hit and draw a badge", SVG).query(&[
    ID,
    COUNT,
    Param::new("hit", "0 only reads", switch),
    Param::new("readonly", "1 only reads", switch),
    Param::new("label", "What stands left of the number", text),
]);
/// What the document says about `/get/…/badge.svg`.
pub(crate) const GET: Doc = Doc::other("Draw a badge", SVG)
    .query(&[COUNT, Param::new("label", "What stands left of the number", text)]);

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
    Ask::read(&query)?.draw(&app, &counter, hit).await
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
    Ask::read(&query)?.draw(&app, &counter, None).await
}

/// All that a query asks of a badge, checked before anything is counted.
pub(crate) struct Ask {
    look: BadgeParams,
    metric: Metric,
    /// A number to add, from before the move to seen.
    base: i64,
    /// How long caches may keep a badge that does not count, in seconds.
    keep: u32,
}

impl Ask {
    /// Reads a query; what it does not know it leaves alone, for people add
    /// `?v=2` to get around a cache.
    pub(crate) fn read(query: &Query) -> Result<Self, PictureError> {
        let mut look = BadgeParams::default();
        for (name, value) in query.pairs() {
            look.set(name, value)?;
        }
        let base = match ["base", "extraCount"].into_iter().find(|name| query.get(name).is_some()) {
            Some(name) => query.parsed(name, "a whole number")?.unwrap_or(0),
            None => 0,
        };
        let metric = query.get("count").map(Metric::parse).transpose()?.unwrap_or_default();
        Ok(Self { look, metric, base, keep: picture::keep(query)? })
    }

    /// Counts the hit, if there is one, and draws.
    pub(crate) async fn draw(
        self,
        app: &App,
        counter: &Counter,
        hit: Option<(&Caller, Option<HitId>)>,
    ) -> Result<Picture, PictureError> {
        let counts = hit.is_some();
        let (message, stale) = self.message(app, counter, hit).await?;
        let svg = badge::render(&self.look.badge(LABEL, message));
        Ok(Picture::fresh(svg).keep(if counts || stale { 0 } else { self.keep }).stale(stale))
    }

    async fn message(
        &self,
        app: &App,
        counter: &Counter,
        hit: Option<(&Caller, Option<HitId>)>,
    ) -> Result<(String, bool), ApiError> {
        let format = self.look.format.unwrap_or_default();
        match count::count_then_read(app, hit, counter, self.metric).await? {
            Reading::Number(number) => Ok((number.plus(self.base).print(format), number.stale)),
            Reading::Missing => Ok((Number::ZERO.plus(self.base).print(format), false)),
            Reading::Unknown => Ok((UNKNOWN.into(), true)),
        }
    }
}
