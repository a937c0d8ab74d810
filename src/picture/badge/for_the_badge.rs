//! for-the-badge: large, with sharp corners and capital letters.
//!
//! Dimensions: badge-maker 6.0.0, `badge-renderers.js`, `forTheBadge`.

use std::fmt::Write;

use super::parts::{FONT_FAMILY, Face, LOGO_SIZE, Line, open_link};
use crate::picture::metrics::{self, Extent, Font};
use crate::picture::{Color, Link};

/// Dimensions in pixels.
const HEIGHT: f64 = 28.0;
const TEXT_MARGIN: f64 = 12.0;
const LOGO_MARGIN: f64 = 9.0;
const LOGO_GAP: f64 = 6.0;
const LETTER_SPACING: f64 = 1.25;

pub(crate) fn render(face: &Face<'_>) -> String {
    let badge = face.badge;
    let label = face.label.to_uppercase();
    let message = face.message.to_uppercase();
    let label_extent = spaced(Font::Verdana10, &label);
    let message_extent = spaced(Font::Verdana10Bold, &message);
    let label_color = badge.label_color.unwrap_or(Color::GREY);

    let has_logo = badge.logo.is_some();
    let no_text = label.is_empty() && message.is_empty();
    // From the left edge of the badge or the box to the text after the logo.
    let gap = if no_text { LOGO_GAP - LOGO_MARGIN } else { LOGO_GAP };
    let after_logo = |margin: f64| {
        if has_logo { margin + LOGO_SIZE + gap } else { TEXT_MARGIN }
    };
    let label_start = after_logo(LOGO_MARGIN);
    let has_box = !label.is_empty() || has_logo && badge.label_color.is_some();
    let (left, message_start, right) = if has_box {
        let left = if label.is_empty() {
            2.0 * LOGO_MARGIN + LOGO_SIZE
        } else {
            label_start + label_extent.width + TEXT_MARGIN
        };
        (left, left + TEXT_MARGIN, message_extent.width + 2.0 * TEXT_MARGIN)
    } else {
        let start = after_logo(TEXT_MARGIN);
        (0.0, start, start + message_extent.width + TEXT_MARGIN)
    };

    let mut out = face.open(left + right, HEIGHT, &Face::name(&label, &message));
    out.push_str(r#"<g shape-rendering="crispEdges">"#);
    if has_box {
        let _ = write!(out, r#"<rect width="{left}" height="{HEIGHT}" fill="{label_color}"/>"#);
    }
    let _ = write!(
        out,
        concat!(
            r#"<rect x="{left}" width="{right}" height="{height}" fill="{color}"/></g>"#,
            r##"<g fill="#fff" text-anchor="middle" font-family="{family}" text-rendering="geometricPrecision" font-size="100">"##
        ),
        left = left,
        right = right,
        height = HEIGHT,
        color = face.color(),
        family = FONT_FAMILY
    );
    let behind_logo = if has_box { label_color } else { face.color() };
    face.push_logo(
        &mut out,
        LOGO_MARGIN,
        0.5 * (HEIGHT - LOGO_SIZE),
        behind_logo.text_and_shadow().0,
    );
    let mut words = |text: &str,
                     extent: Extent,
                     start: f64,
                     weight: &str,
                     behind: Color,
                     link: Option<&Link>,
                     area: (f64, f64)| {
        if text.is_empty() {
            return;
        }
        if let Some(link) = link {
            open_link(&mut out, link);
            let (x, width) = area;
            let _ = write!(
                out,
                r#"<rect x="{x}" width="{width}" height="{HEIGHT}" fill-opacity="0"/>"#
            );
        }
        let line = Line { text, x: 10.0 * (start + 0.5 * extent.width), y: 175.0, extent };
        let color = behind.text_and_shadow().0;
        line.push(&mut out, 0.0, format_args!(r#" transform="scale(.1)" fill="{color}"{weight}"#));
        if link.is_some() {
            out.push_str("</a>");
        }
    };
    words(&label, label_extent, label_start, "", label_color, face.label_link(), (0.0, left));
    words(
        &message,
        message_extent,
        message_start,
        r#" font-weight="bold""#,
        face.color(),
        face.message_link(),
        (left, right),
    );
    out.push_str("</g>");
    face.close(out)
}

/// A text's width in whole pixels, with letter spacing unless its letters join.
fn spaced(font: Font, text: &str) -> Extent {
    let extent = metrics::measure(font, text);
    let spacing = if extent.joined { 0.0 } else { LETTER_SPACING * extent.graphemes as f64 };
    Extent { width: extent.width.trunc() + spacing, ..extent }
}
