//! The sums of sites, kept for a while.
//!
//! A sum reads every counter of a namespace, in pages. However often it is asked for, that
//! takes a twentieth of the time at most: a sum is kept for twenty times as long as it took
//! to make. Sums are made one after another, and those who ask meanwhile get the last one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::model::name::Name;
use crate::model::site::{Depth, Site};
use crate::model::time::Timestamp;
use crate::store::{Store, StoreError};

/// The most sums that are kept; one takes 20 kB at most, of years of days and weeks of hours.
const KEPT_MAX: usize = 1024;

/// How long a sum is kept at least.
const KEPT_AT_LEAST: Duration = Duration::from_secs(1);

/// How many times as long as it took to make.
const TIMES: u32 = 20;

/// Sums by namespace and depth. A clone shares them.
#[derive(Clone)]
pub(super) struct Sums {
    store: Arc<dyn Store>,
    kept: Arc<Mutex<HashMap<(Name, Depth), Kept>>>,
    /// Held by whoever makes one.
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
    /// Whether it is older than it should be.
    pub is_stale: bool,
}

impl Sums {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, kept: Arc::default(), turn: Arc::default() }
    }

    /// The sum of a namespace. What is begun is brought to its end whether or not the
    /// caller waits for it.
    pub(super) async fn of(&self, namespace: &Name, depth: Depth) -> Result<Arc<Site>, StoreError> {
        let key = (namespace.clone(), depth);
        if let Some(site) = self.fresh(&key) {
            return Ok(site);
        }
        let sums = self.clone();
        let making = tokio::spawn(async move { sums.make(key).await });
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
        let _turn = self.turn.lock().await;
        // Somebody may have made it meanwhile.
        if let Some(site) = self.fresh(&key) {
            return Ok(site);
        }
        let begun = Instant::now();
        let (namespace, depth) = &key;
        let site = Arc::new(self.add_up(namespace, *depth).await?);
        let until = Instant::now() + (begun.elapsed() * TIMES).max(KEPT_AT_LEAST);
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, kept| Instant::now() < kept.until);
        }
        if kept.len() >= KEPT_MAX {
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
            // A page may repeat what an earlier one had.
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
