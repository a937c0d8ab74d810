//! Where counts live: one contract, two stores.
//!
//! A store knows names, tallies and counts, and never HTTP. `tests/store.rs`
//! runs the same suite against each.

pub mod embedded;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
mod known;
pub mod live;
mod location;
mod namespace;
mod open;
mod pack;
pub mod past;
pub mod record;
pub mod redis;
mod remembered;
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
use crate::store::live::Subscription;

/// The contract of a store. Many tasks may call it at once.
///
/// After [`StoreError::Away`] or [`StoreError::Unavailable`], a call may be repeated with the
/// same arguments: nothing is done twice.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether a tally may hold hits of several namespaces; false until that is known.
    fn spans_namespaces(&self) -> bool;

    /// The number of hits that is worth a write. With fewer, the writer waits as long as more
    /// hits arrive at once, and never while none do.
    fn enough(&self) -> usize;

    /// Counts a tally, and returns once the result is as durable as the store makes it: one
    /// [`Outcome`] for each entry, in order.
    ///
    /// After [`StoreError::Unavailable`] the tally may have been counted. Applying the same
    /// number again is safe and returns the same, as long as no later tally of its lane was
    /// applied. After any other error nothing was counted.
    ///
    /// Hits that counted get the numbers up to the total, in their order. A hit of a visitor
    /// within the counter's dedupe window does not count and shows the total; the window
    /// begins with the hit that counted. A hit whose id arrived within
    /// [`crate::model::tally::ID_MEMORY`] shows the first one's number. Browsers' visitors go
    /// into the uniques of the tally's day.
    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError>;

    /// The totals of some counters of a namespace; `None` for those that do not exist.
    async fn totals(&self, namespace: &Name, keys: &[Name])
    -> Result<Vec<Option<i64>>, StoreError>;

    /// Everything that a counter shows, with its owner's settings.
    async fn count(&self, counter: &Counter, now: Timestamp) -> Result<Option<Count>, StoreError>;

    /// The whole histories of some counters of a namespace; `None` for those that do not exist.
    async fn histories(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<History>>, StoreError>;

    /// A page of a namespace's counters, read to the given depth; begin with `None` and go on
    /// with [`Page::next`].
    async fn members(
        &self,
        namespace: &Name,
        depth: Depth,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<Page<Member>, StoreError>;

    /// Makes a change atomically with the check of its caller.
    async fn edit(&self, change: &Change) -> Result<Edited, EditError>;

    /// A namespace's settings and size; an unused namespace is empty.
    async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError>;

    /// Makes a change to a namespace atomically with the check of its caller. A deletion takes
    /// several steps.
    async fn edit_namespace(&self, change: &NamespaceChange) -> Result<(), EditError>;

    /// The random keys under which a day's visitors are hashed. All processes of this store
    /// that can reach each other share them, and keep them only in memory.
    async fn day_keys(&self, day: u32) -> Result<DayKeys, StoreError>;

    /// Destroys the keys of all days before this one.
    fn forget_day_keys(&self, before: u32);

    /// `limit` counters of a namespace from rank `offset` on: by total, the largest first,
    /// then by name.
    async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError>;

    /// The approximate number of counters in all.
    async fn size(&self) -> Result<u64, StoreError>;

    /// A page of all namespaces that have counters or an owner; begin with
    /// `None` and go on with [`Page::next`].
    async fn namespaces(&self, after: Option<&str>) -> Result<Page<Name>, StoreError>;

    /// A page of a namespace's content, its own record first if it has one; begin with `None`
    /// and go on with [`Page::next`]. Each counter is exported as of one moment.
    async fn export(
        &self,
        namespace: &Name,
        after: Option<&str>,
    ) -> Result<Page<Exported>, StoreError>;

    /// Imports a line of an export, within the caps and without expired buckets. Safe to
    /// repeat; with [`OnConflict::Add`], under the same id and for [`ChangeId::MEMORY`]
    /// seconds.
    async fn import(
        &self,
        id: ChangeId,
        exported: &Exported,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, EditError>;

    /// Subscribes to the totals of a namespace, whichever process changes them, from the moment
    /// this returns. Of changes in quick succession only the last is delivered.
    async fn subscribe(&self, namespace: &Name) -> Result<Subscription, StoreError>;

    /// Checks that the store takes writes.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether there is room for more counters. Without it, existing counters go on counting.
    fn has_room(&self) -> bool;

    /// How many writes no replica had in time. They were repeated until one had.
    fn writes_not_replicated(&self) -> u64 {
        0
    }

    /// Writes what is left and releases the store. Nothing may be called afterwards.
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
    /// One, if there are any.
    Auto,
    /// This many, always.
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

/// The limits of a store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Who may create counters.
    pub mode: Mode,
    /// The most counters in one namespace.
    pub counters_per_namespace: u64,
    /// The most counters in all. In a Cluster each process reads the sum every ten seconds, so
    /// together they can exceed it a little.
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
