//! A hit that waits for its number and is answered by its deadline.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::oneshot;

use super::{HitError, Shared};
use crate::metrics::Uncounted;
use crate::model::hit::Hit;

/// A hit in flight, and the channel on which its caller waits.
pub(super) struct Waiting {
    pub(super) hit: Hit,
    /// The deadline by which it gets an answer, whatever happens.
    pub(super) due: Instant,
    /// `None` once answered.
    pub(super) reply: Option<oneshot::Sender<Result<i64, HitError>>>,
    pub(super) shared: Arc<Shared>,
}

impl Waiting {
    pub(super) fn answer(&mut self, answer: Result<i64, HitError>) {
        if let Some(reply) = self.reply.take() {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            if let Err(error) = &answer {
                self.shared.metrics.uncounted(Uncounted::from(error));
            }
            // The caller may have gone away.
            let _ = reply.send(answer);
        }
    }
}

/// Every hit gets an answer, even if its writer panics.
impl Drop for Waiting {
    fn drop(&mut self) {
        self.answer(Err(HitError::Unanswered));
    }
}

/// Answers the hits whose deadline has passed. Returns the next deadline.
pub(super) fn answer_late<'a>(
    hits: impl Iterator<Item = &'a mut Waiting>,
    now: Instant,
    error: &HitError,
) -> Option<Instant> {
    let mut next = None;
    for waiting in hits.filter(|waiting| waiting.reply.is_some()) {
        if waiting.due <= now {
            waiting.answer(Err(error.clone()));
        } else {
            next = Some(next.map_or(waiting.due, |next: Instant| next.min(waiting.due)));
        }
    }
    next
}
