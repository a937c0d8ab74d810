//! `/countapi`: the API of CountAPI (countapi.xyz, 2017–2023), so that pages and programs
//! written for it work after a change of the host. Every request is a GET, and answers have
//! exactly CountAPI's fields.
//!
//! Sources: its documentation and its two clients, countapi-js and py-countapi.

mod create;
mod get;
mod hit;
mod info;
mod name;
mod reply;
mod set;
mod stats;
mod update;

pub(crate) use self::reply::{GIF, PIXEL, X_PATH};
pub(crate) use self::update::{Added, add};
use super::openapi::{Table, Verb};

/// Adds the routes to the table.
pub(crate) fn routes(table: Table) -> Table {
    use Verb::Get;
    table
        .counter(
            &[Get],
            ["/countapi/get/{key}", "/countapi/get/{namespace}/{key}"],
            get::get,
            &get::DOC,
        )
        .counter(
            &[Get],
            ["/countapi/hit/{key}", "/countapi/hit/{namespace}/{key}"],
            hit::hit,
            &hit::DOC,
        )
        .counter(
            &[Get],
            ["/countapi/set/{key}", "/countapi/set/{namespace}/{key}"],
            set::set,
            &set::DOC,
        )
        .counter(
            &[Get],
            ["/countapi/update/{key}", "/countapi/update/{namespace}/{key}"],
            update::update,
            &update::DOC,
        )
        .counter(
            &[Get],
            ["/countapi/info/{key}", "/countapi/info/{namespace}/{key}"],
            info::info,
            &info::DOC,
        )
        .api(&[Get], "/countapi/create", create::create, &create::DOC)
        .api(&[Get], "/countapi/create/", create::create, &create::DOC)
        .api(&[Get], "/countapi/stats", stats::stats, &stats::DOC)
        .api(&[Get], "/countapi/stats/", stats::stats, &stats::DOC)
}
