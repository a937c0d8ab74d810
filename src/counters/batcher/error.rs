//! Why a hit was not counted.

use crate::metrics::Uncounted;
use crate::model::tally::Refusal;
use crate::store::StoreError;

/// Why a hit was not counted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HitError {
    /// The queue is full.
    #[error("too many hits are waiting for the store; nothing was counted")]
    Busy,
    /// Its deadline passed before it was sent to the store; it is not counted.
    #[error("the store cannot be reached just now; nothing was counted")]
    Unsent,
    /// It was sent, and the store has not answered in time. It may be counted, once.
    #[error("the store did not answer in time; the hit may still be counted, once")]
    Unanswered,
    /// The store cannot be used.
    #[error(transparent)]
    Store(StoreError),
    /// The store refused to count on this counter.
    #[error("{}", match .0 {
        Refusal::Missing => "the counter does not exist",
        Refusal::Owned => "the counter does not exist, and only the owner of its namespace creates counters there",
        Refusal::NamespaceFull => "the namespace holds as many counters as it may",
        Refusal::InstanceFull => "this instance holds as many counters as it may",
        Refusal::StoreNearlyFull => "the store has little room left and takes no new counters",
        Refusal::OutOfRange => "the counter is at its largest number",
        Refusal::Damaged => "what the store has of the counter cannot be read",
    })]
    Refused(Refusal),
}

impl From<&HitError> for Uncounted {
    fn from(error: &HitError) -> Self {
        match error {
            HitError::Busy => Self::busy,
            HitError::Unsent | HitError::Unanswered => Self::late,
            HitError::Store(_) | HitError::Refused(Refusal::Damaged) => Self::store,
            HitError::Refused(_) => Self::refused,
        }
    }
}
