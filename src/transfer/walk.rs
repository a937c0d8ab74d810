//! Every namespace and counter of a store, page by page.

use std::collections::{HashSet, VecDeque};

use crate::counters::Counters;
use crate::model::export::Exported;
use crate::model::name::Name;
use crate::store::StoreError;

/// Walks through a whole store, page by page. While counters are created and deleted, a
/// store may return one twice; the walk returns each once.
pub struct Walk {
    counters: Counters,
    namespaces: VecDeque<Name>,
    /// The cursor of the next page of namespaces; `None` after the last page.
    after: Option<Option<String>>,
    walked: HashSet<Name>,
    /// The current namespace, and the cursor of its next page.
    here: Option<(Name, Option<String>)>,
    given: HashSet<Option<Name>>,
}

impl Walk {
    /// Begins a walk.
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

    /// The next lines, possibly none; `None` at the end.
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
