//! Checks that hold for every picture of seen.

use seen::picture::Badge;
use seen::picture::badge;

use super::Answer;

/// The words of a badge, from its accessible name.
pub fn says(badge: &Answer) -> String {
    let tree = roxmltree::Document::parse(&badge.body).unwrap_or_else(|e| panic!("{e}: {badge:?}"));
    tree.root_element().attribute("aria-label").unwrap_or_default().to_owned()
}

/// The bytes of a PNG badge with these words.
pub fn png(label: &str, message: &str) -> Vec<u8> {
    badge::render_png(&Badge { label: label.into(), message: message.into(), ..Badge::default() })
}

/// The headers that GitHub's camo and the caches behind it need.
pub fn assert_never_kept(badge: &Answer) {
    let is_png = badge.bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    for (name, value) in [
        ("content-type", if is_png { "image/png" } else { "image/svg+xml; charset=utf-8" }),
        ("cache-control", "max-age=0, no-cache, no-store, must-revalidate"),
        ("expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("pragma", "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(badge.header(name), Some(value), "{badge:?}");
    }
    for absent in ["etag", "last-modified", "location", "set-cookie"] {
        assert_eq!(badge.header(absent), None, "{badge:?}");
    }
}
