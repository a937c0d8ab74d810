//! Lines that are imported together, so that they share the store's syncs.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::line::Summary;
use crate::counters::Counters;
use crate::model::edit::ChangeId;
use crate::model::export::{Exported, OnConflict};

/// How many lines are imported at once: enough to share a sync, and few enough that the last of
/// them is in before its deadline, on a slow machine too.
pub const BATCH_LINES: usize = 100;

/// Where an import stopped. All lines before it are in.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Stop {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub error: String,
}

/// Imports lines up to the first that fails.
pub struct Batch {
    /// Where they go.
    pub counters: Counters,
    on_conflict: OnConflict,
    key: [u8; 16],
    items: Vec<(usize, Exported)>,
    done: Summary,
}

impl Batch {
    /// For one import, whose lines have numbers of their own; `key` is what makes
    /// a repeated import the same one.
    pub fn new(counters: Counters, on_conflict: OnConflict, key: [u8; 16]) -> Self {
        Self { counters, on_conflict, key, items: Vec::new(), done: Summary::default() }
    }

    /// Adds the line of this number; once [`BATCH_LINES`] wait, imports them.
    ///
    /// # Errors
    /// As [`Batch::flush`].
    pub async fn push(&mut self, number: usize, item: Exported) -> Result<(), Stop> {
        self.items.push((number, item));
        // Adding a line twice would be wrong, so nothing behind the line that fails may
        // be in already.
        let most = if self.on_conflict == OnConflict::Add { 1 } else { BATCH_LINES };
        if self.items.len() >= most { self.flush().await } else { Ok(()) }
    }

    /// Imports what waits.
    ///
    /// # Errors
    /// The first line that fails. Unless counts are added, later lines of the batch may
    /// be in; importing them again changes nothing.
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

    /// What it has done so far.
    pub fn done(&self) -> Summary {
        self.done
    }

    /// A line's own id, the same whenever the import is repeated.
    fn id(&self, number: usize) -> ChangeId {
        let id = u128::from_be_bytes(self.key).wrapping_add(number as u128);
        ChangeId(id.to_be_bytes())
    }
}
