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

/// Several counters of one namespace, from a path like `/get/site/a,b,c`.
pub struct Paths {
    /// The namespace of all of them.
    pub namespace: Name,
    /// At least one, none twice, in the order of the path.
    pub keys: Vec<Name>,
}

/// The most counters that one path names.
pub const PATHS_MOST: usize = 100;

impl<S: Send + Sync> FromRequestParts<S> for Paths {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(ApiError::invalid_path)?;
        let (mut namespace, mut list) = (name::DEFAULT_NAMESPACE, "");
        for (which, text) in &segments {
            match which {
                "namespace" => namespace = text,
                "key" => list = text,
                _ => {}
            }
        }
        let name = |which, text| Name::new(text).map_err(|e| ApiError::invalid_name(which, &e));
        let mut keys: Vec<Name> = Vec::new();
        for text in list.split(',').take(PATHS_MOST + 1) {
            let key = name("key", text)?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        match keys.len() {
            0..=PATHS_MOST => Ok(Self { namespace: name("namespace", namespace)?, keys }),
            _ => Err(ApiError::too_many("counters", list.split(',').count(), PATHS_MOST)),
        }
    }
}

/// The namespace that the path names.
pub struct Namespace(pub Name);

impl<S: Send + Sync> FromRequestParts<S> for Namespace {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(ApiError::invalid_path)?;
        let text = segments.iter().find(|s| s.0 == "namespace").map_or("", |s| s.1);
        Name::new(text).map(Self).map_err(|e| ApiError::invalid_name("namespace", &e))
    }
}
