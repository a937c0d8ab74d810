//! Where counts live: one contract, two stores.
//!
//! A store knows names, tallies and counts, and never HTTP. `tests/store.rs`
//! runs the same suite against each.

pub mod embedded;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
pub mod live;
mod location;
mod open;
mod pack;
pub mod past;
pub mod record;
pub mod redis;
mod rules;
pub mod whole;

use async_trait::async_trait;

pub use self::error::{EditError, StoreError};
pub use self::location::Location;
pub use self::open::{OpenError, open};
use crate::model::count::{Count, History};
use crate::model::edit::{Change, ChangeId, Edited, Namespace, NamespaceChange};
use crate::model::export::{Exported, Imported, OnConflict, Page};
use crate::model::hit::DayKeys;
use crate::model::name::{Counter, Name};
use crate::model::site::{Depth, Member};
use crate::model::tally::{Outcome, Tally};
use crate::model::time::Timestamp;
use crate::store::live::Listener;

/// What each store does. All of it may be called at once from many tasks.
///
/// Whatever answers [`StoreError::Away`] or [`StoreError::Unavailable`] may be called again
/// with the same arguments: nothing is done twice.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether a tally may hold hits of several namespaces; false as long as that
    /// is not known.
    fn spans_namespaces(&self) -> bool;

    /// So many hits are worth a write of their own. While fewer wait and more come
    /// at once, the write waits for those; it never waits while none come.
    fn enough(&self) -> usize;

    /// Counts a tally and answers once that is as durable as the store makes
    /// things: one [`Outcome`] for each entry, in order.
    ///
    /// After [`StoreError::Unavailable`] the tally may or may not have been
    /// counted; applying the same number again is safe and answers the same, as
    /// long as no later one of its lane was applied.
    /// After any other error nothing was counted.
    ///
    /// Hits that counted get the numbers up to the total, in their order. A hit
    /// of a visitor within the counter's dedupe window does not count and shows
    /// the total; the window is the one of the hit that counted, and begins with it. A hit with an id
    /// that arrived within [`crate::model::tally::ID_MEMORY`] shows the first one's
    /// number. Browsers' visitors go into the uniques of the tally's day.
    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError>;

    /// The totals of some counters of a namespace; `None` where there is none.
    async fn totals(&self, namespace: &Name, keys: &[Name])
    -> Result<Vec<Option<i64>>, StoreError>;

    /// All that a counter shows and that its owner set.
    async fn count(&self, counter: &Counter, now: Timestamp) -> Result<Option<Count>, StoreError>;

    /// All that a counter remembers, as far back as it does.
    async fn history(&self, counter: &Counter) -> Result<Option<History>, StoreError> {
        let keys = std::slice::from_ref(&counter.key);
        Ok(self.histories(&counter.namespace, keys).await?.into_iter().next().flatten())
    }

    /// The same of some counters of a namespace; `None` where there is none.
    async fn histories(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<History>>, StoreError>;

    /// A page of the counters of a namespace, read as deep as is asked; begin with `None`
    /// and go on with [`Page::next`].
    async fn members(
        &self,
        namespace: &Name,
        depth: Depth,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<Page<Member>, StoreError>;

    /// Makes a change in one step with the check of who makes it.
    async fn edit(&self, change: &Change) -> Result<Edited, EditError>;

    /// A namespace's own facts; those of one that nobody used are empty.
    async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError>;

    /// Makes a change to a namespace in one step with the check of who makes
    /// it; a deletion takes as many steps as it needs.
    async fn edit_namespace(&self, change: &NamespaceChange) -> Result<(), EditError>;

    /// The random keys under which a day's visitors are hashed: the same for all processes of
    /// this store that can talk to each other, and kept in their memory alone.
    async fn day_keys(&self, day: u32) -> Result<DayKeys, StoreError>;

    /// Destroys the keys of all days before this one.
    fn forget_day_keys(&self, before: u32);

    /// `limit` counters of a namespace from place `offset` on, the largest
    /// total first, equal ones by name.
    async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError>;

    /// How many counters there are in all, or nearly: some may come or go.
    async fn size(&self) -> Result<u64, StoreError>;

    /// A page of all namespaces that have counters or an owner; begin with
    /// `None` and go on with [`Page::next`].
    async fn namespaces(&self, after: Option<&str>) -> Result<Page<Name>, StoreError>;

    /// A page of all that a namespace holds, its own record first if it has
    /// one; begin with `None` and go on with [`Page::next`]. A counter is
    /// exported as it is at one moment.
    async fn export(
        &self,
        namespace: &Name,
        after: Option<&str>,
    ) -> Result<Page<Exported>, StoreError>;

    /// Takes in what was exported; the caps hold, buckets that are too old are
    /// left out. Safe to repeat; with [`OnConflict::Add`] under the same id, for
    /// [`ChangeId::MEMORY`] seconds.
    async fn import(
        &self,
        id: ChangeId,
        exported: &Exported,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, EditError>;

    /// Hears of every total of a namespace that changes, whichever process changed
    /// it, from the moment this answers; of changes in quick succession the last.
    async fn subscribe(&self, namespace: &Name) -> Result<Listener, StoreError>;

    /// Writes something.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether there is room for more counters; while there is not, those that exist go on
    /// counting.
    fn has_room(&self) -> bool;

    /// How many writes no replica had in time; they were repeated until one had.
    fn writes_not_replicated(&self) -> u64 {
        0
    }

    /// Writes what is left and lets go. Nothing is called afterwards.
    async fn close(&self);
}

/// Who may create counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// A hit on a counter that does not exist creates it
    #[default]
    Open,
    /// Only `create` creates counters; anybody may call it
    Create,
    /// Counters are only in namespaces that have an owner, who creates them or lets every hit do so
    Private,
}

/// How many replicas must have a write before its hits are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicas {
    /// One, where there are any.
    Auto,
    /// So many, always.
    Number(u8),
}

impl std::str::FromStr for Replicas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            number => number.parse().map(Self::Number).map_err(|_| {
                "give auto, or how many replicas must have each write, such as 0 or 1".into()
            }),
        }
    }
}

/// What bounds a store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Who may create counters.
    pub mode: Mode,
    /// The most counters in one namespace.
    pub counters_per_namespace: u64,
    /// The most counters in all. In a Cluster each process looks at the sum every ten
    /// seconds, and together they can create a little more.
    pub counters: u64,
    /// How many days' buckets a counter keeps.
    pub history_days: u32,
    /// How many hours' buckets a counter keeps.
    pub history_hours: u32,
}

impl Limits {
    /// The oldest day whose bucket is kept.
    pub fn oldest_day(&self, at: Timestamp) -> u32 {
        at.day().saturating_sub(self.history_days.saturating_sub(1))
    }

    /// The oldest hour whose bucket is kept.
    pub fn oldest_hour(&self, at: Timestamp) -> u32 {
        at.hour().saturating_sub(self.history_hours.saturating_sub(1))
    }
}
