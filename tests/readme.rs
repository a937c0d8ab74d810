//! The documents agree with the program. `UPDATE_README=1 cargo test --test readme` writes the
//! generated parts: the tables of settings and the two pictures. (`.ci/guide` types the commands
//! of the guide.)

mod common;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Place, request};
use seen::config::Settings;
use seen::metrics::Metrics;
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

/// The settings that a newcomer needs first; docs/reference.md lists them all.
const FIRST: [&str; 8] = [
    "listen",
    "store",
    "token",
    "mode",
    "trusted-proxies",
    "client-limit",
    "history-days",
    "threads",
];

#[test]
fn the_settings_are_those_of_the_program() {
    let head = "\n| setting | default | what |\n|---|---|---|\n";
    let (mut first, mut all) = (String::from(head), String::from(head));
    let command = <Settings as clap::Args>::augment_args(clap::Command::new("seen"));
    for setting in command.get_arguments() {
        let (Some(flag), Some(variable)) = (setting.get_long(), setting.get_env()) else {
            continue;
        };
        let default: Vec<_> =
            setting.get_default_values().iter().map(|v| format!("`{}`", v.display())).collect();
        let help = setting.get_help().unwrap().to_string().replace('\n', " ").replace('|', "\\|");
        let variable = variable.display();
        let row = format!("| `--{flag}` `{variable}` | {} | {help} |\n", default.join(" "));
        all.push_str(&row);
        if FIRST.contains(&flag) {
            first.push_str(&row);
        }
    }
    assert_eq!(first.lines().count(), 3 + FIRST.len());
    for (name, table) in [("README.md", first), ("docs/reference.md", all)] {
        let text = std::fs::read_to_string(file(name)).unwrap();
        let (head, rest) = text.split_once("<!-- settings:").unwrap();
        let (comment, rest) = rest.split_once("-->\n").unwrap();
        let (_, tail) = rest.split_once("<!-- /settings -->").unwrap();
        hold(name, &format!("{head}<!-- settings:{comment}-->\n{table}\n<!-- /settings -->{tail}"));
    }
}

#[test]
fn its_pictures_are_drawn_by_the_program() {
    let look = BadgeParams::default();
    hold("docs/badge.svg", &badge::render(&look.badge("views", "12,345".into())));
    // A month with busier weekdays than weekends.
    let visits = |day: i32| if day % 7 < 2 { 210 } else { 380 + 23 * (day % 5) as u64 };
    let days = (20_740..20_770).map(|day| (Day(day), visits(day))).collect();
    let month =
        Chart { total: Some(12_345), ..Chart::new(chart::ChartKind::Full, "my-site/home", days) };
    hold("docs/chart.svg", &chart::render(&month));
}

/// Every document, by its path from the root.
fn documents() -> Vec<(String, String)> {
    let mut names: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(Into::into).into();
    for entry in std::fs::read_dir(file("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        names.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    let text = |name: &String| std::fs::read_to_string(file(name)).unwrap();
    names.into_iter().map(|name| (name.clone(), text(&name))).collect()
}

/// The fenced blocks of this kind.
fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let parts: Vec<&str> = text.split("\n```").collect();
    let inside = parts.into_iter().skip(1).step_by(2);
    inside.filter_map(|block| block.strip_prefix(kind)?.split_once('\n')).map(|b| b.1).collect()
}

#[test]
fn its_commands_are_there() {
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
    let stacks = ["compose.yaml", "compose.scale.yaml"]
        .map(|name| (name.to_owned(), std::fs::read_to_string(file(name)).unwrap()));
    for (name, text) in documents().into_iter().chain(stacks) {
        for image in text.split("seen:0").skip(1).chain(text.split("seen-redis:0").skip(1)) {
            let found = format!("0{image}");
            assert!(found.starts_with(env!("CARGO_PKG_VERSION")), "{name}: the tag is the version");
        }
    }
    let version = format!("\n## [{}]", env!("CARGO_PKG_VERSION"));
    let changes = std::fs::read_to_string(file("CHANGELOG.md")).unwrap();
    assert!(changes.contains(&version), "the changelog has this version");
}

/// A screen is 45 lines: blank lines do not count, and a long line of a table counts twice.
#[test]
fn the_readme_is_three_screens_long() {
    let lines: usize = readme()
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("<!--"))
        .map(|line| line.chars().count().div_ceil(120))
        .sum();
    assert!(lines <= 3 * 45, "{lines} lines");
}

/// A heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let letters = heading.to_lowercase().replace(' ', "-");
    letters.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

#[test]
fn every_link_leads_somewhere() {
    for (name, text) in documents() {
        let here = file(&name);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let there = match path {
                "" => here.clone(),
                path => here.parent().unwrap().join(path),
            };
            assert!(there.exists(), "{name}: {link} leads nowhere");
            if !heading.is_empty() {
                let there = std::fs::read_to_string(&there).unwrap();
                let headings = there.lines().filter(|l| l.starts_with('#'));
                let mut anchors = headings.map(|l| anchor(l.trim_start_matches('#').trim()));
                assert!(anchors.any(|a| a == heading), "{name}: {link} is no heading there");
            }
        }
    }
}

/// A file that moved left its old path behind in a table or a comment.
#[test]
fn every_source_file_that_is_named_is_there() {
    let benches = std::fs::read_to_string(file("benches/README.md")).unwrap();
    for (name, text) in documents().into_iter().chain([("benches/README.md".into(), benches)]) {
        for path in text.split('`').filter(|code| code.starts_with("src/")) {
            if path.chars().all(|c| c.is_ascii_alphanumeric() || "/._".contains(c)) {
                assert!(file(path).exists(), "{name}: {path} is not there");
            }
        }
    }
}

/// The paths of seen in a text: those after seen's address, and code that begins with a slash or
/// follows a method. What is typed on a terminal names files too.
fn routes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let end = |c: char| c.is_whitespace() || "`'\"<>)}|,?".contains(c);
    for address in ["localhost:8000", "https://HOST", "127.0.0.1:8000"] {
        for rest in text.split(address).skip(1) {
            found.extend(rest.split(end).next().map(str::to_owned));
        }
    }
    let code = text.split('`').skip(1).step_by(2);
    for code in code.filter(|code| !code.starts_with("console") && !code.starts_with("dockerfile"))
    {
        for word in code.split_whitespace() {
            let path = word.split(['?', '#']).next().unwrap_or_default();
            found.extend(path.starts_with('/').then(|| path.to_owned()));
        }
    }
    found.retain(|path| path.starts_with('/') && !path.contains('…'));
    found
}

#[test]
fn every_route_that_is_named_is_served() {
    // Paths of an image or a machine.
    const FILES: [&str; 9] =
        ["/bin/", "/data", "/etc/", "/nix/", "/run/", "/share/", "/src", "/tmp/", "/usr/"];
    let place = Place::file();
    let seen = place.seen();
    let mut asked = 0;
    let mut texts = documents();
    for example in ["badge.html", "live.html"] {
        let text = std::fs::read_to_string(file("examples").join(example)).unwrap();
        texts.push((example.into(), text));
    }
    for (name, text) in &texts {
        for route in routes(text) {
            if FILES.iter().any(|folder| route.starts_with(folder)) {
                continue;
            }
            let path = route.replace("{ns}", "n").replace("{a,b,c}", "a,b,c").replace("{key}", "k");
            let path = path.replace("{host}", "example.com").replace("{path}", "p");
            let path = path.trim_end_matches('.');
            // `/hit` alone stands for every path below it.
            let folder = path.trim_end_matches('/');
            let below = ["/n/k", "/n", "/hit/n/k"].map(|end| format!("{folder}{end}"));
            let served = below.iter().map(String::as_str).chain([path]).any(|path| {
                let answer = if path.starts_with("/stream/") {
                    request("OPTIONS", &seen.url(path), &[])
                } else {
                    request("GET", &seen.url(path), &[])
                };
                !answer.body.contains("there is nothing at")
            });
            assert!(served, "{name}: {route}");
            asked += 1;
        }
    }
    assert!(asked > 80, "{asked}");
}

/// Every line that the guide quotes is in its file.
#[test]
fn the_guide_quotes_what_is_there() {
    let guide = std::fs::read_to_string(file("docs/guide.md")).unwrap();
    let code = |text: &str| -> Vec<String> {
        let uncommented = text.lines().map(|l| l.split(" #").next().unwrap_or_default());
        uncommented.map(|l| l.trim().to_owned()).collect()
    };
    let compose = code(&std::fs::read_to_string(file("compose.yaml")).unwrap());
    let mut quoted = 0;
    for line in blocks(&guide, "yaml").into_iter().flat_map(code) {
        assert!(compose.contains(&line), "compose.yaml has no {line:?}");
        quoted += 1;
    }
    assert!(quoted > 40, "{quoted}");
    let nix = ["nix/crate.nix", "nix/program.nix", "nix/image.nix"];
    let nix = nix.map(|name| std::fs::read_to_string(file(name)));
    let nix: Vec<String> = nix.into_iter().flat_map(|text| code(&text.unwrap())).collect();
    for line in blocks(&guide, "nix").into_iter().flat_map(code) {
        assert!(nix.contains(&line), "nix/ has no {line:?}");
    }
}

#[test]
fn every_metric_is_explained_and_exists() {
    let monitor = std::fs::read_to_string(file("docs/monitor.md")).unwrap();
    let metrics = Metrics::default();
    let text = metrics.render(seen::metrics::Now::default());
    for line in text.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let name = line.split(' ').next().unwrap();
        assert!(monitor.contains(&format!("`{name}")), "{name} is not explained");
    }
    let of_name = |c: char| c.is_ascii_lowercase() || c == '_';
    for rest in monitor.split("seen_").skip(1) {
        let name = rest.split(|c| !of_name(c)).next().unwrap();
        assert!(text.contains(&format!("seen_{name}")), "seen_{name} is no metric");
    }
}

/// The messages of all log lines that people see by default.
fn logged(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            logged(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for level in ["info!(", "warn!(", "error!("] {
                for call in text.split(&format!("tracing::{level}")).skip(1) {
                    // The message is the call's last string before it ends.
                    let call = call.split(");").next().unwrap().split("),\n").next().unwrap();
                    found.extend(call.split('"').skip(1).step_by(2).last().map(str::to_owned));
                }
            }
        }
    }
}

#[test]
fn every_log_line_is_explained() {
    let monitor = std::fs::read_to_string(file("docs/monitor.md")).unwrap();
    let mut found = Vec::new();
    logged(&file("src"), &mut found);
    assert!(found.len() > 10, "{found:?}");
    for message in &found {
        let said = message.split('{').next().unwrap().trim();
        assert!(monitor.contains(said), "{message:?} is not explained");
    }
    let guard = std::fs::read_to_string(file("src/store/redis/guard/facts.rs")).unwrap();
    for warning in ["HAS NO PERSISTENCE", "keeps no append-only file", "has maxmemory-policy"] {
        assert!(guard.contains(warning) && monitor.contains(warning), "{warning}");
    }
}

/// The packages that the guide asks for are in CI's own machine.
#[test]
fn the_guide_needs_what_ci_has() {
    let guide = std::fs::read_to_string(file("docs/guide.md")).unwrap();
    let root = std::fs::read_to_string(file(".ci/root")).unwrap();
    let table = guide.split("| on Debian 13 |").nth(1).unwrap().split("\n\n").next().unwrap();
    let packages = table.lines().filter_map(|line| line.rsplit('`').nth(1));
    let packages: Vec<&str> = packages.flat_map(str::split_whitespace).collect();
    assert_eq!(packages.len(), 8, "{packages:?}");
    for package in packages {
        assert!(root.split_whitespace().any(|word| word == package), "{package}");
    }
}

/// The numbers that docs/migrate.md promises show up.
#[test]
fn old_badges_count_where_the_document_says() {
    let migrate = std::fs::read_to_string(file("docs/migrate.md")).unwrap();
    let place = Place::file();
    let seen = place.seen();
    let counters =
        ["github/octocat", "github.com/me-my-repo.30aa8fef773dd27d", "visitor-badge/me.my-repo"];
    let badges = migrate.lines().filter(|line| line.starts_with("+ "));
    for address in badges.filter_map(|line| line.split("https://HOST").nth(1)) {
        let path = address.split([')', '"']).next().unwrap();
        // GoatCounter's script appends the page to its address.
        if !path.contains("countapi") && path != "/seen.js" && path != "/count" {
            assert_eq!(seen.get(path).status, 200, "{path}");
        }
    }
    let values = counters.map(|counter| {
        let named = [counter.to_owned(), counter.replacen('/', ",", 1)];
        assert!(named.iter().any(|name| migrate.contains(name)), "{counter}");
        seen.value(&format!("/get/{counter}"))
    });
    // The badges of seeyoufarm and hits.sh are for the same page.
    assert_eq!(values, [1, 2, 1]);
}

#[test]
fn a_goatcounter_moves_in() {
    let place = Place::file();
    let export = "2Path,Title,Event,UserAgent,Browser,System,Session,Bot,Referrer\n\
                  /,Home,false,,Chrome,Linux,a,0,\n\
                  \"/a,b\",\"T, \"\"x\"\"\",false,,Chrome,Linux,a,0,\n\
                  /blog/one/,One,false,,Chrome,Linux,a,0,\n\
                  /blog/one,One,false,,Chrome,Linux,b,0,\n\
                  /blog/one?from=feed#top,One,false,,Chrome,Linux,d,0,\n\
                  \"/#a,b\",Home,false,,Chrome,Linux,d,0,\n\
                  /blog/one,One,false,,Chrome,Linux,c,3,\n\
                  click,Click,true,,Chrome,Linux,b,0,\n"
        .to_owned()
        + &"/long".repeat(20)
        + ",Long,false,,Chrome,Linux,c,0,\n";
    let run = |command: &mut Command, input: &[u8]| {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    let script = file("examples/goatcounter.awk");
    let mut awk = Command::new("awk");
    let csv = run(awk.args(["-v", "host=example.com", "-f"]).arg(script), export.as_bytes());
    let arguments = ["import", "--format", "csv", "--store", &place.store()];
    run(&mut common::command(&arguments), &csv);
    let seen = place.seen();
    assert_eq!(
        seen.get("/get/example.com/home,a-b,blog-one,click").json()["values"].to_string(),
        r#"{"a-b":1,"blog-one":3,"click":null,"home":2}"#
    );
    // seen.js gives the same name (tests/browser/seen_js.rs).
    let long = "long-long-long-long-long-long-long-long-long-long-lon.2325886861";
    assert_eq!(seen.value(&format!("/get/example.com/{long}")), 1);
}
