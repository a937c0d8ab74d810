//! A client's socket, with the timeouts for slow clients.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::exchange::{Exchange, Phase};
use super::listener::Stream;
use crate::metrics::Timeout;

/// The most bytes that are gathered, on the stack, for a single write.
const SMALL: usize = 1024;

/// The bytes of an answer that a client must take within the write timeout, if there are as
/// many: a client cannot keep a connection by reading a byte now and then.
const MIN_PROGRESS: usize = 16 << 10;

/// How many bytes of a head are read before other connections have their turn.
const TURN: usize = 4 << 10;

/// The send buffer of a stream of live numbers, in bytes; the system doubles it. A reader that
/// falls behind receives only the latest number anyway.
const LIVE_SEND_BUFFER: usize = 16 << 10;

/// A stream that writes the head and the body of a small answer as one piece: the
/// system takes one piece for less than two (benches/README.md). It gives up on a
/// client that takes too long to send a head or to read an answer.
pub(crate) struct Socket {
    stream: Stream,
    exchange: Arc<Exchange>,
    head_timeout: Duration,
    write_timeout: Duration,
    /// Turns hyper's own error answers into ours.
    bare: fn(u16) -> Vec<u8>,
    /// Whether a head has begun to arrive. True for a new connection, which is expected to
    /// send one.
    begun: bool,
    /// The number of requests when `begun` was last true.
    requests: u32,
    /// Runs while the rest of a head is due.
    head: Option<Pin<Box<Sleep>>>,
    /// Runs while the client does not read.
    write: Option<Pin<Box<Sleep>>>,
    /// The bytes that the client took while that ran.
    taken: usize,
    is_small: bool,
    /// What was read of a head in this turn, in bytes.
    turn: usize,
}

impl Socket {
    pub(crate) fn new(
        stream: Stream,
        exchange: Arc<Exchange>,
        (head_timeout, write_timeout): (Duration, Duration),
        bare: fn(u16) -> Vec<u8>,
    ) -> Self {
        Self {
            stream,
            exchange,
            head_timeout,
            write_timeout,
            bare,
            begun: true,
            requests: 0,
            head: None,
            write: None,
            taken: 0,
            is_small: false,
            turn: 0,
        }
    }

    fn stream(&mut self) -> Pin<&mut Stream> {
        Pin::new(&mut self.stream)
    }

    /// Forgets the head that has become a request.
    fn look_at_requests(&mut self) {
        let requests = self.exchange.requests();
        if requests != self.requests {
            self.requests = requests;
            self.begun = false;
            self.head = None;
            self.turn = 0;
        }
    }

    fn give_up(&self, timeout: Timeout) -> Error {
        self.exchange.time_out(timeout);
        ErrorKind::TimedOut.into()
    }

    /// Keeps the time of a write.
    fn watch_write(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) if self.write.is_some() => {
                self.taken += bytes;
                if self.taken >= MIN_PROGRESS {
                    self.write = None;
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                let timeout = self.write_timeout;
                if self.write.is_none() {
                    self.taken = 0;
                }
                let wait = self.write.get_or_insert_with(|| Box::pin(sleep(timeout)));
                ready!(wait.as_mut().poll(context));
                Poll::Ready(Err(self.give_up(Timeout::write)))
            }
            done => {
                self.note_unacknowledged(&done);
                done
            }
        }
    }

    /// The system gives up on a client that does not read, too, and may be the first to.
    fn note_unacknowledged<T>(&self, done: &Poll<Result<T>>) {
        if matches!(done, Poll::Ready(Err(error)) if error.kind() == ErrorKind::TimedOut) {
            self.exchange.time_out(Timeout::write);
        }
    }

    /// Replaces hyper's own answer to a malformed request by one with our body and headers;
    /// `None` for any other answer.
    fn reworded(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.exchange.phase() != Phase::Awaiting {
            return None;
        }
        let status = bytes.strip_prefix(b"HTTP/1.1 ").or(bytes.strip_prefix(b"HTTP/1.0 "))?;
        let status = std::str::from_utf8(status.get(..3)?).ok()?.parse().ok()?;
        self.exchange.set_refused();
        Some((self.bare)(status))
    }

    fn shrink_if_live(&mut self) {
        if self.exchange.is_live() && !self.is_small {
            self.is_small = true;
            // If this fails, the buffer stays larger, and the write timeout still holds.
            let _ = SockRef::from(&self.stream).set_send_buffer_size(LIVE_SEND_BUFFER);
        }
    }

    fn write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.shrink_if_live();
        if let Some(answer) = self.reworded(bytes) {
            // An empty buffer takes a small answer whole.
            ready!(self.stream().poll_write(context, &answer))?;
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = self.stream().poll_write(context, bytes);
        self.watch_write(context, written)
    }

    /// Whether the client of a stream has hung up. Other clients that stop sending may still
    /// want their answer (RFC 9293, section 3.6), but a stream would never end.
    fn has_hung_up(&mut self, context: &mut Context<'_>) -> bool {
        let at_end = self.stream.poll_is_at_end(context);
        self.note_unacknowledged(&at_end);
        matches!(at_end, Poll::Ready(Ok(true) | Err(_)))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        self.look_at_requests();
        if self.turn >= TURN {
            self.turn = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = into.filled().len();
        let read = self.stream().poll_read(context, into);
        self.note_unacknowledged(&read);
        if let Poll::Ready(read) = read {
            if self.exchange.phase() != Phase::Answering {
                self.begun = true;
                self.turn += into.filled().len() - before;
            }
            return Poll::Ready(read);
        }
        self.turn = 0;
        self.exchange.drained();
        if self.begun && self.exchange.phase() != Phase::Answering {
            let timeout = self.head_timeout;
            let wait = self.head.get_or_insert_with(|| Box::pin(sleep(timeout)));
            ready!(wait.as_mut().poll(context));
            return Poll::Ready(Err(self.give_up(Timeout::head)));
        }
        Poll::Pending
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        self.write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let mut small = [0; SMALL];
        let mut length = 0;
        for piece in pieces {
            let Some(place) = small.get_mut(length..length + piece.len()) else {
                self.shrink_if_live();
                let written = self.stream().poll_write_vectored(context, pieces);
                return self.watch_write(context, written);
            };
            place.copy_from_slice(piece);
            length += piece.len();
        }
        self.write(context, &small[..length])
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.write = None;
        self.exchange.flushed();
        if self.exchange.is_live() && self.has_hung_up(context) {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.stream().poll_shutdown(context)
    }
}
