//! The embedded store: one redb file, every answer a committed and synced
//! transaction.
//!
//! All writes go through one thread, which joins them (`writer.rs`). Reads use
//! redb's snapshots and wait for nobody.

mod apply;
mod edit;
mod file;
mod marks;
mod tables;
mod transfer;
mod writer;

use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::thread;

use async_trait::async_trait;
use redb::ReadTransaction;
use tokio::sync::oneshot;

use self::edit::{Progress, odd_name};
use self::file::{LockError, LockedFile};
use self::tables::{
    COUNTERS, FILE, LAYOUT, NAMESPACES, Tables, VISITOR_KEYS, from_bytes, held, record, visitor_key,
};
use self::writer::{Job, Slot, Writer, closed};
use super::record::Record;
use super::{Limits, Store, StoreError};
use crate::model::count::{Count, History};
use crate::model::edit::{Change, ChangeId, Edited, Namespace, NamespaceChange};
use crate::model::export::{Exported, Imported, OnConflict, Page};
use crate::model::name::{Counter, Name};
use crate::model::tally::{Outcome, Tally};
use crate::model::time::Timestamp;
use crate::model::token;
use crate::store::EditError;
use crate::store::live::{Hub, Listener, News, Update};

/// A store in one file. The file stays locked until [`Store::close`].
pub struct Embedded {
    slot: Slot,
    /// `None` once the store is closed.
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
    hub: Hub,
    limits: Limits,
    #[cfg(test)]
    file: LockedFile,
}

/// Why the file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The folder of the file could not be made.
    #[error("cannot make the folder {folder}: {error}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// Some other process counts in it.
    #[error(
        "{0} is in use by another process; stop that one, or give this one its own file with --store"
    )]
    InUse(String),
    /// It was written by an older or newer seen.
    #[error(
        "{file} has layout {found}, and this version of seen reads layout {LAYOUT}; use the version that wrote it, whose export any other imports"
    )]
    Layout {
        /// The file.
        file: String,
        /// Its layout.
        found: u64,
    },
    /// Not a store, damaged, or not readable.
    #[error("cannot open {file}: {error}")]
    Unusable {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: StoreError,
    },
}

impl Embedded {
    /// Opens the file, or makes it and the folders above it. After a crash this
    /// reads the whole file once to repair it.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, FileError> {
        let name = path.display().to_string();
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| FileError::Folder {
                folder: folder.display().to_string(),
                error,
            })?;
        }
        let unusable = |error| FileError::Unusable { file: name.clone(), error };
        let file = LockedFile::open(path).map_err(|error| match error {
            LockError::InUse => FileError::InUse(name.clone()),
            LockError::Io(error) => unusable(StoreError::Failed(error.to_string())),
        })?;
        let (database, found) = writer::open(&file).map_err(unusable)?;
        if found != LAYOUT {
            return Err(FileError::Layout { file: name, found });
        }
        let slot = Slot::default();
        slot.put(Some(database));
        let transaction = slot.read(writer::last_transaction).map_err(unusable)?;
        let (jobs, waiting) = mpsc::channel();
        let writer = Writer { slot: slot.clone(), file: file.clone(), transaction };
        let writer = thread::Builder::new()
            .name("seen-store".into())
            .spawn(move || writer.run(&waiting))
            .map_err(|e| unusable(StoreError::Failed(e.to_string())))?;
        let store = Self {
            slot,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            hub: Hub::default(),
            limits,
            #[cfg(test)]
            file,
        };
        // What an earlier process wrote last is nothing that this one repeats.
        drop(store.send(|tables| Ok(tables.writes.retain(|_, _| false)?), |()| {}));
        Ok(store)
    }

    /// Runs `work` in the next transaction and answers once that is synced;
    /// `after` sees the result then, whether or not the caller is still there.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tables) -> Result<T, StoreError> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        self.send(work, after)?.await.map_err(|_| closed())?
    }

    fn send<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tables) -> Result<T, StoreError> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (reply, receiver) = oneshot::channel();
        let job = Box::new(Work { work, after, value: None, reply });
        lock(&self.jobs).as_ref().ok_or_else(closed)?.send(job).map_err(|_| closed())?;
        Ok(receiver)
    }

    /// Like [`Embedded::write`], for changes that may be refused: a refusal has
    /// changed nothing and is an answer, not a failed transaction.
    async fn change<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tables) -> Result<T, EditError> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, EditError> {
        let answer = self.write(
            move |tables| match work(tables) {
                Err(EditError::Store(error)) => Err(error),
                answer => Ok(answer),
            },
            |answer| {
                if let Ok(value) = answer {
                    after(value);
                }
            },
        );
        answer.await?
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.slot.read(work)
    }

    fn record(&self, counter: &Counter) -> Result<Option<Record>, StoreError> {
        self.read(|txn| record(&txn.open_table(COUNTERS)?, counter))
    }
}

/// A [`Job`] made of two functions and the one who waits.
struct Work<W, A, T> {
    work: W,
    after: A,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<W, A, T> Job for Work<W, A, T>
where
    W: FnMut(&mut Tables) -> Result<T, StoreError> + Send,
    A: FnOnce(&T) + Send,
    T: Send,
{
    fn run(&mut self, tables: &mut Tables) -> Result<(), StoreError> {
        self.value = Some((self.work)(tables)?);
        Ok(())
    }

    fn finish(self: Box<Self>, done: Result<(), StoreError>) {
        let Self { after, value, reply, .. } = *self;
        let answer = done.and_then(|()| value.ok_or_else(closed));
        if let Ok(value) = &answer {
            after(value);
        }
        // Whoever is gone does not need to know.
        let _ = reply.send(answer);
    }
}

#[async_trait]
impl Store for Embedded {
    fn spans_namespaces(&self) -> bool {
        true
    }

    /// A sync to the disk takes longer than it takes to answer a crowd.
    fn enough(&self) -> usize {
        usize::MAX
    }

    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        let (hub, tally, limits) = (self.hub.clone(), tally.clone(), self.limits);
        let applied = self.write(
            move |tables| apply::apply(tables, &tally, &limits),
            move |(_, updates)| tell(&hub, updates),
        );
        Ok(applied.await?.0)
    }

    async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        self.read(|txn| {
            let counters = txn.open_table(COUNTERS)?;
            let total = |key: &Name| {
                let counter = Counter { namespace: namespace.clone(), key: key.clone() };
                Ok(record(&counters, &counter)?.map(|r| r.total))
            };
            keys.iter().map(total).collect()
        })
    }

    async fn count(&self, counter: &Counter, now: Timestamp) -> Result<Option<Count>, StoreError> {
        Ok(self.record(counter)?.map(|record| record.count(now)))
    }

    async fn history(&self, counter: &Counter) -> Result<Option<History>, StoreError> {
        Ok(self.record(counter)?.map(Record::into_history))
    }

    async fn edit(&self, change: &Change) -> Result<Edited, EditError> {
        let (hub, change, limits) = (self.hub.clone(), change.clone(), self.limits);
        let Counter { namespace, key } = change.counter.clone();
        self.change(
            move |tables| edit::edit(tables, &change, &limits),
            move |edited| {
                if edited.old != edited.new {
                    tell(&hub, &[(namespace, Update { key, total: edited.new })]);
                }
            },
        )
        .await
    }

    async fn namespace(&self, namespace: &Name) -> Result<Namespace, StoreError> {
        self.read(|txn| Ok(held(&txn.open_table(NAMESPACES)?, namespace)?.into()))
    }

    async fn edit_namespace(&self, change: &NamespaceChange) -> Result<(), EditError> {
        loop {
            let (hub, change, limits) = (self.hub.clone(), change.clone(), self.limits);
            let progress = self.change(
                move |tables| edit::edit_namespace(tables, &change, &limits),
                move |(Progress::Done(updates) | Progress::More(updates))| tell(&hub, updates),
            );
            if let Progress::Done(_) = progress.await? {
                return Ok(());
            }
        }
    }

    async fn visitor_key(&self, day: u32) -> Result<[u8; 16], StoreError> {
        let day = day.to_be_bytes();
        let known = self.read(|txn| visitor_key(&txn.open_table(VISITOR_KEYS)?, &day))?;
        if let Some(key) = known {
            return Ok(key);
        }
        let new = token::random()?;
        self.write(
            move |tables| {
                tables.visitor_keys.retain(|other, _| other >= day.as_slice())?;
                let known = visitor_key(&tables.visitor_keys, &day)?;
                if known.is_none() {
                    tables.visitor_keys.insert(day.as_slice(), new.as_slice())?;
                }
                Ok(known.unwrap_or(new))
            },
            |_| {},
        )
        .await
    }

    async fn ranking(
        &self,
        namespace: &Name,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<(Name, i64)>, StoreError> {
        let mut all = self.read(|txn| {
            let counters = txn.open_table(COUNTERS)?;
            let mut all = Vec::new();
            for row in counters.range((namespace.as_str(), "")..)? {
                let (place, bytes) = row?;
                let (of, key) = place.value();
                if of != namespace.as_str() {
                    break;
                }
                let record: Record = from_bytes(bytes.value(), key)?;
                all.push((Name::new(key).map_err(odd_name)?, record.total));
            }
            Ok(all)
        })?;
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(all.into_iter().skip(offset).take(limit as usize).collect())
    }

    async fn size(&self) -> Result<u64, StoreError> {
        self.read(|txn| Ok(txn.open_table(FILE)?.get("counters")?.map_or(0, |n| n.value())))
    }

    async fn namespaces(&self, after: Option<&str>) -> Result<Page<Name>, StoreError> {
        self.read(|txn| transfer::namespaces(txn, after))
    }

    async fn export(
        &self,
        namespace: &Name,
        after: Option<&str>,
    ) -> Result<Page<Exported>, StoreError> {
        self.read(|txn| transfer::export(txn, namespace, after))
    }

    async fn import(
        &self,
        id: ChangeId,
        exported: &Exported,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Imported, EditError> {
        let (exported, limits) = (exported.clone(), self.limits);
        self.change(
            move |tables| transfer::import(tables, id, &exported, on_conflict, &limits, now),
            |_| {},
        )
        .await
    }

    async fn subscribe(&self, namespace: &Name) -> Result<Listener, StoreError> {
        // There is no elsewhere: all writers are in this process.
        Ok(self.hub.listen(namespace))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.write(|_| Ok(()), |()| {}).await
    }

    async fn close(&self) {
        drop(lock(&self.jobs).take());
        let writer = lock(&self.writer).take();
        if let Some(writer) = writer {
            let joined = tokio::task::spawn_blocking(|| writer.join());
            if !matches!(joined.await, Ok(Ok(()))) {
                tracing::error!("the store's writer did not end well");
            }
        }
    }
}

/// Tells each namespace what has changed in it.
fn tell(hub: &Hub, updates: &[(Name, Update)]) {
    if hub.is_empty() {
        return;
    }
    let mut updates: Vec<_> = updates.iter().collect();
    updates.sort_by_key(|(namespace, _)| namespace);
    for of_one in updates.chunk_by(|one, other| one.0 == other.0) {
        let news = || News::Updates(of_one.iter().map(|(_, update)| update.clone()).collect());
        hub.tell(&of_one[0].0, news);
    }
}

/// A panic elsewhere must not stop the counting.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
