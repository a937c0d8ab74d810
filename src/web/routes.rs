//! The routes: a table of paths and functions.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

use super::api::{
    configure, create, delete, get, health, history, hit, hits, info, namespace, ranking, reset,
    rotate, set, stats, stream, sum, transfer, update,
};
use super::app::App;
use super::dispatch::Dispatch;
use super::limits::reads;
use super::openapi::{self, Table};
use super::pages::{assets, builder, counter, home, privacy};
use super::pictures::{self, aliases, badge, card, chart, shields};
use super::request::body;
use super::{countapi, dialects, fallback, sites};

/// Every route except `/metrics`.
pub fn router(app: App) -> Router {
    let limit = from_fn_with_state(app.clone(), reads::limit);
    let [routes, expensive] = table().finish();
    let routes = routes.merge(expensive.route_layer(limit));
    routes.layer(DefaultBodyLimit::max(body::MAX_BYTES)).with_state(app)
}

fn table() -> Table {
    use openapi::Verb::{Delete, Get, Patch, Post, Put};
    let table = Table::new()
        .api(&[Get], "/", home::visit, &home::DOC)
        .counter(&[Get, Post], ["/hit/{key}", "/hit/{namespace}/{key}"], hit::hit, &hit::DOC)
        .counter(&[Get], ["/get/{key}", "/get/{namespace}/{key}"], get::get, &get::DOC)
        .counter(
            &[Get],
            ["/get/{key}/history", "/get/{namespace}/{key}/history"],
            history::history,
            &history::DOC,
        )
        .api(&[Post], "/hits", hits::hits, &hits::DOC)
        .counter(
            &[Get],
            ["/hit/{key}/badge.svg", "/hit/{namespace}/{key}/badge.svg"],
            badge::hit,
            &badge::HIT,
        )
        .counter(
            &[Get],
            ["/hit/{key}/badge.png", "/hit/{namespace}/{key}/badge.png"],
            badge::hit,
            &badge::HIT_PNG,
        )
        .counter(
            &[Get],
            ["/hit/{key}/shields.json", "/hit/{namespace}/{key}/shields.json"],
            shields::hit,
            &shields::HIT,
        )
        .counter(
            &[Get],
            ["/get/{key}/badge.svg", "/get/{namespace}/{key}/badge.svg"],
            badge::get,
            &badge::GET,
        )
        .counter(
            &[Get],
            ["/get/{key}/badge.png", "/get/{namespace}/{key}/badge.png"],
            badge::get,
            &badge::GET_PNG,
        )
        // Abacus' badge. With one segment it would be the counter `{namespace}/shield`.
        .api(&[Get], "/hit/{namespace}/{key}/shield", badge::hit_shield, &badge::HIT)
        .api(&[Get], "/get/{namespace}/{key}/shield", badge::get_shield, &badge::GET)
        .counter(
            &[Get],
            ["/get/{key}/chart.svg", "/get/{namespace}/{key}/chart.svg"],
            chart::get,
            &chart::DOC,
        )
        .counter(
            &[Get],
            ["/get/{key}/card.png", "/get/{namespace}/{key}/card.png"],
            card::get,
            &card::DOC,
        )
        .counter(
            &[Get],
            ["/get/{key}/shields.json", "/get/{namespace}/{key}/shields.json"],
            shields::get,
            &shields::GET,
        )
        .api(&[Get, Post], "/create", create::random, &create::RANDOM)
        .api(&[Get, Post], "/create/", create::random, &create::RANDOM)
        .counter(
            &[Get, Post],
            ["/create/{key}", "/create/{namespace}/{key}"],
            create::named,
            &create::NAMED,
        )
        .counter(&[Get], ["/info/{key}", "/info/{namespace}/{key}"], info::info, &info::DOC)
        .counter(&[Post, Put], ["/set/{key}", "/set/{namespace}/{key}"], set::set, &set::DOC)
        .counter(
            &[Post],
            ["/update/{key}", "/update/{namespace}/{key}"],
            update::update,
            &update::DOC,
        )
        .counter(&[Post], ["/reset/{key}", "/reset/{namespace}/{key}"], reset::reset, &reset::DOC)
        .counter(
            &[Post, Delete],
            ["/delete/{key}", "/delete/{namespace}/{key}"],
            delete::delete,
            &delete::DOC,
        )
        .counter(
            &[Post, Patch],
            ["/configure/{key}", "/configure/{namespace}/{key}"],
            configure::configure,
            &configure::DOC,
        )
        .counter(
            &[Post],
            ["/rotate/{key}", "/rotate/{namespace}/{key}"],
            rotate::rotate,
            &rotate::DOC,
        )
        .counter(
            &[Get],
            ["/stream/{key}", "/stream/{namespace}/{key}"],
            stream::stream,
            &stream::DOC,
        )
        .api(&[Get], "/sum/{namespace}", sum::sum, &sum::DOC)
        .api(&[Get], "/sum/{namespace}/history", history::sum, &history::SUM)
        .api(&[Get], "/sum/{namespace}/badge.svg", pictures::sum::badge, &pictures::sum::BADGE)
        .api(&[Get], "/sum/{namespace}/badge.png", pictures::sum::badge, &pictures::sum::BADGE_PNG)
        .api(&[Get], "/sum/{namespace}/chart.svg", pictures::sum::chart, &pictures::sum::CHART)
        .api(
            &[Get],
            "/sum/{namespace}/shields.json",
            pictures::sum::endpoint,
            &pictures::sum::SHIELDS,
        )
        .api(&[Get], "/stats", stats::stats, &stats::DOC)
        .api(&[Get], "/namespaces/{namespace}", namespace::show, &namespace::SHOW)
        .api(&[Put], "/namespaces/{namespace}", namespace::claim, &namespace::CLAIM)
        .api(&[Patch], "/namespaces/{namespace}", namespace::configure, &namespace::CONFIGURE)
        .api(&[Delete], "/namespaces/{namespace}", namespace::delete, &namespace::DELETE)
        .api(&[Post], "/namespaces/{namespace}/token", namespace::rotate, &namespace::ROTATE)
        .api(&[Delete], "/namespaces/{namespace}/token", namespace::release, &namespace::RELEASE)
        .api(&[Get], "/namespaces/{namespace}/counters", ranking::rank, &ranking::DOC)
        .api(&[Get], "/healthz", health::live, &health::LIVE)
        .api(&[Get], "/readyz", health::ready, &health::READY)
        .api(&[Get], "/export", transfer::export, &transfer::EXPORT)
        .api(&[Post], "/import", transfer::import, &transfer::IMPORT)
        .route("/builder", get(builder::show))
        .expensive("/counter/{namespace}/{key}", get(counter::show))
        .route("/privacy", get(privacy::show))
        .route("/seen.js", get(assets::seen))
        .route("/assets/page.css", get(assets::style))
        .route("/assets/page.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::favicon));
    countapi::routes(dialects::routes(sites::routes(aliases::routes(table))))
}

/// `/metrics`, which may have a listener of its own.
pub fn metrics_router(app: App) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(app)
}

/// Dispatches requests to these routes, with a 404 for any other path.
pub fn dispatch(routes: Router, app: App) -> Dispatch {
    let routes = routes
        .fallback_service(any(aliases::hits_sh).with_state(app.clone()))
        .method_not_allowed_fallback(fallback::wrong_method);
    Dispatch::new(routes, app)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Paths for people, and the document itself.
    const NO_API: [&str; 13] = [
        "/assets/icon.svg",
        "/assets/page.css",
        "/assets/page.js",
        "/builder",
        "/busuanzi/2.3/busuanzi.pure.mini.js",
        "/count.js",
        "/counter/{namespace}",
        "/counter/{namespace}/{key}",
        "/favicon.ico",
        "/js",
        "/openapi.json",
        "/privacy",
        "/seen.js",
    ];

    /// Every path of a table's routers, from their debug output.
    fn paths(table: Table) -> BTreeSet<String> {
        let text = format!("{:?}", table.finish());
        let quoted = text.split('"').skip(1).step_by(2);
        let ours = |text: &&str| text.starts_with('/') && !text.contains("__private__");
        quoted.filter(ours).map(str::to_owned).collect()
    }

    #[test]
    fn every_route_is_in_the_document_or_is_no_api() {
        let table = table();
        let documented: BTreeSet<String> = table.documented().into_iter().collect();
        let routes = paths(table);
        assert!(routes.len() > 60, "{routes:?}");
        let others: BTreeSet<&str> = routes.difference(&documented).map(String::as_str).collect();
        assert_eq!(others, BTreeSet::from(NO_API));
        assert_eq!(documented.difference(&routes).count(), 0, "{documented:?}");
    }

    /// A hit that was refused as an expensive read would be lost.
    #[test]
    fn expensive_routes_only_read() {
        let [_, expensive] = table().finish();
        let router = format!("{expensive:?}");
        assert!(router.contains("/sum/{namespace}/history") && router.contains("/openapi.json"));
        for path in ["/hit", "/create", "/import", "/update"] {
            assert!(!router.contains(&format!("\"{path}")), "{path}: {router}");
        }
    }

    #[test]
    fn signposts_name_what_there_is() {
        let routes = paths(table());
        for post in fallback::SIGNPOSTS.iter().chain(&fallback::FORMS) {
            assert!(*post == "/metrics" || routes.contains(*post), "{post} is no route");
        }
        for route in &routes {
            let first = route[1..].split('/').next();
            let is_named =
                fallback::SIGNPOSTS.iter().any(|post| post[1..].split('/').next() == first);
            assert!(is_named || route == "/", "no signpost names {route}");
        }
    }

    /// A form after a key was counted as a key after a namespace.
    #[test]
    fn no_plain_hit_is_another_route() {
        for path in table().documented() {
            let named = path.replace(['{', '}'], "");
            let request = axum::http::Request::get(named).body(()).unwrap();
            let is_plain = hit::PlainHit::of(&request).is_some();
            assert_eq!(is_plain, path == "/hit/{namespace}/{key}", "{path}");
        }
    }
}
