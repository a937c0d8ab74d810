//! Talks to a service manager: takes its socket, and reports the state.
//!
//! A manager may pass a socket on which it already listens (`LISTEN_FDS`, sd_listen_fds(3)),
//! and may wait for the state (`NOTIFY_SOCKET`, sd_notify(3)). Without a manager none of this
//! does anything.

use std::io;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::{TcpListener, UnixListener};

use super::listener::Listener;

/// The TCP or Unix socket that the manager passed, if any.
///
/// # Errors
/// The file descriptor is neither, or cannot be used.
pub fn socket() -> io::Result<Option<Listener>> {
    let mut passed = ListenFd::from_env();
    if let Ok(Some(listener)) = passed.take_unix_listener(0) {
        listener.set_nonblocking(true)?;
        return UnixListener::from_std(listener).map(|listener| Some(listener.into()));
    }
    let Some(listener) = passed.take_tcp_listener(0)? else { return Ok(None) };
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener).map(|listener| Some(listener.into()))
}

/// Reports that seen accepts connections.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// Reports that seen is shutting down.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager was not told");
    }
}
