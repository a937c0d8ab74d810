//! Why a store did not do what it was asked.

use crate::model::token::NoRandomness;

/// Why a store did not do what it was asked. Each names what its operator can act on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer: the connection is down, was cut, or took too long.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// The store answers, and must not be used as it is configured.
    #[error("the store is refused: {0}")]
    Refused(String),
    /// The store's memory or disk is used up.
    #[error("the store is full: {0}")]
    Full(String),
    /// An answer that cannot be understood, or a damaged file.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl From<NoRandomness> for StoreError {
    fn from(error: NoRandomness) -> Self {
        Self::Failed(error.to_string())
    }
}
