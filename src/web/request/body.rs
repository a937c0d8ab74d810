//! The body of a request: JSON of bounded size.

use std::error::Error;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::slow_body::TooSlow;
use crate::model::json_error;
use crate::web::error::ApiError;

/// The longest body, in bytes.
pub(crate) const MAX_BYTES: usize = 32 << 10;

/// A body's bytes.
pub(crate) struct Body(Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(error) if is_too_slow(&error) => Err(ApiError::body_too_slow()),
            Err(error) => {
                let sentence = error.body_text();
                match error.into_response().status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Err(ApiError::body_too_long(MAX_BYTES)),
                    _ => Err(ApiError::invalid_body(sentence, "JSON")),
                }
            }
        }
    }
}

fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    error.is::<TooSlow>() || error.source().is_some_and(is_too_slow)
}

impl Body {
    /// Parses JSON of any content type, since `navigator.sendBeacon` sends text/plain. `allowed`
    /// is for the error.
    pub(crate) fn json<'a, T: serde::Deserialize<'a>>(
        &'a self,
        allowed: &str,
    ) -> Result<T, ApiError> {
        serde_json::from_slice(&self.0).map_err(|error| {
            let words = json_error::plain(&error) + &json_error::place(&error);
            ApiError::invalid_body(words, allowed)
        })
    }
}
