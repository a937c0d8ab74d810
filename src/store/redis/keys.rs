//! The names of everything in Redis.
//!
//! A namespace's keys carry its name in braces, which puts them in one slot of a Cluster. Only
//! records, past, ranking, moved and namespace are kept for good.

use crate::model::edit::ChangeId;
use crate::model::name::{Counter, Name};

/// A sorted set of all namespaces. The score is 0, or the time at which the namespace was found
/// empty.
pub(crate) const NAMESPACES: &str = "seen:namespaces";

/// The number of counters in all.
pub(crate) const COUNTERS: &str = "seen:counters";

/// How many namespaces are claimed, or have settings without being so.
pub(crate) const CLAIMS: &str = "seen:claims";

/// The layout and the store's id, which reveal that Redis was emptied.
pub(crate) const STORE: &str = "seen:store";

/// The channel on which processes share the day's keys; nothing records it.
pub(crate) const DAY_KEYS: &str = "seen:day-keys";

/// The namespaces with listeners; in a Cluster each has a set of its own.
pub(crate) fn listening(namespace: Option<&Name>) -> String {
    namespace.map_or_else(|| "seen:listening".into(), |name| of(name, "listening"))
}

/// A namespace's own settings.
pub(crate) fn namespace(name: &Name) -> String {
    of(name, "namespace")
}

/// A sorted set of a namespace's keys, by their negated totals.
pub(crate) fn ranking(namespace: &Name) -> String {
    of(namespace, "ranking")
}

/// The set of keys whose rank is out of date.
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

/// A change that was made, so that a repeated one is recognised.
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

/// The prefix of all of a namespace's keys.
pub(crate) fn base(namespace: &Name) -> String {
    of(namespace, "")
}

fn of(namespace: &Name, what: &str) -> String {
    format!("seen:{{{namespace}}}:{what}")
}

fn of_counter(kind: &str, Counter { namespace, key }: &Counter) -> String {
    format!("seen:{{{namespace}}}:{kind}:{key}")
}
