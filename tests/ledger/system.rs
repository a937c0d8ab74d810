//! A clock that a test can set, and a disk that it can break, for one seen: system.c is preloaded
//! before its C library.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The possible orders, by their index in system.c.
#[derive(Clone, Copy)]
pub enum Order {
    /// Seconds to add to the time of day.
    Clock,
    /// How much longer each sync takes, in microseconds.
    SyncDelay,
    /// The error number of each sync.
    SyncError,
    /// The error number of each write to a file.
    WriteError,
}

/// The orders, in a file that the processes read.
pub struct System {
    orders: File,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl System {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("orders");
        let orders = File::create(&path).expect("a file");
        orders.set_len(32).expect("it has room");
        Self { orders, path, _folder: folder }
    }

    pub fn order(&self, order: Order, number: i64) {
        let at = order as u64 * 8;
        self.orders.write_all_at(&number.to_ne_bytes(), at).expect("an order is written");
    }

    /// Preloads the library into a command.
    pub fn rule(&self, command: &mut Command) {
        command.env("LD_PRELOAD", library()).env("SEEN_TEST_SYSTEM", &self.path);
    }
}

/// The compiled library of system.c; compiles it once.
fn library() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let compile = || {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ledger/system.c");
        // Another run may be using the existing one.
        let name = format!("ledger-system-{}.so", std::process::id());
        let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let status = Command::new("cc")
            .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .status();
        assert!(status.expect("there is a C compiler").success(), "system.c");
        library
    };
    LIBRARY.get_or_init(compile).clone()
}
