//! Errors as problem details (RFC 9457).

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

use super::ErrorBody;

/// Problem details, for clients that ask for them by `Accept`: the members of RFC 9457, and
/// those of [`ErrorBody`].
#[derive(JsonSchema, Serialize)]
#[schemars(description = "An error as problem details (RFC 9457)")]
pub(crate) struct Problem<'a> {
    /// Always `about:blank`, since the status is the kind of the problem.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the status.
    title: &'static str,
    /// The status.
    status: u16,
    /// The error and the allowed values.
    detail: String,
    #[serde(flatten)]
    body: &'a ErrorBody,
}

/// Turns a JSON error into `application/problem+json`. Pictures, pages, and the errors of other
/// dialects stay unchanged.
pub(crate) fn make_problem(response: Response) -> Response {
    let Some(body) = response.extensions().get::<Arc<ErrorBody>>().cloned() else {
        return response;
    };
    let status = response.status();
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: body.sentence(),
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
