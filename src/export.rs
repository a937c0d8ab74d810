//! `seen export`: every namespace and counter as a JSON line.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, BufWriter, Write};

use crate::config::Export;
use crate::counters::Counters;
use crate::import::Remote;
use crate::model::export::Exported;
use crate::model::name::Name;
use crate::serve::Failure;
use crate::store::StoreError;

/// A walk through a whole store, page by page. While counters come and go a
/// store may give one twice; this gives each once.
pub struct Walk {
    counters: Counters,
    namespaces: VecDeque<Name>,
    /// Where the next page of namespaces begins; `None` after the last one.
    after: Option<Option<String>>,
    walked: HashSet<Name>,
    /// The namespace that is walked, and where its next page begins.
    here: Option<(Name, Option<String>)>,
    given: HashSet<Option<Name>>,
}

impl Walk {
    /// From the beginning.
    pub fn new(counters: Counters) -> Self {
        Self {
            counters,
            namespaces: VecDeque::new(),
            after: Some(None),
            walked: HashSet::new(),
            here: None,
            given: HashSet::new(),
        }
    }

    /// Some more lines, perhaps none; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some((namespace, after)) = self.here.take() {
            let page = self.counters.export(&namespace, after.as_deref()).await?;
            let mut lines = Vec::new();
            for item in page.items {
                let key = match &item {
                    Exported::Namespace(_) => None,
                    Exported::Counter(counter) => Some(counter.key.clone()),
                };
                if self.given.insert(key) {
                    serde_json::to_writer(&mut lines, &item)
                        .map_err(|e| StoreError::Failed(e.to_string()))?;
                    lines.push(b'\n');
                }
            }
            self.here = page.next.map(|next| (namespace, Some(next)));
            return Ok(Some(lines));
        }
        if let Some(namespace) = self.namespaces.pop_front() {
            self.given.clear();
            self.here = Some((namespace, None));
            return Ok(Some(Vec::new()));
        }
        let Some(after) = self.after.take() else { return Ok(None) };
        let page = self.counters.namespaces(after.as_deref()).await?;
        let new = page.items.into_iter().filter(|name| self.walked.insert(name.clone()));
        self.namespaces.extend(new);
        self.after = page.next.map(Some);
        Ok(Some(Vec::new()))
    }
}

/// Writes all lines to standard output or a file.
pub async fn run(settings: &Export) -> Result<(), Failure> {
    let output: Box<dyn Write> = match &settings.file {
        Some(file) => Box::new(
            File::create(file)
                .map_err(|e| Failure::new(1, format!("cannot write {}: {e}", file.display())))?,
        ),
        None => Box::new(io::stdout().lock()),
    };
    let mut output = BufWriter::new(output);
    match write(settings, &mut output).await {
        // Whoever read has read enough.
        Err(Stop::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(Stop::Output(e)) => Err(Failure::new(1, format!("cannot write the export: {e}"))),
        Err(Stop::Failure(failure)) => Err(failure),
        Ok(()) => Ok(()),
    }
}

enum Stop {
    Output(io::Error),
    Failure(Failure),
}

async fn write(settings: &Export, output: &mut impl Write) -> Result<(), Stop> {
    let mut progress = crate::import::Progress::default();
    if let Some(url) = &settings.place.url {
        let mut remote = Remote::connect(url, &settings.place).await.map_err(Stop::Failure)?;
        let (mut pages, all) = remote.export().await.map_err(Stop::Failure)?;
        while let Some(lines) = pages.next().await.map_err(Stop::Failure)? {
            output.write_all(&lines).map_err(Stop::Output)?;
            progress.more_of(&lines, all);
        }
    } else {
        let counters = crate::import::open(&settings.place, "export", true).await;
        let counters = counters.map_err(Stop::Failure)?;
        let all = counters.size().await.ok();
        let mut walk = Walk::new(counters.clone());
        while let Some(lines) = walk.next().await.map_err(|e| Stop::Failure(Failure::new(1, e)))? {
            output.write_all(&lines).map_err(Stop::Output)?;
            progress.more_of(&lines, all);
        }
        counters.close().await;
    }
    output.flush().map_err(Stop::Output)?;
    progress.end(&format!("exported {} lines", progress.done()));
    Ok(())
}
