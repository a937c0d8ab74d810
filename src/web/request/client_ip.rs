//! The address of the client: the peer's, or the one that a trusted proxy reports.

use std::net::IpAddr;
use std::sync::Once;

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::model::network::{Client, Peer};
use crate::web::headers;

/// The header in which proxies report their clients. The last entry is the nearest.
static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Logs once that a nearby proxy is not trusted, so that all clients behind it are one.
pub(crate) fn notice_untrusted(peer: IpAddr, headers: &HeaderMap) {
    static SAID: Once = Once::new();
    let is_near = match peer.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    let tells = || headers::contains(headers, &[&FORWARDED_FOR, &FORWARDED]);
    if !SAID.is_completed() && is_near && tells() {
        SAID.call_once(|| {
            tracing::warn!(
                "a nearby proxy is not among --trusted-proxies: all behind it are one client"
            );
        });
    }
}

/// The client behind a connection from `peer`. Of the headers, only entries that `trusted`
/// proxies have written are believed.
pub(crate) fn client(peer: Peer, headers: &HeaderMap, trusted: &[IpNet]) -> Client {
    let Peer { ip: peer, is_proxy } = peer;
    if !is_proxy {
        return Client::of(peer);
    }
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip.to_canonical()));
    let nearest = |header: &HeaderName, address: fn(&str) -> Option<IpAddr>| {
        let claims = headers.get_all(header);
        let claims = claims.iter().rev().flat_map(|v| v.to_str().unwrap_or("").rsplit(','));
        let mut nearest = None;
        for claim in claims {
            // No trusted proxy writes an entry that is not an address.
            let Some(ip) = address(claim) else { return nearest.or(Some(peer)) };
            nearest = Some(ip);
            if !is_trusted(ip) {
                break;
            }
        }
        nearest
    };
    match (nearest(&FORWARDED_FOR, address), nearest(&FORWARDED, forwarded)) {
        (None, None) => Client::of(peer),
        (Some(ip), None) | (None, Some(ip)) => Client::of(ip),
        // A proxy writes one of the two headers and may forward the client's own in the
        // other. We cannot tell which is which.
        (Some(one), Some(other)) if Client::of(one) == Client::of(other) => Client::of(one),
        (Some(_), Some(_)) => Client::of(peer),
    }
}

/// The `for` of one element of `Forwarded` (RFC 7239), such as
/// `for=192.0.2.1;proto=https` or `for="[2001:db8::1]"`. Commas in quotes are not supported,
/// since no address contains one.
fn forwarded(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    address(node.trim().trim_matches('"'))
}

/// An address with or without a port, as proxies write them.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(ip) = text.parse() {
        return Some(ip);
    }
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    text.rsplit_once(':')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_as(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Client {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(&FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let ip = peer.parse::<IpAddr>().unwrap().to_canonical();
        let is_proxy = trusted.iter().any(|net| net.contains(&ip));
        client(Peer { ip, is_proxy }, &headers, &trusted)
    }

    fn is(ip: &str) -> Client {
        Client::of(ip.parse().unwrap())
    }

    /// dwyl and Abacus believe the header of anybody.
    #[test]
    fn nobody_can_claim_an_address() {
        assert_eq!(seen_as("192.0.2.1", &["198.51.100.7"], &[]), is("192.0.2.1"));
        let trusted = &["10.0.0.0/8"];
        assert_eq!(seen_as("192.0.2.1", &["198.51.100.7"], trusted), is("192.0.2.1"));
        // The client wrote the first entry itself.
        assert_eq!(seen_as("10.0.0.1", &["1.1.1.1, 198.51.100.7"], trusted), is("198.51.100.7"));
    }

    #[test]
    fn a_chain_of_trusted_proxies_is_followed() {
        let trusted = &["10.0.0.0/8", "fd00::/8"];
        let chain = &["198.51.100.7, 10.0.0.3", "fd00::2"];
        assert_eq!(seen_as("10.0.0.1", chain, trusted), is("198.51.100.7"));
        assert_eq!(seen_as("10.0.0.1", &["junk, 10.0.0.3"], trusted), is("10.0.0.3"));
        assert_eq!(seen_as("10.0.0.1", &[], trusted), is("10.0.0.1"));
        assert_eq!(seen_as("::ffff:10.0.0.1", &["198.51.100.7:4711"], trusted), is("198.51.100.7"));
    }

    fn seen_by_both(forwarded_for: &[&str], forwarded: &[&str]) -> Client {
        let mut headers = HeaderMap::new();
        for (name, values) in [(&FORWARDED_FOR, forwarded_for), (&FORWARDED, forwarded)] {
            for value in values {
                headers.append(name, value.parse().unwrap());
            }
        }
        let peer = Peer { ip: "10.0.0.1".parse().unwrap(), is_proxy: true };
        client(peer, &headers, &["10.0.0.0/8".parse().unwrap()])
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_has_it() {
        let one = |text: &str| seen_by_both(&[], &[text]);
        assert_eq!(one("for=192.0.2.60;proto=http;by=203.0.113.43"), is("192.0.2.60"));
        assert_eq!(one("proto=https; For=\"192.0.2.60:4711\""), is("192.0.2.60"));
        assert_eq!(one("for=\"[2001:db8:cafe::17]:4711\""), is("2001:db8:cafe::17"));
        assert_eq!(one("for=192.0.2.60, for=10.0.0.2"), is("192.0.2.60"));
        assert_eq!(seen_by_both(&[], &["for=192.0.2.60", "for=10.0.0.2"]), is("192.0.2.60"));
        // Only the nearest is believed, whatever the client wrote before it.
        for written in ["for=1.1.1.1, ", "for=\"1.1.1.1, ", "for=\"", ";;=,,"] {
            assert_eq!(one(&format!("{written},for=192.0.2.60")), is("192.0.2.60"), "{written}");
        }
        for nobody in
            ["for=unknown", "for=_hidden", "proto=https", "", "for=1.1.1.1, for=_SEVKISEK"]
        {
            assert_eq!(one(nobody), is("10.0.0.1"), "{nobody}");
        }
    }

    /// A proxy that writes one of the headers passes the other one on.
    #[test]
    fn the_header_that_the_proxy_does_not_write_lends_no_address() {
        let (real, claimed) = ("192.0.2.60", "198.51.100.7");
        assert_eq!(seen_by_both(&[real], &[&format!("for={claimed}")]), is("10.0.0.1"));
        assert_eq!(seen_by_both(&[claimed], &[&format!("for={real}")]), is("10.0.0.1"));
        assert_eq!(seen_by_both(&[real], &[&format!("for={real}")]), is(real));
        assert_eq!(seen_by_both(&[real], &["junk"]), is("10.0.0.1"));
    }

    #[test]
    fn an_address_may_stand_with_its_port() {
        assert_eq!(seen_as("10.0.0.1", &["[2001:db8::1]:443"], &["10.0.0.0/8"]), is("2001:db8::1"));
    }
}
