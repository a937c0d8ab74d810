//! Errors as problem details (RFC 9457).

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

use super::ErrorBody;

/// An error as RFC 9457 has it, for clients that ask for it by `Accept`: its members,
/// and those of [`ErrorBody`] beside them.
#[derive(JsonSchema, Serialize)]
#[schemars(description = "An error as RFC 9457 has it")]
pub(crate) struct Problem<'a> {
    /// Always `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the status.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong, and what is allowed instead.
    detail: String,
    #[serde(flatten)]
    body: &'a ErrorBody,
}

/// Turns a JSON error into `application/problem+json`. Pictures, pages and other dialects' errors
/// are left alone.
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
