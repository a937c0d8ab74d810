//! The APIs of counters that a script in a page calls: busuanzi, vercount and GoatCounter.
//! They name a page by its address. Its counter is the one of `seen.js`, and the whole site
//! has a counter of its own, `HOST/.site`.

mod busuanzi;
mod goatcounter;
mod script;
mod site_page;

use axum::routing::get;

use super::openapi::{Table, Verb};

/// Adds the routes to the table.
pub(crate) fn routes(table: Table) -> Table {
    use Verb::{Get, Post};
    table
        .api(&[Get], "/busuanzi", busuanzi::jsonp, &busuanzi::JSONP)
        .api(&[Get], "/jsonp", busuanzi::jsonp, &busuanzi::JSONP)
        .api(&[Post], "/api", busuanzi::hit, &busuanzi::HIT)
        .api(&[Get], "/api", busuanzi::get, &busuanzi::GET)
        .api(&[Post], "/api/v1/log", busuanzi::log, &busuanzi::LOG)
        .api(&[Post], "/api/v2/log", busuanzi::log, &busuanzi::LOG)
        .api(&[Get, Post], "/count", goatcounter::count, &goatcounter::COUNT)
        .route("/js", get(script::busuanzi))
        .route("/count.js", get(script::goatcounter))
        .route("/busuanzi/2.3/busuanzi.pure.mini.js", get(script::busuanzi))
        .expensive("/counter/{namespace}", get(goatcounter::shown))
}
