//! The file under the database: locked by seen itself, so that the database
//! can be opened anew after an error without letting go of it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, Result};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;

/// An open file with an exclusive lock (flock). A clone is the same file; the
/// lock ends with the last one.
#[derive(Clone, Debug)]
pub struct LockedFile {
    file: Arc<File>,
    /// Whether reading or writing failed since [`LockedFile::fresh`]; redb
    /// refuses to go on after that.
    failed: Arc<AtomicBool>,
    /// Makes every write fail as on a full disk.
    #[cfg(test)]
    pub full: Arc<AtomicBool>,
}

/// Why the file could not be locked.
pub enum LockError {
    /// Another process has it.
    InUse,
    /// It cannot be opened or made.
    Io(Error),
}

impl LockedFile {
    /// Opens the file, or makes it, and locks it.
    pub fn open(path: &Path) -> std::result::Result<Self, LockError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            // It has the digests of all tokens.
            .mode(0o600)
            .open(path)
            .map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::InUse),
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        Ok(Self {
            file: file.into(),
            failed: Arc::default(),
            #[cfg(test)]
            full: Arc::default(),
        })
    }

    /// The file for a database that is opened anew.
    pub fn fresh(&self) -> Self {
        self.failed.store(false, Ordering::Relaxed);
        self.clone()
    }

    /// Whether the database over it must be opened anew.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn note<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    fn space(&self) -> Result<()> {
        #[cfg(test)]
        if self.full.load(Ordering::Relaxed) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for LockedFile {
    fn len(&self) -> Result<u64> {
        self.note(self.file.metadata().map(|m| m.len()))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.note(self.file.read_exact_at(out, offset))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.note(self.space().and_then(|()| self.file.set_len(len)))
    }

    fn sync_data(&self) -> Result<()> {
        self.note(self.file.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.note(self.space().and_then(|()| self.file.write_all_at(data, offset)))
    }
}
