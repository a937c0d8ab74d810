//! The state of a connection's current exchange, which its socket and its requests share.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::task::{Context, Poll};

use axum::response::Response;
use hyper::body::{Bytes, Frame, SizeHint};

use crate::metrics::Timeout;

/// Shared by a connection's socket and its requests.
#[derive(Default)]
pub(crate) struct Exchange {
    phase: AtomicU8,
    /// How many requests have begun.
    requests: AtomicU32,
    /// Whether the next request arrived before the last one's answer was awaited.
    is_pipelined: AtomicBool,
    /// Whether the input was refused as malformed.
    refused: AtomicBool,
    /// Whether the answer under way is a stream of live numbers.
    live: AtomicBool,
    /// The timeout that ended the connection: its position in [`Timeout::ALL`], from 1.
    timeout: AtomicU8,
}

/// The stages between a request's head and the last byte of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No request is under way; a head is read or awaited.
    Awaiting,
    /// A request is being answered.
    Answering,
    /// The answer is complete and on its way out.
    Answered,
}

impl Exchange {
    /// A request's head was read. Returns whether it was pipelined.
    pub(crate) fn begin(&self) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.set(Phase::Answering);
        self.is_pipelined.swap(true, Ordering::Relaxed)
    }

    /// All that the client has sent was read.
    pub(crate) fn drained(&self) {
        self.is_pipelined.store(false, Ordering::Relaxed);
    }

    /// The input is malformed.
    pub(crate) fn set_refused(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// The client, or the system's buffer, has the whole answer.
    pub(crate) fn flushed(&self) {
        if self.phase() == Phase::Answered {
            self.set(Phase::Awaiting);
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Awaiting,
            1 => Phase::Answering,
            _ => Phase::Answered,
        }
    }

    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live.load(Ordering::Relaxed)
    }

    pub(crate) fn set_live(&self) {
        self.live.store(true, Ordering::Relaxed);
    }

    /// Notes the timeout that ends the connection.
    pub(crate) fn time_out(&self, timeout: Timeout) {
        let place = Timeout::ALL.iter().position(|t| *t == timeout).unwrap_or(0) + 1;
        self.timeout.store(u8::try_from(place).unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn timed_out(&self) -> Option<Timeout> {
        let place = usize::from(self.timeout.load(Ordering::Relaxed));
        Timeout::ALL.get(place.checked_sub(1)?).copied()
    }

    fn set(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Wraps an answer so that the exchange learns when its body ends.
    pub(crate) fn watch(self: Arc<Self>, answer: Response) -> Response<Watched> {
        answer.map(|body| Watched { body, exchange: self })
    }
}

/// The body of an answer under way.
pub(crate) struct Watched {
    body: axum::body::Body,
    exchange: Arc<Exchange>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.exchange.live.store(false, Ordering::Relaxed);
        self.exchange.set(Phase::Answered);
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
