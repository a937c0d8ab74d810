//! Opens the store that a location names.

use std::sync::Arc;
use std::time::Duration;

use super::embedded::{Embedded, FileError};
use super::redis::Redis;
use super::{Limits, Location, Replicas, Store, StoreError};

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The server.
    #[error("{location}: {error}")]
    Redis {
        /// Its address, without a password.
        location: String,
        /// The error.
        error: StoreError,
    },
}

impl OpenError {
    /// Whether another process has the file open.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::File(FileError::InUse(_)))
    }
}

/// Opens the store at `location`. If a Redis cannot be reached within `timeout`, it is
/// connected in the background later; one that must not be used is an error.
pub async fn open(
    location: &Location,
    limits: Limits,
    allow_eviction: bool,
    replicas: Replicas,
    timeout: Duration,
) -> Result<Arc<dyn Store>, OpenError> {
    match location {
        Location::File(path) => Ok(Arc::new(Embedded::open(path, limits)?)),
        Location::Redis(url) => {
            let refused = |error| OpenError::Redis { location: location.to_string(), error };
            let redis = Redis::open(url, limits, allow_eviction, replicas).map_err(refused)?;
            redis.ready(timeout).await.map_err(refused)?;
            Ok(Arc::new(redis))
        }
    }
}
