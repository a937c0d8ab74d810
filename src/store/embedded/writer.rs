//! The one thread that writes: everything that waits goes into one
//! transaction, and so shares one sync (group commit).

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock, mpsc};
use std::time::{Duration, Instant};

use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use super::file::LockedFile;
use super::tables::{FILE, LAYOUT, Tables, VISITOR_KEYS};
use crate::model::time::Timestamp;
use crate::store::StoreError;

/// How much of the file redb may keep in memory, in bytes.
const CACHE: usize = 16 << 20;

/// The most jobs in one transaction: bounds how long the first one waits.
const JOBS_PER_COMMIT: usize = 1024;

/// How often what has expired is removed although nothing is written.
const SWEEP: Duration = Duration::from_secs(60);

/// The most marks that one sweep removes.
const REMOVED_PER_SWEEP: usize = 10_000;

/// How long a last write is remembered, in seconds.
const WRITE_MEMORY: u64 = 3600;

/// Something to write.
pub trait Job: Send {
    /// Does it in a transaction. It may be called again, in another one, after
    /// an earlier transaction failed.
    fn run(&mut self, tables: &mut Tables) -> Result<(), StoreError>;

    /// Answers, once the transaction is synced or has failed for good.
    fn finish(self: Box<Self>, done: Result<(), StoreError>);
}

/// The database, which nobody holds for long: after an I/O error it is opened
/// anew over the same locked file. `None` meanwhile and after the end.
#[derive(Clone, Default)]
pub struct Slot(Arc<RwLock<Option<Database>>>);

impl Slot {
    /// Reads from a snapshot.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&redb::ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let slot = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let database = slot.as_ref().ok_or_else(closed)?;
        work(&database.begin_read()?)
    }

    pub fn put(&self, database: Option<Database>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = database;
    }

    fn begin(&self) -> Result<WriteTransaction, StoreError> {
        let slot = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(slot.as_ref().ok_or_else(closed)?.begin_write()?)
    }
}

/// The store was closed, or its file cannot be used at the moment.
pub fn closed() -> StoreError {
    StoreError::Away("the file is not open".into())
}

/// Opens the database in a file and makes what is missing; also answers with
/// the file's layout, before which nothing may be read.
pub fn open(file: &LockedFile) -> Result<(Database, u64), StoreError> {
    let database = Database::builder().set_cache_size(CACHE).create_with_backend(file.fresh())?;
    let txn = database.begin_write()?;
    let layout = {
        let mut facts = txn.open_table(FILE)?;
        let found = facts.get("layout")?.map(|v| v.value());
        if found.is_none() {
            facts.insert("layout", LAYOUT)?;
        }
        found.unwrap_or(LAYOUT)
    };
    if layout == LAYOUT {
        drop(Tables::open(&txn)?);
    }
    txn.commit()?;
    Ok((database, layout))
}

/// Lives in the thread.
pub struct Writer {
    pub slot: Slot,
    pub file: LockedFile,
    /// The number of the last transaction that was tried.
    pub transaction: u64,
}

impl Writer {
    /// Commits until the last sender is gone, then lets go of the database.
    pub fn run(mut self, waiting: &mpsc::Receiver<Box<dyn Job>>) {
        let mut swept = Instant::now();
        loop {
            match waiting.recv_timeout(SWEEP) {
                Ok(first) => {
                    let jobs = std::iter::once(first).chain(waiting.try_iter());
                    self.write(jobs.take(JOBS_PER_COMMIT).collect());
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            if swept.elapsed() >= SWEEP {
                swept = Instant::now();
                self.sweep();
            }
        }
        self.slot.put(None);
    }

    fn write(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let done = self.commit(&mut jobs);
        if done.is_err() && jobs.len() > 1 {
            // One bad job must not take the others with it.
            for mut job in jobs {
                let done = self.commit(std::slice::from_mut(&mut job));
                finish(job, done);
            }
        } else {
            jobs.into_iter().for_each(|job| finish(job, done.clone()));
        }
    }

    /// After an error nothing of it is in the file, unless that is
    /// [`StoreError::Unavailable`].
    fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        if self.file.has_failed() {
            self.reopen()?;
        }
        let mut committing = false;
        let done = self.try_commit(jobs, &mut committing);
        let Err(error) = done else { return Ok(()) };
        tracing::error!(%error, "a transaction failed");
        if self.file.has_failed() {
            let last = self.reopen()?;
            if committing && last == self.transaction {
                // It got there after all.
                return Ok(());
            }
        }
        Err(error)
    }

    fn try_commit(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        committing: &mut bool,
    ) -> Result<(), StoreError> {
        let txn = self.slot.begin()?;
        self.transaction += 1;
        {
            let mut tables = Tables::open(&txn)?;
            for job in jobs {
                // redb is sound after a panic: the transaction is dropped unfinished.
                std::panic::catch_unwind(AssertUnwindSafe(|| job.run(&mut tables)))
                    .unwrap_or_else(|_| Err(StoreError::Failed("a bug: see the log".into())))?;
            }
            tables.file.insert("transaction", self.transaction)?;
        }
        *committing = true;
        Ok(txn.commit()?)
    }

    /// Opens the database anew after an I/O error; answers with the number of
    /// the last transaction in it.
    fn reopen(&mut self) -> Result<u64, StoreError> {
        self.slot.put(None);
        let unusable =
            |e: StoreError| StoreError::Unavailable(format!("the file cannot be opened anew: {e}"));
        let (database, _) = open(&self.file).map_err(unusable)?;
        self.slot.put(Some(database));
        let last = self.slot.read(last_transaction)?;
        tracing::warn!("the file was opened anew after an error");
        Ok(last)
    }

    /// Removes what has expired.
    fn sweep(&mut self) {
        let now = Timestamp::now();
        let mut jobs: [Box<dyn Job>; 1] = [Box::new(Sweep(now))];
        if matches!(self.slot.read(|txn| something_expired(txn, now)), Ok(true)) {
            // An error is in the log, and the next sweep tries again.
            let _ = self.commit(&mut jobs);
        }
    }
}

fn finish(job: Box<dyn Job>, done: Result<(), StoreError>) {
    if std::panic::catch_unwind(AssertUnwindSafe(|| job.finish(done))).is_err() {
        tracing::error!("an answer made the store's writer panic");
    }
}

/// The number of the last transaction in the file.
pub fn last_transaction(txn: &redb::ReadTransaction) -> Result<u64, StoreError> {
    Ok(txn.open_table(FILE)?.get("transaction")?.map_or(0, |v| v.value()))
}

struct Sweep(Timestamp);

impl Job for Sweep {
    fn run(&mut self, tables: &mut Tables) -> Result<(), StoreError> {
        let now = self.0;
        tables.marks.expire(now, REMOVED_PER_SWEEP)?;
        tables.visitor_keys.retain(|day, _| day >= now.day().to_be_bytes().as_slice())?;
        tables.writes.retain(|_, bytes| {
            postcard::from_bytes::<super::apply::Written>(bytes)
                .is_ok_and(|w| now.is_within(WRITE_MEMORY, Timestamp(w.at)))
        })?;
        Ok(())
    }

    fn finish(self: Box<Self>, _: Result<(), StoreError>) {}
}

fn something_expired(txn: &redb::ReadTransaction, now: Timestamp) -> Result<bool, StoreError> {
    let today = now.day().to_be_bytes();
    let keys = txn.open_table(VISITOR_KEYS)?;
    let old_key = keys.first()?.is_some_and(|(day, _)| day.value() < today.as_slice());
    Ok(old_key || super::marks::any_expired(txn, now)?)
}
