//! JSONP: answers as scripts that call a function of the page, from `?callback=f`.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::value::{NO_STORE, Value, plain};
use crate::web::error::ApiError;
use crate::web::request::query::Query;

/// The function to call with the answer; without one, the answer is plain JSON. As an
/// extractor it refuses a bad name before anything is counted.
pub(crate) struct Callback(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Callback {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await?;
        query.get("callback").map_or(Ok(Self(None)), Self::named)
    }
}

impl Callback {
    /// The function of this name.
    ///
    /// # Errors
    /// 400 if it is not a JavaScript name.
    pub(crate) fn named(name: &str) -> Result<Self, ApiError> {
        if is_callback(name) {
            Ok(Self(Some(name.to_owned())))
        } else {
            Err(ApiError::invalid_parameter("callback", name, CALLBACK))
        }
    }

    /// The answer with this number.
    pub(crate) fn value(&self, value: i64) -> Result<Response, ApiError> {
        match self.0 {
            None => plain(value),
            Some(_) => self.answer(&Value { value }),
        }
    }

    /// Any answer, plain or as JSONP.
    pub(crate) fn answer(&self, body: &impl Serialize) -> Result<Response, ApiError> {
        let Some(callback) = &self.0 else {
            return Ok(([NO_STORE], Json(body)).into_response());
        };
        let body = serde_json::to_string(body).map_err(ApiError::serialization)?;
        // The comment in front keeps plugins from reading the answer as their own format
        // (the Rosetta Flash attack). JSON is JavaScript since ES2019.
        let script = format!("/**/{callback}({body});");
        let script_type = HeaderValue::from_static("application/javascript; charset=utf-8");
        let headers = [NO_STORE, (CONTENT_TYPE, script_type)];
        Ok((headers, script).into_response())
    }
}

const CALLBACK: &str =
    "a JavaScript name of up to 64 letters, digits, '_', '$' and '.', no digit or '.' first";

fn is_callback(name: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.');
    name.len() <= 64
        && name.bytes().all(of_name)
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit() && b != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_a_name_and_nothing_else() {
        for good in ["f", "$", "_x.y", "jQuery123.cb_1"] {
            assert!(is_callback(good), "{good}");
        }
        for bad in ["", "1f", ".f", "f(1)", "alert;f", "f\n", "é", "a b", &"f".repeat(65)] {
            assert!(!is_callback(bad), "{bad}");
        }
    }
}
