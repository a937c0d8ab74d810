//! Why a store did not do what it was asked.

use crate::model::token::{NoRandomness, NotADigest};

/// Why a store did not do what it was asked. Each names what its operator can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing was sent: there is no connection.
    #[error("the store cannot be reached: {0}")]
    Away(String),
    /// It was sent and has no answer, or one that cannot be read: it may have been done.
    #[error("the store did not answer: {0}")]
    Unavailable(String),
    /// The store answers, and must not be used as it is configured.
    #[error("the store is refused: {0}")]
    Refused(String),
    /// The store's memory or disk is used up.
    #[error("the store is full: {0}")]
    Full(String),
    /// What is stored cannot be read.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The store understood, and could not.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// Whether the same may well succeed a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Unavailable(_))
    }
}

impl From<NoRandomness> for StoreError {
    fn from(error: NoRandomness) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<NotADigest> for StoreError {
    fn from(error: NotADigest) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// Why a change was not made. `value` is the total that is still there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such counter.
    #[error("the counter does not exist")]
    Missing,
    /// The counter is there already, or the namespace has an owner already.
    #[error("it exists already")]
    Exists {
        /// The counter's total; 0 for a namespace.
        value: i64,
    },
    /// The guard does not allow it.
    #[error("the token is missing or is not the right one")]
    Forbidden {
        /// The counter's total, if there is one.
        value: Option<i64>,
    },
    /// Without a token, more or less than the bounds allow was to be added.
    #[error("the amount is outside the bounds of this counter")]
    OutOfBounds {
        /// The counter's total.
        value: i64,
    },
    /// The total would leave ±[`crate::model::tally::MAX_TOTAL`].
    #[error("the total would leave the range in which it is exact")]
    OutOfRange {
        /// The counter's total, if there is one.
        value: Option<i64>,
    },
    /// An imported counter has a number that no counter can have.
    #[error("{0} is out of range")]
    Invalid(&'static str),
    /// The namespace holds as many counters as it may.
    #[error("the namespace holds as many counters as it may")]
    NamespaceFull,
    /// The instance holds as many counters as it may.
    #[error("this instance holds as many counters as it may")]
    InstanceFull,
    /// The store has little room left, which the counters that exist need.
    #[error("the store has little room left and takes no new counters")]
    StoreNearlyFull,
    /// The store did not do it. After [`StoreError::Unavailable`] it may have.
    #[error(transparent)]
    Store(#[from] StoreError),
}
