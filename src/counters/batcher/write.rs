//! One write to the store, repeated until the store has answered it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use super::waiting::{Waiting, answer_late};
use super::{HitError, Shared};
use crate::model::name::Name;
use crate::model::tally::{Lane, Outcome, Position, Tally, WRITE_MEMORY};
use crate::model::time::Timestamp;
use crate::store::StoreError;

/// The first and the longest pause before a write is repeated.
const RETRY_FIRST: Duration = Duration::from_millis(5);
const MAX_RETRY: Duration = Duration::from_millis(200);

/// One write in flight.
pub(super) struct Write<'a> {
    shared: &'a Arc<Shared>,
    namespace: &'a Option<Name>,
    /// In the order of arrival.
    hits: Vec<Waiting>,
    /// How many hits the store may have without having acknowledged them.
    in_doubt: u64,
}

impl<'a> Write<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        namespace: &'a Option<Name>,
        hits: Vec<Waiting>,
    ) -> Self {
        Self { shared, namespace, hits, in_doubt: 0 }
    }

    /// Sends the hits until the store answers, and answers each hit by its deadline.
    pub(super) async fn run(mut self, lane: &Lane) {
        let number = self.shared.number.fetch_add(1, Ordering::Relaxed);
        let (mut pause, mut prepared, mut first) = (RETRY_FIRST, None, None);
        loop {
            // A hit whose deadline passed before it was sent is dropped from the write.
            let (tally, positions) = match prepared.take() {
                Some(prepared) => prepared,
                None => {
                    answer_late(self.hits.iter_mut(), Instant::now(), &HitError::Unsent);
                    self.hits.retain(|waiting| waiting.reply.is_some());
                    if self.hits.is_empty() {
                        return;
                    }
                    let hits = self.hits.iter().map(|waiting| &waiting.hit);
                    Tally::join(lane.clone(), number, Timestamp::now(), hits)
                }
            };
            match self.attempt(&tally).await {
                Ok(outcomes) => return self.done(&tally, &positions, &outcomes),
                Err(StoreError::Unavailable(why)) => {
                    tracing::debug!(%why, "a write has no answer and is repeated");
                    self.doubt(tally.hits());
                }
                Err(StoreError::Away(why)) => tracing::debug!(%why, "a write waits for the store"),
                // This attempt did nothing. An earlier one may have.
                Err(StoreError::Refused(_)) if self.in_doubt > 0 => {}
                Err(error) => return self.failed(&error),
            }
            if self.in_doubt > 0 {
                let since = *first.get_or_insert_with(Instant::now);
                if since.elapsed().as_secs() >= WRITE_MEMORY {
                    tracing::error!(
                        hits = self.in_doubt,
                        "the store has not answered for an hour; these hits may be counted or not"
                    );
                    return;
                }
                prepared = Some((tally, positions));
            }
            let until = Instant::now() + pause;
            while let Some(next) = self.answer_due().filter(|next| *next < until) {
                sleep_until(next.into()).await;
            }
            sleep_until(until.into()).await;
            pause = (pause * 2).min(MAX_RETRY);
        }
    }

    /// Asks the store once. Meanwhile, answers hits whose deadline passes.
    async fn attempt(&mut self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        let shared = self.shared.clone();
        let started = Instant::now();
        let is_first = self.in_doubt == 0;
        let asking = shared.store.apply(tally);
        tokio::pin!(asking);
        let mine = self.hits.iter().filter(|w| w.reply.is_some()).map(|w| w.due).min();
        // The hits queued behind a repeated write have deadlines too.
        let queued = (self.in_doubt > 0)
            .then(|| shared.answer_queued(self.namespace, Instant::now()))
            .flatten();
        let mut next = mine.into_iter().chain(queued).min();
        let answer = loop {
            let until = next.unwrap_or_else(|| Instant::now() + shared.deadline);
            tokio::select! {
                biased;
                answer = &mut asking => break answer,
                () = sleep_until(until.into()) => {
                    // The write is in flight, so its hits may yet be counted.
                    self.doubt(tally.hits());
                    next = self.answer_due();
                }
            }
        };
        if is_first && !matches!(answer, Err(StoreError::Away(_))) {
            shared.metrics.joined(self.hits.len());
        }
        match answer {
            // Nothing was sent.
            Err(StoreError::Away(_)) => shared.metrics.store_failed(),
            _ => shared.metrics.wrote(started.elapsed(), answer.is_ok()),
        }
        answer
    }

    /// Marks the hits as in doubt: the store may have them.
    fn doubt(&mut self, hits: u64) {
        if self.in_doubt == 0 {
            self.in_doubt = hits;
            self.shared.in_doubt.fetch_add(hits, Ordering::Relaxed);
        }
    }

    /// Answers hits whose deadline has passed, in this write and in the queue behind it.
    /// Returns the next deadline.
    fn answer_due(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let error = if self.in_doubt > 0 { HitError::Unanswered } else { HitError::Unsent };
        let mine = answer_late(self.hits.iter_mut(), now, &error);
        let queued = self.shared.answer_queued(self.namespace, now);
        mine.into_iter().chain(queued).min()
    }

    fn done(mut self, tally: &Tally, positions: &[Position], outcomes: &[Outcome]) {
        self.shared.last_known.put_all(tally.totals(outcomes));
        for (waiting, position) in self.hits.iter_mut().zip(positions) {
            let answer = position.number(outcomes).map_err(HitError::Refused);
            if answer.is_ok() {
                self.shared.metrics.counted(waiting.hit.source);
            }
            waiting.answer(answer);
        }
    }

    /// The store refused the hits. Those that an earlier attempt may have counted are not
    /// reported as uncounted.
    fn failed(mut self, error: &StoreError) {
        let unanswered = self.in_doubt > 0;
        if unanswered {
            tracing::error!(
                %error,
                hits = self.in_doubt,
                "a write without an answer was refused in the end; its hits may be counted or not"
            );
        }
        for waiting in &mut self.hits {
            waiting.answer(Err(match unanswered {
                true => HitError::Unanswered,
                false => HitError::Store(error.clone()),
            }));
        }
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.shared.in_doubt.fetch_sub(self.in_doubt, Ordering::Relaxed);
    }
}
