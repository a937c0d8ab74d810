//! One line of an export: its maximum length, its parser, and a summary of the lines
//! that were imported.

use serde::{Deserialize, Serialize};

use crate::model::export::{Exported, Imported};
use crate::model::json_error;

/// The longest line, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// The shortest line of a counter, for errors.
const EXAMPLE: &str = r#"{"kind": "counter", "namespace": "site", "key": "page", "total": 7}"#;

/// Parses a line of an export; `None` for an empty line.
pub fn parse(line: &[u8]) -> Result<Option<Exported>, String> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(line).map(Some).map_err(|error| {
        let (words, place) = (json_error::plain(&error), json_error::place(&error));
        format!("{words}{place}; a line looks like {EXAMPLE}")
    })
}

/// For the fuzz targets in `fuzz/`: a line that the import accepts is exported unchanged, and
/// stored without an overflow.
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub fn fuzz(line: &[u8]) {
    let Ok(Some(exported)) = parse(line) else { return };
    let again = serde_json::to_vec(&exported).map(|line| parse(&line));
    assert_eq!(again.ok(), Some(Ok(Some(exported.clone()))));
    if let Exported::Counter(counter) = &exported {
        crate::store::fuzz::import(counter);
    }
}

/// The results of an import, in lines.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Summary {
    /// Counters that did not exist.
    pub created: u64,
    /// Counters that were replaced.
    pub replaced: u64,
    /// Counters that were added to.
    pub added: u64,
    /// Counters that existed and were left unchanged.
    pub skipped: u64,
}

impl Summary {
    /// Counts one line.
    pub fn count(&mut self, imported: Imported) {
        *match imported {
            Imported::Created => &mut self.created,
            Imported::Replaced => &mut self.replaced,
            Imported::Added => &mut self.added,
            Imported::Skipped => &mut self.skipped,
        } += 1;
    }

    /// Adds the summary of a later part of the same import.
    pub fn add(&mut self, more: Self) {
        self.created += more.created;
        self.replaced += more.replaced;
        self.added += more.added;
        self.skipped += more.skipped;
    }

    /// The number of lines.
    pub fn all(self) -> u64 {
        self.created + self.replaced + self.added + self.skipped
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { created, replaced, added, skipped } = self;
        write!(f, "{created} created, {replaced} replaced, {added} added, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_found_once_is_read() {
        crate::store::fuzz::corpus::read("imports", super::fuzz);
    }
}
