//! What is in the file, and how it is read and written.

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::marks::Marks;
use crate::model::edit::Namespace;
use crate::model::name::{Counter, Name};
use crate::model::tally::Refusal;
use crate::model::token::Digest;
use crate::store::record::Record;
use crate::store::{Limits, Mode, StoreError};

// redb's code is in the program once for each kind of table, 50 kB a time: most are
// from bytes to bytes.

/// `(namespace, key)` to a [`Record`] in postcard's format.
pub const COUNTERS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("counters");
/// A namespace to a [`Held`] in postcard's format.
pub const NAMESPACES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("namespaces");
/// Facts about the file itself: its layout, the number of counters in it, and
/// the number of transactions.
pub const FILE: TableDefinition<&str, u64> = TableDefinition::new("file");
/// A lane to the last write of this process in it, as `apply.rs` has it.
pub const WRITES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("writes");
/// A day since the epoch, in big-endian bytes, to the key under which its visitors
/// are hashed.
pub const VISITOR_KEYS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("visitor keys");

/// The layout that this version reads and writes, kept in [`FILE`].
pub const LAYOUT: u64 = 2;

/// What is kept of a namespace beside its counters.
#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// How many counters it has.
    pub counters: u64,
    /// The digest of its owner's token.
    pub owner: Option<Digest>,
    /// Whether anybody may list its counters.
    pub public: bool,
}

impl From<Held> for Namespace {
    fn from(Held { counters, owner, public }: Held) -> Self {
        Self { counters, owner, public }
    }
}

/// A table from bytes to bytes in a transaction that writes.
pub type BytesTable<'txn> = Table<'txn, &'static [u8], &'static [u8]>;

/// The tables of one transaction that writes.
pub struct Tables<'txn> {
    pub counters: Table<'txn, (&'static str, &'static str), &'static [u8]>,
    pub namespaces: BytesTable<'txn>,
    pub file: Table<'txn, &'static str, u64>,
    pub writes: BytesTable<'txn>,
    pub visitor_keys: BytesTable<'txn>,
    pub marks: Marks<'txn>,
}

impl<'txn> Tables<'txn> {
    /// Opens all tables, and makes those that are not there.
    pub fn open(txn: &'txn WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            counters: txn.open_table(COUNTERS)?,
            namespaces: txn.open_table(NAMESPACES)?,
            file: txn.open_table(FILE)?,
            writes: txn.open_table(WRITES)?,
            visitor_keys: txn.open_table(VISITOR_KEYS)?,
            marks: Marks::open(txn)?,
        })
    }

    /// Writes a counter.
    pub fn put(&mut self, counter: &Counter, record: &Record) -> Result<(), StoreError> {
        let bytes = to_bytes(record)?;
        self.counters.insert(place(counter), bytes.as_slice())?;
        Ok(())
    }

    /// Deletes a counter and its sketches.
    pub fn delete(&mut self, counter: &Counter) -> Result<(), StoreError> {
        if self.counters.remove(place(counter))?.is_some() {
            self.number(&counter.namespace, |n| n.saturating_sub(1))?;
        }
        self.marks.delete_sketches(counter)
    }

    /// Writes a counter that was not there.
    pub fn create(&mut self, counter: &Counter, record: &Record) -> Result<(), StoreError> {
        self.number(&counter.namespace, |n| n.saturating_add(1))?;
        self.put(counter, record)
    }

    /// Writes what is kept of a namespace; nothing is kept of one without anything.
    pub fn put_namespace(&mut self, namespace: &Name, held: &Held) -> Result<(), StoreError> {
        if *held == Held::default() {
            self.namespaces.remove(namespace.as_str().as_bytes())?;
        } else {
            let name = namespace.as_str().as_bytes();
            self.namespaces.insert(name, to_bytes(held)?.as_slice())?;
        }
        Ok(())
    }

    /// Why a namespace can have no more counters.
    pub fn cap(&self, namespace: &Name, limits: &Limits) -> Result<Option<Refusal>, StoreError> {
        if self.file.get("counters")?.map_or(0, |v| v.value()) >= limits.counters {
            return Ok(Some(Refusal::InstanceFull));
        }
        let held = held(&self.namespaces, namespace)?.counters;
        Ok((held >= limits.counters_per_namespace).then_some(Refusal::NamespaceFull))
    }

    /// Why a hit may not create a counter in a namespace.
    pub fn no_creation(
        &self,
        namespace: &Name,
        limits: &Limits,
    ) -> Result<Option<Refusal>, StoreError> {
        let may = match limits.mode {
            Mode::Open => true,
            Mode::Create => false,
            Mode::Private => held(&self.namespaces, namespace)?.owner.is_some(),
        };
        if may { self.cap(namespace, limits) } else { Ok(Some(Refusal::Missing)) }
    }

    fn number(&mut self, namespace: &Name, change: fn(u64) -> u64) -> Result<(), StoreError> {
        let mut held = held(&self.namespaces, namespace)?;
        held.counters = change(held.counters);
        self.put_namespace(namespace, &held)?;
        let all = self.file.get("counters")?.map_or(0, |v| v.value());
        self.file.insert("counters", change(all))?;
        Ok(())
    }
}

/// Reads a counter.
pub fn record(
    counters: &impl ReadableTable<(&'static str, &'static str), &'static [u8]>,
    counter: &Counter,
) -> Result<Option<Record>, StoreError> {
    let Some(bytes) = counters.get(place(counter))? else { return Ok(None) };
    from_bytes(bytes.value(), counter).map(Some)
}

/// Reads what is kept of a namespace.
pub fn held(
    namespaces: &impl ReadableTable<&'static [u8], &'static [u8]>,
    namespace: &Name,
) -> Result<Held, StoreError> {
    match namespaces.get(namespace.as_str().as_bytes())? {
        Some(bytes) => from_bytes(bytes.value(), namespace),
        None => Ok(Held::default()),
    }
}

/// Reads the key of a day, given in big-endian bytes.
pub fn visitor_key(
    keys: &impl ReadableTable<&'static [u8], &'static [u8]>,
    day: &[u8; 4],
) -> Result<Option<[u8; 16]>, StoreError> {
    let Some(key) = keys.get(day.as_slice())? else { return Ok(None) };
    let odd = |_| StoreError::Failed("the visitors' key is none".into());
    key.value().try_into().map(Some).map_err(odd)
}

fn place(counter: &Counter) -> (&str, &str) {
    (counter.namespace.as_str(), counter.key.as_str())
}

/// Writes in postcard's format.
pub fn to_bytes(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    postcard::to_allocvec(value).map_err(|e| StoreError::Failed(e.to_string()))
}

/// Reads postcard's format.
pub fn from_bytes<T: DeserializeOwned>(
    bytes: &[u8],
    what: impl std::fmt::Display,
) -> Result<T, StoreError> {
    postcard::from_bytes(bytes)
        .map_err(|e| StoreError::Failed(format!("{what} cannot be read: {e}")))
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(e) if e.kind() == std::io::ErrorKind::StorageFull => {
                Self::Full(e.to_string())
            }
            e => Self::Failed(e.to_string()),
        }
    }
}

/// redb has an error type for each kind of call.
macro_rules! from_redb {
    ($($error:ident)*) => {
        $(impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        })*
    };
}

from_redb!(CommitError DatabaseError StorageError TableError TransactionError);
