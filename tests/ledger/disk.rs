//! A small disk that a test can fill: a tmpfs, held by a sleeping process in its own mount
//! namespace, so that the processes on it may die and come back.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The size; seen's file takes four megabytes at least.
const SIZE: &str = "16m";

pub struct Disk {
    holder: Child,
    folder: PathBuf,
    _mounted_at: tempfile::TempDir,
}

impl Disk {
    pub fn mount() -> Self {
        let mounted_at = tempfile::tempdir().expect("a temporary folder");
        let script = format!("mount -t tmpfs -o size={SIZE} tmpfs \"$0\"; echo ready; read never");
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-ec", &script])
            .arg(mounted_at.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is unshare");
        let mut said = String::new();
        let output = holder.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut said).expect("it speaks");
        assert_eq!(said, "ready\n", "the disk of a namespace");
        // The path into the namespace from outside.
        let seen_from_it = mounted_at.path().strip_prefix("/").expect("it is absolute");
        let folder = Path::new("/proc").join(holder.id().to_string()).join("root");
        Self { folder: folder.join(seen_from_it), holder, _mounted_at: mounted_at }
    }

    /// The path of the disk, for every process of the machine.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut other = File::create(self.other()).expect("another file");
        while other.write_all(&[1; 4096]).is_ok() {}
        // Fills the last page.
        while other.write_all(&[1]).is_ok() {}
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.other()).expect("the other file is there");
    }

    fn other(&self) -> PathBuf {
        self.folder.join("other")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
