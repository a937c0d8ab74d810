//! The tokio runtime under a command.

use super::exit::Failure;

/// The most threads that read the file or draw cards. Each keeps memory of its own, and more
/// would only wait for the same disk and processors.
const MAX_BLOCKING: usize = 8;

/// Runs a command to its end.
pub fn once(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = runtime(1).map_err(|e| Failure::new(1, format!("cannot start: {e}")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// With one thread, everything runs on the current thread: wake-ups across threads are most
/// of a batched hit's cost (benches/README.md).
pub fn runtime(threads: usize) -> std::io::Result<tokio::runtime::Runtime> {
    use tokio::runtime::Builder;
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads).max_blocking_threads(MAX_BLOCKING).enable_all().build()
}
