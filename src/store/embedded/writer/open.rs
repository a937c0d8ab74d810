//! Opens a file, and replays the logs of a process that died.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use redb::{Database, ReadableDatabase, TableHandle};

use super::checkpoint::put;
use super::{Writer, io_error};
use crate::model::log_interval::LogInterval;
use crate::store::StoreError;
use crate::store::embedded::file::LockedFile;
use crate::store::embedded::log::{self, Log, Since};
use crate::store::embedded::map::{Changes, Map, ROWS};
use crate::store::embedded::tables::Fact;

/// The layout that this version reads and writes: tables.rs and record.rs.
pub(crate) const LAYOUT: u64 = 4;

/// The size of redb's cache, in bytes.
const CACHE: usize = 16 << 20;

fn log_path(path: &std::path::Path, checkpoint: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(if checkpoint.is_multiple_of(2) { "-log0" } else { "-log1" });
    name.into()
}

/// Opens the database in a file.
pub(crate) fn open(file: &LockedFile) -> Result<Database, StoreError> {
    let opening = || Database::builder().set_cache_size(CACHE).create_with_backend(file.clone());
    // redb panics on some kinds of damage.
    match std::panic::catch_unwind(AssertUnwindSafe(opening)) {
        Ok(database) => Ok(database?),
        Err(_) => Err(StoreError::Damaged("the database in it cannot be read".into())),
    }
}

impl Writer {
    /// Opens a file, and moves the content of any logs to the database.
    pub(crate) fn start(file: LockedFile, path: PathBuf, is_new: bool) -> Result<Self, StoreError> {
        let paths = [0, 1].map(|checkpoint| log_path(&path, checkpoint));
        let io = |error: std::io::Error| StoreError::Damaged(format!("its log: {error}"));
        let mut logs = Vec::new();
        for path in &paths {
            let found = log::read(path).map_err(io)?;
            if is_new && found.is_some() {
                return Err(StoreError::Refused(format!(
                    "there is no such file, but its log {} is there: put the file back, or delete \
                     the log to begin at 1",
                    path.display()
                )));
            }
            logs.extend(found);
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
            log_gone: false,
            failed: LogInterval::default(),
        };
        writer.recover(logs)?;
        writer.begin_log()?;
        Ok(writer)
    }

    /// Initialises a new file, and checks that an old one is ours and complete.
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
            // redb may shrink the file, but never by half.
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

    /// Replays logs into the database.
    fn recover(&mut self, mut logs: Vec<(Since, Changes)>) -> Result<(), StoreError> {
        logs.sort_by_key(|(since, _)| since.checkpoint);
        let (mut changes, mut newest) = (Changes::new(), self.since.checkpoint);
        for (since, of_log) in logs {
            // A log begins just before its checkpoint, and is deleted just after the next one, or
            // after the one behind it if that one failed, or the process died before it.
            let checkpoints = since.checkpoint.saturating_sub(1)..=since.checkpoint + 2;
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
            newest = since.checkpoint;
        }
        if !changes.is_empty() {
            tracing::info!(changes = changes.len(), "the store's log was put into its file");
            self.map.publish(changes);
            // However often a start is cut short before it has deleted the logs, they stay this
            // file's.
            self.since.checkpoint = newest;
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

    pub(super) fn begin_log(&mut self) -> Result<(), StoreError> {
        let log = Log::begin(log_path(&self.path, self.since.checkpoint), self.since);
        self.log = Some(log.map_err(io_error)?);
        Ok(())
    }
}

fn other_layout(found: &str) -> StoreError {
    StoreError::Refused(format!(
        "its layout is {found}, and this version of seen reads layout {LAYOUT}; use the version \
         that wrote it, whose export any other imports"
    ))
}
