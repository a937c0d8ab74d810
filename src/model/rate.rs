//! Rate limits by the generic cell rate algorithm (ITU-T I.371, annex A): one
//! number for each key says when its next hit would be due at a steady pace.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many in so much time, as `600/1m`; a burst may be as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many; at least one.
    pub quota: u32,
    /// In how much time.
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
    /// So many times as much in the same time.
    pub fn times(self, factor: u32) -> Self {
        Self { quota: self.quota.saturating_mul(factor), ..self }
    }
}

/// What is left of a key's quota after this hit, or until when it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many more may come now.
    pub remaining: u32,
    /// When the whole quota will be there again.
    pub full_in: Duration,
    /// Zero if this hit may pass; else how long to wait for the next one.
    pub wait: Duration,
}

/// The keys that are held at most; more of them at once are not limited, for
/// forgetting one that is limited would help only whoever floods.
const MAX_KEYS: usize = 1 << 16;

/// One limit over many keys. Of a key it keeps a hash and a time.
pub struct Limiter {
    rate: Rate,
    start: Instant,
    hasher: RandomState,
    /// When each key's next hit is due, in nanoseconds since the start.
    due: Mutex<HashMap<u64, u64>>,
}

impl Limiter {
    /// A limit that nobody has used yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, start: Instant::now(), hasher: RandomState::new(), due: Mutex::default() }
    }

    /// The limit itself.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one from a key's quota, if there is one.
    pub fn take(&self, key: &impl Hash) -> Left {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: &impl Hash, now: Instant) -> Left {
        let nanos = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
        let now = nanos(now.duration_since(self.start));
        let window = nanos(self.rate.window);
        let pace = (window / u64::from(self.rate.quota)).max(1);
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= MAX_KEYS {
            due.retain(|_, at| *at > now);
        }
        let key = self.hasher.hash_one(key);
        let at = due.get(&key).copied().unwrap_or(now).max(now);
        let next = at + pace;
        let passes = next - now <= window.max(pace);
        if passes && (due.len() < MAX_KEYS || due.contains_key(&key)) {
            due.insert(key, next);
        }
        let ahead = if passes { next - now } else { at - now };
        Left {
            remaining: u32::try_from(window.saturating_sub(ahead) / pace).unwrap_or(u32::MAX),
            full_in: Duration::from_nanos(ahead),
            wait: Duration::from_nanos(if passes { 0 } else { next - now - window }),
        }
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

    #[test]
    fn a_flood_of_keys_costs_bounded_memory() {
        let limit = limiter("1/1h");
        for key in 0..(MAX_KEYS as u32 + 1000) {
            assert_eq!(limit.take(&key).wait, Duration::ZERO);
        }
        assert!(limit.due.lock().unwrap().len() <= MAX_KEYS);
        assert!(limit.take(&0).wait > Duration::from_secs(3000));
    }

    #[test]
    fn a_rate_is_a_number_and_a_time() {
        assert_eq!("600/1m".parse(), Ok(Rate { quota: 600, window: Duration::from_secs(60) }));
        for bad in ["", "600", "0/1m", "600/0s", "-1/1m", "1/minute", "/"] {
            assert!(bad.parse::<Rate>().unwrap_err().contains("600/1m"), "{bad}");
        }
    }
}
