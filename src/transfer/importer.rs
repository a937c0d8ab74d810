//! Imports lines in batches, so that they share the store's syncs.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::line::Summary;
use crate::counters::Counters;
use crate::model::edit::ChangeId;
use crate::model::export::{Exported, OnConflict};

/// How many lines are imported at once: enough to share a sync, and few enough that the last of
/// them is in before its deadline, on a slow machine too.
const BATCH_LINES: usize = 100;

/// The line at which an import stopped. All lines before it are imported.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Stop {
    /// The number of the line, from 1.
    pub line: usize,
    /// The error in it.
    pub error: String,
}

/// Imports lines up to the first that fails.
pub struct Importer {
    /// The destination.
    pub counters: Counters,
    on_conflict: OnConflict,
    key: [u8; 16],
    items: Vec<(usize, Exported)>,
    done: Summary,
}

impl Importer {
    /// Starts an import. Repeated with the same `key`, it changes nothing a second time.
    pub fn new(counters: Counters, on_conflict: OnConflict, key: [u8; 16]) -> Self {
        Self { counters, on_conflict, key, items: Vec::new(), done: Summary::default() }
    }

    /// Adds a line, and imports the batch once it has [`BATCH_LINES`].
    ///
    /// # Errors
    /// As [`Importer::flush`].
    pub async fn push(&mut self, number: usize, item: Exported) -> Result<(), Stop> {
        self.items.push((number, item));
        // With `add`, importing a line again would count it twice. So no line after a failed one
        // may have been imported.
        let most = if self.on_conflict == OnConflict::Add { 1 } else { BATCH_LINES };
        if self.items.len() >= most { self.flush().await } else { Ok(()) }
    }

    /// Imports the lines of the batch.
    ///
    /// # Errors
    /// The first line that failed. Except with `add`, later lines of the batch may have been
    /// imported; importing them again changes nothing.
    pub async fn flush(&mut self) -> Result<(), Stop> {
        let items = std::mem::take(&mut self.items);
        let taken = items
            .iter()
            .map(|(number, item)| self.counters.import(self.id(*number), item, self.on_conflict));
        for (taken, (number, _)) in join_all(taken).await.into_iter().zip(&items) {
            self.done
                .count(taken.map_err(|error| Stop { line: *number, error: error.to_string() })?);
        }
        Ok(())
    }

    /// The summary so far.
    pub fn done(&self) -> Summary {
        self.done
    }

    /// The id of a line, the same in every repetition of the import.
    fn id(&self, number: usize) -> ChangeId {
        let id = u128::from_be_bytes(self.key).wrapping_add(number as u128);
        ChangeId(id.to_be_bytes())
    }
}
