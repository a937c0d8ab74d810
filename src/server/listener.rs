//! Listeners on a TCP port or a Unix socket, and the connections they accept.

use std::fs;
use std::io::{ErrorKind, IoSlice, Result};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ipnet::IpNet;
use socket2::{Domain, SockAddr, SockRef, Type};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::config::{Endpoint, FileMode};
use crate::model::network::Peer;

/// How many connections may wait to be accepted; the system caps it (`somaxconn`).
const BACKLOG: i32 = 4096;

/// The most unsent bytes that the system buffers for a client. Its default is 4 MB (tcp(7),
/// `tcp_wmem`).
const MAX_UNSENT: u32 = 64 << 10;

/// A listening TCP port or Unix socket.
pub struct Listener(Kind);

enum Kind {
    Tcp(TcpListener),
    /// The file, if seen made it, is removed before the socket closes: the next seen may put
    /// its own there as soon as this one no longer listens.
    Unix {
        _file: Option<SocketFile>,
        listener: UnixListener,
    },
}

impl Listener {
    /// Listens at `endpoint`; a Unix socket gets the permissions `mode`, and takes the
    /// place of one without a listener.
    ///
    /// # Errors
    /// The address is in use, or the folder does not exist.
    pub async fn bind(endpoint: &Endpoint, mode: FileMode) -> Result<Self> {
        match endpoint {
            Endpoint::Network(address) => TcpListener::bind(address).await.map(Self::from),
            Endpoint::Unix(path) => {
                let (listener, file) = bind_unix(path, mode)?;
                let listener = UnixListener::from_std(listener)?;
                Ok(Self(Kind::Unix { _file: Some(file), listener }))
            }
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not report it.
    pub fn endpoint(&self) -> Result<Endpoint> {
        match &self.0 {
            Kind::Tcp(listener) => listener.local_addr().map(Endpoint::Network),
            Kind::Unix { listener, .. } => {
                let address = listener.local_addr()?;
                let path = address.as_pathname().ok_or(ErrorKind::Unsupported)?;
                Ok(Endpoint::Unix(path.to_owned()))
            }
        }
    }

    /// The next connection and its peer. The permissions of a Unix socket decide who may
    /// connect, so every peer there is a proxy, with this machine's address.
    pub(crate) async fn accept(&self, trusted_proxies: &[IpNet]) -> Result<(Stream, Peer)> {
        match &self.0 {
            Kind::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                let ip = address.ip().to_canonical();
                let is_proxy = trusted_proxies.iter().any(|net| net.contains(&ip));
                Ok((Stream::Tcp(stream), Peer { ip, is_proxy }))
            }
            Kind::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                let peer = Peer { ip: Ipv4Addr::LOCALHOST.into(), is_proxy: true };
                Ok((Stream::Unix(stream), peer))
            }
        }
    }

    /// Sets options that connections inherit. A Unix socket needs none: its buffer is small
    /// (unix(7), `wmem_default`).
    pub(crate) fn bound_memory(&self, unacknowledged: Duration) {
        let Kind::Tcp(listener) = &self.0 else { return };
        let socket = SockRef::from(listener);
        for done in [
            // An answer is one small segment; waiting to fill it would cost 40 ms.
            socket.set_tcp_nodelay(true),
            socket.set_tcp_notsent_lowat(MAX_UNSENT),
            // Detects a peer that vanished.
            socket.set_tcp_user_timeout(Some(unacknowledged)),
        ] {
            if let Err(error) = done {
                tracing::debug!(%error, "an option of the listener could not be set");
            }
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self(Kind::Tcp(listener))
    }
}

/// A socket that somebody else made, and will remove.
impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self(Kind::Unix { _file: None, listener })
    }
}

fn bind_unix(
    path: &Path,
    FileMode(mode): FileMode,
) -> Result<(std::os::unix::net::UnixListener, SocketFile)> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let address = SockAddr::unix(path)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_stale(path, &address)? => {
            fs::remove_file(path)?;
            socket.bind(&address)?;
        }
        done => done?,
    }
    let file = SocketFile::at(path)?;
    // Nobody can connect before the socket listens, so that no moment has other permissions.
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    socket.listen(BACKLOG)?;
    Ok((socket.into(), file))
}

/// Whether a process that has ended left the socket there. Another kind of file is kept, and
/// so is a socket in use.
fn is_stale(path: &Path, address: &SockAddr) -> Result<bool> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Ok(false);
    }
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let answer = socket.connect(address);
    Ok(answer.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused))
}

/// A socket's file, removed when dropped, unless another has taken its place.
struct SocketFile {
    path: PathBuf,
    id: (u64, u64),
}

impl SocketFile {
    fn at(path: &Path) -> Result<Self> {
        id(path).map(|id| Self { path: path.to_owned(), id })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if id(&self.path).is_ok_and(|id| id == self.id) {
            // If this fails, the next start replaces the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file's identity: its device and inode.
fn id(path: &Path) -> Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

/// A connection of either kind.
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The same expression with the stream of either kind.
macro_rules! either {
    ($stream:expr, $inner:ident => $do:expr) => {
        match $stream {
            Stream::Tcp($inner) => $do,
            Stream::Unix($inner) => $do,
        }
    };
}

impl Stream {
    /// Writes what the system takes at once.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> Result<usize> {
        either!(self, stream => stream.try_write(bytes))
    }

    /// Whether the client has closed its side.
    pub(crate) fn poll_is_at_end(&mut self, context: &mut Context<'_>) -> Poll<Result<bool>> {
        loop {
            ready!(either!(&*self, stream => stream.poll_read_ready(context)))?;
            let mut byte = [std::mem::MaybeUninit::uninit()];
            let peek = || SockRef::from(&*self).peek(&mut byte);
            match either!(&*self, stream => stream.try_io(Interest::READABLE, peek)) {
                // It is no longer ready: wait again.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                peeked => return Poll::Ready(peeked.map(|length| length == 0)),
            }
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        either!(self, stream => stream.as_fd())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_read(context, into))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        either!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(context))
    }
}
