//! Permits limit how many of something are in use at once: in all, by one client, and by one
//! network.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::model::network::{CLIENTS_OF_A_NETWORK, Client, Network};

/// One permit in this many is reserved for clients without any, so that a few clients at
/// their limits cannot keep everybody else out.
const RESERVED_SHARE: usize = 8;

/// A set of permits. A clone shares it.
#[derive(Clone)]
pub struct Permits(Arc<Inner>);

struct Inner {
    max: usize,
    client_max: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: usize,
    /// Contains a client or network exactly while it holds permits.
    clients: HashMap<Client, usize>,
    networks: HashMap<Network, usize>,
}

/// The limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The limit of all clients together.
    All,
    /// The limit of one client, and its value.
    Client(usize),
    /// The limit of one network, and its value.
    Network(usize),
}

/// A held permit. Dropping it returns it.
pub struct Permit {
    permits: Permits,
    client: Option<Client>,
}

impl Permits {
    /// A set of `max` permits, of which a client may hold `client_max` and a network four times
    /// as many.
    pub fn new(max: usize, client_max: usize) -> Self {
        Self(Arc::new(Inner { max, client_max, held: Mutex::default() }))
    }

    /// A permit for this client.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn take(&self, client: Client) -> Result<Permit, Full> {
        let Inner { max, client_max, .. } = *self.0;
        let network_max = client_max.saturating_mul(CLIENTS_OF_A_NETWORK.into());
        let mut held = self.held();
        let of_client = held.clients.get(&client).copied().unwrap_or(0);
        if of_client >= client_max {
            return Err(Full::Client(client_max));
        }
        if held.networks.get(&client.network()).is_some_and(|n| *n >= network_max) {
            return Err(Full::Network(network_max));
        }
        let reserved = if of_client == 0 { 0 } else { max / RESERVED_SHARE };
        if held.all >= max - reserved {
            return Err(Full::All);
        }
        held.all += 1;
        *held.clients.entry(client).or_default() += 1;
        *held.networks.entry(client.network()).or_default() += 1;
        Ok(Permit { permits: self.clone(), client: Some(client) })
    }

    /// A permit for a proxy that speaks for many clients.
    ///
    /// # Errors
    /// All permits are held.
    pub fn take_for_many(&self) -> Result<Permit, Full> {
        let mut held = self.held();
        if held.all >= self.0.max {
            return Err(Full::All);
        }
        held.all += 1;
        Ok(Permit { permits: self.clone(), client: None })
    }

    /// The number of held permits.
    pub fn held_now(&self) -> usize {
        self.held().all
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self.permits.held();
        held.all -= 1;
        if let Some(client) = self.client {
            give_back(&mut held.clients, client);
            give_back(&mut held.networks, client.network());
        }
    }
}

fn give_back<K: Eq + Hash>(held: &mut HashMap<K, usize>, key: K) {
    if let Some(n) = held.get_mut(&key) {
        *n -= 1;
        if *n == 0 {
            held.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v6(subnet: u8) -> Client {
        Client([0x20, 1, 0x0d, 0xb8, 0, 0, 0, subnet])
    }

    #[test]
    fn permits_are_counted_and_given_back() {
        let permits = Permits::new(3, 2);
        let (one, other) = (Client([1; 8]), Client([2; 8]));
        let held = [permits.take(one).unwrap(), permits.take(one).unwrap()];
        assert_eq!(permits.take(one).err(), Some(Full::Client(2)));
        let third = permits.take(other).unwrap();
        assert_eq!(permits.take(Client([3; 8])).err(), Some(Full::All));
        assert_eq!(permits.take_for_many().err(), Some(Full::All));
        drop(held);
        assert_eq!(permits.held_now(), 1);
        assert!(permits.take(one).is_ok());
        drop(third);
        let held = permits.held();
        assert!(held.clients.is_empty() && held.networks.is_empty(), "nobody is remembered");
    }

    #[test]
    fn a_network_of_many_clients_has_a_bound_too() {
        let permits = Permits::new(1000, 2);
        let held: Vec<_> = (0..8).map(|subnet| permits.take(v6(subnet)).unwrap()).collect();
        assert_eq!(permits.take(v6(9)).err(), Some(Full::Network(8)));
        assert!(permits.take(Client([1; 8])).is_ok(), "other networks have their own");
        drop(held);
        assert!(permits.take(v6(9)).is_ok());
    }

    #[test]
    fn the_last_eighth_is_for_those_who_hold_none() {
        let permits = Permits::new(16, 100);
        let hog = Client([1; 8]);
        let mut held: Vec<_> = std::iter::from_fn(|| permits.take(hog).ok()).collect();
        assert_eq!(held.len(), 14);
        held.push(permits.take(Client([2; 8])).unwrap());
        assert_eq!(permits.take(Client([2; 8])).err(), Some(Full::All));
        held.push(permits.take(Client([3; 8])).unwrap());
        assert_eq!(permits.take(Client([4; 8])).err(), Some(Full::All));
    }
}
