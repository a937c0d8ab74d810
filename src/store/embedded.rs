//! The embedded store: one redb file, every answer a committed and synced
//! transaction.
//!
//! All writes go through one thread. It takes whatever waits, does it in one
//! transaction, and so pays one sync for all of it (group commit). Reads use
//! redb's snapshots and wait for nobody.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use async_trait::async_trait;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use tokio::sync::oneshot;

use super::record::Record;
use super::{Limits, Store, StoreError};
use crate::name::Name;
use crate::tally::{Counted, Entry, MAX_TOTAL, Outcome, Refusal, Tally};

/// `(namespace, key)` to a [`Record`] in postcard's format.
const COUNTERS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("counters");
/// A namespace to the number of its counters.
const NAMESPACES: TableDefinition<&str, u64> = TableDefinition::new("namespaces");
/// Facts about the file itself.
const FILE: TableDefinition<&str, u64> = TableDefinition::new("file");

/// The layout that this version reads and writes, kept in [`FILE`].
const LAYOUT: u64 = 1;

/// How much of the file redb may keep in memory, in bytes.
const CACHE: usize = 16 << 20;

/// The most jobs in one transaction: bounds how long the first one waits.
const JOBS_PER_COMMIT: usize = 1024;

/// Does its work in the transaction; what it returns is called after the commit.
type Job = Box<dyn FnOnce(&WriteTransaction) -> Result<Answer, StoreError> + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// Outcomes that nobody waited for any more, by tally number: a retraction
/// needs them to know what to undo.
type Orphans = Arc<Mutex<HashMap<u64, Vec<Outcome>>>>;

/// A store in one file. The file stays locked until [`Store::close`].
pub struct Embedded {
    // Behind a lock so that `close` can let go of it while others hold the store.
    database: Mutex<Option<Arc<Database>>>,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
    orphans: Orphans,
    limits: Limits,
}

/// Why the file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of the file could not be made.
    #[error("cannot make the folder {folder}: {error}")]
    Folder { folder: String, error: std::io::Error },
    /// Some other process counts in it.
    #[error(
        "{0} is in use by another process; stop that one, or give this one its own file with --store"
    )]
    InUse(String),
    /// It was written by a newer seen.
    #[error(
        "{file} has layout {found}, and this version of seen reads layout {LAYOUT}; use a newer seen"
    )]
    Layout { file: String, found: u64 },
    /// Not a store, damaged, or not readable.
    #[error("cannot open {file}: {error}")]
    Unusable { file: String, error: StoreError },
}

impl Embedded {
    /// Opens the file, or makes it and the folders above it. After a crash this
    /// reads the whole file once to repair it.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, OpenError> {
        let file = path.display().to_string();
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder {
                folder: folder.display().to_string(),
                error,
            })?;
        }
        let unusable = |error| OpenError::Unusable { file: file.clone(), error };
        let database =
            Database::builder().set_cache_size(CACHE).create(path).map_err(|e| match e {
                redb::DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(file.clone()),
                e => unusable(e.into()),
            })?;
        let found = prepare(&database).map_err(unusable)?;
        if found != LAYOUT {
            return Err(OpenError::Layout { file, found });
        }
        let database = Arc::new(database);
        let (jobs, waiting) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("seen-store".into())
            .spawn({
                let database = database.clone();
                move || write_all(&database, &waiting)
            })
            .map_err(|e| unusable(StoreError::Failed(e.to_string())))?;
        Ok(Self {
            database: Mutex::new(Some(database)),
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            orphans: Orphans::default(),
            limits,
        })
    }

    /// Runs `work` in the next transaction and answers once that is synced.
    /// `unclaimed` gets the result if the caller has gone by then.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError> + Send + 'static,
        unclaimed: impl FnOnce(T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |txn| {
            let value = work(txn)?;
            Ok(Box::new(move || {
                if let Err(value) = sender.send(value) {
                    unclaimed(value);
                }
            }))
        });
        let closed = || StoreError::Unavailable("the store is closed".into());
        lock(&self.jobs).as_ref().ok_or_else(closed)?.send(job).map_err(|_| closed())?;
        // The writer drops a job's sender when its transaction failed, and logs why.
        receiver.await.map_err(|_| StoreError::Failed("the file could not be written".into()))
    }

    fn database(&self) -> Result<Arc<Database>, StoreError> {
        let closed = || StoreError::Unavailable("the store is closed".into());
        lock(&self.database).clone().ok_or_else(closed)
    }
}

/// Makes the tables of a new file; answers with the file's layout.
fn prepare(database: &Database) -> Result<u64, StoreError> {
    let txn = database.begin_write()?;
    let found = {
        let mut file = txn.open_table(FILE)?;
        let found = file.get("layout")?.map(|v| v.value());
        if found.is_none() {
            file.insert("layout", LAYOUT)?;
        }
        txn.open_table(COUNTERS)?;
        txn.open_table(NAMESPACES)?;
        found.unwrap_or(LAYOUT)
    };
    txn.commit()?;
    Ok(found)
}

/// The writer: commits until the last sender is gone.
fn write_all(database: &Database, waiting: &mpsc::Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let jobs = std::iter::once(first).chain(waiting.try_iter()).take(JOBS_PER_COMMIT);
        match commit(database, jobs.collect()) {
            Ok(answers) => answers.into_iter().for_each(|answer| answer()),
            Err(error) => tracing::error!(%error, "a transaction failed, nothing of it was kept"),
        }
    }
}

fn commit(database: &Database, jobs: Vec<Job>) -> Result<Vec<Answer>, StoreError> {
    let txn = database.begin_write()?;
    let answers = jobs.into_iter().map(|job| job(&txn)).collect::<Result<_, _>>()?;
    txn.commit()?;
    Ok(answers)
}

#[async_trait]
impl Store for Embedded {
    async fn apply(&self, tally: &Tally) -> Result<Vec<Outcome>, StoreError> {
        let (tally, limits, orphans) = (tally.clone(), self.limits, self.orphans.clone());
        let number = tally.number;
        self.write(
            move |txn| apply(txn, &tally, &limits),
            move |outcomes| drop(lock(&orphans).insert(number, outcomes)),
        )
        .await
    }

    async fn retract(&self, tally: &Tally) -> Result<(), StoreError> {
        let (tally, orphans) = (tally.clone(), self.orphans.clone());
        self.write(
            // Jobs are done in order, so the tally was applied by now or never will be.
            move |txn| match lock(&orphans).remove(&tally.number) {
                Some(outcomes) => retract(txn, &tally, &outcomes),
                None => Ok(()),
            },
            drop,
        )
        .await
    }

    async fn totals(
        &self,
        namespace: &Name,
        keys: &[Name],
    ) -> Result<Vec<Option<i64>>, StoreError> {
        let counters = self.database()?.begin_read()?.open_table(COUNTERS)?;
        keys.iter()
            .map(|key| Ok(read(&counters, namespace, key)?.map(|record| record.total)))
            .collect()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.write(|_| Ok(()), drop).await
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
        drop(lock(&self.database).take());
    }
}

fn apply(
    txn: &WriteTransaction,
    tally: &Tally,
    limits: &Limits,
) -> Result<Vec<Outcome>, StoreError> {
    let mut counters = txn.open_table(COUNTERS)?;
    let mut namespaces = txn.open_table(NAMESPACES)?;
    let namespace = tally.namespace.as_str();
    let mut outcomes = Vec::with_capacity(tally.entries.len());
    for entry in &tally.entries {
        let found = read(&counters, &tally.namespace, &entry.key)?;
        let is_new = found.is_none();
        if is_new {
            let held = namespaces.get(namespace)?.map_or(0, |v| v.value());
            if !limits.hits_create {
                outcomes.push(Outcome::Refused(Refusal::Missing));
                continue;
            }
            if held >= limits.counters_per_namespace {
                outcomes.push(Outcome::Refused(Refusal::NamespaceFull));
                continue;
            }
            namespaces.insert(namespace, held + 1)?;
        }
        let mut record = found.unwrap_or_else(|| Record::new(tally.at));
        let outcome = count(&mut record, entry, tally);
        record.trim(tally.at, limits.history_days, limits.history_hours);
        write(&mut counters, &tally.namespace, &entry.key, &record)?;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn count(record: &mut Record, entry: &Entry, tally: &Tally) -> Outcome {
    let hits: u64 = entry.runs.iter().map(|r| r.hits).sum();
    if record.total.saturating_add_unsigned(hits) > MAX_TOTAL {
        return Outcome::Refused(Refusal::OutOfRange);
    }
    let counted = entry.runs.iter().map(|run| {
        record.add(run.hits, run.source, tally.at);
        Counted { hits: run.hits, last: record.total }
    });
    Outcome::Counted(counted.collect())
}

fn retract(txn: &WriteTransaction, tally: &Tally, outcomes: &[Outcome]) -> Result<(), StoreError> {
    let mut counters = txn.open_table(COUNTERS)?;
    for (entry, outcome) in tally.entries.iter().zip(outcomes) {
        let Outcome::Counted(counted) = outcome else { continue };
        let Some(mut record) = read(&counters, &tally.namespace, &entry.key)? else { continue };
        for (run, counted) in entry.runs.iter().zip(counted) {
            record.take_back(counted.hits, run.source, tally.at);
        }
        write(&mut counters, &tally.namespace, &entry.key, &record)?;
    }
    Ok(())
}

fn read(
    counters: &impl ReadableTable<(&'static str, &'static str), &'static [u8]>,
    namespace: &Name,
    key: &Name,
) -> Result<Option<Record>, StoreError> {
    let Some(bytes) = counters.get((namespace.as_str(), key.as_str()))? else { return Ok(None) };
    let damaged = |e| StoreError::Failed(format!("{namespace}/{key} cannot be read: {e}"));
    postcard::from_bytes(bytes.value()).map(Some).map_err(damaged)
}

fn write(
    counters: &mut redb::Table<(&str, &str), &[u8]>,
    namespace: &Name,
    key: &Name,
    record: &Record,
) -> Result<(), StoreError> {
    let failed = |e| StoreError::Failed(format!("{namespace}/{key} cannot be written: {e}"));
    let bytes = postcard::to_allocvec(record).map_err(failed)?;
    counters.insert((namespace.as_str(), key.as_str()), bytes.as_slice())?;
    Ok(())
}

/// A panic elsewhere must not stop the counting.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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
