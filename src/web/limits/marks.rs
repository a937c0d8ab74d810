//! Limits how many visitors one client can pretend to be. A counter with dedupe remembers each
//! visitor for up to a day, and a client becomes a new visitor with each user agent that it
//! makes up.

use std::hash::BuildHasherDefault;
use std::time::Duration;

use crate::config::ClientLimits;
use crate::model::hit::Visitor;
use crate::model::network::Client;
use crate::model::rate::{Limiter, Rate, Tier, Tiers, Unhashed};

/// How long a visitor of a counter counts as known: a day, like the longest-lived mark.
const KNOWN: Rate = Rate { quota: 1, window: Duration::from_secs(86_400) };

/// The limit of visitors; `None` if it is off.
pub(crate) struct MarkLimits(Option<Marks>);

struct Marks {
    new: Tiers,
    /// Marks are keyed hashes.
    known: Limiter<BuildHasherDefault<Unhashed>>,
}

impl MarkLimits {
    pub(crate) fn new(settings: &ClientLimits) -> Self {
        let marks = |rate| Marks { new: Tiers::new(rate), known: Limiter::new(KNOWN) };
        Self(settings.visitor_limit.0.map(marks))
    }

    /// Decides the mark of a visitor: `None` for its own, otherwise the one that all further
    /// visitors of its client or of its network share.
    pub(crate) fn shared(&self, client: Client, visitor: &Visitor) -> Option<Tier> {
        let Marks { new, known } = self.0.as_ref()?;
        // A mark belongs to one counter.
        let mark = u64::from_le_bytes(visitor.mark);
        if !known.take(&mark).wait.is_zero() {
            return None;
        }
        let (tier, ..) = new.take(client).err()?;
        // Without its own mark, the visitor does not become known.
        known.give_back(&mark);
        Some(tier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_so_many_visitors_and_then_one_more() {
        let limits = Marks { new: Tiers::new("2/1h".parse().unwrap()), known: Limiter::new(KNOWN) };
        let limits = MarkLimits(Some(limits));
        let client = |host| Client([0, 0, 0, 0, 192, 0, 2, host]);
        let shared = |host, mark| {
            let visitor = Visitor { register: 0, rank: 1, mark: [mark; 8] };
            limits.shared(client(host), &visitor)
        };
        assert_eq!([1, 2, 1, 2].map(|mark| shared(1, mark)), [None; 4]);
        assert_eq!([3, 3, 4].map(|mark| shared(1, mark)), [Some(Tier::Client); 3]);
        assert_eq!(shared(1, 2), None, "one that is known stays so");
        for host in 2..=4 {
            assert_eq!([0, 1].map(|mark| shared(host, 10 * host + mark)), [None; 2], "{host}");
        }
        assert_eq!(shared(5, 55), Some(Tier::Network), "four clients' worth for a network");
    }
}
