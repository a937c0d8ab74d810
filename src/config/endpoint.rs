//! The address of a server: an IP address and a port, or a Unix socket.

use std::fmt::{self, Display, Formatter};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use socket2::SockAddr;

/// The prefix of a Unix socket's path, as in Docker's and nginx's settings.
pub const UNIX: &str = "unix:";

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An IP address and a port.
    Network(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// The path, if it is a Unix socket.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Network(_) => None,
            Self::Unix(path) => Some(path),
        }
    }

    /// The address as the system takes it.
    ///
    /// # Errors
    /// The path is too long for a Unix socket.
    pub fn to_sock_addr(&self) -> std::io::Result<SockAddr> {
        match self {
            Self::Network(address) => Ok((*address).into()),
            Self::Unix(path) => SockAddr::unix(path),
        }
    }

    /// The URL for requests, as `--url` takes it.
    pub fn url(&self) -> String {
        match self {
            Self::Network(address) => format!("http://{address}"),
            Self::Unix(_) => self.to_string(),
        }
    }
}

impl Display for Endpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix(UNIX) {
            // Some write `unix:///run/…`, as in a URL.
            let path = path.strip_prefix("//").unwrap_or(path);
            // A service has no obvious folder for a relative path.
            let is_sound = path.starts_with('/') && !path.ends_with('/');
            return match SockAddr::unix(path) {
                Ok(_) if is_sound => Ok(Self::Unix(path.into())),
                _ => {
                    Err("give the absolute path of a socket, such as unix:/run/seen/seen.sock, in \
                          at most 107 bytes"
                        .into())
                }
            };
        }
        super::value::address(text)
            .map(Self::Network)
            .map_err(|allowed| format!("{allowed}; or a socket, such as unix:/run/seen/seen.sock"))
    }
}

/// The permissions of a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMode(pub u32);

impl FromStr for FileMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match u32::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o777 => Ok(Self(mode)),
            _ => Err("give permissions in octal, such as 660 or 0600".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_address_or_a_whole_path() {
        let parse = |text: &str| text.parse::<Endpoint>().map(|endpoint| endpoint.to_string());
        assert_eq!(parse("[::]:80"), Ok("[::]:80".into()));
        assert_eq!(parse("unix:/run/s.sock"), Ok("unix:/run/s.sock".into()));
        assert_eq!(parse("unix:///run/s.sock"), Ok("unix:/run/s.sock".into()));
        let long = format!("unix:/{}", "x".repeat(108));
        for bad in ["unix:", "unix:s.sock", "unix:/run/", "/run/s.sock", "localhost:80", &long] {
            assert!(parse(bad).unwrap_err().contains("unix:/run/seen/seen.sock"), "{bad}");
        }
    }

    #[test]
    fn permissions_are_octal() {
        let parse = |text: &str| text.parse::<FileMode>().map(|mode| mode.0);
        assert_eq!(parse("660"), Ok(0o660));
        assert_eq!(parse("0600"), Ok(0o600));
        for bad in ["", "rw", "888", "1777", "-1"] {
            assert!(parse(bad).unwrap_err().contains("660"), "{bad}");
        }
    }
}
