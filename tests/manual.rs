//! The man pages and shell completions, made from the same source as `--help`. `UPDATE_MANUAL=1
//! cargo test --test manual` writes them.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory;
use clap_complete::Shell;
use seen::config::Cli;

/// Compares a file with what it should be, or writes it.
fn hold(folder: &str, made: &Path) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(folder);
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        std::fs::create_dir_all(&kept).unwrap();
        for name in names(made) {
            std::fs::copy(made.join(&name), kept.join(name)).unwrap();
        }
    }
    let how = "UPDATE_MANUAL=1 cargo test --test manual";
    assert_eq!(names(&kept), names(made), "contrib/{folder}: {how}");
    for name in names(made) {
        let read = |folder: PathBuf| std::fs::read_to_string(folder.join(&name)).unwrap();
        let same = read(kept.clone()) == read(made.to_path_buf());
        assert!(same, "contrib/{folder}/{name} is old: {how}");
    }
}

#[test]
fn completions_are_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut Cli::command(), "seen", folder.path()).unwrap();
    }
    hold("completions", folder.path());
}

#[test]
fn man_pages_are_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    clap_mangen::generate_to(Cli::command(), folder.path()).unwrap();
    hold("man", folder.path());
}

/// Bash itself loads the completions and completes with them.
#[test]
fn bash_completes_a_flag() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/completions/seen.bash");
    let typed = format!(
        "source {}; COMP_WORDS=(seen --sto); COMP_CWORD=1; _seen seen --sto seen; \
         echo ${{COMPREPLY[@]}}",
        script.display()
    );
    let output = Command::new("bash").args(["--norc", "-c", &typed]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), "--store --store-file", "{output:?}");
}
