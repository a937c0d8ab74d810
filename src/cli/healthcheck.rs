//! `seen healthcheck`: asks a running seen whether it is healthy. The image has no
//! shell and no curl that could.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::config::Healthcheck;

/// The timeout of each step.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Asks a running seen; a sentence says what is wrong.
pub fn ask(settings: &Healthcheck) -> Result<(), String> {
    let path = if settings.ready { "/readyz" } else { "/healthz" };
    let address = reachable(settings.listen);
    let answer =
        get(address, path).map_err(|e| format!("no answer from http://{address}{path}: {e}"))?;
    match answer.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        _ => {
            let body = answer.split_once("\r\n\r\n").map_or("", |parts| parts.1);
            Err(format!("http://{address}{path} is not well: {}", body.trim()))
        }
    }
}

/// One request and one answer; HTTP/1.0, so that the answer ends with the
/// connection (RFC 1945, section 7.2.2).
fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 << 10).read_to_string(&mut answer)?;
    Ok(answer)
}

/// The address to connect to: an unspecified one becomes loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
