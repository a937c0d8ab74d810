//! Answers to paths and methods without a route.

use axum::Extension;
use axum::http::header::{ACCEPT, ALLOW};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use super::response::page::PageError;
use super::response::{negotiate, picture};

/// The routes that a 404 can suggest, one for each first part of a path.
pub(crate) const SIGNPOSTS: [&str; 47] = [
    "/hit/{namespace}/{key}",
    "/get/{namespace}/{key}",
    "/counter/{namespace}/{key}",
    "/hits",
    "/create",
    "/info/{namespace}/{key}",
    "/set/{namespace}/{key}",
    "/update/{namespace}/{key}",
    "/reset/{namespace}/{key}",
    "/delete/{namespace}/{key}",
    "/configure/{namespace}/{key}",
    "/rotate/{namespace}/{key}",
    "/stream/{namespace}/{key}",
    "/sum/{namespace}",
    "/stats",
    "/namespaces/{namespace}",
    "/builder",
    "/privacy",
    "/seen.js",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/export",
    "/import",
    "/countapi/hit/{namespace}/{key}",
    "/ghpvc",
    "/badge",
    "/api/count/incr/badge.svg",
    "/assets/icon.svg",
    "/busuanzi",
    "/count",
    "/js",
    "/jsonp",
    "/favicon.ico",
    "/@{name}",
    "/cmoe",
    "/count.js",
    "/docs",
    "/github/profile",
    "/healthcheck",
    "/nocount",
    "/record/@{name}",
    "/v1/{namespace}/{key}/up",
    "/v2/{namespace}/{key}/up",
    "/views/github/{user}/{repo}",
    "/visits/{user}/{repo}",
];

/// The routes below a counter or a namespace that a 404 can suggest by their last part.
pub(crate) const FORMS: [&str; 15] = [
    "/get/{namespace}/{key}/history",
    "/get/{namespace}/{key}/badge.svg",
    "/get/{namespace}/{key}/badge.png",
    "/get/{namespace}/{key}/chart.svg",
    "/get/{namespace}/{key}/card.png",
    "/get/{namespace}/{key}/shields.json",
    "/hit/{namespace}/{key}/badge.svg",
    "/hit/{namespace}/{key}/badge.png",
    "/hit/{namespace}/{key}/shields.json",
    "/sum/{namespace}/history",
    "/sum/{namespace}/badge.svg",
    "/sum/{namespace}/badge.png",
    "/sum/{namespace}/chart.svg",
    "/sum/{namespace}/shields.json",
    "/namespaces/{namespace}/counters",
];

/// The most letters by which a misspelt name may differ from the right one.
const MAX_TYPOS: usize = 2;

/// The longest part of a path, in bytes, that is compared with names. Comparing takes as long as
/// both together, and no name has a third of this.
const MAX_COMPARED: usize = 64;

/// The routes to suggest for an unknown path: those with similar first and last parts, then those
/// with a similar first part, or else the most used ones.
fn meant(path: &str) -> String {
    if let Some(short) = path.strip_suffix('/')
        && (SIGNPOSTS.iter().any(|post| is_like(short, post))
            || FORMS.iter().any(|form| is_like(short, form) && last(short) == last(form)))
    {
        return format!("{short}, without the slash at its end");
    }
    let lower = path.to_ascii_lowercase();
    let forms = FORMS.into_iter().filter(|form| parts(form) == parts(path));
    let mut near = nearest(forms.filter_map(|form| {
        let (stem, ending) = split(last(form));
        let (found, with) = split(last(&lower));
        // Of the pictures with this name, the one in the most similar format.
        let format = strsim::osa_distance(with, ending);
        Some(((typos(first(&lower), first(form))?, typos(found, stem)?, format), form))
    }));
    if near.is_empty() {
        // `/metrics` may have an address of its own: then it is not here, however near.
        let posts = SIGNPOSTS.into_iter().filter(|post| *post != path);
        near = nearest(posts.filter_map(|post| Some((typos(first(&lower), first(post))?, post))));
    }
    if near.is_empty() {
        "/, /builder, /hit/{namespace}/{key}, /get/{namespace}/{key}/badge.svg, \
         /counter/{namespace}/{key}, /openapi.json"
            .into()
    } else {
        near.join(", ")
    }
}

/// Up to three of the routes with the fewest typos. Others would mislead: `/set` is near `/get`.
fn nearest<T: Copy + Ord>(rated: impl Iterator<Item = (T, &'static str)>) -> Vec<&'static str> {
    let rated: Vec<_> = rated.collect();
    let Some(least) = rated.iter().map(|(typos, _)| *typos).min() else { return Vec::new() };
    let near = rated.into_iter().filter(|(typos, _)| *typos == least);
    near.map(|(_, route)| route).take(3).collect()
}

/// How many letters of a name are wrong or swapped; `None` if it is hardly meant.
fn typos(found: &str, name: &str) -> Option<usize> {
    let typos = (found.len() <= MAX_COMPARED).then(|| strsim::osa_distance(found, name))?;
    (typos <= MAX_TYPOS && typos < name.len().min(found.len())).then_some(typos)
}

fn is_like(path: &str, route: &str) -> bool {
    first(path) == first(route) && parts(path) == parts(route)
}

fn parts(path: &str) -> usize {
    path.split('/').count()
}

fn first(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A file's name, and what is after its dot.
fn split(file: &str) -> (&str, &str) {
    file.rsplit_once('.').unwrap_or((file, ""))
}

/// 404 for an unknown path.
pub(crate) fn no_such_route(uri: &Uri, headers: &HeaderMap) -> Response {
    negotiated(uri, headers, ApiError::no_route(uri.path(), meant(uri.path())))
}

/// An error without a route: a picture if one seems meant, a page for a browser, JSON for a
/// program.
fn negotiated(uri: &Uri, headers: &HeaderMap, error: ApiError) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !picture::is_meant(uri.path())
        && negotiate::preferred(accept) == negotiate::Representation::Html
    {
        return PageError::from(error).into_response();
    }
    picture::error_at(uri.path(), error)
}

/// A request whose path takes other methods.
#[derive(Clone)]
struct WrongMethod(Method, Uri, HeaderMap);

/// 405, without a body: axum adds the allowed methods after this, in `Allow`.
pub(crate) async fn wrong_method(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let request = WrongMethod(method, uri, headers);
    (StatusCode::METHOD_NOT_ALLOWED, Extension(request)).into_response()
}

/// Adds the body to a 405, since people do not see `Allow`.
pub(crate) fn name_methods(mut answer: Response) -> Response {
    let Some(WrongMethod(method, uri, headers)) = answer.extensions_mut().remove() else {
        return answer;
    };
    let Some(allow) = answer.headers_mut().remove(ALLOW) else { return answer };
    let methods = allow.to_str().unwrap_or_default().replace(',', ", ");
    let error = ApiError::wrong_method(&method, uri.path(), methods);
    let mut answer = negotiated(&uri, &headers, error);
    answer.headers_mut().insert(ALLOW, allow);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_path_is_led_to_what_was_meant() {
        for (path, first) in [
            ("/hti/a/b", "/hit/{namespace}/{key}"),
            ("/HIT/a/b", "/hit/{namespace}/{key}"),
            ("/builders", "/builder"),
            ("/openapi.jso", "/openapi.json"),
            ("/conter/a", "/counter/{namespace}/{key}"),
            ("/wp-login.php", "/"),
            ("/hit/a/b/", "/hit/a/b"),
            ("/builder/", "/builder"),
            ("/namespaces/", "/namespaces/{namespace}"),
            ("/metrics", "/"),
            ("/no/such", "/"),
            ("/HIT/ab/x2", "/hit/{namespace}/{key}"),
            ("/HIT/a/b/", "/hit/{namespace}/{key}"),
            ("/get/z/k/histroy", "/get/{namespace}/{key}/history"),
            ("/get/z/k/history/", "/get/z/k/history"),
            ("/get/z/k/chart", "/get/{namespace}/{key}/chart.svg"),
            ("/get/z/k/chart.png", "/get/{namespace}/{key}/chart.svg"),
            ("/hit/a/b/chart.svg", "/get/{namespace}/{key}/chart.svg"),
            ("/hit/a/b/badge.sgv", "/hit/{namespace}/{key}/badge.svg"),
            ("/hit/a/b/badge", "/hit/{namespace}/{key}/badge.svg"),
            ("/hti/a/b/badge.svg", "/hit/{namespace}/{key}/badge.svg"),
            ("/sum/z/hystory", "/sum/{namespace}/history"),
            ("/get/z/k/nothing", "/get/{namespace}/{key}"),
        ] {
            let meant = meant(path);
            assert_eq!(meant.split(", ").next(), Some(first), "{path}: {meant}");
            assert!(!meant.contains("/set/"), "{path}: {meant}");
        }
        assert_eq!(meant("/ste/a/b"), "/set/{namespace}/{key}");
        let long = format!("/get/a/b/chart.{}", "é".repeat(9000));
        assert_eq!(meant(&long), "/get/{namespace}/{key}/chart.svg");
    }
}
