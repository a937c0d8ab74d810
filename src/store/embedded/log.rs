//! The write-ahead log: a file next to the store's, to which each commit since the last
//! checkpoint is appended and synced.
//!
//! It makes a commit cheap: one short sequential write and one sync, where the database would
//! write a page for each counter. A checkpoint moves all of it to the database and deletes the
//! log. After a crash, the log is replayed into the database.
//!
//! A log begins with [`MAGIC`], the store's id and the number of the checkpoint after which
//! it began, eight bytes each. Then there are frames: the length of the payload (4), its
//! checksum (8) and the payload, which holds for each change the length of the key (2), that
//! of the value or [`DELETED`] (4), and both.

use std::fs::{File, OpenOptions};
use std::hash::Hasher;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use siphasher::sip::SipHasher13;

use super::file::is_at;
use super::map::Changes;

const MAGIC: &[u8; 8] = b"seenlog1";
const HEADER: usize = 24;
const FRAME: usize = 12;
const DELETED: u32 = u32::MAX;

/// The store that a log belongs to, and the checkpoint that it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    /// The store's id.
    pub(crate) store: u64,
    /// The number of its checkpoint.
    pub(crate) checkpoint: u64,
}

/// A log that is appended to.
pub(crate) struct Log {
    file: File,
    path: PathBuf,
    length: u64,
    /// Whether bytes after [`Log::length`] could not be removed.
    torn: bool,
}

impl Log {
    /// Begins a log, and replaces any file that is there.
    pub(crate) fn begin(path: PathBuf, since: Since) -> Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&since.store.to_be_bytes());
        header.extend_from_slice(&since.checkpoint.to_be_bytes());
        file.write_all_at(&header, 0)?;
        file.sync_all()?;
        sync_folder(&path)?;
        Ok(Self { file, path, length: HEADER as u64, torn: false })
    }

    /// Appends changes and syncs them. After an error they are not in the log, except after one
    /// of the kind `Other`, when they may be.
    pub(crate) fn append(&mut self, changes: &Changes) -> Result<()> {
        if self.torn {
            self.roll_back()?;
        }
        let mut frame = vec![0; FRAME];
        for (key, value) in changes {
            let length = value.as_ref().map_or(Ok(DELETED), |v| u32::try_from(v.len()));
            let length = length.map_err(Error::other)?;
            let key_length = u16::try_from(key.len()).map_err(Error::other)?;
            frame.extend_from_slice(&key_length.to_be_bytes());
            frame.extend_from_slice(&length.to_be_bytes());
            frame.extend_from_slice(key);
            frame.extend_from_slice(value.as_deref().unwrap_or_default());
        }
        let length = u32::try_from(frame.len() - FRAME).map_err(Error::other)?;
        let sum = checksum(self.length, &frame[FRAME..]);
        frame[..4].copy_from_slice(&length.to_be_bytes());
        frame[4..FRAME].copy_from_slice(&sum.to_be_bytes());
        let written =
            self.file.write_all_at(&frame, self.length).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.length += frame.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.torn = true;
                self.roll_back()?;
                Err(error)
            }
        }
    }

    /// Cuts off the bytes after the last good frame.
    fn roll_back(&mut self) -> Result<()> {
        let taken = self.file.set_len(self.length).and_then(|()| self.file.sync_data());
        taken.map_err(|e| Error::other(format!("the log cannot be put right: {e}")))?;
        self.torn = false;
        Ok(())
    }

    /// Whether it is still where it was begun.
    pub(crate) fn is_there(&self) -> bool {
        is_at(&self.file, &self.path)
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Deletes it.
    pub(crate) fn delete(self) -> Result<()> {
        std::fs::remove_file(&self.path)?;
        sync_folder(&self.path)
    }
}

/// Reads a log, if there is one: all of its changes except those of a torn end.
pub(crate) fn read(path: &Path) -> Result<Option<(Since, Changes)>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // The process died just as it began this log.
    let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else { return Ok(None) };
    if !header.starts_with(MAGIC) {
        return Err(Error::new(ErrorKind::InvalidData, "not a log of this version of seen"));
    }
    let number = |at: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&header[at..at + 8]);
        u64::from_be_bytes(number)
    };
    let since = Since { store: number(8), checkpoint: number(16) };
    let (mut at, mut changes) = (HEADER, Changes::new());
    while let Some(payload) = frame(&bytes, at) {
        at += FRAME + payload.len();
        if take(payload, &mut changes).is_none() {
            return Err(Error::new(ErrorKind::InvalidData, "a frame of the log cannot be read"));
        }
    }
    if at < bytes.len() {
        // A frame is written once the one before it is synced. So a whole frame after the damage
        // means that acknowledged hits are lost here.
        if (at + 1..bytes.len()).any(|behind| frame(&bytes, behind).is_some()) {
            let said = format!(
                "{} is damaged at byte {at}: restore a backup, or cut it off there and lose the \
                 hits behind",
                path.display()
            );
            return Err(Error::new(ErrorKind::InvalidData, said));
        }
        // A frame that a crash cut short was never acknowledged.
        tracing::warn!(bytes = bytes.len() - at, "the end of the log is not whole and is left out");
    }
    Ok(Some((since, changes)))
}

fn frame(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let (length, rest) = bytes.get(at..)?.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let payload = rest.get(..u32::from_be_bytes(*length) as usize)?;
    (checksum(at as u64, payload) == u64::from_be_bytes(*sum)).then_some(payload)
}

fn take(mut payload: &[u8], changes: &mut Changes) -> Option<()> {
    while !payload.is_empty() {
        let (key_length, rest) = payload.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(u16::from_be_bytes(*key_length).into())?;
        let length = u32::from_be_bytes(*length);
        let stored = if length == DELETED { 0 } else { length as usize };
        let (value, rest) = rest.split_at_checked(stored)?;
        changes.insert(key.to_vec(), (length != DELETED).then(|| value.to_vec()));
        payload = rest;
    }
    Some(())
}

/// It covers the position, so a frame left over from an older log does not match.
fn checksum(at: u64, payload: &[u8]) -> u64 {
    let mut hash = SipHasher13::new_with_keys(0x7365_656e, at);
    hash.write(payload);
    hash.finish()
}

fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: Since = Since { store: 7, checkpoint: 3 };

    fn changes(keys: &[&str]) -> Changes {
        keys.iter().map(|key| (key.as_bytes().to_vec(), Some(vec![1, 2, 3]))).collect()
    }

    /// Whatever a crash leaves of the last frame, exactly the frames before it are read.
    #[test]
    fn a_torn_end_costs_the_last_frame_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::begin(path.clone(), SINCE).unwrap();
        log.append(&changes(&["a", "b"])).unwrap();
        let whole = log.length() as usize;
        log.append(&changes(&["c"])).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for length in whole..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert_eq!(read(&path).unwrap(), Some((SINCE, changes(&["a", "b"]))), "{length}");
        }
        for at in whole..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read(&path).unwrap(), Some((SINCE, changes(&["a", "b"]))), "{at}");
        }
    }

    /// Later hits were answered, so that it is no torn end.
    #[test]
    fn damage_before_a_whole_frame_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::begin(path.clone(), SINCE).unwrap();
        log.append(&changes(&["a", "b"])).unwrap();
        let first = log.length() as usize;
        log.append(&changes(&["c"])).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for at in HEADER..first {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            let said = read(&path).unwrap_err().to_string();
            assert!(said.contains("is damaged at byte 24"), "{at}: {said}");
        }
    }

    #[test]
    fn the_last_change_of_a_key_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::begin(path.clone(), SINCE).unwrap();
        log.append(&changes(&["a", "b"])).unwrap();
        log.append(&Changes::from([(b"a".to_vec(), None)])).unwrap();
        let mut expected = changes(&["b"]);
        expected.insert(b"a".to_vec(), None);
        assert_eq!(read(&path).unwrap(), Some((SINCE, expected)));
        log.delete().unwrap();
        assert_eq!(read(&path).unwrap(), None);
    }
}
