//! The README says what is so. `UPDATE_README=1 cargo test --test readme` writes
//! what is made from the program: the table of settings and the two pictures.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use seen::config::Settings;
use seen::picture::params::BadgeParams;
use seen::picture::{Chart, Day, badge, chart};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn readme() -> String {
    std::fs::read_to_string(file("README.md")).unwrap()
}

/// Compares a file with what it should be, or writes it.
fn hold(name: &str, expected: &str) {
    if std::env::var_os("UPDATE_README").is_some() {
        return std::fs::write(file(name), expected).unwrap();
    }
    let found = std::fs::read_to_string(file(name)).unwrap_or_default();
    assert!(found == expected, "{name} is old: UPDATE_README=1 cargo test --test readme");
}

#[test]
fn the_settings_are_those_of_the_program() {
    let mut table = String::from("\n| setting | default | what |\n|---|---|---|\n");
    let command = <Settings as clap::Args>::augment_args(clap::Command::new("seen"));
    for setting in command.get_arguments() {
        let (Some(flag), Some(variable)) = (setting.get_long(), setting.get_env()) else {
            continue;
        };
        let default: Vec<_> =
            setting.get_default_values().iter().map(|v| format!("`{}`", v.display())).collect();
        let help = setting.get_help().unwrap().to_string().replace('\n', " ").replace('|', "\\|");
        let variable = variable.display();
        writeln!(table, "| `--{flag}` `{variable}` | {} | {help} |", default.join(" ")).unwrap();
    }
    table.push('\n');
    let readme = readme();
    let (head, rest) = readme.split_once("<!-- settings:").unwrap();
    let (comment, rest) = rest.split_once("-->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- /settings -->").unwrap();
    hold(
        "README.md",
        &format!("{head}<!-- settings:{comment}-->\n{table}<!-- /settings -->{tail}"),
    );
}

#[test]
fn its_pictures_are_ours() {
    let look = BadgeParams::default();
    hold("docs/badge.svg", &badge::render(&look.badge("views", "12,345".into())));
    // Some month: weekdays busier than weekends.
    let visits = |day: i32| if day % 7 < 2 { 210 } else { 380 + 23 * (day % 5) as u64 };
    let days = (20_740..20_770).map(|day| (Day(day), visits(day))).collect();
    let month =
        Chart { total: Some(12_345), ..Chart::new(chart::Kind::Full, "my-site/home", days) };
    hold("docs/chart.svg", &chart::render(&month));
}

#[test]
fn its_commands_and_links_are_there() {
    let readme = readme();
    for line in [
        "cargo run --release",
        "cargo test",
        "nix develop",
        "nix build .#image",
        "docker load < result",
        "docker compose up",
    ] {
        assert!(readme.lines().any(|l| l == line), "{line}");
    }
    for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(link.starts_with("https://") || file(link).exists(), "{link} leads nowhere");
    }
    let version = format!(":{}`", env!("CARGO_PKG_VERSION"));
    assert!(readme.contains(&version), "the images' tag is the version");
}
