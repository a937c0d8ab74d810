//! The counters and namespaces that a path names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::model::name::{Counter, DEFAULT_NAMESPACE, Name};
use crate::web::error::ApiError;

/// The named parts of a path.
struct Segments(RawPathParams);

impl Segments {
    async fn of<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = RawPathParams::from_request_parts(parts, state).await;
        segments.map(Self).map_err(ApiError::invalid_path)
    }

    fn get(&self, which: &str) -> Option<&str> {
        self.0.iter().find(|segment| segment.0 == which).map(|segment| segment.1)
    }

    fn namespace(&self) -> Result<Name, ApiError> {
        name("namespace", self.get("namespace").unwrap_or(DEFAULT_NAMESPACE))
    }

    fn key(&self) -> &str {
        self.get("key").unwrap_or_default()
    }
}

fn name(which: &str, text: &str) -> Result<Name, ApiError> {
    Name::new(text).map_err(|e| ApiError::invalid_name(which, &e))
}

/// The counter that the path names, in the default namespace if the path has none.
pub(crate) struct Path(pub Counter);

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = Segments::of(parts, state).await?;
        Ok(Self(Counter { namespace: segments.namespace()?, key: name("key", segments.key())? }))
    }
}

/// Several counters of one namespace, from a path like `/get/site/a,b,c`.
pub(crate) struct Paths {
    /// The namespace of all of them.
    pub namespace: Name,
    /// One or more different keys, in the order of the path.
    pub keys: Vec<Name>,
}

/// The most counters that one path names.
pub(crate) const MAX_PATHS: usize = 100;

impl<S: Send + Sync> FromRequestParts<S> for Paths {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let segments = Segments::of(parts, state).await?;
        let list = segments.key();
        let mut keys: Vec<Name> = Vec::new();
        for text in list.split(',').take(MAX_PATHS + 1) {
            let key = name("key", text)?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        match keys.len() {
            0..=MAX_PATHS => Ok(Self { namespace: segments.namespace()?, keys }),
            _ => Err(ApiError::too_many("counters", list.split(',').count(), MAX_PATHS)),
        }
    }
}

/// The namespace that the path names.
pub(crate) struct NamespacePath(pub Name);

impl<S: Send + Sync> FromRequestParts<S> for NamespacePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Segments::of(parts, state).await?.namespace().map(Self)
    }
}
