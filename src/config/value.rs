//! Parsers for the values of settings: addresses, durations, rates, ranges, numbers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use crate::model::rate::Rate;
use crate::store::Location;

/// A rate, or `None` for `off`. clap reads a plain `Option` as a setting that may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(pub Option<Rate>);

pub(super) fn limit(text: &str) -> Result<RateLimit, String> {
    match text {
        "off" => Ok(RateLimit(None)),
        rate => rate.parse().map(|rate| RateLimit(Some(rate))),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let allowed = "give a time above zero with its unit, such as 500ms, 2s or 1m";
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| allowed)?;
    match Duration::try_from(parsed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(allowed.into()),
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "give an IP address and a port, such as 127.0.0.1:8000, 0.0.0.0:8000 or [::]:8000".into()
    })
}

pub(super) fn location(text: &str) -> Result<Location, String> {
    text.parse()
}

pub(super) fn range(text: &str) -> Result<IpNet, String> {
    let allowed = "give addresses or ranges such as 10.0.0.0/8,192.0.2.1,fd00::/8";
    let address = |text: &str| text.parse::<IpAddr>().map(IpNet::from);
    text.trim().parse().or_else(|_| address(text.trim())).map_err(|_| allowed.into())
}

/// A name or an address as it stands in the `Host` of a request, without the port.
pub(super) fn host(text: &str) -> Result<String, String> {
    let host = text.trim();
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    if address.parse::<IpAddr>().is_ok() || !host.is_empty() && host.bytes().all(is_letter) {
        return Ok(host.into());
    }
    Err("give whole host names such as example.com,www.example.com, without https://, port, path \
         or *"
        .into())
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("give a whole number above zero".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_alone() {
        for good in ["example.com", " Example.com", "seen_1", "xn--mnchen-3ya.de", "::1", "[::1]"] {
            assert_eq!(host(good).as_deref(), Ok(good.trim()));
        }
        for bad in ["https://x.org/", "x.org/", "x.org:8000", "*.x.org", "x y", "", "münchen.de"] {
            assert!(host(bad).unwrap_err().contains("without https://"), "{bad}");
        }
    }

    #[test]
    fn durations_need_a_unit_and_are_positive() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        for bad in ["2", "", "0s", "-1s", "soon"] {
            assert!(duration(bad).unwrap_err().contains("500ms"), "{bad}");
        }
    }
}
