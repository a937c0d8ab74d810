//! The document and the server say the same.

mod common;

use common::{Place, request};
use serde_json::Value;

/// Every `$ref` of a part of the document.
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
        // One that nobody counts in can be claimed.
        let site = if path.starts_with("/namespaces") { "new-site" } else { "some-site" };
        let here = path.replace("{namespace}", site).replace("{key}", "some-page");
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

/// RFC 9457 for who asks for it, and the headers of an answer over a limit.
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
