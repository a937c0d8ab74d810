//! social: a button and a speech bubble.
//!
//! Dimensions: badge-maker 6.0.0, `badge-renderers.js`, `social`. The colours
//! of label and message do not apply.

use std::fmt::Write;

use super::parts::{Face, Line, open_link, preferred};
use crate::picture::Color;
use crate::picture::metrics::Font;

const FONT_FAMILY: &str = "Helvetica Neue,Helvetica,Arial,sans-serif";

/// Dimensions in pixels.
const HEIGHT: f64 = 20.0;
const LABEL_PADDING: f64 = 5.0;
const MESSAGE_PADDING: f64 = 4.0;
const GUTTER: f64 = 6.0;
const LOGO_GAP: f64 = 3.0;

pub(crate) fn render(face: &Face<'_>) -> String {
    let label = capitalized(&face.label);
    let message = &face.message;
    let id = &face.id;
    let gap = if face.badge.logo.is_some() && !label.is_empty() { LOGO_GAP } else { 0.0 };
    let logo = face.logo_width() + gap;
    let label_extent = preferred(Font::Helvetica11Bold, &label);
    let message_extent = preferred(Font::Helvetica11Bold, message);
    let label_width = label_extent.width + logo + 2.0 * LABEL_PADDING;
    let message_width = message_extent.width + 2.0 * MESSAGE_PADDING;
    let bubble = label_width + GUTTER;
    let width = label_width + 1.0 + if message.is_empty() { 0.0 } else { GUTTER + message_width };

    let mut out = face.open(width, HEIGHT, &Face::name(&label, message));
    let _ = write!(
        out,
        concat!(
            "<style>a:hover #l{id}{{fill:url(#b{id});stroke:#ccc}}a:hover #m{id}{{fill:#4183c4}}</style>",
            r##"<linearGradient id="a{id}" x2="0" y2="100%"><stop offset="0" stop-color="#fcfcfc" stop-opacity="0"/><stop offset="1" stop-opacity=".1"/></linearGradient>"##,
            r##"<linearGradient id="b{id}" x2="0" y2="100%"><stop offset="0" stop-color="#ccc" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/></linearGradient>"##,
            r##"<g stroke="#d5d5d5"><rect stroke="none" fill="#fcfcfc" x=".5" y=".5" width="{width}" height="19" rx="2"/>"##
        ),
        id = id,
        width = label_width
    );
    if !message.is_empty() {
        let x = bubble + 0.5;
        let _ = write!(
            out,
            concat!(
                r##"<rect x="{x}" y=".5" width="{width}" height="19" rx="2" fill="#fafafa"/>"##,
                r##"<rect x="{notch}" y="7.5" width=".5" height="5" stroke="#fafafa"/>"##,
                r##"<path d="M{x} 6.5l-3 3v1l3 3" fill="#fafafa"/>"##
            ),
            x = x,
            width = message_width,
            notch = bubble
        );
    }
    out.push_str("</g>");
    face.push_logo(&mut out, LABEL_PADDING, 3.0, Color::DARK);
    let _ = write!(
        out,
        r##"<g fill="#333" text-anchor="middle" font-family="{FONT_FAMILY}" text-rendering="geometricPrecision" font-weight="700" font-size="110">"##
    );

    if let Some(link) = face.label_link() {
        open_link(&mut out, link);
    }
    let _ = write!(
        out,
        r##"<rect id="l{id}" stroke="#d5d5d5" fill="url(#a{id})" x=".5" y=".5" width="{label_width}" height="19" rx="2"/>"##
    );
    let middle = logo + 0.5 * label_extent.width + LABEL_PADDING;
    embossed(&mut out, Line { text: &label, x: 10.0 * middle, y: 140.0, extent: label_extent }, "");
    if face.label_link().is_some() {
        out.push_str("</a>");
    }

    if !message.is_empty() {
        if let Some(link) = face.message_link() {
            open_link(&mut out, link);
            let _ = write!(
                out,
                r#"<rect x="{bubble}" width="{}" height="{HEIGHT}" fill-opacity="0"/>"#,
                message_width + 1.0
            );
        }
        let middle = bubble + 0.5 * message_width;
        let line = Line { text: message, x: 10.0 * middle, y: 140.0, extent: message_extent };
        embossed(&mut out, line, &format!(r#" id="m{id}""#));
        if face.message_link().is_some() {
            out.push_str("</a>");
        }
    }
    out.push_str("</g>");
    face.close(out)
}

/// A text over its white shadow.
fn embossed(out: &mut String, line: Line<'_>, id: &str) {
    if line.text.is_empty() {
        return;
    }
    line.push(
        out,
        10.0,
        format_args!(r##" aria-hidden="true" fill="#fff" transform="scale(.1)""##),
    );
    line.push(out, 0.0, format_args!(r#" transform="scale(.1)"{id}"#));
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
