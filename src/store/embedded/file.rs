//! The file under the database. seen locks it itself, so that the database can be reopened
//! after an error without releasing the lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, Result};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;

use crate::store::StoreError;

/// The largest reserve on a disk, in bytes.
const MAX_RESERVE: u64 = 1 << 30;

/// An open file with an exclusive lock (flock). A clone is the same file; the
/// lock ends with the last one.
#[derive(Clone, Debug)]
pub(crate) struct LockedFile {
    file: Arc<File>,
    /// Whether the database was told of an error. It refuses everything from then on.
    has_failed: Arc<AtomicBool>,
    /// Makes every write fail, as on a full disk.
    #[cfg(test)]
    pub(crate) full: Arc<AtomicBool>,
    /// Makes every read fail, as on a failing disk.
    #[cfg(test)]
    pub(crate) unreadable: Arc<AtomicBool>,
}

/// Why the file could not be locked.
pub(crate) enum LockError {
    /// Another process has it.
    InUse,
    /// It cannot be opened or created.
    Io(Error),
}

/// Why the file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The folder of the file could not be created.
    #[error("cannot make the folder {folder}: {error}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// It is a folder.
    #[error("{0} is a folder; give a file in it, such as {0}/seen.redb")]
    IsFolder(String),
    /// Another process has it open.
    #[error(
        "{0} is in use by another process; stop that one, or give this one its own file with --store"
    )]
    InUse(String),
    /// It has lost its content.
    #[error("{0} is empty; restore a backup, or delete it to begin at 1")]
    Empty(String),
    /// Not a store, damaged, or not readable.
    #[error("cannot open {file}: {error}")]
    Unusable {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: StoreError,
    },
}

impl LockedFile {
    /// Opens the file, or creates it, and locks it.
    pub(crate) fn open(path: &Path) -> std::result::Result<Self, LockError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
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
            has_failed: Arc::default(),
            #[cfg(test)]
            full: Arc::default(),
            #[cfg(test)]
            unreadable: Arc::default(),
        })
    }

    /// Whether this file is still the one at `path`.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        is_at(&self.file, path)
    }

    /// Whether the database was told of an error since the last call.
    pub(crate) fn take_failure(&self) -> bool {
        self.has_failed.swap(false, Ordering::Relaxed)
    }

    /// Remembers the failure of an access.
    fn noted<T>(&self, done: Result<T>) -> Result<T> {
        if done.is_err() {
            self.has_failed.store(true, Ordering::Relaxed);
        }
        done
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    /// Whether its disk has room for more counters. A tenth of the disk, at most
    /// [`MAX_RESERVE`], is reserved for existing ones. True if the system does not tell.
    pub(crate) fn has_room(&self) -> bool {
        rustix::fs::fstatvfs(&*self.file).map_or(true, |disk| {
            let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
            bytes(disk.f_bavail) >= (bytes(disk.f_blocks) / 10).min(MAX_RESERVE)
        })
    }

    /// Fails where a test wants a full disk.
    pub(crate) fn space(&self) -> Result<()> {
        #[cfg(test)]
        if self.full.load(Ordering::Relaxed) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for LockedFile {
    fn len(&self) -> Result<u64> {
        self.noted(self.length())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        #[cfg(test)]
        if self.unreadable.load(Ordering::Relaxed) {
            return self.noted(Err(Error::other("a test makes reads fail")));
        }
        self.noted(self.file.read_exact_at(out, offset))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.noted(self.space().and_then(|()| self.file.set_len(len)))
    }

    fn sync_data(&self) -> Result<()> {
        self.noted(self.file.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.noted(self.space().and_then(|()| self.file.write_all_at(data, offset)))
    }
}

/// Whether an open file is still the one at `path`.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(mine), Ok(there)) => (mine.dev(), mine.ino()) == (there.dev(), there.ino()),
        // Unknown: assume that it is.
        (_, Err(error)) => error.kind() != std::io::ErrorKind::NotFound,
        (Err(_), _) => true,
    }
}
