//! Reads GoatCounter's unpacked JSON export: the hits by hour of `hit_stats.jsonl`, and the
//! pages of `paths.jsonl` (goatcounter.com/help/export-json, version 1).

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cli::exit::Failure;
use crate::model::buckets::Buckets;
use crate::model::count::{CounterSettings, Sources};
use crate::model::export::ExportedCounter;
use crate::model::hit::Source;
use crate::model::key::{SITE, page_key};
use crate::model::name::Name;

const HOUR: i64 = 3600;

#[derive(Deserialize)]
struct PathLine {
    id: i64,
    path: String,
    #[serde(default)]
    event: bool,
}

#[derive(Deserialize)]
struct HitLine {
    hour: String,
    path_id: i64,
    count: u64,
}

/// The hits of one counter.
#[derive(Default)]
struct Totals {
    total: i64,
    days: Buckets,
    hours: Buckets,
}

impl Totals {
    fn add(&mut self, hour: u32, count: u64) {
        self.total = self.total.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        self.hours.add(hour, count);
        self.days.add(hour / 24, count);
    }
}

/// Reads the export in `folder`, as the counters that `seen.js` and `/count` use for the pages of
/// `host`.
///
/// # Errors
/// A file cannot be read, or a line is invalid.
pub(super) fn read(folder: &Path, host: &str) -> Result<Vec<ExportedCounter>, Failure> {
    let wrong = |e: &dyn std::fmt::Display| Failure::new(1, format!("GoatCounter's export: {e}"));
    let namespace = Name::new(host).map_err(|e| wrong(&format!("--host: {e}")))?;
    let site = Name::new(SITE).map_err(|e| wrong(&e))?;
    let mut names: HashMap<i64, (Name, bool)> = HashMap::new();
    each(&folder.join("paths.jsonl"), |line: PathLine| {
        let path = line.path.split(['?', '#']).next().unwrap_or_default();
        let key = page_key(path).map_err(|e| e.to_string())?;
        names.insert(line.id, (key, line.event));
        Ok(())
    })
    .map_err(|e| wrong(&e))?;
    let mut sums: BTreeMap<Name, Totals> = BTreeMap::new();
    each(&folder.join("hit_stats.jsonl"), |line: HitLine| {
        let (key, event) = names.get(&line.path_id).ok_or("a path_id that paths.jsonl lacks")?;
        let hour: jiff::Timestamp = line.hour.parse().map_err(|e| format!("hour: {e}"))?;
        let hour = u32::try_from(hour.as_second() / HOUR).map_err(|e| e.to_string())?;
        sums.entry(key.clone()).or_default().add(hour, line.count);
        if !event {
            sums.entry(site.clone()).or_default().add(hour, line.count);
        }
        Ok(())
    })
    .map_err(|e| wrong(&e))?;
    let counter = |(key, Totals { total, days, hours }): (Name, Totals)| {
        let mut sources = Sources::default();
        // GoatCounter leaves bots out.
        sources.add(Source::Browser, u64::try_from(total).unwrap_or_default());
        let created = hours.iter().next().map_or(0, |(hour, _)| u64::from(hour) * 3600);
        ExportedCounter {
            namespace: namespace.clone(),
            key,
            total,
            created,
            sources,
            days,
            hours,
            uniques: Buckets::default(),
            sketches: Vec::new(),
            settings: CounterSettings::default(),
            token: None,
        }
    };
    Ok(sums.into_iter().map(counter).collect())
}

/// Reads a file of JSON lines. An error names the file and the line.
fn each<T: DeserializeOwned>(
    path: &Path,
    mut take: impl FnMut(T) -> Result<(), String>,
) -> Result<(), String> {
    let file = File::open(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    for (nth, line) in BufReader::new(file).lines().enumerate() {
        let at = |e: String| format!("{}, line {}: {e}", path.display(), nth + 1);
        let line = line.map_err(|e| at(e.to_string()))?;
        if !line.trim().is_empty() {
            let item = serde_json::from_str(&line).map_err(|e| at(e.to_string()))?;
            take(item).map_err(at)?;
        }
    }
    Ok(())
}
