//! The one thread that writes. Everything in its queue goes into one batch and shares one sync
//! of the log. From time to time, a checkpoint on a second thread moves the log's content to
//! the database.

mod checkpoint;
mod open;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[cfg(test)]
pub(crate) use self::open::LAYOUT;
pub(crate) use self::open::open;
use super::file::LockedFile;
use super::job::Job;
use super::log::{Log, Since};
use super::map::{Batch, Map, closed};
use super::tables;
use crate::model::log_interval::LogInterval;
use crate::model::time::Timestamp;
use crate::store::StoreError;

/// The most jobs in one batch, which bounds how long the first one waits.
const JOBS_PER_BATCH: usize = 1024;

/// How often expired rows are removed and changes checkpointed, even without writes.
const SWEEP: Duration = Duration::from_secs(30);

/// How often to check that the file is still in its folder.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The most expired rows that one sweep removes.
const EXPIRED_PER_SWEEP: usize = 10_000;

/// A checkpoint's thread, and the log to delete once it has succeeded.
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
    log_gone: bool,
    /// Limits the lines about failed writes and openings: a full disk fails each of them.
    failed: LogInterval,
}

impl Writer {
    pub(crate) fn map(&self) -> Arc<Map> {
        self.map.clone()
    }

    /// Commits until the last sender is gone, then leaves a single file.
    pub(crate) fn run(mut self, waiting: &mpsc::Receiver<Box<dyn Job>>) {
        let mut swept = Instant::now();
        loop {
            match waiting.recv_timeout(CHECK_INTERVAL) {
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
            // The changes of a log that is gone are safe only in the database.
            self.checkpoint_if_due(is_due || self.log_gone);
        }
        self.end();
    }

    /// Checks that the file is open and sound, that it and its log are still where they were
    /// opened, since writes to a deleted or replaced file are lost, and that the disk has room.
    fn look(&mut self) {
        if self.looked.elapsed() < CHECK_INTERVAL {
            return;
        }
        self.looked = Instant::now();
        // A running checkpoint has the file open, and reports the failure itself.
        if self.checkpoint.is_none() && (!self.map.is_open() || self.file.take_failure()) {
            self.reopen();
        }
        let gone = !self.file.is_at(&self.path);
        if gone && !self.gone {
            tracing::error!(
                file = %self.path.display(),
                "the store's file WAS DELETED OR REPLACED while seen runs"
            );
        }
        self.gone = gone;
        let log_gone = self.log.as_ref().is_some_and(|log| !log.is_there());
        if log_gone && !self.log_gone {
            tracing::error!(
                file = %self.path.display(),
                "the store's log WAS DELETED while seen runs; its hits are put into the file at once"
            );
        }
        self.log_gone = log_gone;
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
            // A job that panics adds nothing to the batch.
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
            if self.failed.is_due() {
                tracing::error!(%error, "a write to the store's log failed");
            }
            io_error(error)
        })?;
        map.publish(changes);
        Ok(())
    }

    /// Removes expired rows.
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
}

fn io_error(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            StoreError::Full(error.to_string())
        }
        // The disk may hold the write or not.
        std::io::ErrorKind::Other => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::Ordering;

    use parking_lot::Mutex;

    use super::super::map::Read;
    use super::*;

    struct Put(&'static str);
    impl Job for Put {
        fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
            batch.put(self.0.into(), Vec::new());
            Ok(())
        }
        fn finish(self: Box<Self>, done: Result<(), StoreError>) {
            done.unwrap();
        }
    }

    /// Writes more than redb caches, which reads a whole file at its opening in builds for tests.
    struct Fill;
    impl Job for Fill {
        fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
            (0..20_000_u32).for_each(|n| batch.put(n.to_be_bytes().into(), vec![0; 2000]));
            Ok(())
        }
        fn finish(self: Box<Self>, _: Result<(), StoreError>) {}
    }

    /// Reads a key.
    struct Get(&'static str, Arc<Mutex<Option<Result<bool, StoreError>>>>);
    impl Job for Get {
        fn run(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
            let found = batch.get(self.0.as_bytes()).map(|value| value.is_some());
            *self.1.lock() = Some(found);
            Ok(())
        }
        fn finish(self: Box<Self>, _: Result<(), StoreError>) {}
    }

    fn get(writer: &mut Writer, key: &'static str) -> Result<bool, StoreError> {
        let found = Arc::default();
        writer.write(vec![Box::new(Get(key, Arc::clone(&found)))]);
        found.lock().take().unwrap()
    }

    fn look(writer: &mut Writer) {
        writer.looked -= CHECK_INTERVAL;
        writer.look();
    }

    /// redb refuses everything after one error, and only a failed checkpoint led to a reopening.
    #[test]
    fn one_failed_read_does_not_close_the_store() {
        const KEY: &str = "\0\0\x03\0";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen.redb");
        let mut writer = start(&path);
        writer.write(vec![Box::new(Fill)]);
        writer.end();
        let mut writer = start(&path);
        writer.file.unreadable.store(true, Ordering::Relaxed);
        get(&mut writer, KEY).unwrap_err();
        writer.file.unreadable.store(false, Ordering::Relaxed);
        get(&mut writer, KEY).unwrap_err();
        look(&mut writer);
        assert!(get(&mut writer, KEY).unwrap());
    }

    /// Hits went on into the deleted log, and were gone after a crash.
    #[test]
    fn a_log_that_was_deleted_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen.redb");
        let mut writer = start(&path);
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names(), 2);
        writer.write(vec![Box::new(Put("a"))]);
        let log = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let log = log.into_iter().find(|found| *found != path).unwrap();
        std::fs::remove_file(log).unwrap();
        look(&mut writer);
        assert!(writer.log_gone);
        while writer.map.fresh() > 0 || writer.checkpoint.is_some() {
            writer.checkpoint_if_due(writer.log_gone);
        }
        look(&mut writer);
        assert!(!writer.log_gone && names() == 2);
        let crashed = tempfile::tempdir().unwrap();
        let again = crashed.path().join("seen.redb");
        std::fs::copy(&path, &again).unwrap();
        assert!(get(&mut start(&again), "a").unwrap());
    }

    fn start(path: &Path) -> Writer {
        let file = LockedFile::open(path).ok().unwrap();
        Writer::start(file, path.to_owned(), false).unwrap()
    }

    /// The log of a checkpoint that failed was forgotten if the file could not be opened again at
    /// once, a later one took its place, and what had been answered was gone after a crash.
    #[test]
    fn a_file_that_cannot_be_reopened_at_once_loses_nothing() {
        let (folder, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut writer = start(&folder.path().join("seen.redb"));
        writer.write(vec![Box::new(Put("a"))]);
        let full = writer.file.full.clone();
        full.store(true, Ordering::Relaxed);
        while writer.map.is_open() {
            writer.checkpoint_if_due(true);
        }
        writer.checkpoint_if_due(true);
        let keys = ["a", "b", "c", "d"];
        for last in 1..keys.len() {
            full.store(false, Ordering::Relaxed);
            look(&mut writer);
            writer.write(vec![Box::new(Put(keys[last]))]);
            full.store(true, Ordering::Relaxed);
            writer.checkpoint_if_due(true);
            while writer.checkpoint.as_ref().is_some_and(|(thread, _)| !thread.is_finished()) {
                std::thread::yield_now();
            }
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), crashed.path().join(entry.file_name())).unwrap();
            }
            let again = start(&crashed.path().join("seen.redb"));
            for key in &keys[..=last] {
                let found = again.map.snapshot().unwrap().get(key.as_bytes()).unwrap();
                assert!(found.is_some(), "{key}");
            }
            again.end();
        }
    }
}
