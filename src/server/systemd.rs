//! What a service manager hands over and is told.
//!
//! It may hand over a socket that it listens on already (`LISTEN_FDS`, sd_listen_fds(3)),
//! and hears when seen is ready and when it stops (`NOTIFY_SOCKET`, sd_notify(3)). Without
//! a manager none of this does anything.

use std::io;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;

/// The TCP socket that was handed over, if one was.
///
/// # Errors
/// What was handed over is no TCP socket, or cannot be used.
pub fn socket() -> io::Result<Option<TcpListener>> {
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? else { return Ok(None) };
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener).map(Some)
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
