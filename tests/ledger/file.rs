//! Commits the faults of the store's file and of its disk.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use crate::book::{COUNTERS, NAMESPACE, key};
use crate::client::Load;
use crate::common::{Seen, command, wait_until};
use crate::world::World;

/// How many bits it flips, each in another copy.
const FLIPS: usize = 6;

impl World {
    pub fn fill_disk(&mut self, load: &Load) -> Instant {
        self.disk().fill();
        load.wait_for_refusals(3);
        let mended = Instant::now();
        self.disk().make_room();
        mended
    }

    /// seen logs it, and counts nothing, since it would be lost.
    pub fn move_file_away(&mut self, load: &Load) -> Instant {
        let (file, away) = (self.file(), self.file().with_extension("away"));
        std::fs::rename(&file, &away).expect("the file is there");
        self.seens[0].wait_for_log("WAS DELETED OR REPLACED");
        load.wait_for_refusals(3);
        let mended = Instant::now();
        std::fs::rename(away, file).expect("it is put back");
        mended
    }

    /// seen does not start with half of its file, and goes on with the whole one.
    pub fn cut_file_off(&mut self) -> Instant {
        self.seens[0].kill();
        let file = self.file();
        let whole = std::fs::read(&file).expect("the file is there");
        let cut = self.random.below(whole.len() / 2);
        std::fs::write(&file, &whole[..cut]).expect("it is cut off");
        let said = refusal(&file).unwrap_or_else(|| panic!("seen took {cut} bytes of its file"));
        assert!(said.starts_with("seen: "), "{said}");
        std::fs::write(&file, whole).expect("it is put back");
        self.start_again(0)
    }

    /// On a damaged file seen does not start, or it knows every total.
    pub fn flip_bits(&mut self) -> Instant {
        self.seens[0].kill();
        let original = Copy::of(&self.file());
        let totals = original.totals().expect("a copy that nobody damaged");
        for _ in 0..FLIPS {
            let copy = Copy::of(&self.file());
            let files = copy.files();
            let file = &files[self.random.below(files.len())];
            let length = std::fs::metadata(file).expect("it is there").len();
            let at = self.random.below(length as usize) as u64;
            let bit = 1 << self.random.below(8);
            let open = OpenOptions::new().read(true).write(true).open(file).expect("it opens");
            let mut byte = [0];
            open.read_exact_at(&mut byte, at).expect("it is that long");
            open.write_all_at(&[byte[0] ^ bit], at).expect("it is written");
            let found = copy.totals();
            assert!(
                found.as_ref().is_none_or(|found| *found == totals),
                "bit {bit} of byte {at} of {length} in {}: {found:?} were {totals:?}",
                file.display()
            );
        }
        self.start_again(0)
    }
}

/// A copy of a store's file and its logs, in its own folder.
struct Copy(tempfile::TempDir);

impl Copy {
    fn of(file: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for entry in std::fs::read_dir(file.parent().expect("it has a folder")).expect("a folder") {
            let path = entry.expect("an entry").path();
            std::fs::copy(&path, folder.path().join(path.file_name().expect("a name")))
                .expect("it is copied");
        }
        Self(folder)
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    }

    /// The totals of all counters, from a seen on the copy; `None` if it rejects the file or
    /// reports a damaged counter.
    fn totals(&self) -> Option<String> {
        let file = self.0.path().join("seen.redb");
        if refusal(&file).is_some() {
            return None;
        }
        let seen = Seen::start(&["--store", &file.display().to_string()]);
        let keys: Vec<String> = (0..COUNTERS).map(key).collect();
        let answer = seen.get(&format!("/get/{NAMESPACE}/{}", keys.join(",")));
        (answer.status == 200).then_some(answer.body)
    }
}

/// The last line of a seen that does not start on a file; `None` if it starts.
fn refusal(file: &Path) -> Option<String> {
    let store = file.display().to_string();
    let mut child = command(&["serve", "--store", &store, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("seen starts");
    let mut stderr = child.stderr.take().expect("it is piped");
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    let mut ended = false;
    wait_until("seen listens or ends", || {
        let n = stderr.read(&mut buffer).expect("it speaks");
        said.extend_from_slice(&buffer[..n]);
        if n == 0 {
            ended = true;
        }
        ended || String::from_utf8_lossy(&said).contains("seen listens on")
    });
    if !ended {
        child.kill().expect("it can be killed");
    }
    let status = child.wait().expect("it ends");
    if !ended {
        return None;
    }
    assert!(!status.success(), "it ended well");
    String::from_utf8_lossy(&said).lines().last().map(str::to_owned)
}
