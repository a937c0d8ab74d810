//! docs/reference.md agrees with the program: its tables come from the running program's
//! `/openapi.json`, its answers and pictures from the program itself. `UPDATE_README=1 cargo test
//! --test reference` writes them.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{Place, Seen};
use seen::picture::badge::{self, Style};
use seen::picture::chart::{self, ChartParams};
use seen::picture::logo::{Brand, Icon};
use seen::picture::{Day, params::BadgeParams};
use serde_json::Value;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a file with what it should be, or writes it.
fn hold(name: &str, expected: impl AsRef<[u8]>) {
    let expected = expected.as_ref();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::create_dir_all(file(name).parent().unwrap()).unwrap();
        return std::fs::write(file(name), expected).unwrap();
    }
    let found = std::fs::read(file(name)).unwrap_or_default();
    assert!(found == expected, "{name} is old: UPDATE_README=1 cargo test --test reference");
}

/// A parameter of the document, with its names, the main one first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Param {
    names: Vec<String>,
    what: String,
}

/// The query parameters of an operation; synonyms are one.
fn params(operation: &Value) -> Vec<Param> {
    let mut found: Vec<Param> = Vec::new();
    let all = operation["parameters"].as_array().unwrap();
    for param in all.iter().filter(|param| param["in"] == "query") {
        let (name, what) =
            (param["name"].as_str().unwrap(), param["description"].as_str().unwrap());
        if let Some(main) = what.strip_prefix("The same as ") {
            let main = main.trim_matches('`');
            let main = found.iter_mut().find(|param| param.names[0] == main).expect("it is above");
            main.names.push(name.to_owned());
            continue;
        }
        let values = &param["schema"]["enum"];
        let values: Vec<&str> =
            values.as_array().into_iter().flatten().flat_map(Value::as_str).collect();
        let values: Vec<String> =
            values.into_iter().filter(|v| !v.is_empty()).map(|v| format!("`{v}`")).collect();
        let mut what = what.replace('|', "\\|");
        if !values.is_empty() && !values.contains(&"`yes`".to_owned()) {
            what.push_str(&format!(": {}", values.join(", ")));
        }
        if param["required"] == true {
            what.push_str(". **Required**");
        }
        found.push(Param { names: vec![name.to_owned()], what });
    }
    found
}

fn table(params: &[Param]) -> String {
    let mut out = String::from("| parameter | also called | what |\n|---|---|---|\n");
    for Param { names, what } in params {
        let others: Vec<String> = names[1..].iter().map(|name| format!("`{name}`")).collect();
        out.push_str(&format!("| `{}` | {} | {what} |\n", names[0], others.join(", ")));
    }
    out
}

/// All operations; those with the same words and parameters are one.
fn operations(document: &Value) -> String {
    let look = |path: &str| params(&document["paths"][path]["get"]);
    let [badge, png, chart, endpoint] = ["badge.svg", "badge.png", "chart.svg", "shields.json"]
        .map(|form| look(&format!("/get/{{namespace}}/{{key}}/{form}")));
    let mut groups: BTreeMap<(String, bool, Vec<Param>), Vec<String>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let token = operation["security"].as_array().is_some_and(|s| !s.is_empty());
            let summary = operation["summary"].as_str().unwrap().to_owned();
            let path = path.replace("{namespace}", "{ns}");
            let called = format!("`{} {path}`", method.to_uppercase());
            groups.entry((summary, token, params(operation))).or_default().push(called);
        }
    }
    let mut rows: Vec<String> = Vec::new();
    for ((summary, token, mut params), mut called) in groups {
        called.sort_by_key(|called| (called.len(), called.clone()));
        let mut also = "";
        for (look, words) in [
            (&badge, "; and all of [a badge's](#badges)"),
            (&png, "; and [a badge's](#badges) that a PNG has a place for"),
            (&chart, "; and all of [a chart's](#charts)"),
            (&endpoint, "; and [a badge's](#badges) that shields.io has a place for"),
        ] {
            if look.iter().all(|param| params.contains(param)) {
                params.retain(|param| !look.contains(param));
                also = words;
            }
        }
        let asked: Vec<String> =
            params.iter().map(|p| format!("`{}`: {}", p.names[0], p.what)).collect();
        let asked = format!("{}{also}", asked.join("; "));
        let asked = asked.trim_start_matches("; and ").to_owned();
        let token = if token { "yes" } else { "" };
        rows.push(format!("| {} | {summary} | {token} | {asked} |\n", called.join("<br>")));
    }
    rows.sort();
    format!("| path | what | token | query |\n|---|---|---|---|\n{}", rows.concat())
}

fn icons() -> String {
    let names = |names: Vec<&str>| {
        names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" ") + "\n"
    };
    let own = names(Icon::ALL.map(Icon::name).to_vec());
    format!("Ours: {own}\nBrands: {}", names(Brand::all().map(Brand::name).collect()))
}

/// The pictures that show the effect of a parameter, one file for each.
fn pictures() -> String {
    let mut out = String::from("| query | badge |\n|---|---|\n");
    let mut queries: Vec<String> = Style::ALL
        .iter()
        .map(|s| s.name())
        .filter(|n| *n != "pixel")
        .map(|n| format!("style={n}"))
        .collect();
    for query in [
        "color=tomato&labelColor=%23234",
        "logo=github&style=for-the-badge",
        "format=short",
        "style=odometer&format=pad7",
        "style=flat-simple",
        "label=",
    ] {
        queries.push(query.to_owned());
    }
    for query in queries {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&query).unwrap();
        let look = BadgeParams::read(pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())));
        assert!(look.ignored.is_empty(), "{query}");
        let number = look.format.unwrap_or_default().print(12_345);
        let name: String =
            query.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = format!("reference/{}.svg", name.trim_matches('-'));
        hold(&format!("docs/{path}"), badge::render(&look.badge("views", number)));
        out.push_str(&format!("| `?{query}` | ![{query}]({path}) |\n"));
    }
    let days: Vec<_> = (20_740..20_770)
        .map(|day| (Day(day), 200 + 7919 * day.unsigned_abs() as u64 % 301))
        .collect();
    let look = ChartParams::read([("kind", "sparkline")].into_iter());
    hold("docs/reference/sparkline.svg", chart::render(&look.chart("my-site/home", days)));
    let badge = BadgeParams::default().badge("views", "12,345".into());
    hold("docs/reference/badge.png", badge::render_png(&badge));
    out
}

/// The program's answer to a request, as a block of code.
fn answer(seen: &Seen, path: &str) -> String {
    let answer = seen.get(path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    format!("```json\n{}\n```\n", answer.body)
}

#[test]
fn the_reference_is_made_by_the_program() {
    let place = Place::file();
    let seen = place.seen();
    let document = seen.get("/openapi.json").json();
    let text = std::fs::read_to_string(file("docs/reference.md")).unwrap();
    let mut made = String::new();
    let mut rest = text.as_str();
    let mut blocks = 0;
    while let Some((before, after)) = rest.split_once("<!-- made: ") {
        let (what, after) = after.split_once(" -->\n").unwrap();
        let (_, after) = after.split_once("<!-- /made -->").unwrap();
        let block = match what.split_once(' ') {
            None if what == "operations" => operations(&document),
            None if what == "icons" => icons(),
            None if what == "pictures" => pictures(),
            Some(("query", path)) => table(&params(&document["paths"][path]["get"])),
            Some(("answer", path)) => answer(&seen, path),
            _ => panic!("{what}"),
        };
        made.push_str(&format!("{before}<!-- made: {what} -->\n\n{block}\n<!-- /made -->"));
        rest = after;
        blocks += 1;
    }
    made.push_str(rest);
    assert!(blocks >= 7, "{blocks}");
    hold("docs/reference.md", &made);
}

/// Explains every header that scripts may read, and every attribute that seen.js reads.
#[test]
fn every_header_and_attribute_is_explained() {
    let place = Place::file();
    let answer = place.seen().get("/hit/a/b");
    let text = std::fs::read_to_string(file("docs/reference.md")).unwrap();
    let lower = text.to_ascii_lowercase();
    for name in answer.header("access-control-expose-headers").unwrap().split(',') {
        assert!(lower.contains(&format!("`{name}`")), "{name}");
    }
    let script = std::fs::read_to_string(file("src/web/pages/assets/seen.js")).unwrap();
    let attributes = script.split("data-seen").skip(1).map(|rest| {
        let end = rest.find(|c: char| c != '-' && !c.is_ascii_lowercase()).unwrap();
        format!("`data-seen{}", &rest[..end])
    });
    for attribute in attributes {
        assert!(text.contains(&attribute), "{attribute}");
    }
    assert!(script.contains("localStorage.seenOff") && text.contains("localStorage.seenOff"));
}
