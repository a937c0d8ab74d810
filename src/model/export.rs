//! The lines of an export, and the pages in which a store returns them.

use serde::{Deserialize, Serialize};

use crate::model::buckets::Buckets;
use crate::model::count::{CounterSettings, Sources};
use crate::model::edit::Namespace;
use crate::model::hex;
use crate::model::name::Name;
use crate::model::token::Digest;
use crate::sketch::Sketch;

/// The response header with the approximate number of counters in an export.
pub const COUNTERS: &str = "x-seen-counters";

/// The most items of one page.
pub const MAX_PAGE: usize = 500;

/// One page of a longer list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In the order of the store. While counters are created and deleted an item may
    /// appear twice; one that exists throughout appears at least once.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<String>,
}

/// One line of an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Exported {
    /// The owner and the settings of a namespace.
    Namespace(ExportedNamespace),
    /// A counter with its history.
    Counter(Box<ExportedCounter>),
}

/// A namespace that has an owner or a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedNamespace {
    /// Its name.
    pub namespace: Name,
    /// The digest of its owner's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Digest>,
    /// Whether anybody may list its counters.
    #[serde(default)]
    pub public: bool,
    /// Whether anybody's hit creates a counter although it has an owner.
    #[serde(default)]
    pub open: bool,
}

impl ExportedNamespace {
    /// The line of a namespace; `None` if it has neither an owner nor a setting.
    pub fn of(name: &Name, found: &Namespace) -> Option<Self> {
        let Namespace { owner, public, open, .. } = *found;
        let namespace = name.clone();
        found.has_settings().then_some(Self { namespace, owner, public, open })
    }
}

/// A counter with its history. In JSON everything but the names and the total is
/// optional, so that a plain list of totals can be imported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportedCounter {
    /// The namespace.
    pub namespace: Name,
    /// The key.
    pub key: Name,
    /// The total.
    pub total: i64,
    /// When it was created, in seconds since the epoch.
    #[serde(default)]
    pub created: u64,
    /// Hits by source.
    #[serde(default)]
    pub sources: Sources,
    /// Hits by day since the epoch.
    #[serde(default)]
    pub days: Buckets,
    /// Hits by hour since the epoch.
    #[serde(default)]
    pub hours: Buckets,
    /// Unique visitors by day since the epoch.
    #[serde(default)]
    pub uniques: Buckets,
    /// The sketches of the last days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sketches: Vec<ExportedSketch>,
    /// The settings of its owner.
    #[serde(default)]
    pub settings: CounterSettings,
    /// The digest of its token; never the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Digest>,
}

impl ExportedCounter {
    /// A counter without a history.
    pub fn new(namespace: Name, key: Name, total: i64) -> Self {
        Self {
            namespace,
            key,
            total,
            created: 0,
            sources: Sources::default(),
            days: Buckets::default(),
            hours: Buckets::default(),
            uniques: Buckets::default(),
            sketches: Vec::new(),
            settings: CounterSettings::default(),
            token: None,
        }
    }
}

/// The visitors of one day, as a HyperLogLog.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SketchText", into = "SketchText")]
pub struct ExportedSketch {
    /// The day since the epoch.
    pub day: u32,
    /// Its visitors.
    pub sketch: Sketch,
}

/// A sketch in JSON: Redis' string in hexadecimal.
#[derive(Serialize, Deserialize)]
struct SketchText {
    day: u32,
    hyperloglog: String,
}

impl From<ExportedSketch> for SketchText {
    fn from(exported: ExportedSketch) -> Self {
        Self { day: exported.day, hyperloglog: hex::encode(&exported.sketch.to_redis()) }
    }
}

impl TryFrom<SketchText> for ExportedSketch {
    type Error = String;

    fn try_from(text: SketchText) -> Result<Self, String> {
        let bytes = hex::decode(&text.hyperloglog).ok_or("a sketch is not hexadecimal")?;
        let sketch = Sketch::from_redis(&bytes).map_err(|e| format!("a sketch is {e}"))?;
        Ok(Self { day: text.day, sketch })
    }
}

impl std::fmt::Debug for ExportedSketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "day {}: about {}", self.day, self.sketch.count())
    }
}

/// What to do with a counter that exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OnConflict {
    /// Keep the existing counter
    Skip,
    /// Replace it with the imported one
    Replace,
    /// Add the imported numbers to it; its settings and its token stay
    Add,
}

impl OnConflict {
    /// Its name in flags and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Replace => "replace",
            Self::Add => "add",
        }
    }

    /// Parses its name.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Skip, Self::Replace, Self::Add].into_iter().find(|what| what.as_str() == word)
    }
}

/// The result of importing a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Imported {
    /// It did not exist and was created.
    Created,
    /// It existed and was replaced.
    Replaced,
    /// It existed and was added to.
    Added,
    /// It existed and was left unchanged.
    Skipped,
}
