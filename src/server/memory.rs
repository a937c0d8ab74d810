//! Gives memory back to the system once a connections of connections has gone.
//!
//! By itself mimalloc keeps most of it, and what makes it give back sooner costs
//! every hit (benches/README.md); so it is asked when there is something to give.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// With fewer gone there is too little to give back, about 14 kB each.
const MIN_CLOSED: usize = 250;

/// The wait until what the last ones held has been freed.
const SETTLE: Duration = Duration::from_secs(1);

/// How many connections are open, and how many were. A clone shares the numbers.
#[derive(Clone, Default)]
pub struct OpenConnections(Arc<Numbers>);

#[derive(Default)]
struct Numbers {
    open: AtomicUsize,
    /// The most at once since memory was last given back.
    most: AtomicUsize,
}

/// One open connection, until it is dropped.
pub struct ConnectionGuard(OpenConnections);

impl OpenConnections {
    /// One more is there.
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
            // Outside of a runtime everything ends anyway.
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
    // SAFETY: it takes no pointer, and any thread may call it at any time.
    #[allow(unsafe_code, reason = "the one call that mimalloc's crate does not wrap")]
    unsafe {
        libmimalloc_sys::mi_collect(true)
    }
}
