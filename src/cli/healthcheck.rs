//! `seen healthcheck`: asks a running seen whether it is healthy. The image has no
//! shell or curl for this.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::{Socket, Type};

use crate::config::{Endpoint, Healthcheck};

/// The timeout of each step.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Asks a running seen; the error is a sentence for people.
pub fn ask(settings: &Healthcheck) -> Result<(), String> {
    let path = if settings.ready { "/readyz" } else { "/healthz" };
    let endpoint = reachable(&settings.listen);
    let url = match &endpoint {
        Endpoint::Network(address) => format!("http://{address}{path}"),
        Endpoint::Unix(_) => format!("{endpoint}:{path}"),
    };
    let answer = get(&endpoint, path).map_err(|e| format!("no answer from {url}: {e}"))?;
    match answer.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        _ => {
            let body = answer.split_once("\r\n\r\n").map_or("", |parts| parts.1);
            Err(format!("{url} is not healthy: {}", body.trim()))
        }
    }
}

/// Sends one request. In HTTP/1.0 the answer ends with the connection (RFC 1945,
/// section 7.2.2), so there is no length to parse.
fn get(endpoint: &Endpoint, path: &str) -> std::io::Result<String> {
    let address = endpoint.to_sock_addr()?;
    let mut stream = Socket::new(address.domain(), Type::STREAM, None)?;
    stream.connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let host = match endpoint {
        Endpoint::Network(address) => address.to_string(),
        Endpoint::Unix(_) => "localhost".into(),
    };
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(64 << 10).read_to_string(&mut answer)?;
    Ok(answer)
}

/// The address to connect to: an unspecified one becomes loopback.
fn reachable(listen: &Endpoint) -> Endpoint {
    let Endpoint::Network(address) = listen else { return listen.clone() };
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Endpoint::Network(SocketAddr::new(ip, address.port()))
}
