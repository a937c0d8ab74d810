//! The store's contents: one ordered map from bytes to bytes.
//!
//! Most of it is in the database. The changes since the last checkpoint lie on top, and are
//! in the log too; so do, while a checkpoint runs, those that it is writing.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{RwLock, RwLockReadGuard};
use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition};

use crate::store::StoreError;

/// New values by key; `None` deletes.
pub(crate) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// The one table of the database; `tables.rs` says what is in it.
pub(crate) const ROWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("seen");

/// Anything that can be read like the map.
pub(crate) trait Read {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The first rows from one key up to another, which is excluded, without the first `skip`.
    fn page(
        &self,
        from: &[u8],
        to: &[u8],
        skip: usize,
        most: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// The first rows from one key up to another, which is excluded.
    fn scan(&self, from: &[u8], to: &[u8], most: usize) -> Result<Vec<Row>, StoreError> {
        self.page(from, to, 0, most)
    }
}

/// Shared by the writer and all readers.
#[derive(Default)]
pub(crate) struct Map {
    state: RwLock<State>,
    /// Whether the disk is too full for more counters.
    nearly_full: AtomicBool,
}

#[derive(Default)]
struct State {
    /// `None` before the start, after the end and while it is reopened.
    database: Option<Arc<Database>>,
    /// The changes that a checkpoint is writing.
    frozen: Option<Arc<Changes>>,
    fresh: Changes,
}

impl Map {
    /// The contents at this moment. Later changes are published once all snapshots are gone.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let state = self.state.read();
        let database = state.database.as_ref().ok_or_else(closed)?;
        let table = database.begin_read()?.open_table(ROWS)?;
        Ok(Snapshot { state, table, has_room: self.has_room() })
    }

    /// The value of a key that changed recently; `None` if only the disk can tell, or the writer
    /// waits for snapshots, which may be reading it. So this never blocks for long.
    pub(crate) fn recent(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let state = self.state.try_read()?;
        state.database.as_ref()?;
        let of = |changes: &Changes| changes.get(key).cloned();
        of(&state.fresh).or_else(|| of(state.frozen.as_deref()?))
    }

    /// Puts changes on top. They must be in the log already.
    pub(crate) fn publish(&self, changes: Changes) {
        self.state.write().fresh.extend(changes);
    }

    /// The number of changes on top.
    pub(crate) fn fresh(&self) -> usize {
        self.state.read().fresh.len()
    }

    /// The changes for a checkpoint to write: all on top, or those that a failed one left.
    pub(crate) fn freeze(&self) -> Option<(Arc<Database>, Arc<Changes>)> {
        let mut state = self.state.write();
        if state.frozen.is_none() {
            state.frozen = Some(Arc::new(std::mem::take(&mut state.fresh)));
        }
        Some((state.database.clone()?, state.frozen.clone()?))
    }

    /// Drops the frozen changes, which the database has now.
    pub(crate) fn thaw(&self) {
        self.state.write().frozen = None;
    }

    /// Whether the disk has room for more counters.
    pub(crate) fn has_room(&self) -> bool {
        !self.nearly_full.load(Ordering::Relaxed)
    }

    /// Sets whether it has.
    pub(crate) fn set_room(&self, has_room: bool) {
        self.nearly_full.store(!has_room, Ordering::Relaxed);
    }

    /// Whether there is a database.
    pub(crate) fn is_open(&self) -> bool {
        self.state.read().database.is_some()
    }

    /// Sets the database, or releases it.
    pub(crate) fn set(&self, database: Option<Database>) {
        self.state.write().database = database.map(Arc::new);
    }
}

/// The error of a store that is closed, or whose file is being reopened.
pub(crate) fn closed() -> StoreError {
    StoreError::Away("the file is not open".into())
}

/// The contents at one moment.
pub(crate) struct Snapshot<'a> {
    state: RwLockReadGuard<'a, State>,
    table: ReadOnlyTable<&'static [u8], &'static [u8]>,
    has_room: bool,
}

impl Snapshot<'_> {
    fn layers(&self) -> impl Iterator<Item = &Changes> {
        std::iter::once(&self.state.fresh).chain(self.state.frozen.as_deref())
    }

    /// As [`Read::page`] with more layers on top, the newest first.
    fn page_under<'a>(
        &'a self,
        top: impl Iterator<Item = &'a Changes>,
        (from, to): (&[u8], &[u8]),
        mut skip: usize,
        most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let bounds = (Bound::Included(from), Bound::Excluded(to));
        let mut layers: Vec<_> =
            top.chain(self.layers()).map(|c| c.range::<[u8], _>(bounds).peekable()).collect();
        let mut stored = self.table.range::<&[u8]>(bounds)?;
        let mut next_stored = stored.next().transpose()?;
        let mut rows = Vec::new();
        while rows.len() < most {
            // Take the least key of all layers, from the newest layer that has it.
            let least =
                layers.iter_mut().filter_map(|l| l.peek().map(|(key, _)| key.as_slice())).min();
            let below = next_stored.as_ref().map(|(key, _)| key.value());
            let (Some(key), from_top) = (match (least, below) {
                (Some(top), Some(below)) if below < top => (Some(below.to_vec()), false),
                (Some(top), _) => (Some(top.to_vec()), true),
                (None, below) => (below.map(<[u8]>::to_vec), false),
            }) else {
                break;
            };
            let mut value = None;
            if from_top {
                for layer in &mut layers {
                    if let Some((_, found)) = layer.next_if(|(next, _)| **next == key) {
                        value.get_or_insert(found.clone());
                    }
                }
            }
            if next_stored.as_ref().is_some_and(|(stored, _)| stored.value() == key) {
                if let Some((_, stored)) = &next_stored
                    && !from_top
                {
                    value = Some(Some(stored.value().to_vec()));
                }
                next_stored = stored.next().transpose()?;
            }
            match value.flatten() {
                Some(_) if skip > 0 => skip -= 1,
                Some(value) => rows.push((key, value)),
                None => {}
            }
        }
        Ok(rows)
    }
}

impl Read for Snapshot<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(changed) = self.layers().find_map(|changes| changes.get(key)) {
            return Ok(changed.clone());
        }
        Ok(self.table.get(key)?.map(|value| value.value().to_vec()))
    }

    fn page(
        &self,
        from: &[u8],
        to: &[u8],
        skip: usize,
        most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.page_under(std::iter::empty(), (from, to), skip, most)
    }
}

/// Changes made on top of a snapshot, one job after the other.
pub(crate) struct Batch<'a> {
    snapshot: Snapshot<'a>,
    /// The changes of finished jobs.
    done: Changes,
    /// The changes of the current job.
    work: Changes,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(snapshot: Snapshot<'a>) -> Self {
        Self { snapshot, done: Changes::new(), work: Changes::new() }
    }

    /// Whether the disk has room for more counters.
    pub(crate) fn has_room(&self) -> bool {
        self.snapshot.has_room
    }

    /// Sets a value.
    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.work.insert(key, Some(value));
    }

    /// Deletes a key.
    pub(crate) fn delete(&mut self, key: Vec<u8>) {
        self.work.insert(key, None);
    }

    /// Ends the current job: keeps its changes, or drops them.
    pub(crate) fn end(&mut self, is_done: bool) {
        let work = std::mem::take(&mut self.work);
        if is_done {
            self.done.extend(work);
        }
    }

    /// All changes of finished jobs.
    pub(crate) fn finish(self) -> Changes {
        self.done
    }
}

impl Read for Batch<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.work.get(key).or_else(|| self.done.get(key)) {
            Some(changed) => Ok(changed.clone()),
            None => self.snapshot.get(key),
        }
    }

    fn page(
        &self,
        from: &[u8],
        to: &[u8],
        skip: usize,
        most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.snapshot.page_under([&self.work, &self.done].into_iter(), (from, to), skip, most)
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(e) if e.kind() == std::io::ErrorKind::StorageFull => {
                Self::Full(e.to_string())
            }
            // The file does not begin as redb's do.
            redb::Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                Self::Damaged(format!("this is not a file of seen's, or it was overwritten ({e})"))
            }
            redb::Error::Corrupted(what) => Self::Damaged(what),
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use redb::backends::InMemoryBackend;

    use super::*;

    /// Reads of recent values run on the thread that answers.
    #[test]
    fn a_recent_value_is_not_waited_for() {
        let map = Arc::new(Map::default());
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let txn = database.begin_write().unwrap();
        drop(txn.open_table(ROWS).unwrap());
        txn.commit().unwrap();
        map.set(Some(database));
        let changes = || Changes::from([(b"a".to_vec(), Some(Vec::new()))]);
        map.publish(changes());
        assert_eq!(map.recent(b"a"), Some(Some(Vec::new())));
        let snapshot = map.snapshot().unwrap();
        let writer = thread::spawn({
            let map = map.clone();
            move || map.publish(changes())
        });
        let (reply, answered) = mpsc::channel();
        let reader = map.clone();
        thread::spawn(move || {
            while reader.recent(b"a").is_some() {
                thread::yield_now();
            }
            reply.send(())
        });
        assert_eq!(answered.recv_timeout(Duration::from_secs(10)), Ok(()));
        drop(snapshot);
        writer.join().unwrap();
    }
}
