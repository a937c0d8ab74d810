//! Attacks pictures through every parameter: markup, controls, addresses,
//! broken colours, endless words, in any mixture.
//!
//! The oracle is an XML parser that is not ours: whatever was asked for, the
//! answer is well-formed, has only elements and attributes that draw, runs
//! nothing, refers to nothing outside itself but a web link on an `<a>`, and
//! has all its words inside its box. Hit counters have failed in just this
//! (research/counters.md, section 3, failure 9).
//!
//! `PROPTEST_CASES=100000 cargo test --release --test pictures_harmless` looks harder.

use std::collections::HashSet;

use proptest::prelude::*;
use roxmltree::{Document, Node};
use seen::picture::chart::{self, ChartParams};
use seen::picture::{Day, badge, error_badge, number::Format, params::BadgeParams};

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

/// Fails on anything that could do more than draw.
fn check(svg: &str) -> Result<(), TestCaseError> {
    let document =
        Document::parse(svg).map_err(|error| TestCaseError::fail(format!("{error}: {svg}")))?;
    let root = document.root_element();
    prop_assert_eq!(root.tag_name().name(), "svg");
    prop_assert!(!svg.contains("NaN") && !svg.contains("=\"inf"), "{}", svg);

    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let known: HashSet<&str> = ids.iter().copied().collect();
    prop_assert_eq!(ids.len(), known.len(), "an id stands twice: {}", svg);

    for node in document.descendants() {
        prop_assert!(!node.is_pi() && !node.is_comment(), "{}", svg);
        if node.is_element() {
            check_element(node, &known)?;
        }
    }
    let width = number(root, "width").unwrap_or(0.0);
    prop_assert!((1.0..20_000.0).contains(&width), "width {}", width);
    Ok(())
}

fn check_element(node: Node<'_, '_>, ids: &HashSet<&str>) -> Result<(), TestCaseError> {
    let name = node.tag_name().name();
    prop_assert_eq!(node.tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
    prop_assert!(ELEMENTS.contains(&name), "<{}>", name);
    for attribute in node.attributes() {
        let (key, value) = (attribute.name(), attribute.value());
        prop_assert!(attribute.namespace().is_none() && !key.starts_with("on"), "{}", key);
        match (name, key) {
            ("a", "href") => {
                let scheme = value.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
                prop_assert!(matches!(scheme.as_deref(), Some("http" | "https")), "{}", value);
            }
            ("image", "href") => {
                let plain = |c: char| c.is_ascii_alphanumeric() || "+/=:;,".contains(c);
                prop_assert!(
                    value.starts_with("data:image/") && value.chars().all(plain),
                    "{}",
                    value
                );
            }
            (_, "href" | "src" | "xml:base") => prop_assert!(false, "{}={}", key, value),
            (_, "style") => prop_assert_eq!(value, "unicode-bidi:plaintext"),
            // Words may be about anything.
            (_, "aria-label") => {}
            _ => check_references(value, ids)?,
        }
    }
    if name == "style" {
        let rules = node.text().unwrap_or_default();
        prop_assert!(!rules.contains("@import") && !rules.contains('<') && !rules.contains('\\'));
        check_references(rules, ids)?;
    }
    if name == "text" {
        check_fits(node)?;
    }
    Ok(())
}

/// `url()` is of something in the picture, and `javascript:` is nowhere.
fn check_references(value: &str, ids: &HashSet<&str>) -> Result<(), TestCaseError> {
    prop_assert!(!value.to_ascii_lowercase().contains("script:"), "{}", value);
    for reference in value.split("url(").skip(1) {
        let id = reference.strip_prefix('#').and_then(|rest| rest.split(')').next());
        prop_assert!(id.is_some_and(|id| ids.contains(id)), "{}", value);
    }
    Ok(())
}

/// A badge's words, which say their length, are inside the badge.
fn check_fits(text: Node<'_, '_>) -> Result<(), TestCaseError> {
    let (Some(x), Some(length)) = (number(text, "x"), number(text, "textLength")) else {
        return Ok(());
    };
    let width = number(text.document().root_element(), "width").unwrap_or(0.0);
    prop_assert!(
        x - length / 2.0 >= 0.0 && (x + length / 2.0) / 10.0 <= width,
        "{x} {length} {width}"
    );
    Ok(())
}

fn number(node: Node<'_, '_>, attribute: &str) -> Option<f64> {
    node.attribute(attribute)?.parse().ok()
}

/// Words that break naive pictures, whole and in pieces.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\"/><image href='https://evil.example/x'/>".to_owned()),
        Just("]]>&amp;&#0;<!--<![CDATA[<?x?>".to_owned()),
        Just("' onload='alert(1)".to_owned()),
        Just("javascript:alert(1)".to_owned()),
        Just("url(https://evil.example/)#r}*{fill:red}@import".to_owned()),
        Just(
            "\u{0}\u{8}\u{b}\u{1b}\u{7f}\u{85}\u{9f}\u{fffe}\u{ffff}\u{1fffe}\u{fdd0}\u{feff}"
                .to_owned()
        ),
        Just("\u{202e}\u{2066}\u{200d}\u{200f}\u{fe0f}\u{20e3}".to_owned()),
        Just("👨‍👩‍👧‍👦🇫🇷👍🏽❤️ביקורים עدد आगंतुक e\u{301}\u{301}".to_owned()),
        Just("ŉßﬃİ﷽𒈙⸻".to_owned()),
        Just("W".repeat(400)),
        any::<String>(),
        any::<char>().prop_map(String::from),
        "[0-9a-fA-F#]{0,9}",
        "-?[0-9]{1,20}",
    ];
    prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
}

/// Values that are right for some parameter, so that attacks get past others.
fn sensible() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "flat",
        "flat-square",
        "plastic",
        "for-the-badge",
        "social",
        "pixel",
        "odometer",
        "red",
        "#fff",
        "0000",
        "rgba(1,2,3,.5)",
        "hsl(20deg 30% 90%)",
        "transparent",
        "eye",
        "heart",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "https://a.b/?c&d='e'",
        "http://[::1]/",
        "short",
        "pad12",
        "1",
        "sparkline",
        "full",
        "dark",
        "240",
        "1999",
    ])
    .prop_map(str::to_owned)
}

/// One in two a value that is fit for something.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![hostile(), sensible()]
}

const BADGE_KEYS: [&str; 14] = [
    "label",
    "title",
    "style",
    "edge_flat",
    "color",
    "count_bg",
    "labelColor",
    "logo",
    "logoColor",
    "icon",
    "link",
    "link",
    "format",
    "abbreviated",
];
const CHART_KEYS: [&str; 6] = ["title", "kind", "color", "theme", "width", "height"];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_badge_only_draws(
        pairs in prop::collection::vec((prop::sample::select(&BADGE_KEYS[..]), value()), 0..8),
        style in prop::sample::select(&badge::Style::ALL[..]),
        message in hostile(),
    ) {
        let mut params = BadgeParams { style: Some(style), ..BadgeParams::default() };
        for (key, value) in &pairs {
            if let Err(error) = params.set(key, value) {
                check(&error_badge(&error.to_string()))?;
            }
        }
        check(&badge::render(&params.badge(&message.clone(), message)))?;
    }

    #[test]
    fn an_error_only_draws(key in hostile(), value in hostile()) {
        let error = seen::picture::Style::parse(&key, &value).err().map(|error| error.to_string());
        check(&error_badge(&error.unwrap_or_default()))?;
    }

    #[test]
    fn any_count_fits(count in any::<i64>(), today in any::<i64>(), digits in any::<u8>(),
        style in prop::sample::select(&badge::Style::ALL[..])) {
        for format in [Format::Plain, Format::Separated, Format::Short, Format::Padded(digits)] {
            prop_assert!(format.print(count).len() <= 27);
            let message = format.print_today(today, count);
            let params = BadgeParams { style: Some(style), ..BadgeParams::default() };
            check(&badge::render(&params.badge("views", message)))?;
        }
    }

    #[test]
    fn a_chart_only_draws(
        pairs in prop::collection::vec((prop::sample::select(&CHART_KEYS[..]), value()), 0..6),
        days in prop::collection::vec((prop_oneof![any::<i32>(), 20_000..20_400i32], any::<u64>()), 0..40),
        title in hostile(),
        total in any::<Option<i64>>(),
    ) {
        let mut params = ChartParams::default();
        for (key, value) in &pairs {
            if let Err(error) = params.set(key, value) {
                check(&error_badge(&error.to_string()))?;
            }
        }
        let days = days.into_iter().map(|(day, count)| (Day(day), count)).collect();
        match params.chart(&title, days) {
            Ok(chart) => check(&chart::render(&chart::Chart { total, ..chart }))?,
            Err(error) => check(&error_badge(&error.to_string()))?,
        }
    }
}
