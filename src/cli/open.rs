//! Opens the store of a command.

use std::sync::Arc;
use std::time::Duration;

use super::exit::Failure;
use crate::config::{Settings, StoreOrUrl};
use crate::counters::Counters;
use crate::counters::batcher::Batcher;
use crate::metrics::Metrics;
use crate::store::{self, Location, OpenError, Store};

/// How long a start waits for Redis. After that seen listens, and answers 503 until Redis is
/// reachable.
const START_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens the store at `location` with the limits of `settings`.
pub async fn store(settings: &Settings, location: &Location) -> Result<Arc<dyn Store>, OpenError> {
    let (limits, replicas) = (settings.limits(), settings.replicas);
    store::open(location, limits, settings.allow_eviction, replicas, START_TIMEOUT).await
}

/// Opens the counters for the subcommand `verb`, which works on the store directly. If a
/// running seen has locked the file, the error names the command to type instead.
pub async fn counters(
    place: &StoreOrUrl,
    verb: &str,
    must_exist: bool,
) -> Result<Counters, Failure> {
    // Limits and the deadline come from the environment, as for `serve`.
    let mut settings = Settings::from_environment().map_err(|e| Failure::new(2, e.to_string()))?;
    if let Some(store) = place.store() {
        settings.store = Some(store.clone());
    }
    let location = settings.store().map_err(|sentence| Failure::new(2, sentence))?;
    if let Location::File(path) = &location
        && must_exist
        && !path.exists()
    {
        return Err(Failure::new(1, format!("there is no file {}", path.display())));
    }
    let store = store(&settings, &location).await.map_err(|error| {
        if error.is_in_use() {
            return Failure::new(
                1,
                format!(
                    "{location} is in use by a running seen. Go through it instead: SEEN_TOKEN=… \
                     seen {verb} --url {} (with the SEEN_TOKEN it was started with)",
                    settings.listen.url()
                ),
            );
        }
        Failure::new(1, error)
    })?;
    let metrics = Arc::new(Metrics::default());
    let batcher = Batcher::new(store.clone(), metrics, settings.queue, settings.deadline);
    Ok(Counters::new(store, batcher, settings.deadline))
}
