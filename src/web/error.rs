//! The one place where an error becomes a status and a sentence.

use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::counters::batcher::HitError;
use crate::metrics::Limit;
use crate::model::history::RangeError;
use crate::model::name;
use crate::model::name::{Counter, InvalidName, Name};
use crate::model::permits::Full;
use crate::model::rate::{Rate, Tier};
use crate::model::tally::{MAX_TOTAL, Refusal};
use crate::picture::ParamError;
use crate::store::EditError;
use crate::store::StoreError;
use crate::web::access_log::Cause;
use crate::web::limits::quota;
use crate::web::response::page::PageError;
use crate::web::response::{negotiate, picture};

/// `Retry-After` while the store is unreachable, in seconds: seen tries at least
/// this often.
const RETRY_SOON: u64 = 1;
/// `Retry-After` when a cap is reached, in seconds: somebody has to make room first.
const RETRY_LATER: u64 = 3600;
/// `Retry-After` when no stream is free, in seconds: streams end all the time.
const RETRY_STREAM: u64 = 10;

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    retry_after: Option<u64>,
    /// The limit that was reached, for the metrics.
    limit: Option<Limit>,
    /// The quota that is used up, for the answer's headers.
    used_up: Option<Box<UsedUp>>,
    body: ErrorBody,
    /// For the operator's log, never for the client.
    cause: Option<Box<Cause>>,
}

/// A quota of which nothing is left.
#[derive(Debug)]
struct UsedUp {
    whose: &'static str,
    rate: Rate,
    /// Until there is some again.
    seconds: u64,
}

/// The body of every error.
#[derive(JsonSchema, Clone, Debug, Default, Serialize)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorBody {
    /// What is wrong.
    error: String,
    /// What is allowed instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    /// Always null: CountAPI's clients read `value` when there is no counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<()>,
    /// Of a hit that the store did not answer in time: `no` if it is not counted, `unknown` if
    /// it may be, once. The same Idempotency-Key gets its number later.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<&'static str>,
}

impl ApiError {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        let body = ErrorBody { error: error.into(), ..ErrorBody::default() };
        Self { status, retry_after: None, limit: None, used_up: None, body, cause: None }
    }

    fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.body.allowed = Some(allowed.into());
        self
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn counted(mut self, counted: &'static str) -> Self {
        self.body.counted = Some(counted);
        self
    }

    fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    fn used_up(mut self, quota: UsedUp) -> Self {
        self.used_up = Some(Box::new(quota));
        self
    }

    fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(Box::new(Cause(cause.into())));
        self
    }

    /// 400: the name of `which` part of the path is not valid.
    pub(crate) fn invalid_name(which: &str, error: &InvalidName) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the {which} is not valid: {error}"))
            .allowed(name::ALLOWED)
    }

    /// 400: the path is not UTF-8.
    pub(crate) fn invalid_path(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string()).allowed("a path in UTF-8")
    }

    /// 400: the query is not made of `name=value`.
    pub(crate) fn invalid_query(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the query cannot be read: {error}"))
            .allowed("name=value pairs with & between, percent-encoded")
    }

    /// 414: `part` of the URL is longer than `most` bytes.
    pub(crate) fn url_too_long(part: &str, most: usize) -> Self {
        Self::new(StatusCode::URI_TOO_LONG, format!("the {part} is too long"))
            .allowed(format!("up to {most} bytes"))
            .limit(Limit::url)
    }

    /// 431: there are too many headers, or they are too long.
    pub(crate) fn headers_too_large(many: usize, most: usize) -> Self {
        Self::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the headers are too many or too long",
        )
        .allowed(format!("up to {many} headers and {most} bytes"))
        .limit(Limit::headers)
    }

    /// 400: a parameter, or the header that stands for it, has an invalid value.
    pub(crate) fn invalid_parameter(name: &str, value: &str, allowed: &str) -> Self {
        let shown: String = value.chars().take(80).collect();
        Self::new(StatusCode::BAD_REQUEST, format!("{name} is {shown:?}"))
            .allowed(format!("{name}: {allowed}"))
    }

    /// 500: an answer could not be serialized.
    pub(crate) fn serialization(error: serde_json::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in seen; its log says more")
            .cause(error.to_string())
    }

    /// 429: the client or the counter has used up its rate limit.
    pub(crate) fn limited(which: Limit, rate: Rate, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let whose = if which == Limit::counter { "counter" } else { "client" };
        let error = format!("too many hits of this {whose}; nothing was counted");
        Self::new(StatusCode::TOO_MANY_REQUESTS, error)
            .allowed(format!("{} in {:?}", rate.quota, rate.window))
            .retry_after(seconds)
            .limit(which)
            .used_up(UsedUp { whose, rate, seconds })
    }

    /// 429: a client, or its network, has used up a limit other than that of hits.
    pub(crate) fn over_quota(which: Limit, (tier, rate, wait): (Tier, Rate, Duration)) -> Self {
        let what = match which {
            Limit::create => "new counters and namespaces",
            Limit::ids => "hits with an id",
            Limit::tokens => "wrong tokens",
            _ => "long answers",
        };
        let whose = match tier {
            Tier::Client => "client",
            Tier::Network => "network",
        };
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self::new(StatusCode::TOO_MANY_REQUESTS, format!("too many {what} for this {whose}"))
            .allowed(format!("{} in {:?}", rate.quota, rate.window))
            .retry_after(seconds)
            .limit(which)
            .used_up(UsedUp { whose, rate, seconds })
    }

    /// 400: a parameter about looks has an invalid value.
    pub(crate) fn invalid_look(error: &ParamError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }

    /// The error and what is allowed, in one sentence.
    pub(crate) fn sentence(&self) -> String {
        match &self.body.allowed {
            Some(allowed) => format!("{}; allowed: {allowed}", self.body.error),
            None => self.body.error.clone(),
        }
    }

    /// Whether the same request may succeed later. Such an error keeps a hit from being
    /// counted, but not a picture from being drawn.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self.status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::INSUFFICIENT_STORAGE
                | StatusCode::NOT_FOUND
                | StatusCode::CONFLICT
        )
    }

    /// Whether the request has waited for a store that did not answer.
    pub(crate) fn is_store_unavailable(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// 400: a required parameter is missing.
    pub(crate) fn missing_parameter(name: &str, allowed: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{name} is missing"))
            .allowed(format!("{name}: {allowed}"))
    }

    /// 400: the route cannot read the body.
    pub(crate) fn invalid_body(error: impl std::fmt::Display, allowed: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
            .allowed(allowed)
    }

    /// 413: the body has more than `most` bytes.
    pub(crate) fn body_too_long(most: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long")
            .allowed(format!("up to {most} bytes"))
            .limit(Limit::body)
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

    /// 408: the body did not come in time (RFC 9110, section 15.5.9).
    pub(crate) fn body_too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")
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

    /// 401: no token, or the wrong one.
    pub(crate) fn unauthorized(error: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error).allowed(
            "Authorization: Bearer and the token of the counter, of its namespace or of the \
             instance",
        )
    }

    /// 405: HEAD on a route that changes something.
    pub(crate) fn head_changes_nothing() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "HEAD cannot change anything here")
            .allowed("GET or POST")
    }

    /// 429 where a client or its network holds as many streams as it may, 503 where all do.
    pub(crate) fn no_stream(full: Full) -> Self {
        let too_many = |whose, most: usize, limit| {
            Self::new(StatusCode::TOO_MANY_REQUESTS, format!("too many streams of this {whose}"))
                .allowed(format!("up to {most} at once"))
                .limit(limit)
        };
        match full {
            Full::Client(most) => too_many("client", most, Limit::client_streams),
            Full::Network(most) => too_many("network", most, Limit::network_streams),
            Full::All => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "as many streams as may be are open")
                    .limit(Limit::streams)
            }
        }
        .retry_after(RETRY_STREAM)
    }

    /// The status and the sentence, for dialects with an error body of their own.
    pub(crate) fn status_and_message(&self) -> (StatusCode, &str) {
        (self.status, &self.body.error)
    }

    /// 400 in CountAPI's words, which the tests of countapi-js expect.
    pub(crate) fn malformed_name() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Malformed Namespace/Key")
    }

    /// 400 in CountAPI's words: a bound on the wrong side of 0.
    pub(crate) fn wrong_bound(error: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// Adds this error's headers and its cause for the log to a response that has a
    /// body of its own.
    pub(crate) fn annotate(self, response: &mut Response) {
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Required by RFC 9110, section 11.6.1.
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(quota) = self.used_up {
            quota::insert(response.headers_mut(), quota.whose, quota.rate, 0, quota.seconds);
        }
        if let Some(limit) = self.limit {
            response.extensions_mut().insert(limit);
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(*cause);
        }
    }

    /// Why a change to `what`, a counter or a namespace, was not made.
    pub(crate) fn not_changed(what: impl std::fmt::Display, error: EditError) -> Self {
        let sentence = error.to_string();
        let full = match error {
            EditError::NamespaceFull => Limit::namespace_counters,
            EditError::StoreNearlyFull => Limit::room,
            _ => Limit::counters,
        };
        match error {
            EditError::Store(error) => error.into(),
            EditError::Invalid(_) => Self::new(StatusCode::BAD_REQUEST, sentence)
                .allowed(format!("numbers of up to {MAX_TOTAL}")),
            EditError::Missing => {
                let mut error = Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
                    .allowed("a counter that exists; /create makes one");
                error.body.value = Some(());
                error
            }
            EditError::Exists { .. } => {
                Self::new(StatusCode::CONFLICT, format!("{what} exists already"))
                    .allowed("a name that is free")
            }
            EditError::Forbidden { .. } => Self::unauthorized(sentence),
            EditError::OutOfBounds { .. } => Self::new(StatusCode::FORBIDDEN, sentence),
            EditError::OutOfRange { .. } => Self::new(StatusCode::CONFLICT, sentence)
                .allowed(format!("totals between -{MAX_TOTAL} and {MAX_TOTAL}")),
            EditError::NamespaceFull | EditError::InstanceFull | EditError::StoreNearlyFull => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, sentence)
                    .allowed("the counters that there are")
                    .retry_after(RETRY_LATER)
                    .limit(full)
            }
        }
    }

    /// 403: a name that many counters share has no owner but the instance's.
    pub(crate) fn reserved_name(name: &Name) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("{name} is shared by many counters"))
            .allowed("another name, or the instance's token")
    }

    /// 404: there is no such counter.
    pub(crate) fn no_counter(counter: &Counter) -> Self {
        let mut error = Self::new(StatusCode::NOT_FOUND, format!("there is no counter {counter}"))
            .allowed(format!("a counter that was hit before: /hit/{counter} creates it"));
        error.body.value = Some(());
        error
    }
}

/// An error as RFC 9457 has it, for clients that ask for it by `Accept`: its members,
/// and those of [`ErrorBody`] beside them.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    body: &'a ErrorBody,
}

/// Makes an answer that is an error in JSON one of `application/problem+json`; leaves
/// pictures, pages and other dialects' errors as they are.
pub(crate) fn make_problem(response: Response) -> Response {
    let Some(body) = response.extensions().get::<Arc<ErrorBody>>().cloned() else {
        return response;
    };
    let status = response.status();
    let detail = match &body.allowed {
        Some(allowed) => format!("{}; allowed: {allowed}", body.error),
        None => body.error.clone(),
    };
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
        body: &body,
    };
    let Ok(json) = serde_json::to_vec(&problem) else { return response };
    let mut response = response.map(|_| json.into());
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    response
}

impl IntoResponse for ApiError {
    fn into_response(mut self) -> Response {
        let body = Arc::new(std::mem::take(&mut self.body));
        // Otherwise GitHub's image proxy keeps an error for a year.
        let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        let mut response = (self.status, no_store, Json(&*body)).into_response();
        response.extensions_mut().insert(body);
        self.annotate(&mut response);
        response
    }
}

impl From<Infallible> for ApiError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // The details are for the operator's log.
        let answer = match &error {
            StoreError::Away(_) | StoreError::Unavailable(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be reached just now")
                    .retry_after(RETRY_SOON)
            }
            StoreError::Refused(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store must not be used as it is")
                    .retry_after(RETRY_SOON)
            }
            StoreError::Full(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, "the store is full")
                .retry_after(RETRY_LATER),
            StoreError::Damaged(_) | StoreError::Failed(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the store failed")
            }
        };
        answer.cause(error.to_string())
    }
}

impl ApiError {
    /// Why a hit on `counter` was not counted.
    pub(crate) fn not_counted(counter: &Counter, error: HitError) -> Self {
        match error {
            HitError::Store(error) => {
                let mut error = Self::from(error).counted("no");
                error.body.error.push_str("; nothing was counted");
                error
            }
            HitError::Refused(Refusal::Missing) => Self::no_counter(counter),
            HitError::Refused(Refusal::Owned) => {
                Self::new(StatusCode::FORBIDDEN, HitError::Refused(Refusal::Owned).to_string())
                    .allowed(format!(
                        "counters that it has; its owner creates one by POST /create/{counter}, \
                         or lets every hit do so by PATCH /namespaces/{}?open=1",
                        counter.namespace
                    ))
            }
            HitError::Refused(
                refusal @ (Refusal::NamespaceFull
                | Refusal::InstanceFull
                | Refusal::StoreNearlyFull),
            ) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, HitError::Refused(refusal).to_string())
                    .allowed("hits on the counters that it has")
                    .retry_after(RETRY_LATER)
                    .limit(match refusal {
                        Refusal::NamespaceFull => Limit::namespace_counters,
                        Refusal::StoreNearlyFull => Limit::room,
                        _ => Limit::counters,
                    })
            }
            HitError::Refused(refusal @ Refusal::OutOfRange) => {
                Self::new(StatusCode::CONFLICT, HitError::Refused(refusal).to_string())
                    .allowed(format!("totals of up to {MAX_TOTAL}"))
            }
            HitError::Refused(refusal @ Refusal::Damaged) => {
                StoreError::Damaged(format!("{counter}: {}", HitError::Refused(refusal))).into()
            }
            error @ (HitError::Busy | HitError::Unsent | HitError::Unanswered) => {
                let counted = if matches!(error, HitError::Unanswered) { "unknown" } else { "no" };
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
                    .retry_after(RETRY_SOON)
                    .counted(counted)
            }
        }
    }
}

/// The routes that a 404 offers, one for each first part of a path.
pub(crate) const SIGNPOSTS: [&str; 34] = [
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
];

/// The most letters by which a name may differ from what was meant.
const MAX_TYPOS: usize = 2;

/// The routes that a path may have meant: those whose first part is nearly the same,
/// else the usual ones.
fn meant(path: &str) -> String {
    let first = path.split('/').nth(1).unwrap_or_default().to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = SIGNPOSTS
        .into_iter()
        .map(|post| (typos(&first, post[1..].split('/').next().unwrap_or_default()), post))
        .filter(|(typos, post)| *typos <= MAX_TYPOS && typos * 2 < post.len())
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

/// 404 for a path that is no route: a picture where one may be meant, a page for a
/// browser, JSON for a program.
pub(crate) fn no_such_route(uri: &Uri, headers: &HeaderMap) -> Response {
    let error = format!("there is nothing at {}", uri.path());
    let error = ApiError::new(StatusCode::NOT_FOUND, error).allowed(meant(uri.path()));
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !picture::is_meant(uri.path())
        && negotiate::preferred(accept) == negotiate::Representation::Html
    {
        return PageError::from(error).into_response();
    }
    picture::error_at(uri.path(), error)
}

/// 405. axum lists the allowed methods in `Allow`.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Response {
    let error = format!("{method} is not for {}", uri.path());
    let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, error)
        .allowed("the methods in this answer's Allow header");
    picture::error_at(uri.path(), error)
}

/// 500 for a panic, whose message is in the log.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "a bug in seen; its log says more")
        .cause(format!("a panic: {what}"))
        .into_response()
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
        ] {
            let meant = meant(path);
            assert_eq!(meant.split(", ").next(), Some(first), "{path}: {meant}");
        }
    }
}
