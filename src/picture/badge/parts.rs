//! The parts that all styles share: the document, cleaned text, logos and links.

use std::fmt::Write;

use super::{Badge, MAX_CHARS};
use crate::picture::metrics::{self, Extent, Font};
use crate::picture::param::MAX_NOTE;
use crate::picture::{Color, Link, Logo, escape, fnv};

/// shields' font stack. Where Verdana and Geneva are missing, DejaVu Sans comes closest.
pub(crate) const FONT_FAMILY: &str = "Verdana,Geneva,DejaVu Sans,sans-serif";

/// The width and height of a logo, in pixels.
pub(crate) const LOGO_SIZE: f64 = 14.0;

/// A badge with cleaned text and an id of its own.
pub(crate) struct Face<'a> {
    pub badge: &'a Badge,
    pub label: String,
    pub message: String,
    /// The suffix of every id in the picture: a hash of the content, so that two badges
    /// inlined in one page do not use each other's gradients.
    pub id: String,
}

impl<'a> Face<'a> {
    pub(crate) fn new(badge: &'a Badge) -> Self {
        let label = escape::clean(&badge.label, MAX_CHARS);
        let message = escape::clean(&badge.message, MAX_CHARS);
        let id = id_of(badge, &label, &message);
        Self { badge, label, message, id }
    }

    /// The message's background.
    pub(crate) fn color(&self) -> Color {
        self.badge.color.unwrap_or(Color::BLUE)
    }

    /// The accessible name of the badge.
    pub(crate) fn name(label: &str, message: &str) -> String {
        match (label, message) {
            ("", message) => message.into(),
            (label, "") => label.into(),
            (label, message) => format!("{label}: {message}"),
        }
    }

    /// The width of the logo and of the gap to the label; 0 without a logo.
    pub(crate) fn logo_width(&self) -> f64 {
        if self.badge.logo.is_some() { LOGO_SIZE } else { 0.0 }
    }

    /// The link around the whole badge: the first, if it is the only one.
    pub(crate) fn whole_link(&self) -> Option<&Link> {
        let [first, second] = &self.badge.links;
        first.as_ref().filter(|_| second.is_none())
    }

    /// The label's own link: the first, if there are two.
    pub(crate) fn label_link(&self) -> Option<&Link> {
        let [first, second] = &self.badge.links;
        first.as_ref().filter(|_| second.is_some())
    }

    pub(crate) fn message_link(&self) -> Option<&Link> {
        self.badge.links[1].as_ref()
    }

    /// Starts the document: its size in pixels, name, title and outer link.
    ///
    /// Screen readers see no parts in an image, so a badge with links in it is a group:
    /// otherwise nobody could reach them.
    pub(crate) fn open(&self, width: f64, height: f64, name: &str) -> String {
        let mut out = String::with_capacity(3072 + 4 * name.len());
        let role = if self.badge.links.iter().any(Option::is_some) { "group" } else { "img" };
        let _ = write!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="{role}" aria-label=""#
        );
        escape::push(&mut out, name);
        out.push_str("\"><title>");
        escape::push(&mut out, name);
        if !self.badge.note.is_empty() {
            out.push_str(". ");
            escape::push(&mut out, &escape::clean(&self.badge.note, MAX_NOTE));
        }
        out.push_str("</title>");
        if let Some(link) = self.whole_link() {
            open_link(&mut out, link);
        }
        out
    }

    /// Ends what [`Face::open`] started.
    pub(crate) fn close(&self, mut out: String) -> String {
        if self.whole_link().is_some() {
            out.push_str("</a>");
        }
        out.push_str("</svg>");
        out
    }

    /// Draws the logo with its top left corner at `x`, `y`; an icon without a
    /// colour of its own in `fallback`.
    pub(crate) fn push_logo(&self, out: &mut String, x: f64, y: f64, fallback: Color) {
        match &self.badge.logo {
            None => {}
            Some(Logo::Icon(icon)) => {
                let fill = self.badge.logo_color.unwrap_or(fallback);
                let path = icon.path();
                let _ = write!(
                    out,
                    r#"<path transform="translate({x} {y})" fill="{fill}" fill-rule="evenodd" d="{path}"/>"#
                );
            }
            Some(Logo::Brand(brand)) => {
                let fill = self.badge.logo_color.unwrap_or(fallback);
                let path = brand.path();
                let _ = write!(
                    out,
                    r#"<path transform="translate({x} {y}) scale(.58333)" fill="{fill}" d="{path}"/>"#
                );
            }
            Some(Logo::Data(data)) => {
                let _ = write!(
                    out,
                    r#"<image x="{x}" y="{y}" width="14" height="14" href="{}"/>"#,
                    data.as_str()
                );
            }
        }
    }
}

/// A text and its position in tenths of a pixel. Like shields, we set text ten times as
/// large and scale it down, so that no browser rounds glyphs to whole pixels
/// (badges/shields#1132).
pub(crate) struct Line<'a> {
    pub text: &'a str,
    /// The middle.
    pub x: f64,
    /// The baseline.
    pub y: f64,
    pub extent: Extent,
}

impl Line<'_> {
    /// Appends a `<text>`, moved down by `dy` and with further attributes.
    pub(crate) fn push(&self, out: &mut String, dy: f64, attributes: std::fmt::Arguments<'_>) {
        let (x, y, length) = (self.x, self.y + dy, 10.0 * self.extent.width);
        let _ = write!(out, r#"<text x="{x}" y="{y}" textLength="{length}""#);
        if self.extent.joined {
            out.push_str(r#" lengthAdjust="spacingAndGlyphs""#);
        }
        if metrics::is_rtl(self.text) {
            out.push_str(r#" direction="rtl""#);
        }
        let _ = out.write_fmt(attributes);
        out.push('>');
        escape::push(out, self.text);
        out.push_str("</text>");
    }
}

pub(crate) fn open_link(out: &mut String, link: &Link) {
    out.push_str(r#"<a target="_blank" rel="noopener" href=""#);
    escape::push(out, link.as_str());
    out.push_str("\">");
}

/// The width that shields reserves: an odd number of whole pixels, whose centre is more
/// often the centre of a pixel.
pub(crate) fn preferred(font: Font, text: &str) -> Extent {
    let extent = metrics::measure(font, text);
    let width = extent.width.trunc();
    Extent { width: if width % 2.0 == 0.0 { width + 1.0 } else { width }, ..extent }
}

/// FNV-1a, folded to 32 bits, over everything that is drawn.
fn id_of(badge: &Badge, label: &str, message: &str) -> String {
    let mut hash = fnv::OFFSET;
    let mut add = |bytes: &[u8]| hash = fnv::add(fnv::add(hash, bytes), &[0xff]);
    add(badge.style.name().as_bytes());
    add(label.as_bytes());
    add(message.as_bytes());
    for color in [badge.color, badge.label_color, badge.logo_color] {
        add(&color.map_or([0; 5], |Color { r, g, b, a }| [1, r, g, b, a]));
    }
    if let Some(Color { r, g, b, a }) = badge.text_color {
        add(&[r, g, b, a]);
    }
    match &badge.logo {
        None => add(b""),
        Some(Logo::Icon(icon)) => add(icon.name().as_bytes()),
        Some(Logo::Brand(brand)) => add(brand.name().as_bytes()),
        Some(Logo::Data(data)) => add(data.as_str().as_bytes()),
    }
    for link in &badge.links {
        add(link.as_ref().map_or("", Link::as_str).as_bytes());
    }
    format!("{:08x}", (hash >> 32) as u32 ^ hash as u32)
}
