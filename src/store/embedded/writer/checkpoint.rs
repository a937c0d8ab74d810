//! Checkpoints: a second thread moves the log's content to the database.

use std::panic::AssertUnwindSafe;

use redb::Database;

use super::{Writer, open};
use crate::store::StoreError;
use crate::store::embedded::log::Log;
use crate::store::embedded::map::{Changes, ROWS, closed};
use crate::store::embedded::tables::Fact;

/// A checkpoint is due once this many keys have changed, or the log is this long, in bytes.
/// Both bound the memory of the changes and the time to open the file after a crash.
const MAX_CHANGES: usize = 65_536;
const MAX_LOG: u64 = 64 << 20;

/// At this multiple of those bounds, writes wait for the running checkpoint.
const BACKPRESSURE_FACTOR: usize = 4;

/// Writes changes into the database.
pub(super) fn put(
    database: &Database,
    changes: &Changes,
    checkpoint: u64,
    length: u64,
) -> Result<(), StoreError> {
    let mut txn = database.begin_write()?;
    // Makes opening the file fast after a crash.
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
    /// Begins a checkpoint if one is due, or if there is time for one.
    pub(super) fn checkpoint_if_due(&mut self, there_is_time: bool) {
        let (fresh, length) = (self.map.fresh(), self.log.as_ref().map_or(0, Log::length));
        let is_full = |times: usize| fresh > times * MAX_CHANGES || length > times as u64 * MAX_LOG;
        let is_running = self.checkpoint.as_ref().is_some_and(|(thread, _)| !thread.is_finished());
        if is_running && !is_full(BACKPRESSURE_FACTOR) {
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
        if !self.map.is_open() {
            return;
        }
        let old = match self.left.take() {
            Some(left) => left,
            None => {
                let Some(old) = self.log.take() else { return };
                self.since.checkpoint += 1;
                if let Err(error) = self.begin_log() {
                    // Go on with the old log.
                    if self.failed.is_due() {
                        tracing::error!(%error, "a new log cannot be begun");
                    }
                    self.since.checkpoint -= 1;
                    self.log = Some(old);
                    return;
                }
                old
            }
        };
        let Some((database, changes)) = self.map.freeze() else {
            self.left = Some(old);
            return;
        };
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

    /// Waits for the running checkpoint. Returns whether no failed one is left.
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

    /// Reopens the database after an error, since redb refuses to go on. If that fails, the
    /// writer tries again each second.
    pub(super) fn reopen(&mut self) {
        self.map.set(None);
        self.file.take_failure();
        match open(&self.file) {
            Ok(database) => {
                self.map.set(Some(database));
                tracing::warn!("the file was opened again after an error");
            }
            Err(error) => {
                if self.failed.is_due() {
                    tracing::error!(%error, "the file cannot be opened again");
                }
            }
        }
    }

    /// Moves all changes to the database.
    pub(super) fn checkpoint_now(&mut self) -> Result<(), StoreError> {
        self.since.checkpoint += 1;
        for _ in 0..2 {
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

    /// Leaves one complete file; if that fails, the logs stay.
    pub(super) fn end(mut self) {
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
