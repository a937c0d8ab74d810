//! odometer: the drums of a mechanical counter, drawn from our own vectors.

use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;

use super::parts::{FONT_FAMILY, Face, Line, preferred};
use crate::picture::Color;
use crate::picture::metrics::{Extent, Font};

/// Dimensions in pixels.
const HEIGHT: f64 = 28.0;
const FRAME: f64 = 4.0;
const DRUM: f64 = 12.0;
const DRUM_GAP: f64 = 1.0;
/// The gap in place of a comma: drums separate thousands by space.
const COMMA: f64 = 2.0;
/// The width of a point or a space.
const NARROW: f64 = 6.0;

/// The digits as strokes in a box of 6 by 10 pixels.
pub(in crate::picture) const DIGITS: [&str; 10] = [
    "M3 0a3 3 0 0 1 3 3v4a3 3 0 0 1-6 0V3a3 3 0 0 1 3-3z",
    "M.6 2 3.3 0v10M.6 10H6",
    "M0 3a3 3 0 0 1 6 0C6 5 4.5 6.3 0 10h6",
    "M.2 0H5.8L3 4a3 3 0 1 1-3 3.5",
    "M4.6 10V0L0 7h6",
    "M5.6 0H.9L.5 4.8a3 3 0 1 1-.5 3.4",
    "M4.8 0C2 1 0 4 0 7a3 3 0 1 0 3-3C1.5 4 .4 5 .1 6.2",
    "M0 0h6L2 10",
    "M5.5 2.4a2.5 2.4 0 1 1-5 0 2.5 2.4 0 0 1 5 0zM6 7.4a3 2.6 0 1 1-6 0 3 2.6 0 0 1 6 0z",
    "M1.2 10C4 9 6 6 6 3a3 3 0 1 0-3 3c1.5 0 2.6-1 2.9-2.2",
];

pub(crate) fn render(face: &Face<'_>) -> String {
    let label = if face.label.is_empty() {
        Extent::default()
    } else {
        preferred(Font::Verdana11, &face.label)
    };
    let plate = face.badge.label_color.unwrap_or(Color::DARK);
    let drum = face.badge.color.unwrap_or(Color::rgb(0x0c0c0c));
    let words = if face.label.is_empty() { 0.0 } else { label.width + 5.0 };
    let logo = if face.badge.logo.is_some() { 17.0 } else { 0.0 };
    let window = FRAME + logo + words;

    let mut drums = String::new();
    let mut x = window;
    for cell in face.message.graphemes(true) {
        x += push_cell(&mut drums, cell, x, drum, &face.id) + DRUM_GAP;
    }
    let width = x - DRUM_GAP + FRAME;

    let mut out = face.open(width, HEIGHT, &Face::name(&face.label, &face.message));
    let _ = write!(
        out,
        concat!(
            r##"<linearGradient id="s{id}" x2="0" y2="100%"><stop offset="0" stop-opacity=".6"/><stop offset=".25" stop-opacity="0"/>"##,
            r##"<stop offset=".25" stop-color="#fff" stop-opacity="0"/><stop offset=".5" stop-color="#fff" stop-opacity=".2"/><stop offset=".75" stop-color="#fff" stop-opacity="0"/>"##,
            r##"<stop offset=".75" stop-opacity="0"/><stop offset="1" stop-opacity=".6"/></linearGradient>"##,
            r##"<rect width="{width}" height="{height}" rx="4" fill="{plate}"/>"##,
            r##"<rect x="{window}" y="3" width="{inner}" height="22" rx="2" fill="#000"/>"##,
            r##"<g text-anchor="middle" font-family="{family}" text-rendering="geometricPrecision" font-size="110">"##
        ),
        id = face.id,
        width = width,
        height = HEIGHT,
        plate = plate,
        window = window - 1.0,
        inner = x - DRUM_GAP - window + 2.0,
        family = FONT_FAMILY
    );
    let ink = plate.text_and_shadow().0;
    face.push_logo(&mut out, FRAME + 1.0, 7.0, ink);
    if !face.label.is_empty() {
        let middle = FRAME + logo + 1.0 + 0.5 * label.width;
        let line = Line { text: &face.label, x: 10.0 * middle, y: 180.0, extent: label };
        line.push(&mut out, 0.0, format_args!(r#" transform="scale(.1)" fill="{ink}""#));
    }
    out.push_str(&drums);
    out.push_str("</g>");
    face.close(out)
}

/// Draws one character of the message at `x`, and returns its width in pixels.
fn push_cell(out: &mut String, cell: &str, x: f64, drum: Color, id: &str) -> f64 {
    if cell == "," {
        return COMMA;
    }
    if matches!(cell, " " | ".") {
        if cell == "." {
            let middle = x + 0.5 * NARROW;
            let _ = write!(out, r##"<circle cx="{middle}" cy="20" r="1.4" fill="#fff"/>"##);
        }
        return NARROW;
    }
    let ink = drum.text_and_shadow().0;
    let digit = cell.parse::<usize>().ok().and_then(|digit| DIGITS.get(digit));
    let extent = preferred(Font::Verdana11, cell);
    let width = if digit.is_some() { DRUM } else { DRUM.max(extent.width + 4.0) };
    let _ =
        write!(out, r#"<rect x="{x}" y="4" width="{width}" height="20" rx="1.5" fill="{drum}"/>"#);
    match digit {
        Some(path) => {
            let left = x + 3.0;
            let _ = write!(
                out,
                r#"<path transform="translate({left} 9)" d="{path}" fill="none" stroke="{ink}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>"#
            );
        }
        None => {
            let line = Line { text: cell, x: 10.0 * (x + 0.5 * width), y: 180.0, extent };
            line.push(out, 0.0, format_args!(r#" transform="scale(.1)" fill="{ink}""#));
        }
    }
    let _ = write!(
        out,
        r##"<rect x="{x}" y="4" width="{width}" height="20" rx="1.5" fill="url(#s{id})"/>"##
    );
    width
}
