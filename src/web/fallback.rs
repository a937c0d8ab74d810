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

/// The most letters by which a misspelt name may differ from the right one.
const MAX_TYPOS: usize = 2;

/// The routes to suggest for an unknown path: those with a similar first part, or else the
/// most used ones.
fn meant(path: &str) -> String {
    let first = path.split('/').nth(1).unwrap_or_default().to_ascii_lowercase();
    let is_like = |short: &str, post: &str| {
        let parts = |path: &str| path.split('/').count();
        post[1..].split('/').next() == Some(&first) && parts(short) == parts(post)
    };
    if let Some(short) = path.strip_suffix('/')
        && SIGNPOSTS.iter().any(|post| is_like(short, post))
    {
        return format!("{short}, without the slash at its end");
    }
    let mut near: Vec<(usize, &str)> = SIGNPOSTS
        .into_iter()
        // `/metrics` may have an address of its own: then it is not here, however near.
        .filter(|post| *post != path)
        .filter_map(|post| {
            let name = post[1..].split('/').next().unwrap_or_default();
            let typos = typos(&first, name);
            (typos <= MAX_TYPOS && typos < name.len().min(first.len())).then_some((typos, post))
        })
        .collect();
    near.sort_by_key(|(typos, _)| *typos);
    let near: Vec<&str> = near.into_iter().map(|(_, post)| post).take(3).collect();
    if near.is_empty() {
        "/, /builder, /hit/{namespace}/{key}, /get/{namespace}/{key}/badge.svg, \
         /counter/{namespace}/{key}, /openapi.json"
            .into()
    } else {
        near.join(", ")
    }
}

/// The Levenshtein distance of two short words.
fn typos(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, of_a) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, of_b) in b.chars().enumerate() {
            let substituted = diagonal + usize::from(of_a != of_b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
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
        ] {
            let meant = meant(path);
            assert_eq!(meant.split(", ").next(), Some(first), "{path}: {meant}");
        }
    }
}
