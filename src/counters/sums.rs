//! A cache of the sums of sites.
//!
//! A sum reads every counter of a namespace, in pages. It is cached for twenty times as long as
//! it took to make, so one site's take up at most a twentieth of the time, however often they are
//! requested. Only one is made at a time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::model::name::Name;
use crate::model::site::{Depth, Site};
use crate::model::time::Timestamp;
use crate::store::{Store, StoreError};

/// The most cached sums. With years of days and weeks of hours, one takes up to 20 kB.
const MAX_KEPT: usize = 1024;

/// The shortest time for which a sum is cached.
const KEPT_AT_LEAST: Duration = Duration::from_secs(1);

/// A sum is cached for this many times as long as it took to make.
const TIMES: u32 = 20;

/// Sums by namespace and depth. A clone shares them.
#[derive(Clone)]
pub(super) struct Sums {
    store: Arc<dyn Store>,
    kept: Arc<Mutex<HashMap<(Name, Depth), Kept>>>,
    /// Held while a sum is made.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone)]
struct Kept {
    site: Arc<Site>,
    until: Instant,
}

/// A sum, and whether the store could not be asked for a newer one.
pub struct Sum {
    /// The counters added up.
    pub site: Arc<Site>,
    /// Whether it is out of date.
    pub is_stale: bool,
}

impl Sums {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, kept: Arc::default(), turn: Arc::default() }
    }

    /// The sum of a namespace. Once begun, it is completed even if the caller stops waiting.
    pub(super) async fn of(&self, namespace: &Name, depth: Depth) -> Result<Arc<Site>, StoreError> {
        let key = (namespace.clone(), depth);
        if let Some(site) = self.fresh(&key) {
            return Ok(site);
        }
        // A caller that gives up waiting for the turn leaves no task behind.
        let turn = self.turn.clone().lock_owned().await;
        // Another task may have made it meanwhile.
        if let Some(site) = self.fresh(&key) {
            return Ok(site);
        }
        let sums = self.clone();
        let making = tokio::spawn(async move {
            let _turn = turn;
            sums.make(key).await
        });
        making.await.map_err(|error| StoreError::Failed(format!("adding up failed: {error}")))?
    }

    /// The last sum that was made, however old.
    pub(super) fn last(&self, namespace: &Name, depth: Depth) -> Option<Arc<Site>> {
        self.kept.lock().get(&(namespace.clone(), depth)).map(|kept| kept.site.clone())
    }

    fn fresh(&self, key: &(Name, Depth)) -> Option<Arc<Site>> {
        let kept = self.kept.lock();
        kept.get(key).filter(|kept| Instant::now() < kept.until).map(|kept| kept.site.clone())
    }

    async fn make(&self, key: (Name, Depth)) -> Result<Arc<Site>, StoreError> {
        let begun = Instant::now();
        let (namespace, depth) = &key;
        let site = Arc::new(self.add_up(namespace, *depth).await?);
        let until = Instant::now() + (begun.elapsed() * TIMES).max(KEPT_AT_LEAST);
        let mut kept = self.kept.lock();
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, kept| Instant::now() < kept.until);
        }
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(key, Kept { site: site.clone(), until });
        Ok(site)
    }

    async fn add_up(&self, namespace: &Name, depth: Depth) -> Result<Site, StoreError> {
        let (mut site, mut added, mut after) = (Site::default(), HashSet::new(), None);
        loop {
            let now = Timestamp::now();
            let page = self.store.members(namespace, depth, after.as_deref(), now).await?;
            // A page may repeat counters of an earlier one.
            for member in page.items.iter().filter(|member| added.insert(member.key.clone())) {
                site.add(member);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(site),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::embedded::Embedded;

    /// Each left a task in the queue, which a slow sum let grow without a bound.
    #[tokio::test]
    async fn callers_who_give_up_leave_no_tasks() {
        let (_folder, store) = Embedded::empty();
        let sums = Sums::new(Arc::new(store));
        let running = sums.turn.clone().lock_owned().await;
        let namespace = Name::new("n").unwrap();
        for _ in 0..10 {
            let asking = sums.of(&namespace, Depth::Counts);
            assert!(tokio::time::timeout(Duration::from_millis(5), asking).await.is_err());
        }
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
        drop(running);
        assert_eq!(sums.of(&namespace, Depth::Counts).await.unwrap().total, 0);
    }
}
