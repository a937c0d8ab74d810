//! A hit that waits for its number, and is answered when its time is up.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::oneshot;

use super::{HitError, Shared};
use crate::metrics::Uncounted;
use crate::model::hit::Hit;

/// A hit on its way, and who waits for its number.
pub(super) struct Waiting {
    pub(super) hit: Hit,
    /// When it is to be answered, whatever has become of it.
    pub(super) due: Instant,
    /// `None` once it was answered.
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
            // Whoever is gone does not need to know.
            let _ = reply.send(answer);
        }
    }
}

/// No hit is without an answer, whatever becomes of its writer.
impl Drop for Waiting {
    fn drop(&mut self) {
        self.answer(Err(HitError::Unanswered));
    }
}

/// Answers those whose time is up, and tells when the next one's is.
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
