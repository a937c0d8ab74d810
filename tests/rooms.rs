//! The rooms of `src/` and the direction of imports. Without this test a cycle comes back one
//! convenient `use` at a time, and no room can be read on its own.

use std::fs;
use std::path::{Path, PathBuf};

/// Every room, from the top. A room imports only rooms further down.
const ROOMS: [&str; 11] = [
    "cli", "server", "web", "transfer", "counters", "config", "store", "metrics", "model",
    "picture", "sketch",
];

/// Rooms that import no other room.
const ALONE: [&str; 2] = ["picture", "sketch"];

fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// The rooms that a line of code names, outside comments.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    assert!(files.len() > 100, "{}", files.len());
    let floor = |room: &str| ROOMS.iter().position(|r| *r == room);
    let (mut wrong, mut imports) = (Vec::new(), 0);
    for file in &files {
        let path = file.strip_prefix(&src).unwrap();
        let room = path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let here = floor(room).unwrap_or_else(|| panic!("{room} is not in the list of rooms"));
        let text = fs::read_to_string(file).unwrap();
        for (number, line) in text.lines().enumerate() {
            for other in imported(line).filter(|other| *other != room) {
                imports += 1;
                let below = floor(other).is_some_and(|there| there > here);
                if !below || ALONE.contains(&room) {
                    wrong.push(format!("src/{}:{}: {other}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(imports > 200, "{imports}");
    assert!(wrong.is_empty(), "imports that go up:\n{}", wrong.join("\n"));
}

#[test]
fn the_list_is_the_one_that_readers_see() {
    let lib = include_str!("../src/lib.rs");
    let told: Vec<&str> = lib
        .lines()
        .filter(|line| line.starts_with("//! - "))
        .flat_map(|line| line.split("[`").skip(1).filter_map(|part| part.split('`').next()))
        .collect();
    assert_eq!(told, ROOMS);
}
