//! The network that a request comes from, in no more detail than limits and visitors need. It
//! is never logged and never stored.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// Whether it speaks for others and is believed who they are: a trusted proxy, or
    /// whoever connects to a Unix socket.
    pub is_proxy: bool,
}

/// A client as far as seen tells them apart: one IPv4 address, or the /64 of an
/// IPv6 address, since one subscriber has at least that much of them (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(pub [u8; 8]);

/// A network that one person may well control: an IPv4 /24, or an IPv6 /48, which a site is
/// usually assigned (RFC 6177, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network([u8; 8]);

impl Network {
    /// The client that stands for all of it.
    pub fn first_client(self) -> Client {
        Client(self.0)
    }
}

impl Client {
    /// The client at this address.
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
        }
    }

    /// The network that it belongs to.
    pub fn network(self) -> Network {
        let [a, b, c, d, e, f, g, _] = self.0;
        match self.0 {
            [0, 0, 0, 0, ..] => Network([a, b, c, d, e, f, g, 0]),
            _ => Network([a, b, c, d, e, f, 0, 0]),
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Self {
        let [a, b, c, d] = ip.octets();
        // 0.0.0.0/8 and ::/64 hold no clients, so the two kinds cannot collide.
        Self([0, 0, 0, 0, a, b, c, d])
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = ip.octets();
        Self([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(ip: &str) -> Client {
        Client::of(ip.parse().unwrap())
    }

    #[test]
    fn a_subscriber_is_a_64() {
        assert_eq!(is("2001:db8:0:1::1"), is("2001:db8:0:1:ffff::2"));
        assert_ne!(is("2001:db8:0:1::1"), is("2001:db8:0:2::1"));
        assert_eq!(is("::ffff:192.0.2.1"), is("192.0.2.1"));
    }

    #[test]
    fn a_network_is_a_24_or_a_48() {
        let network = |ip| is(ip).network();
        assert_eq!(network("192.0.2.1"), network("192.0.2.200"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(network("2001:db8:0:1::1"), network("2001:db8:0:ffff::1"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:1:1::1"));
    }
}
