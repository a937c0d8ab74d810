//! What handlers ask of a request.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::error::ApiError;
use crate::name::{self, Counter, Name};

/// The counter that the path names; without a namespace in the path it is in
/// the default one.
pub struct Path(pub Counter);

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(ApiError::invalid_path)?;
        let (mut namespace, mut key) = (name::DEFAULT_NAMESPACE, "");
        for (which, text) in &segments {
            match which {
                "namespace" => namespace = text,
                "key" => key = text,
                _ => {}
            }
        }
        let name = |which, text| Name::new(text).map_err(|e| ApiError::invalid_name(which, &e));
        Ok(Self(Counter { namespace: name("namespace", namespace)?, key: name("key", key)? }))
    }
}
