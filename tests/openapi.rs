//! The document and the server agree.

mod common;

use common::{Place, request};
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

/// In debug builds, seen panics and answers 500 if a handler reads a parameter that the document
/// of its route lacks (src/web/request/query.rs).
#[test]
fn no_handler_reads_a_parameter_that_the_document_lacks() {
    let place = Place::file();
    let token = "a-token-of-the-instance-for-tests";
    let seen = place.seen_with(&["--token", token]);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("referer", "https://example.com/page")];
    let document = seen.get("/openapi.json").json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        // A stream does not end; tests/streams.rs covers it.
        if path.starts_with("/stream") {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().unwrap();
            let parameters = parameters.iter().filter(|p| p["in"] == "query");
            let pairs: Vec<String> = parameters
                .map(|p| format!("{}={}", p["name"].as_str().unwrap(), value(p)))
                .collect();
            let alone = pairs.iter().map(String::as_str);
            for query in alone.chain(["", &pairs.join("&")]) {
                let url = format!("{}?{query}", filled(path, "some-site"));
                let answer = request(&method.to_uppercase(), &seen.url(&url), &headers);
                assert_ne!(answer.status, 500, "{method} {url}: {answer:?}");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
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
