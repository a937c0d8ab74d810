//! Judges a picture with an independent XML parser. Shared by the property tests and the fuzz
//! target.

use std::collections::HashSet;

use roxmltree::{Document, Node};

/// The elements that a picture may have.
const ELEMENTS: [&str; 15] = [
    "a",
    "circle",
    "clipPath",
    "feGaussianBlur",
    "filter",
    "g",
    "image",
    "linearGradient",
    "path",
    "rect",
    "stop",
    "style",
    "svg",
    "text",
    "title",
];

/// Fails on anything that does more than draw.
pub fn check(svg: &str) {
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "svg");

    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let known: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len(), "an id stands twice: {}", svg);

    for node in document.descendants() {
        assert!(!node.is_pi() && !node.is_comment(), "{}", svg);
        if node.is_element() {
            check_element(node, &known);
        }
    }
    let width = number(root, "width").unwrap_or(0.0);
    assert!((1.0..20_000.0).contains(&width), "width {}", width);
}

fn check_element(node: Node<'_, '_>, ids: &HashSet<&str>) {
    let name = node.tag_name().name();
    assert_eq!(node.tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
    assert!(ELEMENTS.contains(&name), "<{}>", name);
    for attribute in node.attributes() {
        let (key, value) = (attribute.name(), attribute.value());
        assert!(attribute.namespace().is_none() && !key.starts_with("on"), "{}", key);
        match (name, key) {
            ("a", "href") => {
                let scheme = value.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
                assert!(matches!(scheme.as_deref(), Some("http" | "https")), "{}", value);
            }
            ("image", "href") => {
                let plain = |c: char| c.is_ascii_alphanumeric() || "+/=:;,".contains(c);
                assert!(value.starts_with("data:image/") && value.chars().all(plain), "{}", value);
            }
            (_, "href" | "src" | "xml:base") => panic!("{key}={value}"),
            (_, "style") => assert_eq!(value, "unicode-bidi:plaintext"),
            // A label may hold any words.
            (_, "aria-label") => {}
            _ => check_references(value, ids),
        }
    }
    if name == "style" {
        let rules = node.text().unwrap_or_default();
        assert!(!rules.contains("@import") && !rules.contains('<') && !rules.contains('\\'));
        check_references(rules, ids);
    }
    if name == "text" {
        check_fits(node);
    }
}

/// `url()` refers only into the picture, no value holds `javascript:`, and every number is
/// finite.
fn check_references(value: &str, ids: &HashSet<&str>) {
    assert!(!value.contains("NaN") && !value.contains("inf"), "{}", value);
    assert!(!value.to_ascii_lowercase().contains("script:"), "{}", value);
    for reference in value.split("url(").skip(1) {
        let id = reference.strip_prefix('#').and_then(|rest| rest.split(')').next());
        assert!(id.is_some_and(|id| ids.contains(id)), "{}", value);
    }
}

/// A badge's words, by their `textLength`, are inside the badge.
fn check_fits(text: Node<'_, '_>) {
    let (Some(x), Some(length)) = (number(text, "x"), number(text, "textLength")) else { return };
    let width = number(text.document().root_element(), "width").unwrap_or(0.0);
    assert!(x - length / 2.0 >= 0.0 && (x + length / 2.0) / 10.0 <= width, "{x} {length} {width}");
}

fn number(node: Node<'_, '_>, attribute: &str) -> Option<f64> {
    node.attribute(attribute)?.parse().ok()
}
