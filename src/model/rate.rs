//! Rate limits by the generic cell rate algorithm (ITU-T I.371, annex A). It needs one number
//! for each key: the time at which the next hit would be due at a steady pace.

use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::str::FromStr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::model::network::{CLIENTS_OF_A_NETWORK, Client};
use crate::model::recent::Recent;

/// A rate such as `600/1m`. A burst may use the whole quota at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The number of hits, at least one.
    pub quota: u32,
    /// The period in which they are allowed.
    pub window: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = || "give a number and a time, such as 600/1m or 10/1s, or off".to_owned();
        let (quota, window) = text.split_once('/').ok_or_else(allowed)?;
        let quota = quota.parse().ok().filter(|q| *q > 0).ok_or_else(allowed)?;
        let window: jiff::SignedDuration = window.parse().map_err(|_| allowed())?;
        let window = Duration::try_from(window).ok().filter(|w| !w.is_zero());
        Ok(Self { quota, window: window.ok_or_else(allowed)? })
    }
}

impl Rate {
    /// A multiple of the quota in the same period.
    pub fn times(self, factor: u32) -> Self {
        Self { quota: self.quota.saturating_mul(factor), ..self }
    }
}

/// The rest of a key's quota after a hit, or the wait for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many more hits are allowed now.
    pub remaining: u32,
    /// The time until the whole quota is available.
    pub full_in: Duration,
    /// Zero if the hit is allowed; otherwise the wait until the next one is.
    pub wait: Duration,
}

/// The most keys in each half of a limiter's table. Both halves take about 1 MB.
const GENERATION_SIZE: usize = 1 << 14;

/// One rate limit for many keys. It keeps a hash and a time for each; when its table is full, it
/// forgets those that were unused for longest.
///
/// `S` hashes keys. It must be keyed, or the keys must be hashes already: nobody may choose keys
/// that collide.
pub struct Limiter<S = RandomState> {
    rate: Rate,
    start: Instant,
    hasher: S,
    /// When each key's next hit is due, in nanoseconds since the start.
    due: Mutex<Recent<u64, u64, BuildHasherDefault<Unhashed>>>,
}

/// The hasher of keys that are hashes already, as `u64`.
#[derive(Default)]
pub struct Unhashed(u64);

impl Hasher for Unhashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are of type u64");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl<S: BuildHasher + Default> Limiter<S> {
    /// A limit with this rate, unused so far.
    pub fn new(rate: Rate) -> Self {
        let due = Mutex::new(Recent::new(GENERATION_SIZE));
        Self { rate, start: Instant::now(), hasher: S::default(), due }
    }

    /// The rate.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one hit from a key's quota, if any is left.
    pub fn take(&self, key: &impl Hash) -> Left {
        self.take_at(key, Instant::now())
    }

    /// Returns one that was taken and not used.
    pub fn give_back(&self, key: &impl Hash) {
        let (_, pace) = self.window_and_pace();
        let key = self.hasher.hash_one(key);
        let mut due = self.due.lock();
        if let Some(at) = due.get(&key) {
            due.put(&key, at.saturating_sub(pace));
        }
    }

    /// How long a key must wait for its next hit; zero if it is allowed now. Takes nothing.
    pub fn wait(&self, key: &impl Hash) -> Duration {
        let now = self.nanos(Instant::now());
        let (window, pace) = self.window_and_pace();
        let key = self.hasher.hash_one(key);
        let at = self.due.lock().get(&key).unwrap_or(now).max(now);
        Duration::from_nanos((at + pace - now).saturating_sub(window.max(pace)))
    }

    /// Whether a key has its whole quota.
    pub fn is_untouched(&self, key: &impl Hash) -> bool {
        let now = self.nanos(Instant::now());
        let key = self.hasher.hash_one(key);
        self.due.lock().get(&key).is_none_or(|at| at <= now)
    }

    fn take_at(&self, key: &impl Hash, now: Instant) -> Left {
        let now = self.nanos(now);
        let (window, pace) = self.window_and_pace();
        let key = self.hasher.hash_one(key);
        let mut due = self.due.lock();
        let at = due.get(&key).unwrap_or(now).max(now);
        let next = at + pace;
        let passes = next - now <= window.max(pace);
        let ahead = if passes { next - now } else { at - now };
        due.put(&key, now + ahead);
        Left {
            remaining: u32::try_from(window.saturating_sub(ahead) / pace).unwrap_or(u32::MAX),
            full_in: Duration::from_nanos(ahead),
            wait: Duration::from_nanos(if passes { 0 } else { next - now - window }),
        }
    }

    fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }

    fn window_and_pace(&self) -> (u64, u64) {
        let window =
            u64::try_from(self.rate.window.as_nanos()).map_or(MAX_WINDOW, |n| n.min(MAX_WINDOW));
        (window, (window / u64::from(self.rate.quota)).max(1))
    }
}

/// A limit for each client, and a multiple of it for each network.
pub struct Tiers {
    client: Limiter,
    network: Limiter,
}

/// The kind of limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// One client's.
    Client,
    /// Its network's.
    Network,
}

/// The longest window, in nanoseconds: 146 years, which can be added twice to the time.
const MAX_WINDOW: u64 = u64::MAX / 4;

impl Tiers {
    /// A limit with this rate for a client.
    pub fn new(rate: Rate) -> Self {
        Self::with_networks_of(rate, CLIENTS_OF_A_NETWORK.into())
    }

    /// A limit with this rate for a client, and this many times as much for a network.
    pub fn with_networks_of(rate: Rate, clients: u32) -> Self {
        Self { client: Limiter::new(rate), network: Limiter::new(rate.times(clients)) }
    }

    /// Takes one from the quotas of a client and of its network. Returns the client's rate and
    /// what is left of its quota.
    ///
    /// # Errors
    /// A quota is used up: its kind, its rate, and how long to wait.
    pub fn take(&self, client: Client) -> Result<(Rate, Left), (Tier, Rate, Duration)> {
        let now = Instant::now();
        let own = self.client.take_at(&client, now);
        if !own.wait.is_zero() {
            return Err((Tier::Client, self.client.rate, own.wait));
        }
        let shared = self.network.take_at(&client.network(), now);
        if !shared.wait.is_zero() {
            self.client.give_back(&client);
            return Err((Tier::Network, self.network.rate, shared.wait));
        }
        Ok((self.client.rate, own))
    }

    /// Returns one that was taken and not used.
    pub fn give_back(&self, client: Client) {
        self.client.give_back(&client);
        self.network.give_back(&client.network());
    }

    /// How long a client must wait for its next hit; zero if it is allowed now.
    pub fn wait(&self, client: Client) -> Duration {
        self.client.wait(&client).max(self.network.wait(&client.network()))
    }

    /// Whether the quotas of the client and of its network are untouched.
    pub fn is_untouched(&self, client: Client) -> bool {
        self.client.is_untouched(&client) && self.network.is_untouched(&client.network())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(text: &str) -> Limiter {
        Limiter::new(text.parse().unwrap())
    }

    #[test]
    fn a_burst_passes_and_then_the_pace() {
        let limit = limiter("3/3s");
        let at = |seconds| limit.start + Duration::from_secs(seconds);
        let waits: Vec<_> = (0..5).map(|_| limit.take_at(&"k", at(0)).wait.as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 1]);
        assert_eq!(limit.take_at(&"k", at(1)).wait, Duration::ZERO);
        assert_eq!(limit.take_at(&"k", at(1)).wait, Duration::from_secs(1));
        assert_eq!(limit.take_at(&"other", at(1)).remaining, 2);
        let rested = limit.take_at(&"k", at(100));
        assert_eq!((rested.remaining, rested.full_in), (2, Duration::from_secs(1)));
    }

    /// The sum of times once overflowed, and the request was answered 500.
    #[test]
    fn the_longest_window_is_a_limit_too() {
        let limit = limiter("1/2600000h");
        assert_eq!(limit.take(&"k").wait, Duration::ZERO);
        assert!(limit.take(&"k").wait > Duration::from_secs(1 << 30));
    }

    /// Once the table was full each hit looked at all of it, and new keys were free.
    #[test]
    fn a_flood_of_keys_frees_nobody() {
        let limit = limiter("1/1h");
        let abuser = u32::MAX;
        assert_eq!(limit.take(&abuser).wait, Duration::ZERO);
        for key in 0..(4 * GENERATION_SIZE as u32) {
            assert_eq!(limit.take(&key).wait, Duration::ZERO);
            assert!(limit.take(&key).wait > Duration::ZERO, "the last one is limited too");
            if key % 1000 == 0 {
                assert!(limit.take(&abuser).wait > Duration::ZERO, "one that goes on is known");
            }
        }
    }

    #[test]
    fn what_is_given_back_may_be_taken_again() {
        let limit = limiter("1/1h");
        limit.give_back(&"k");
        assert!(limit.is_untouched(&"k"));
        assert_eq!(limit.take(&"k").wait, Duration::ZERO);
        assert!(limit.wait(&"k") > Duration::ZERO && !limit.is_untouched(&"k"));
        limit.give_back(&"k");
        assert_eq!(limit.wait(&"k"), Duration::ZERO);
        assert_eq!(limit.take(&"k").wait, Duration::ZERO);
    }

    #[test]
    fn a_network_has_four_clients_worth() {
        let tiers = Tiers::new("2/1h".parse().unwrap());
        let client = |host| Client([0, 0, 0, 0, 192, 0, 2, host]);
        let passed = |host| (0..9).filter(|_| tiers.take(client(host)).is_ok()).count();
        assert_eq!([passed(1), passed(2), passed(3), passed(4), passed(5)], [2, 2, 2, 2, 0]);
        assert_eq!(tiers.take(client(6)).unwrap_err().0, Tier::Network);
        assert_eq!(tiers.take(client(1)).unwrap_err().0, Tier::Client);
        assert!(tiers.take(Client([0, 0, 0, 0, 192, 0, 3, 1])).is_ok());
        tiers.give_back(client(1));
        assert!(tiers.take(client(6)).is_ok());
    }

    #[test]
    fn a_rate_is_a_number_and_a_time() {
        assert_eq!("600/1m".parse(), Ok(Rate { quota: 600, window: Duration::from_secs(60) }));
        for bad in ["", "600", "0/1m", "600/0s", "-1/1m", "1/minute", "/"] {
            assert!(bad.parse::<Rate>().unwrap_err().contains("600/1m"), "{bad}");
        }
    }
}
