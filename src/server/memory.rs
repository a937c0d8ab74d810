//! Returns memory to the system after a large number of connections has closed.
//!
//! mimalloc keeps most freed memory, and the settings that return it sooner slow down every hit
//! (benches/README.md). So seen makes it return memory when there is enough to return.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Fewer closed connections free too little memory, about 14 kB each.
const MIN_CLOSED: usize = 250;

/// The wait until the last connections' memory is freed.
const SETTLE: Duration = Duration::from_secs(1);

/// The number of open connections, and the peak. A clone shares both.
#[derive(Clone, Default)]
pub struct OpenConnections(Arc<Numbers>);

#[derive(Default)]
struct Numbers {
    open: AtomicUsize,
    /// The peak since memory was last returned.
    most: AtomicUsize,
}

/// Counts an open connection until it is dropped.
pub struct ConnectionGuard(OpenConnections);

impl OpenConnections {
    /// Counts one more.
    pub fn enter(&self) -> ConnectionGuard {
        let open = self.0.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.most.fetch_max(open, Ordering::Relaxed);
        ConnectionGuard(self.clone())
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let Numbers { open, most } = &*self.0.0;
        let open = open.fetch_sub(1, Ordering::Relaxed) - 1;
        let before = most.load(Ordering::Relaxed);
        let has_gone = before >= open + MIN_CLOSED && before >= 2 * open;
        if has_gone
            && most.compare_exchange(before, open, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            // Without a runtime, the process is about to end.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async {
                    tokio::time::sleep(SETTLE).await;
                    give_back();
                });
            }
        }
    }
}

fn give_back() {
    // SAFETY: it takes no pointers, and any thread may call it at any time.
    #[allow(unsafe_code, reason = "the one call that mimalloc's crate does not wrap")]
    unsafe {
        libmimalloc_sys::mi_collect(true)
    }
}
