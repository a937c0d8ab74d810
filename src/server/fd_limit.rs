//! How many files and connections the system lets this process have.

use rlimit::Resource;

/// What a process needs beside its connections: the store, the log, listeners.
const OTHERS: u64 = 64;

/// Raises the soft limit to the hard one and returns how many connections there is room
/// for, at most `wanted`.
///
/// Warns if there is room for fewer. The usual soft limit of 1024 exists for the sake of
/// select(2), which nothing here calls.
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
