//! What a service manager hands over and is told.
//!
//! It may hand over a socket that it listens on already (`LISTEN_FDS`, sd_listen_fds(3)),
//! and hears when seen is ready and when it stops (`NOTIFY_SOCKET`, sd_notify(3)). Without
//! a manager none of this does anything.

use std::io;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::{TcpListener, UnixListener};

use super::listener::Listener;

/// The TCP or Unix socket that was handed over, if one was.
///
/// # Errors
/// What was handed over is neither, or cannot be used.
pub fn socket() -> io::Result<Option<Listener>> {
    let mut handed = ListenFd::from_env();
    if let Ok(Some(listener)) = handed.take_unix_listener(0) {
        listener.set_nonblocking(true)?;
        return UnixListener::from_std(listener).map(|listener| Some(listener.into()));
    }
    let Some(listener) = handed.take_tcp_listener(0)? else { return Ok(None) };
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener).map(|listener| Some(listener.into()))
}

/// Seen listens; what was to wait for it may start.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// Seen finishes what it has begun.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager was not told");
    }
}
