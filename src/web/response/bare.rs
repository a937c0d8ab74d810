//! Answers without a request: to an unreadable head, or to a connection over the limit. They
//! look like all other answers.

use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use crate::web::headers;

/// `Retry-After` when there are too many connections, in seconds.
const RETRY: u64 = 10;

/// All bytes of an answer with this status. The connection is closed after it.
pub fn bare_answer(status: u16) -> Vec<u8> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let error = match status {
        StatusCode::SERVICE_UNAVAILABLE => "too many connections are open",
        StatusCode::URI_TOO_LONG => "the URL is too long",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "the headers are too many or too long",
        _ => "this is not an HTTP/1.1 request",
    };
    let body = json!({ "error": error }).to_string();
    let mut fields = HeaderMap::new();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert(CONNECTION, HeaderValue::from_static("close"));
    fields.insert(CONTENT_LENGTH, body.len().into());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        fields.insert(RETRY_AFTER, RETRY.into());
    }
    headers::add(&mut fields);
    let mut answer = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in &fields {
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    answer.extend_from_slice(body.as_bytes());
    answer
}
