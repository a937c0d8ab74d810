//! Errors about requests: malformed, unauthorised, or for another route or host.

use axum::http::{Method, StatusCode};

use super::ApiError;
use crate::model::history::RangeError;
use crate::model::name::{self, InvalidName, Name};
use crate::picture::ParamError;

impl ApiError {
    /// 400: this part of the path is not a valid name.
    pub(crate) fn invalid_name(which: &str, error: &InvalidName) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the {which} is not valid: {error}"))
            .allowed(name::ALLOWED)
    }

    /// 400: the path is not UTF-8.
    pub(crate) fn invalid_path(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string()).allowed("a path in UTF-8")
    }

    /// 400: the query does not consist of `name=value` pairs.
    pub(crate) fn invalid_query(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the query cannot be read: {error}"))
            .allowed("name=value pairs separated by &, percent-encoded")
    }

    /// 400: a parameter, or the header that stands for it, has an invalid value.
    pub(crate) fn invalid_parameter(name: &str, value: &str, allowed: &str) -> Self {
        let shown: String = value.chars().take(80).collect();
        Self::new(StatusCode::BAD_REQUEST, format!("{name} is {shown:?}"))
            .allowed(format!("{name}: {allowed}"))
    }

    /// 400: a parameter about looks has an invalid value.
    pub(crate) fn invalid_look(error: &ParamError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }

    /// 400: a required parameter is missing.
    pub(crate) fn missing_parameter(name: &str, allowed: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{name} is missing from the query"))
            .allowed(format!("{name}: {allowed}"))
    }

    /// 400: the request does not say which page it is about.
    pub(crate) fn missing_page(allowed: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "the request names no page").allowed(allowed)
    }

    /// 400: GoatCounter's number of a page has none of its endings.
    pub(crate) fn unknown_ending(found: &str) -> Self {
        let error = match found {
            "" => "the page's path has no ending".to_owned(),
            found => format!("the page's path ends in .{found:.40}"),
        };
        Self::new(StatusCode::BAD_REQUEST, error)
            .allowed("/counter/%2Fpage and .json, .html, .svg or .png")
    }

    /// 400: the route cannot read the body.
    pub(crate) fn invalid_body(error: impl std::fmt::Display, allowed: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
            .allowed(allowed)
    }

    /// 400: not exactly one `Host` (RFC 9112, section 3.2).
    pub(crate) fn invalid_host() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "a request needs exactly one Host header")
    }

    /// 421: the request is for another host.
    pub(crate) fn wrong_host() -> Self {
        Self::new(StatusCode::MISDIRECTED_REQUEST, "this host is not served here")
            .allowed("the names of SEEN_ALLOWED_HOSTS, an address or localhost")
    }

    /// 408: the body did not arrive in time (RFC 9110, section 15.5.9).
    pub(crate) fn body_too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")
    }

    /// 400: the range of a history is not valid.
    pub(crate) fn invalid_range(error: &RangeError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string()).allowed(
            "from and to: days or instants; step: hour or day; tz: a name such as Europe/Berlin",
        )
    }

    /// 400: one request names too many counters.
    pub(crate) fn too_many(what: &str, found: usize, most: usize) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{found} {what} are too many for one request"))
            .allowed(format!("up to {most}"))
    }

    /// 401: no token, or the wrong one. `whose` would be right.
    pub(crate) fn unauthorized(error: impl Into<String>, whose: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error)
            .allowed(format!("Authorization: Bearer and the token of {whose}"))
    }

    /// 401: only the instance's token claims this namespace.
    pub(crate) fn not_claimable(namespace: &Name) -> Self {
        let error = format!("{namespace} has counters already, or nobody may claim names here");
        Self::unauthorized(error, "the instance")
    }

    /// 405: HEAD on a route that changes something.
    pub(crate) fn head_changes_nothing() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "HEAD cannot change anything here")
            .allowed("GET or POST")
    }

    /// 400 in CountAPI's words, which the tests of countapi-js expect.
    pub(crate) fn malformed_name() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Malformed Namespace/Key")
    }

    /// 400 in CountAPI's words: a bound on the wrong side of 0.
    pub(crate) fn wrong_bound(error: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// 404: no route has this path. `meant` lists similar routes.
    pub(crate) fn no_route(path: &str, meant: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is nothing at {path}")).allowed(meant)
    }

    /// 405: the path does not take this method.
    pub(crate) fn wrong_method(method: &Method, path: &str, methods: String) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("{path} does not take {method}"))
            .allowed(methods)
    }
}
