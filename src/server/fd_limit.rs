//! The system's limit of files and connections for this process.

use rlimit::Resource;

/// The descriptors needed besides connections: the store, the log, listeners.
const OTHERS: u64 = 64;

/// Raises the soft limit to the hard one. Returns how many connections fit, at most `wanted`.
///
/// Warns if fewer fit. The usual soft limit of 1024 exists for select(2), which nothing here
/// calls.
pub fn make_room(wanted: usize) -> usize {
    let allowed = Resource::NOFILE.get().and_then(|(soft, hard)| {
        if soft < hard {
            Resource::NOFILE.set(hard, hard)?;
        }
        Ok(hard)
    });
    let room = match allowed {
        Ok(allowed) => usize::try_from(allowed.saturating_sub(OTHERS)).unwrap_or(usize::MAX).max(1),
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files");
            usize::MAX
        }
    };
    if room < wanted {
        tracing::warn!(
            room,
            wanted,
            "the system allows fewer open files than --connections needs; raise ulimit -n or lower it"
        );
    }
    room.min(wanted)
}
