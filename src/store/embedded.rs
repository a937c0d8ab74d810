//! The embedded store: one file, with a log next to it while seen runs.
//!
//! All writes go through one thread, which groups them into one sync of the log
//! (`writer.rs`). A checkpoint moves them to the database in the file later, all at once. Reads
//! see both (`map.rs`), and run on blocking threads if they may touch the disk.

mod apply;
mod file;
mod job;
mod log;
mod map;
mod store;
mod tables;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;

use parking_lot::Mutex;
use tokio::sync::oneshot;

pub use self::file::FileError;
use self::file::{LockError, LockedFile};
use self::job::{Job, Work};
use self::map::{Batch, Map, Snapshot, closed};
use self::writer::Writer;
use super::known::Known;
use super::live::Hub;
use super::record::Record;
use super::{EditError, Limits, StoreError};
use crate::model::hit::DayKeys;
use crate::model::name::Counter;
use crate::model::tally::Outcome;

/// Each lane's last write: its number and its answer.
type LastWrites = HashMap<String, (u64, Vec<Outcome>)>;

/// A store in one file, which stays locked until [`crate::store::Store::close`].
pub struct Embedded {
    map: Arc<Map>,
    /// `None` once the store is closed.
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
    hub: Hub,
    known: Arc<Known>,
    limits: Limits,
    last_writes: Arc<Mutex<LastWrites>>,
    day_keys: Mutex<Option<(u32, DayKeys)>>,
    #[cfg(test)]
    file: LockedFile,
}

impl Embedded {
    /// Opens the file, or creates it and the folders above it.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, FileError> {
        let name = path.display().to_string();
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| FileError::Folder {
                folder: folder.display().to_string(),
                error,
            })?;
        }
        if path.is_dir() {
            return Err(FileError::IsFolder(name));
        }
        let is_new = !path.exists();
        let unusable = |error| FileError::Unusable { file: name.clone(), error };
        let file = LockedFile::open(path).map_err(|error| match error {
            LockError::InUse => FileError::InUse(name.clone()),
            LockError::Io(error) => unusable(StoreError::Failed(error.to_string())),
        })?;
        if !is_new && file.length().is_ok_and(|length| length == 0) {
            return Err(FileError::Empty(name));
        }
        let writer = match Writer::start(file.clone(), path.to_owned(), is_new) {
            Ok(writer) => writer,
            Err(error) => {
                if is_new {
                    // The new file is empty, and the next start would refuse it.
                    let _ = std::fs::remove_file(path);
                }
                return Err(unusable(error));
            }
        };
        let map = writer.map();
        let (jobs, waiting) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("seen-store".into())
            .spawn(move || writer.run(&waiting))
            .map_err(|e| unusable(StoreError::Failed(e.to_string())))?;
        Ok(Self {
            map,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            hub: Hub::default(),
            known: Arc::default(),
            limits,
            last_writes: Arc::default(),
            day_keys: Mutex::new(None),
            #[cfg(test)]
            file,
        })
    }

    /// A store for a test of what uses one, in a folder that goes with it.
    #[cfg(test)]
    pub(crate) fn empty() -> (tempfile::TempDir, Self) {
        let limits = Limits {
            mode: super::Mode::Open,
            counters_per_namespace: 1,
            counters: 1,
            history_days: 1,
            history_hours: 1,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let store = Self::open(&folder.path().join("seen.redb"), limits).expect("a store");
        (folder, store)
    }

    /// Runs `work` in the next batch, and returns once the batch is synced. `after` then sees
    /// the result even if the caller has gone away.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch) -> Result<T, StoreError> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, receiver) = oneshot::channel();
        let job = Box::new(Work { work: Some(work), after, value: None, reply });
        self.jobs.lock().as_ref().ok_or_else(closed)?.send(job).map_err(|_| closed())?;
        receiver.await.map_err(|_| closed())?
    }

    /// Like [`Embedded::write`], for changes that may be refused: a refusal changes nothing
    /// and is an answer, not a failure.
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch) -> Result<T, EditError> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, EditError> {
        let answer = self.write(
            move |batch| match work(batch) {
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

    /// Reads on a thread that may block on the disk.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Snapshot) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let map = self.map.clone();
        let reading = tokio::task::spawn_blocking(move || work(&map.snapshot()?));
        reading.await.map_err(|error| StoreError::Damaged(format!("reading it failed: {error}")))?
    }

    async fn record(&self, counter: &Counter) -> Result<Option<Record>, StoreError> {
        // Recent changes are in memory.
        if let Some(found) = self.map.recent(&tables::record_key(counter)) {
            return found.map(|bytes| Record::unpack(&bytes)).transpose();
        }
        let counter = counter.clone();
        self.read(move |snapshot| tables::record(snapshot, &counter)).await
    }
}

#[cfg(test)]
mod tests;
