//! Jobs for the writer, and the callers that wait for them.

use tokio::sync::oneshot;

use super::map::{Batch, closed};
use crate::store::StoreError;

/// A unit of work for the writer.
pub(crate) trait Job: Send {
    /// Adds its changes to a batch.
    fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError>;

    /// Answers the caller once the batch is synced or has failed.
    fn finish(self: Box<Self>, done: Result<(), StoreError>);
}

/// A [`Job`] made of two functions and a caller's channel.
pub(super) struct Work<W, A, T> {
    pub(super) work: Option<W>,
    pub(super) after: A,
    pub(super) value: Option<T>,
    pub(super) reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<W, A, T> Job for Work<W, A, T>
where
    W: FnOnce(&mut Batch) -> Result<T, StoreError> + Send,
    A: FnOnce(&T) + Send,
    T: Send,
{
    fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(batch)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, done: Result<(), StoreError>) {
        let Self { after, value, reply, .. } = *self;
        let answer = done.and_then(|()| value.ok_or_else(closed));
        if let Ok(value) = &answer {
            after(value);
        }
        // The caller may have gone away.
        let _ = reply.send(answer);
    }
}
