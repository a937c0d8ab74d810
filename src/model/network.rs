//! The client and the network of a request, in no more detail than limits and visitors need.
//! Neither is ever logged or stored.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How many times a client's limit a network has.
pub const CLIENTS_OF_A_NETWORK: u8 = 4;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// Whether it is trusted to report its clients' addresses: a trusted proxy, or any client
    /// of a Unix socket.
    pub is_proxy: bool,
}

/// A client: one IPv4 address, or the /64 of an IPv6 address, since a subscriber has at least
/// that many (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(pub [u8; 8]);

/// A network that one person may control: an IPv4 /24, or an IPv6 /48, the usual assignment
/// to a site (RFC 6177, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network([u8; 8]);

impl Network {
    /// The client that stands for the whole network.
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
        // No client has an IPv6 address in ::/32 except ::1, which is 0.0.0.0 here, and that is no
        // client's. So the two kinds cannot collide.
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
