//! Changes to counters and namespaces other than hits, and who may make them.
//!
//! The store makes a change atomically with the check of its caller's credential. So the former
//! owner of a counter that was deleted and created again meanwhile cannot change it.

use crate::model::count::CounterSettings;
use crate::model::name::{Counter, Name};
use crate::model::time::Timestamp;
use crate::model::token;
use crate::model::token::{Digest, NoRandomness};

/// The id by which a repeated change is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChangeId(pub [u8; 16]);

impl ChangeId {
    /// How long a store remembers the id of a change, in seconds.
    pub const MEMORY: u64 = 600;

    /// A random id, so that no other change has it.
    pub fn random() -> Result<Self, NoRandomness> {
        token::random().map(Self)
    }
}

/// The caller's credential, and how far it was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// No token. The caller may do what the counter's settings allow anybody, and create
    /// counters where the mode allows it and the namespace has no owner.
    None,
    /// A token with this digest, **not checked yet**: the store compares it with the counter's
    /// when it makes the change.
    Presented(Digest),
    /// The namespace's token, with this digest. The store compares it again, since the owner
    /// may have changed meanwhile.
    NamespaceOwner(Digest),
    /// The instance's token.
    Instance,
}

/// A change to a counter.
#[derive(Clone, Debug)]
pub struct Change {
    /// Two changes with the same id within [`ChangeId::MEMORY`] are applied once, and both
    /// return the same.
    pub id: ChangeId,
    /// The counter.
    pub counter: Counter,
    /// When it is made.
    pub at: Timestamp,
    /// The caller's credential.
    pub credential: Credential,
    /// The kind of change.
    pub edit: Edit,
}

/// A kind of change to a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Creates the counter; an error if it exists.
    Create {
        /// The first total.
        value: i64,
        /// The owner's settings.
        settings: CounterSettings,
        /// The digest of its token. Without one, only the owners of the namespace and of
        /// the instance can change it.
        token: Option<Digest>,
    },
    /// Sets the total; the history stays. Open to anybody if `enable_reset` is on.
    Set(i64),
    /// Adds to the total; the history stays. Open to anybody within the bounds.
    Add(i64),
    /// Clears the total, sources, history and uniques. The token, the settings and `created`
    /// stay.
    Reset,
    /// Deletes it. Its visitors' marks expire within a day, and do not affect a new counter of
    /// the same name.
    Delete,
    /// Replaces the settings.
    Configure(CounterSettings),
    /// Replaces the token, which invalidates the old one.
    Rotate(Digest),
}

/// The effect of a change on the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The total before; `None` if the counter did not exist.
    pub old: Option<i64>,
    /// The total now; `None` if the counter is deleted.
    pub new: Option<i64>,
}

/// A change to a namespace. Each is safe to repeat.
#[derive(Clone, Debug)]
pub struct NamespaceChange {
    /// The namespace.
    pub namespace: Name,
    /// When it is made.
    pub at: Timestamp,
    /// The caller's credential; [`Credential::Presented`] is treated as [`Credential::None`].
    pub credential: Credential,
    /// The kind of change.
    pub edit: NamespaceEdit,
}

/// A kind of change to a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespaceEdit {
    /// Makes the token with this digest the owner's; an error if the namespace has another
    /// owner. Without the instance's token, only a namespace without counters can be claimed,
    /// and none in private mode.
    Claim(Digest),
    /// Changes its settings; `None` leaves one unchanged.
    Configure {
        /// Whether anybody may list its counters.
        public: Option<bool>,
        /// Whether anybody's hit creates a counter.
        open: Option<bool>,
    },
    /// Replaces the owner's token.
    Rotate(Digest),
    /// Gives up the ownership; the counters stay.
    Release,
    /// Deletes it and all its counters, some hundreds at a time. Hits that arrive meanwhile
    /// may create new ones.
    Delete,
}

/// A namespace at one moment; an unused one is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// How many counters it has.
    pub counters: u64,
    /// The digest of its owner's token.
    pub owner: Option<Digest>,
    /// Whether anybody may list its counters.
    pub public: bool,
    /// Whether anybody's hit creates a counter although it has an owner.
    pub open: bool,
}

impl Namespace {
    /// Whether there is anything to store besides its counters.
    pub fn has_settings(&self) -> bool {
        self.owner.is_some() || self.public || self.open
    }
}
