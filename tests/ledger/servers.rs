//! The servers of a full run, one after the other.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::redis::{Redis, use_server};

pub struct Server {
    program: PathBuf,
    version: String,
}

impl Server {
    /// The server program that this thread starts from now on.
    pub fn begin(&self) {
        use_server(self.program.clone());
    }

    /// The server's name and version.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// The servers that tests/get-servers finds, at least one.
pub fn all() -> Vec<Server> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/get-servers");
    let output = Command::new("sh").arg(script).stderr(Stdio::inherit()).output();
    let output = output.expect("there is a shell");
    assert!(output.status.success(), "tests/get-servers got none");
    let programs = String::from_utf8(output.stdout).expect("paths");
    let servers = programs.lines().map(|program| {
        let program = PathBuf::from(program);
        use_server(program.clone());
        let told = Redis::durable().ask(&["info", "server"]);
        let field = |name| told.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let valkey = field("valkey_version:").map(|version| format!("Valkey {version}"));
        let redis = field("redis_version:").map(|version| format!("Redis {version}"));
        let version = valkey.or(redis).expect("a server tells its version");
        Server { program, version }
    });
    servers.collect()
}
