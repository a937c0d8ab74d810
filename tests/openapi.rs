//! The document and the server agree.

mod common;

use std::collections::BTreeSet;

use common::{Answer, Place, Seen, request};
use serde_json::Value;

/// Every `$ref` in a part of the document.
fn references(part: &Value, found: &mut Vec<String>) {
    match part {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// A path with a value for each name in braces.
fn filled(path: &str, namespace: &str) -> String {
    let mut filled = path.replace("{namespace}", namespace);
    while let Some((before, after)) = filled.split_once('{') {
        filled = format!("{before}some-page{}", after.split_once('}').unwrap().1);
    }
    filled
}

/// A valid value of a parameter.
fn value(parameter: &Value) -> String {
    let schema = &parameter["schema"];
    let choice = schema["enum"].as_array().and_then(|all| all.iter().find(|one| *one != ""));
    match (choice, parameter["name"].as_str().unwrap()) {
        (Some(one), _) => one.as_str().unwrap().to_owned(),
        (None, "url") => "https://example.com/page".into(),
        (None, "callback" | "jsonpCallback") => "call".into(),
        (None, "from" | "to" | "start" | "end") => "2026-01-01".into(),
        (None, "tz") => "Europe/Berlin".into(),
        (None, "dedupe") => "30m".into(),
        _ => "1".into(),
    }
}

const TOKEN: &str = "a-token-of-the-instance-for-tests";
const BEARER: &str = "Bearer a-token-of-the-instance-for-tests";
const HEADERS: [(&str, &str); 2] =
    [("authorization", BEARER), ("referer", "https://example.com/page")];

/// Whether a parameter is about the look of a picture: a value that cannot be used is left out.
fn is_about_looks(parameter: &Value) -> bool {
    let what = parameter["description"].as_str().unwrap();
    what.contains(". Default: ") || what.contains(": anything. ") || what.starts_with("The same as")
}

fn in_query(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "query")
}

/// Method, path and name of each parameter that was read.
fn read(seen: &mut Seen) -> BTreeSet<[String; 3]> {
    seen.stop();
    seen.wait_for_log("\"stopped\"");
    let log = seen.log.lock().unwrap();
    let read = log.iter().filter(|line| line.contains("parameter read"));
    let read = read.map(|line| serde_json::from_str::<Value>(line).unwrap());
    read.map(|line| ["method", "path", "name"].map(|field| line[field].as_str().unwrap().into()))
        .collect()
}

/// In debug builds, seen panics and answers 500 if a handler reads a parameter that the document
/// of its route lacks, and logs the others (src/web/openapi.rs).
#[test]
fn handlers_read_the_parameters_of_the_document_and_no_others() {
    let place = Place::file();
    let mut seen = place.seen_with(&["--token", TOKEN, "--log", "trace"]);
    let document = seen.get("/openapi.json").json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        // A stream does not end; tests/streams.rs covers it.
        if path.starts_with("/stream") {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            let pairs: Vec<String> = in_query(operation)
                .map(|p| format!("{}={}", p["name"].as_str().unwrap(), value(p)))
                .collect();
            let alone = pairs.iter().map(String::as_str);
            for query in alone.chain(["", &pairs.join("&")]) {
                let url = format!("{}?{query}", filled(path, "some-site"));
                let answer = request(&method.to_uppercase(), &seen.url(&url), &HEADERS);
                assert_ne!(answer.status, 500, "{method} {url}: {answer:?}");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    let read = read(&mut seen);
    let mut unread = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for parameter in in_query(operation).filter(|p| !is_about_looks(p)) {
                let name = parameter["name"].as_str().unwrap();
                let there = |[m, p, n]: &[String; 3]| {
                    m == method && p.replace("{*", "{") == *path && n == name
                };
                if !read.iter().any(there) {
                    unread.push(format!("{method} {path} {name}"));
                }
            }
        }
    }
    assert!(unread.is_empty(), "nobody reads {unread:#?}");
}

/// Values that a parameter about looks can have, with what else has to be asked for so that
/// it shows; `None` for one that is said to have no effect.
fn shows(parameter: &Value, is_chart: bool) -> Option<(Vec<&'static str>, &'static str)> {
    let what = parameter["description"].as_str().unwrap();
    let name = parameter["name"].as_str().unwrap();
    let (values, with) = match name {
        "align" | "pixelated" => return None,
        // Moe-Counter's themes are not ours; the only one there is, is the default.
        "theme" if what.contains("`tiles`") => return None,
        "style" if is_chart => (vec!["sparkline"], ""),
        "title" | "label" | "text" | "left_text" => (vec!["zz"], ""),
        "style" => (vec!["for-the-badge"], ""),
        "edge_flat" => (vec!["true"], ""),
        "border" => (vec!["square"], ""),
        "labelStyle" => (vec!["upper"], "label=zz"),
        "logo" | "icon" => (vec!["github"], ""),
        "logoColor" | "logo_color" | "icon_color" => (vec!["%23123456"], "logo=github"),
        "link" => (vec!["https%3A%2F%2Fexample.com"], ""),
        "format" => (vec!["pad7"], ""),
        "abbreviated" => (vec!["1"], "base=12345"),
        "count" | "view" => (vec!["today-total", "total"], ""),
        "base" | "extraCount" | "initCount" | "height" | "num" => (vec!["200"], ""),
        // A picture that counts is never kept.
        "cacheSeconds" => (vec!["600"], "hit=0"),
        "offset" => (vec!["9"], "padding=4"),
        "days" | "padding" | "nbdigits" | "prefix" => (vec!["9"], ""),
        "kind" => (vec!["sparkline"], ""),
        "theme" => (vec!["dark"], ""),
        "width" => (vec!["500"], ""),
        "scale" => (vec!["0.5"], ""),
        "darkmode" => (vec!["1"], ""),
        colour if colour.to_lowercase().contains("color") || colour.contains("bg") => {
            (vec!["%23123456"], "label=zz")
        }
        other => panic!("{other} has no value here"),
    };
    Some((values, with))
}

/// A parameter of a picture that reaches no picture would be drawn over without a word.
#[test]
fn parameters_about_looks_show_on_every_route_that_has_them() {
    let place = Place::file();
    let seen = place.seen_with(&["--token", TOKEN]);
    let document = seen.get("/openapi.json").json();
    // A chart without a past says so, whatever days are asked for.
    for counter in ["some-page", "quiet-site/some-page", "example.com/some-page"] {
        assert_eq!(seen.value(&format!("/hit/{counter}")), 1);
    }
    let mut counters = 10_000;
    let (mut tried, mut silent) = (0, Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["get"];
        if !operation.is_object() || !in_query(operation).any(is_about_looks) {
            continue;
        }
        // Each answer is about a counter that nobody has hit, but a chart has its name.
        let is_chart = in_query(operation).any(|p| p["name"] == "days");
        let mut ask = |pairs: &str| -> Answer {
            counters += 1;
            let page = if is_chart { "some-page".to_owned() } else { format!("page-{counters}") };
            let mut query = format!("{pairs}&id={page}");
            for parameter in in_query(operation).filter(|p| p["required"] == true) {
                let name = parameter["name"].as_str().unwrap();
                let value = if name == "url" { "https://example.com/" } else { "" };
                query.push_str(&format!("&{name}={value}{page}"));
            }
            let path = filled(path, "quiet-site").replace("some-page", &page);
            let referer = format!("https://example.com/{page}");
            let headers = [("authorization", BEARER), ("referer", referer.as_str())];
            let answer = request("GET", &seen.url(&format!("{path}?{query}")), &headers);
            assert_eq!(answer.status, 200, "{path}?{query}: {answer:?}");
            assert_eq!(answer.header("x-seen-ignored"), None, "{path}?{query}");
            answer
        };
        for parameter in in_query(operation).filter(|p| is_about_looks(p)) {
            let name = parameter["name"].as_str().unwrap();
            let Some((values, with)) = shows(parameter, is_chart) else { continue };
            let said = |answer: &Answer| {
                (answer.body.clone(), answer.header("cache-control").map(str::to_owned))
            };
            let before = said(&ask(with));
            assert_eq!(said(&ask(with)), before, "{path}: two counters that look the same");
            let mut values = values.iter();
            if !values.any(|value| said(&ask(&format!("{with}&{name}={value}"))) != before) {
                silent.push(format!("{path} {name}"));
            }
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
    assert!(silent.is_empty(), "without effect: {silent:#?}");
}

#[test]
fn every_route_of_the_document_is_served_with_its_methods() {
    let place = Place::file();
    let seen = place.seen();
    let document = seen.get("/openapi.json");
    assert_eq!(document.header("content-type"), Some("application/json"));
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 40, "{}", paths.len());
    let mut ids = Vec::new();
    for (path, item) in paths {
        // Only a namespace without counters can be claimed.
        let site = if path.starts_with("/namespaces") { "new-site" } else { "some-site" };
        let here = filled(path, site);
        for (method, operation) in item.as_object().unwrap() {
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters.iter().filter(|p| p["in"] == "path").count();
            assert_eq!(in_path, path.matches('{').count(), "{path}");
            assert!(operation["summary"].is_string(), "{path}");
            assert!(operation["responses"]["default"].is_object(), "{path}");
            if path.starts_with("/stream") {
                continue;
            }
            let answer = request(&method.to_uppercase(), &seen.url(&here), &[]);
            let words = answer.body.as_str();
            assert!(!words.contains("there is nothing at"), "{method} {path}: {answer:?}");
            assert_ne!(answer.status, 405, "{method} {path}: {answer:?}");
            let owners = operation["security"].as_array().is_some_and(|needed| !needed.is_empty());
            assert_eq!(owners, answer.status == 401, "{method} {path}: {answer:?}");
        }
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "operations have ids of their own");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let place = Place::file();
    let document = place.seen().get("/openapi.json").json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference}"));
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// RFC 9457 for clients that accept it, and the headers of an answer over a limit.
#[test]
fn errors_are_as_the_document_has_them() {
    let place = Place::file();
    let seen = place.seen_with(&["--client-limit", "1/1h"]);
    let document = seen.get("/openapi.json").json();
    let error = &document["components"]["responses"]["error"];
    assert_eq!(seen.value("/hit/a/b"), 1);
    for media in ["application/json", "application/problem+json"] {
        let answer = request("GET", &seen.url("/hit/a/b"), &[("accept", media)]);
        assert_eq!((answer.status, answer.header("content-type")), (429, Some(media)));
        let schema = error["content"][media]["schema"]["$ref"].as_str().unwrap();
        let schema = document.pointer(schema.trim_start_matches('#')).unwrap();
        let told = answer.json();
        for member in told.as_object().unwrap().keys() {
            assert!(schema["properties"][member].is_object(), "{media}: {member} in {schema}");
        }
        for required in schema["required"].as_array().unwrap() {
            assert!(!told[required.as_str().unwrap()].is_null(), "{media}: {required} in {told}");
        }
        for header in error["headers"].as_object().unwrap().keys() {
            assert!(answer.header(&header.to_lowercase()).is_some(), "{header}: {answer:?}");
        }
    }
}
