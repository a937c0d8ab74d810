//! The one thread that writes: everything that waits goes into one batch, and so shares one
//! sync of the log. From time to time a second thread puts what is in the log into the
//! database (a checkpoint).

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use redb::{Database, ReadableDatabase, TableHandle};

use super::file::LockedFile;
use super::log::{self, Log, Since};
use super::map::{Batch, Changes, Map, ROWS, closed};
use super::tables::{self, Fact};
use crate::model::time::Timestamp;
use crate::store::StoreError;

/// The layout that this version reads and writes: tables.rs and record.rs.
pub(crate) const LAYOUT: u64 = 4;

/// How much of the file redb may keep in memory, in bytes.
const CACHE: usize = 16 << 20;

/// The most jobs in one batch: bounds how long the first one waits.
const JOBS_PER_BATCH: usize = 1024;

/// A checkpoint is due once so many keys have changed, or the log is so long. Both bound the
/// memory of the changes and the time to open the file after a crash.
const CHANGES_MAX: usize = 65_536;
const LOG_MAX: u64 = 64 << 20;

/// With so many times as much, writes wait for the checkpoint that runs.
const PATIENCE: usize = 4;

/// How often what has expired is removed, and what changed is put into the database,
/// although nothing is written.
const SWEEP: Duration = Duration::from_secs(30);

/// How often the file is looked for in its folder.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How much of what has expired one sweep removes.
const EXPIRED_PER_SWEEP: usize = 10_000;

/// Something to write.
pub(crate) trait Job: Send {
    /// Does it on top of a batch.
    fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError>;

    /// Answers, once the batch is synced or has failed.
    fn finish(self: Box<Self>, done: Result<(), StoreError>);
}

/// A checkpoint's thread, and the log to remove once it has succeeded.
type Checkpoint = (JoinHandle<Result<(), StoreError>>, Option<Log>);

/// Owned by the store's thread.
pub(crate) struct Writer {
    map: Arc<Map>,
    file: LockedFile,
    path: PathBuf,
    since: Since,
    log: Option<Log>,
    /// The running checkpoint.
    checkpoint: Option<Checkpoint>,
    /// The log of a checkpoint that failed, whose changes are still frozen.
    left: Option<Log>,
    looked: Instant,
    gone: bool,
}

fn log_path(path: &std::path::Path, checkpoint: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(if checkpoint.is_multiple_of(2) { "-log0" } else { "-log1" });
    name.into()
}

/// Opens the database in a file.
pub(crate) fn open(file: &LockedFile) -> Result<Database, StoreError> {
    let opening = || Database::builder().set_cache_size(CACHE).create_with_backend(file.fresh());
    // redb trusts what it reads of a damaged file in some places.
    match std::panic::catch_unwind(AssertUnwindSafe(opening)) {
        Ok(database) => Ok(database?),
        Err(_) => Err(StoreError::Damaged("the database in it cannot be read".into())),
    }
}

/// Writes changes into the database.
fn put(
    database: &Database,
    changes: &Changes,
    checkpoint: u64,
    length: u64,
) -> Result<(), StoreError> {
    let mut txn = database.begin_write()?;
    // So that the file is opened at once after a crash.
    txn.set_quick_repair(true);
    {
        let mut table = txn.open_table(ROWS)?;
        for (key, value) in changes {
            match value {
                Some(value) => drop(table.insert(key.as_slice(), value.as_slice())?),
                None => drop(table.remove(key.as_slice())?),
            }
        }
        for (fact, number) in [(Fact::Checkpoint, checkpoint), (Fact::Length, length)] {
            table.insert(fact.key().as_slice(), number.to_be_bytes().as_slice())?;
        }
    }
    Ok(txn.commit()?)
}

impl Writer {
    /// Takes over a file: what the logs of a process that died hold goes into the database.
    pub(crate) fn start(file: LockedFile, path: PathBuf, is_new: bool) -> Result<Self, StoreError> {
        let paths = [0, 1].map(|checkpoint| log_path(&path, checkpoint));
        let io = |error: std::io::Error| StoreError::Damaged(format!("its log: {error}"));
        let mut logs = Vec::new();
        for path in &paths {
            logs.extend(log::read(path).map_err(io)?);
        }
        if is_new && !logs.is_empty() {
            return Err(StoreError::Refused(format!(
                "there is no such file, but its log {} is there: put the file back, or delete \
                 the log to begin at 1",
                paths[0].with_extension("…").display()
            )));
        }
        let database = open(&file)?;
        let map = Arc::new(Map::default());
        let since = Self::prepare(&database, &file)?;
        map.set(Some(database));
        let mut writer = Self {
            map,
            file,
            path,
            since,
            log: None,
            checkpoint: None,
            left: None,
            looked: Instant::now(),
            gone: false,
        };
        writer.recover(logs)?;
        writer.begin_log()?;
        Ok(writer)
    }

    pub(crate) fn map(&self) -> Arc<Map> {
        self.map.clone()
    }

    /// Makes what is missing, and checks that the file is one of ours and whole.
    fn prepare(database: &Database, file: &LockedFile) -> Result<Since, StoreError> {
        let txn = database.begin_write()?;
        if let Some(table) = txn.list_tables()?.find(|table| table.name() != ROWS.name()) {
            return Err(other_layout(&format!("an older one, with a table of {}", table.name())));
        }
        drop(txn.open_table(ROWS)?);
        txn.commit()?;
        let table = database.begin_read()?.open_table(ROWS)?;
        let fact = |fact: Fact| -> Result<Option<u64>, StoreError> {
            let found = table.get(fact.key().as_slice())?;
            Ok(found.and_then(|v| v.value().try_into().ok()).map(u64::from_be_bytes))
        };
        if let Some(layout) = fact(Fact::Layout)?.filter(|layout| *layout != LAYOUT) {
            return Err(other_layout(&layout.to_string()));
        }
        if let Some(store) = fact(Fact::Id)? {
            // Some of the end may be given back, never half of it.
            let length = file.length().map_err(|e| StoreError::Failed(e.to_string()))?;
            if length < fact(Fact::Length)?.unwrap_or(0) / 2 {
                return Err(StoreError::Damaged("the file was cut short; restore a backup".into()));
            }
            let checkpoint = fact(Fact::Checkpoint)?.unwrap_or(0);
            return Ok(Since { store, checkpoint });
        }
        let store = u64::from_be_bytes(crate::model::token::random()?);
        let facts = [(Fact::Layout, LAYOUT), (Fact::Id, store)];
        let facts = facts.map(|(fact, n)| (fact.key().to_vec(), Some(n.to_be_bytes().to_vec())));
        put(database, &facts.into(), 0, 0)?;
        Ok(Since { store, checkpoint: 0 })
    }

    /// Puts what is in logs into the database.
    fn recover(&mut self, mut logs: Vec<(Since, Changes)>) -> Result<(), StoreError> {
        logs.sort_by_key(|(since, _)| since.checkpoint);
        let mut changes = Changes::new();
        for (since, of_log) in logs {
            // A log begins just before its checkpoint, and goes just after the next one.
            let checkpoints = since.checkpoint.saturating_sub(1)..=since.checkpoint + 1;
            let is_ours =
                since.store == self.since.store && checkpoints.contains(&self.since.checkpoint);
            if !is_ours {
                return Err(StoreError::Refused(
                    "its log belongs to another state of the file, as after a backup was put \
                     back; delete the log, whose hits are lost then, or put back both"
                        .into(),
                ));
            }
            changes.extend(of_log);
        }
        if !changes.is_empty() {
            tracing::info!(changes = changes.len(), "the store's log was put into its file");
            self.map.publish(changes);
            self.checkpoint_now()?;
        }
        for checkpoint in [0, 1] {
            match std::fs::remove_file(log_path(&self.path, checkpoint)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Failed(error.to_string()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn begin_log(&mut self) -> Result<(), StoreError> {
        let log = Log::begin(log_path(&self.path, self.since.checkpoint), self.since);
        self.log = Some(log.map_err(io_error)?);
        Ok(())
    }

    /// Commits until the last sender is gone, then leaves the one file.
    pub(crate) fn run(mut self, waiting: &mpsc::Receiver<Box<dyn Job>>) {
        let mut swept = Instant::now();
        loop {
            match waiting.recv_timeout(LOOK_AGAIN) {
                Ok(first) => {
                    let jobs = std::iter::once(first).chain(waiting.try_iter());
                    self.write(jobs.take(JOBS_PER_BATCH).collect());
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            self.look();
            let is_due = swept.elapsed() >= SWEEP;
            if is_due {
                swept = Instant::now();
                self.sweep();
            }
            self.checkpoint_if_due(is_due);
        }
        self.end();
    }

    /// Whether the file is still where it was opened, for one that was deleted or replaced
    /// takes what is written with it; and whether its disk has room.
    fn look(&mut self) {
        if self.looked.elapsed() < LOOK_AGAIN {
            return;
        }
        self.looked = Instant::now();
        let gone = !self.file.is_at(&self.path);
        if gone && !self.gone {
            tracing::error!(
                file = %self.path.display(),
                "the store's file WAS DELETED OR REPLACED while seen runs"
            );
        }
        self.gone = gone;
        let has_room = self.file.has_room();
        if has_room != self.map.has_room() {
            self.map.set_room(has_room);
            let file = self.path.display();
            if has_room {
                tracing::info!(%file, "the disk has room for new counters again");
            } else {
                tracing::error!(
                    %file,
                    "the store's disk is nearly full: no new counters"
                );
            }
        }
    }

    fn write(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let mut done: Vec<Result<(), StoreError>> = Vec::with_capacity(jobs.len());
        let written = self.batch(&mut jobs, &mut done);
        done.resize_with(jobs.len(), || Ok(()));
        for (job, done) in jobs.into_iter().zip(done) {
            let done = done.and_then(|()| written.clone());
            if std::panic::catch_unwind(AssertUnwindSafe(|| job.finish(done))).is_err() {
                tracing::error!("an answer made the store's writer panic");
            }
        }
    }

    fn batch(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        done: &mut Vec<Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        if self.gone {
            return Err(StoreError::Refused("the store's file was deleted or replaced".into()));
        }
        let map = self.map.clone();
        let mut batch = Batch::new(map.snapshot()?);
        for job in jobs {
            // Nothing of a job that panics is in the batch.
            let ran = std::panic::catch_unwind(AssertUnwindSafe(|| job.run(&mut batch)));
            let ran = ran.unwrap_or_else(|_| Err(StoreError::Failed("a bug: see the log".into())));
            batch.end(ran.is_ok());
            done.push(ran);
        }
        let changes = batch.finish();
        if changes.is_empty() {
            return Ok(());
        }
        let log = self.log.as_mut().ok_or_else(closed)?;
        self.file.space().and_then(|()| log.append(&changes)).map_err(|error| {
            tracing::error!(%error, "a write to the store's log failed");
            io_error(error)
        })?;
        map.publish(changes);
        Ok(())
    }

    /// Removes what has expired.
    fn sweep(&mut self) {
        struct Sweep;
        impl Job for Sweep {
            fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
                tables::expire(batch, Timestamp::now(), EXPIRED_PER_SWEEP).map(drop)
            }
            fn finish(self: Box<Self>, _: Result<(), StoreError>) {}
        }
        self.write(vec![Box::new(Sweep)]);
    }

    /// Begins a checkpoint once it is due, or there is time for one.
    fn checkpoint_if_due(&mut self, there_is_time: bool) {
        let (fresh, length) = (self.map.fresh(), self.log.as_ref().map_or(0, Log::length));
        let is_full = |times: usize| fresh > times * CHANGES_MAX || length > times as u64 * LOG_MAX;
        let is_running = self.checkpoint.as_ref().is_some_and(|(thread, _)| !thread.is_finished());
        if is_running && !is_full(PATIENCE) {
            return;
        }
        if !self.join() && !there_is_time {
            return;
        }
        if self.checkpoint.is_none()
            && (is_full(1) || there_is_time && fresh > 0 || self.left.is_some())
        {
            self.begin_checkpoint();
        }
    }

    fn begin_checkpoint(&mut self) {
        let old = match self.left.take() {
            Some(left) => left,
            None => {
                let Some(old) = self.log.take() else { return };
                self.since.checkpoint += 1;
                if let Err(error) = self.begin_log() {
                    // The old one goes on.
                    tracing::error!(%error, "a new log cannot be begun");
                    self.since.checkpoint -= 1;
                    self.log = Some(old);
                    return;
                }
                old
            }
        };
        let Some((database, changes)) = self.map.freeze() else { return };
        let (checkpoint, file) = (self.since.checkpoint, self.file.clone());
        let work = move || {
            let length = file.length().unwrap_or(0);
            let put = || put(&database, &changes, checkpoint, length);
            std::panic::catch_unwind(AssertUnwindSafe(put))
                .unwrap_or_else(|_| Err(StoreError::Damaged("the database panicked".into())))
        };
        match std::thread::Builder::new().name("seen-checkpoint".into()).spawn(work) {
            Ok(thread) => self.checkpoint = Some((thread, Some(old))),
            Err(error) => {
                tracing::error!(%error, "a checkpoint cannot begin");
                self.left = Some(old);
            }
        }
    }

    /// Waits for the checkpoint that runs; tells whether nothing is left of one.
    fn join(&mut self) -> bool {
        let Some((thread, old)) = self.checkpoint.take() else { return self.left.is_none() };
        let done = thread.join().unwrap_or_else(|_| Err(StoreError::Failed("a bug".into())));
        match done {
            Ok(()) => {
                self.map.thaw();
                if let Some(Err(error)) = old.map(Log::delete) {
                    tracing::warn!(%error, "an old log was not deleted");
                }
                true
            }
            Err(error) => {
                tracing::error!(%error, "a checkpoint failed; it is tried again");
                self.left = old;
                self.reopen();
                false
            }
        }
    }

    /// Opens the database again after an error, for redb refuses to go on.
    fn reopen(&mut self) {
        self.map.set(None);
        match open(&self.file) {
            Ok(database) => {
                self.map.set(Some(database));
                tracing::warn!("the file was opened again after an error");
            }
            Err(error) => tracing::error!(%error, "the file cannot be opened again"),
        }
    }

    /// Puts all that is on top into the database.
    fn checkpoint_now(&mut self) -> Result<(), StoreError> {
        for _ in 0..2 {
            self.since.checkpoint += 1;
            let (database, changes) = self.map.freeze().ok_or_else(closed)?;
            let length = self.file.length().unwrap_or(0);
            put(&database, &changes, self.since.checkpoint, length)?;
            drop((database, changes));
            self.map.thaw();
            if self.map.fresh() == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Leaves one file that is whole; the logs stay where that fails.
    fn end(mut self) {
        self.join();
        let left = self.left.take();
        match std::panic::catch_unwind(AssertUnwindSafe(|| self.checkpoint_now())) {
            Ok(Ok(())) => {
                for log in left.into_iter().chain(self.log.take()) {
                    if let Err(error) = log.delete() {
                        tracing::warn!(%error, "an old log was not deleted");
                    }
                }
            }
            done => tracing::error!(
                ?done,
                "the store's log was not put into its file; the next start does it"
            ),
        }
        self.map.set(None);
    }
}

fn other_layout(found: &str) -> StoreError {
    StoreError::Refused(format!(
        "its layout is {found}, and this version of seen reads layout {LAYOUT}; use the version \
         that wrote it, whose export any other imports"
    ))
}

fn io_error(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            StoreError::Full(error.to_string())
        }
        // Nobody knows what is on the disk.
        std::io::ErrorKind::Other => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Failed(error.to_string()),
    }
}
