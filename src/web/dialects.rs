//! The APIs of other services, other than pictures, at the services' own paths:
//! counterapi.dev, the revival of CountAPI at mileshilliard.com, Abacus, Moe-Counter, hits.sh
//! and Hit Counter. CountAPI itself has a prefix, see `countapi`; counters that a script in a
//! page calls are in `sites`.

mod abacus;
mod counterapi;
mod counterapi_v2;
mod hit_counter;
mod hits_sh;
mod moe;

pub(crate) use self::hit_counter::asks_for as asks_for_hit_counter;
pub(crate) use self::hit_counter::count as hit_counter;
use super::api::{get, hit};
use super::openapi::{Table, Verb};

/// Adds the routes to the table.
pub(crate) fn routes(table: Table) -> Table {
    use Verb::Get;
    table
        .api(&[Get], "/docs", abacus::docs, &abacus::DOCS)
        .api(&[Get], "/healthcheck", abacus::health, &abacus::HEALTH)
        .counter(
            &[Get],
            ["/api/v1/hit/{key}", "/api/v1/hit/{namespace}/{key}"],
            hit::hit,
            &hit::DOC,
        )
        .counter(
            &[Get],
            ["/api/v1/get/{key}", "/api/v1/get/{namespace}/{key}"],
            get::get,
            &get::DOC,
        )
        .api(&[Get], "/v1/{namespace}/{key}", counterapi::get, &counterapi::GET)
        .api(&[Get], "/v1/{namespace}/{key}/", counterapi::get, &counterapi::GET)
        .api(&[Get], "/v1/{namespace}/{key}/up", counterapi::up, &counterapi::UP)
        .api(&[Get], "/v1/{namespace}/{key}/down", counterapi::down, &counterapi::DOWN)
        .api(&[Get], "/v1/{namespace}/{key}/set", counterapi::set, &counterapi::SET)
        .api(&[Get], "/v1/{namespace}/{key}/list", counterapi::list, &counterapi::LIST)
        .api(&[Get], "/v2/{namespace}/{key}", counterapi_v2::get, &counterapi_v2::GET)
        .api(&[Get], "/v2/{namespace}/{key}/up", counterapi_v2::up, &counterapi_v2::UP)
        .api(&[Get], "/v2/{namespace}/{key}/down", counterapi_v2::down, &counterapi_v2::DOWN)
        .api(&[Get], "/v2/{namespace}/{key}/reset", counterapi_v2::reset, &counterapi_v2::RESET)
        .api(&[Get], "/v2/{namespace}/{key}/stats", counterapi_v2::stats, &counterapi_v2::STATS)
        .api(&[Get], "/record/@{name}", moe::record, &moe::RECORD)
        .api(&[Get], "/api/urns/{*urn}", hits_sh::urn, &hits_sh::URN)
        .api(&[Get], "/nocount", hit_counter::read, &hit_counter::READ)
}
