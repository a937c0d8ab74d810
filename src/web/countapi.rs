//! `/countapi`: the dialect of CountAPI (countapi.xyz, 2017–2023), field by
//! field, so that pages and programs written for it work with another host.
//! Everything is a GET, and nothing but its own fields is in an answer.
//!
//! After its documentation and its two clients, countapi-js and py-countapi.

mod create;
mod form;
mod get;
mod hit;
mod info;
mod name;
mod set;
mod stats;
mod update;

use axum::Router;
use axum::routing::get;

use super::App;
pub use form::X_PATH;

/// Its routes, a table like that of the rest.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/get/{key}", get(get::answer))
        .route("/get/{namespace}/{key}", get(get::answer))
        .route("/hit/{key}", get(hit::answer))
        .route("/hit/{namespace}/{key}", get(hit::answer))
        .route("/set/{key}", get(set::answer))
        .route("/set/{namespace}/{key}", get(set::answer))
        .route("/update/{key}", get(update::answer))
        .route("/update/{namespace}/{key}", get(update::answer))
        .route("/info/{key}", get(info::answer))
        .route("/info/{namespace}/{key}", get(info::answer))
        .route("/create", get(create::answer))
        .route("/create/", get(create::answer))
        .route("/stats", get(stats::answer))
        .route("/stats/", get(stats::answer))
}
