//! Lines that are taken in together, to share the store's syncs.

use futures_util::future::join_all;

use super::line::Summary;
use crate::counters::Counters;
use crate::model::edit::ChangeId;
use crate::model::export::{Exported, OnConflict};

/// How many lines are taken in at once.
pub const BATCH_LINES: usize = 500;

/// The line that an import stops at, and why; what came before it is in.
pub type Stop = (usize, String);

/// Takes lines in, up to the first that cannot be.
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

    /// Takes in the line of this number, or lets it wait for others.
    pub async fn push(&mut self, number: usize, item: Exported) -> Result<(), Stop> {
        self.items.push((number, item));
        // What is added twice is wrong, so nothing may be in behind a line that is not.
        let most = if self.on_conflict == OnConflict::Add { 1 } else { BATCH_LINES };
        if self.items.len() >= most { self.flush().await } else { Ok(()) }
    }

    /// Takes in what waits.
    pub async fn flush(&mut self) -> Result<(), Stop> {
        let items = std::mem::take(&mut self.items);
        let taken = items
            .iter()
            .map(|(number, item)| self.counters.import(self.id(*number), item, self.on_conflict));
        for (taken, (number, _)) in join_all(taken).await.into_iter().zip(&items) {
            self.done.count(taken.map_err(|error| (*number, error.to_string()))?);
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
