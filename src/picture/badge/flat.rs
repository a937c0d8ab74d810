//! flat, flat-square and plastic: one layout, three finishes.
//!
//! Dimensions: badge-maker 6.0.0, `badge-renderers.js`, class `Badge`.

use std::fmt::Write;

use super::parts::{FONT_FAMILY, Face, Line, open_link, preferred};
use crate::picture::metrics::{Extent, Font};
use crate::picture::{Color, Link};

/// The padding beside a text and to the left of a logo, in pixels.
const PADDING: f64 = 5.0;
/// The gap between a logo and its label, in pixels.
const LOGO_GAP: f64 = 3.0;

/// The finish of the box and its text.
pub(crate) struct Finish {
    /// The badge's height in pixels.
    height: f64,
    /// The text's baseline, in tenths of a pixel.
    baseline: f64,
    /// The corner radius in pixels, and the stops of the gradient over the box. Without
    /// them the box is plain, its corners sharp and its text without a shadow.
    relief: Option<(u8, &'static str)>,
}

pub(crate) const FLAT: Finish = Finish {
    height: 20.0,
    baseline: 140.0,
    relief: Some((
        3,
        r##"<stop offset="0" stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>"##,
    )),
};

pub(crate) const FLAT_SQUARE: Finish = Finish { relief: None, ..FLAT };

pub(crate) const PLASTIC: Finish = Finish {
    height: 18.0,
    baseline: 130.0,
    relief: Some((
        4,
        concat!(
            r##"<stop offset="0" stop-color="#fff" stop-opacity=".7"/>"##,
            r##"<stop offset=".1" stop-color="#aaa" stop-opacity=".1"/>"##,
            r##"<stop offset=".9" stop-opacity=".3"/><stop offset="1" stop-opacity=".5"/>"##
        ),
    )),
};

pub(crate) fn render(face: &Face<'_>, finish: &Finish) -> String {
    let badge = face.badge;
    let layout = Layout::of(face);
    let (left, right, height) = (layout.left, layout.right, finish.height);
    let width = left + right;
    let id = &face.id;
    let label_color = badge.label_color.unwrap_or(Color::GREY);

    let mut out = face.open(width, height, &Face::name(&face.label, &face.message));
    match finish.relief {
        Some((radius, stops)) => {
            let _ = write!(
                out,
                concat!(
                    r#"<filter id="f{id}"><feGaussianBlur stdDeviation="16"/></filter>"#,
                    r#"<linearGradient id="s{id}" x2="0" y2="100%">{stops}</linearGradient>"#,
                    r#"<clipPath id="r{id}"><rect width="{width}" height="{height}" rx="{radius}"/></clipPath>"#,
                    r##"<g clip-path="url(#r{id})">"##
                ),
                id = id,
                stops = stops,
                width = width,
                height = height,
                radius = radius
            );
        }
        None => out.push_str(r#"<g shape-rendering="crispEdges">"#),
    }
    let _ = write!(
        out,
        r#"<rect width="{left}" height="{height}" fill="{label_color}"/><rect x="{left}" width="{right}" height="{height}" fill="{}"/>"#,
        face.color()
    );
    if finish.relief.is_some() {
        let _ = write!(out, r##"<rect width="{width}" height="{height}" fill="url(#s{id})"/>"##);
    }
    let _ = write!(
        out,
        r##"</g><g fill="#fff" text-anchor="middle" font-family="{FONT_FAMILY}" text-rendering="geometricPrecision" font-size="110">"##
    );
    // Without a label, an icon stands on the message's colour.
    let behind_logo = if left > 0.0 { label_color } else { face.color() };
    face.push_logo(&mut out, PADDING, 0.5 * (height - 14.0), behind_logo.text_and_shadow().0);
    let mut words = Words { out: &mut out, face, finish };
    words.push(
        &face.label,
        layout.label,
        layout.label_x,
        label_color,
        face.label_link(),
        (0.0, left),
    );
    words.push(
        &face.message,
        layout.message,
        layout.message_x,
        face.color(),
        face.message_link(),
        (left, right),
    );
    out.push_str("</g>");
    face.close(out)
}

/// The layout, in pixels.
pub(super) struct Layout {
    /// Width of the label's box.
    pub left: f64,
    /// Width of the message's box.
    pub right: f64,
    label: Extent,
    /// The middle of the label.
    pub label_x: f64,
    message: Extent,
    pub message_x: f64,
}

impl Layout {
    pub(super) fn of(face: &Face<'_>) -> Self {
        let has_logo = face.badge.logo.is_some();
        let has_label = !face.label.is_empty();
        let has_message = !face.message.is_empty();
        let has_box = has_label || face.badge.label_color.is_some();
        let logo = face.logo_width() + if has_logo && has_label { LOGO_GAP } else { 0.0 };

        let label =
            if has_label { preferred(Font::Verdana11, &face.label) } else { Extent::default() };
        let message = preferred(Font::Verdana11, &face.message);
        let left = if has_box { label.width + 2.0 * PADDING + logo } else { 0.0 };
        let mut right = message.width + 2.0 * PADDING;
        // The text of each box is a pixel nearer to the other box.
        let mut message_start = left - if has_message { 1.0 } else { 0.0 };
        match (has_box, has_logo) {
            (true, _) => {}
            (false, true) => {
                message_start += logo + PADDING;
                right += logo + if has_message { PADDING - 1.0 } else { 0.0 };
            }
            (false, false) => message_start += 1.0,
        }
        Self {
            left,
            right,
            label,
            label_x: logo + 1.0 + 0.5 * label.width + PADDING,
            message,
            message_x: message_start + 0.5 * message.width + PADDING,
        }
    }
}

/// Appends a text with its shadow and its link.
struct Words<'a> {
    out: &'a mut String,
    face: &'a Face<'a>,
    finish: &'a Finish,
}

impl Words<'_> {
    /// `area` is the start and the width of the box that a link makes clickable.
    fn push(
        &mut self,
        text: &str,
        extent: Extent,
        x: f64,
        behind: Color,
        link: Option<&Link>,
        (start, width): (f64, f64),
    ) {
        if text.is_empty() {
            return;
        }
        let out = &mut *self.out;
        if let Some(link) = link {
            open_link(out, link);
            let _ = write!(
                out,
                r#"<rect x="{start}" width="{width}" height="{}" fill-opacity="0"/>"#,
                self.finish.height
            );
        }
        let line = Line { text, x: 10.0 * x, y: self.finish.baseline, extent };
        let (best, shadow) = behind.text_and_shadow();
        let color = self.face.badge.text_color.unwrap_or(best);
        if self.finish.relief.is_some() {
            let id = &self.face.id;
            let _ =
                write!(out, r#"<g transform="scale(.1)"><g aria-hidden="true" fill="{shadow}">"#);
            line.push(out, 10.0, format_args!(r##" fill-opacity=".8" filter="url(#f{id})""##));
            line.push(out, 10.0, format_args!(r#" fill-opacity=".3""#));
            out.push_str("</g>");
            line.push(out, 0.0, format_args!(r#" fill="{color}""#));
            out.push_str("</g>");
        } else {
            line.push(out, 0.0, format_args!(r#" transform="scale(.1)" fill="{color}""#));
        }
        if link.is_some() {
            out.push_str("</a>");
        }
    }
}
