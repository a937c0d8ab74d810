//! Limits on the head of a request.
//!
//! hyper has its own limits (65,534 bytes of URL, 100 headers, 400 kB in all), beyond which it
//! answers a bare 414 or 431. Ours are lower, so that the answer can say what is allowed.

use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::{Request, Version};

use crate::web::error::ApiError;
use crate::web::request::query;

/// The longest path that is read, in bytes: a namespace and 100 keys fit.
const MAX_PATH: usize = 8 << 10;
/// The most headers, and the most bytes of their names and values together.
const MAX_HEADERS: usize = 80;
const MAX_HEADER_BYTES: usize = 16 << 10;

/// The longest head within these limits, in bytes, with the method, the version and the separators
/// of the headers.
pub const MAX_HEAD: usize = MAX_PATH + query::MAX_BYTES + MAX_HEADER_BYTES + (4 << 10);

/// Refuses a request that exceeds the limits or names a host other than the `allowed` ones. An
/// empty list allows every host.
pub(crate) fn check<B>(request: &Request<B>, allowed: &[String]) -> Result<(), ApiError> {
    let (uri, headers) = (request.uri(), request.headers());
    if uri.path().len() > MAX_PATH {
        return Err(ApiError::url_too_long("path", MAX_PATH));
    }
    if let Some(text) = uri.query() {
        query::check_size(text)?;
    }
    let bytes = || headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > MAX_HEADERS || MAX_HEADER_BYTES < bytes() {
        return Err(ApiError::headers_too_large(MAX_HEADERS, MAX_HEADER_BYTES));
    }
    // RFC 9112, section 3.2. With two, a proxy might use one and seen the other.
    let mut hosts = headers.iter().filter(|(name, _)| *name == HOST);
    match (hosts.next(), hosts.next()) {
        (Some((_, host)), None) => {
            let host = host.to_str().unwrap_or_default();
            if allowed.is_empty() || is_allowed(host, allowed) {
                Ok(())
            } else {
                Err(ApiError::wrong_host())
            }
        }
        (None, _) if request.version() == Version::HTTP_10 => Ok(()),
        _ => Err(ApiError::invalid_host()),
    }
}

/// Whether a `Host` names this server. In a DNS rebinding attack, a foreign page points its own
/// name here and sends that name; so addresses and `localhost` are safe to accept.
fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || allowed.iter().any(|one| one.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(hosts: &[&str], version: Version) -> Result<(), ApiError> {
        let mut request = Request::get("/hit/a/b").version(version);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        check(&request.body(()).unwrap(), &["example.com".into()])
    }

    #[test]
    fn a_host_is_there_once_and_is_ours() {
        for ours in ["example.com", "Example.com:8000", "127.0.0.1:8000", "[::1]:80", "localhost"] {
            assert!(request(&[ours], Version::HTTP_11).is_ok(), "{ours}");
        }
        for other in ["evil.example", "example.com.evil.example", ""] {
            assert!(request(&[other], Version::HTTP_11).is_err(), "{other}");
        }
        assert!(request(&[], Version::HTTP_11).is_err());
        assert!(request(&["example.com", "example.com"], Version::HTTP_11).is_err());
        assert!(request(&[], Version::HTTP_10).is_ok());
    }
}
