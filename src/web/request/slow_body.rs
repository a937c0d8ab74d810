//! The timeout of a request's body.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::body;
use crate::metrics::{Metrics, Timeout};

/// A body that must arrive at a minimum pace: each [`body::MAX_BYTES`] of it within the
/// timeout. Only the time spent waiting for the client counts, not the store's.
pub(crate) struct Timed {
    body: Incoming,
    timeout: Duration,
    metrics: Arc<Metrics>,
    /// The time that is left.
    left: Duration,
    /// How much of the next [`body::MAX_BYTES`] has arrived.
    bytes: usize,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// The error of a client that took too long.
#[derive(Debug, thiserror::Error)]
#[error("it did not come in time")]
pub(crate) struct TooSlow;

impl Timed {
    pub(crate) fn new(body: Incoming, timeout: Duration, metrics: Arc<Metrics>) -> Self {
        Self { body, timeout, metrics, left: timeout, bytes: 0, waiting: None }
    }
}

impl Body for Timed {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            let left = this.left;
            let begin = || (Instant::now(), Box::pin(sleep(left)));
            let (_, wait) = this.waiting.get_or_insert_with(begin);
            ready!(wait.as_mut().poll(context));
            this.metrics.timed_out(Timeout::body);
            return Poll::Ready(Some(Err(TooSlow.into())));
        };
        if let Some((since, _)) = this.waiting.take() {
            this.left = this.left.saturating_sub(since.elapsed());
        }
        let data = frame.as_ref().and_then(|f| f.as_ref().ok()).and_then(|f| f.data_ref());
        this.bytes += data.map_or(0, Bytes::len);
        if this.bytes >= body::MAX_BYTES {
            (this.bytes, this.left) = (0, this.timeout);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        HttpBody::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        HttpBody::size_hint(&self.body)
    }
}
