//! How many files and connections the system lets this process have.

use rlimit::Resource;

/// What a process needs beside its streams: other requests, the store, the log.
const OTHERS: u64 = 512;

/// Raises the soft limit to the hard one, and warns if that is too little for
/// so many streams. Usual soft limits (1024) are as small as they are for the
/// sake of select(2), which nothing here calls.
pub fn make_room(streams: usize) {
    let allowed = Resource::NOFILE.get().and_then(|(soft, hard)| {
        if soft < hard {
            Resource::NOFILE.set(hard, hard)?;
        }
        Ok(hard)
    });
    let needed = u64::try_from(streams).unwrap_or(u64::MAX).saturating_add(OTHERS);
    match allowed {
        Ok(allowed) if allowed < needed => tracing::warn!(
            allowed,
            needed,
            "the system allows fewer open files than --streams needs; raise ulimit -n or lower it"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}
