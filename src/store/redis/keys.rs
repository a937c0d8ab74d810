//! The names of everything in Redis.
//!
//! What belongs to a namespace carries its name in braces, and so is in one slot of a
//! Cluster. Only records, past, ranking, moved and namespace are kept for ever.

use crate::model::edit::ChangeId;
use crate::model::name::{Counter, Name};

/// A sorted set of all namespaces. The score is 0, or when it was last seen to be empty.
pub(crate) const NAMESPACES: &str = "seen:namespaces";

/// How many counters there are in all.
pub(crate) const COUNTERS: &str = "seen:counters";

/// How many namespaces are claimed, or have settings without being so.
pub(crate) const CLAIMS: &str = "seen:claims";

/// The layout, and an id of this store's own: what tells that Redis was emptied.
pub(crate) const STORE: &str = "seen:store";

/// The channel on which processes hand each other the day's keys; nothing keeps it.
pub(crate) const DAY_KEYS: &str = "seen:day-keys";

/// The namespaces that somebody listens to; in a Cluster each has a set of its own.
pub(crate) fn listening(namespace: Option<&Name>) -> String {
    namespace.map_or_else(|| "seen:listening".into(), |name| of(name, "listening"))
}

/// What is kept of a namespace itself.
pub(crate) fn namespace(name: &Name) -> String {
    of(name, "namespace")
}

/// A sorted set of a namespace's keys, by their totals with the sign turned.
pub(crate) fn ranking(namespace: &Name) -> String {
    of(namespace, "ranking")
}

/// The set of keys that are not in their place in the ranking.
pub(crate) fn moved(namespace: &Name) -> String {
    of(namespace, "moved")
}

/// The channel of a namespace's news.
pub(crate) fn live(namespace: &Name) -> String {
    of(namespace, "live")
}

/// The namespace of such a channel.
pub(crate) fn of_live(channel: &str) -> Option<Name> {
    Name::new(channel.strip_prefix("seen:{")?.strip_suffix("}:live")?).ok()
}

/// A change that was made, to know it again.
pub(crate) fn change(namespace: &Name, id: ChangeId) -> String {
    of(namespace, &format!("change:{}", crate::model::hex::encode(&id.0)))
}

/// A counter's record.
pub(crate) fn record(counter: &Counter) -> String {
    of_counter("counter", counter)
}

/// The log of a counter's past.
pub(crate) fn past(counter: &Counter) -> String {
    of_counter("past", counter)
}

/// The visitors of a counter on a day, a HyperLogLog.
pub(crate) fn sketch(counter: &Counter, day: u32) -> String {
    format!("{}:{day}", of_counter("sketch", counter))
}

/// The last write of a lane of a process.
pub(crate) fn write(process: &str, lane: &crate::model::tally::Lane) -> String {
    match lane {
        crate::model::tally::Lane::Shared(number) => format!("seen:write:{process}:{number}"),
        crate::model::tally::Lane::Apart(namespace) => of(namespace, &format!("write:{process}")),
    }
}

/// What all of a namespace's names begin with.
pub(crate) fn base(namespace: &Name) -> String {
    of(namespace, "")
}

fn of(namespace: &Name, what: &str) -> String {
    format!("seen:{{{namespace}}}:{what}")
}

fn of_counter(kind: &str, Counter { namespace, key }: &Counter) -> String {
    format!("seen:{{{namespace}}}:{kind}:{key}")
}
