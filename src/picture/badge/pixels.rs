//! A badge of pixels, for mail and chats, which show no SVG.
//!
//! It has the SVG's layout in one flat finish, at double size, so that it is sharp on the screens
//! of phones. A logo and links are left out.

use std::ops::Range;
use std::sync::OnceLock;

use unicode_segmentation::UnicodeSegmentation;

use super::flat::Layout;
use super::parts::Face;
use super::{Badge, MAX_PNG_CHARS, Style};
use crate::picture::canvas::Canvas;
use crate::picture::letters::{self, SLOTS};
use crate::picture::metrics::{self, Font};
use crate::picture::png::{self, COLORS};
use crate::picture::strokes::PenPoint;
use crate::picture::{Color, escape};

/// The pixels of a badge's pixel, along each axis.
const SCALE: f64 = 2.0;
const HEIGHT: usize = 40;
/// The middle of a line at y = 0 of the letters: they stand on the SVG's baseline.
const TOP: f64 = 13.0;
/// Half of a line's thickness.
const RADIUS: f64 = 1.05;
/// The corner radius.
const CORNER: usize = 6;

/// The shades from a background to its text, and the places in the palette of those of the label,
/// those of the message, a corner's outside, and its edge on the label and the message.
const SHADES: u8 = 6;
const LABEL: u8 = 0;
const MESSAGE: u8 = SHADES;
const OUTSIDE: u8 = 2 * SHADES;
const EDGES: [u8; 2] = [OUTSIDE + 1, OUTSIDE + 2];

const NOTHING: Color = Color { a: 0, ..Color::WHITE };

pub(crate) fn render(badge: &Badge) -> Vec<u8> {
    if badge.style == Style::Pixel {
        return png::encode(1, &[0], [NOTHING; COLORS]);
    }
    let badge = &Badge { logo: None, ..badge.clone() };
    let face = face(badge);
    let label_color = badge.label_color.unwrap_or(Color::GREY);
    let canvas = drawn(&face);
    png::encode(canvas.width, &canvas.pixels, palette(badge, label_color, face.color()))
}

/// The badge with texts of a length that is drawn quickly.
fn face(badge: &Badge) -> Face<'_> {
    let mut face = Face::new(badge);
    face.label = escape::clean(&face.label, MAX_PNG_CHARS);
    face.message = escape::clean(&face.message, MAX_PNG_CHARS);
    face
}

fn palette(badge: &Badge, label: Color, message: Color) -> [Color; COLORS] {
    let mut colors = [NOTHING; COLORS];
    for (first, behind, edge) in [(LABEL, label, EDGES[0]), (MESSAGE, message, EDGES[1])] {
        let text = badge.text_color.unwrap_or(behind.text_and_shadow().0);
        for shade in 0..SHADES {
            let part = f64::from(shade) / f64::from(SHADES - 1);
            colors[usize::from(first + shade)] = behind.mix(text, part);
        }
        colors[usize::from(edge)] = Color { a: behind.a / 2, ..behind };
    }
    colors
}

fn drawn(face: &Face<'_>) -> Canvas {
    let layout = Layout::of(face);
    let left = (layout.left * SCALE) as usize;
    let width = left + (layout.right * SCALE) as usize;
    let mut canvas = Canvas::new(width, HEIGHT);
    canvas.fill(left..width, 0..HEIGHT, MESSAGE);
    text(&mut canvas, &face.label, layout.label_x);
    text(&mut canvas, &face.message, layout.message_x);
    if !matches!(face.badge.style, Style::FlatSquare | Style::ForTheBadge) {
        round(&mut canvas, left > 0);
    }
    canvas
}

/// Draws a text around `middle`, in the shades of the background that it finds.
fn text(canvas: &mut Canvas, text: &str, middle: f64) {
    // The widths are those that the SVG states, so both have the same size.
    let cells = text.graphemes(true).map(|cell| (cell, metrics::measure(Font::Verdana11, cell)));
    let cells: Vec<(&str, f64)> = cells.map(|(cell, of)| (cell, SCALE * of.width)).collect();
    let width: f64 = cells.iter().map(|cell| cell.1).sum();
    let mut x = SCALE * middle - width / 2.0;
    for (cell, width) in cells {
        // Marks of scripts that stack have no width of their own.
        if let Some(c) = cell.chars().next().filter(|c| !c.is_whitespace() && width > 0.0) {
            match letters::slot(c) {
                Some(slot) => glyph(slot).stamp(canvas, x + width / 2.0),
                None => stand_in(canvas, x, width),
            }
        }
        x += width;
    }
}

/// A character's pixels: how many shades each is away from the background.
struct Glyph {
    canvas: Canvas,
    /// The row of the badge in which its first one is.
    top: usize,
}

/// A character's pixels, which are the same in every badge.
fn glyph(slot: usize) -> &'static Glyph {
    static GLYPHS: [OnceLock<Glyph>; SLOTS] = [const { OnceLock::new() }; SLOTS];
    GLYPHS[slot].get_or_init(|| Glyph::new(letters::strokes(slot)))
}

impl Glyph {
    fn new(strokes: Vec<Vec<PenPoint>>) -> Self {
        let points = || strokes.iter().flatten();
        let bound = |of: fn(f64, f64) -> f64, axis: fn(&PenPoint) -> f64| {
            points().map(axis).reduce(of).unwrap_or_default() * SCALE
        };
        let (left, right) = (bound(f64::min, |p| p.0), bound(f64::max, |p| p.0));
        let (first, last) = (bound(f64::min, |p| p.1) + TOP, bound(f64::max, |p| p.1) + TOP);
        let top = (first - 2.0).floor().max(0.0);
        let rows = (last + 2.0).ceil().min(HEIGHT as f64) - top;
        let mut canvas = Canvas::new((right - left).ceil() as usize + 2, rows as usize);
        for stroke in &strokes {
            // The middle of the leftmost line is between the first two columns.
            let place = |(x, y): &PenPoint| (x * SCALE - left + 1.0, y * SCALE + TOP - top);
            let stroke: Vec<PenPoint> = stroke.iter().map(place).collect();
            canvas.stroke(&stroke, RADIUS, SHADES - 1);
        }
        Self { canvas, top: top as usize }
    }

    fn stamp(&self, onto: &mut Canvas, middle: f64) {
        let width = self.canvas.width;
        let left = (middle - width as f64 / 2.0).round().max(0.0) as usize;
        for (y, row) in self.canvas.pixels.chunks(width).enumerate() {
            let to = (self.top + y) * onto.width + left;
            for (pixel, shade) in onto.pixels[to..].iter_mut().zip(row) {
                *pixel = (*pixel).max(background(*pixel) + shade);
            }
        }
    }
}

/// The background's place in the palette, for a pixel of it or of text on it.
fn background(pixel: u8) -> u8 {
    if pixel < MESSAGE { LABEL } else { MESSAGE }
}

/// An empty box for a character that is not in the alphabet.
fn stand_in(canvas: &mut Canvas, x: f64, width: f64) {
    const ROWS: Range<usize> = 12..28;
    const THICK: usize = 2;
    const INNER: Range<usize> = ROWS.start + THICK..ROWS.end - THICK;
    let from = x.round().max(0.0) as usize + 1;
    let to = ((x + width).round() as usize).saturating_sub(1).max(from + 2 * THICK);
    for y in ROWS {
        let is_end = !INNER.contains(&y);
        for x in (from..to).filter(|x| is_end || *x < from + THICK || *x >= to - THICK) {
            if let Some(pixel) = canvas.pixels.get_mut(y * canvas.width + x) {
                *pixel = background(*pixel) + SHADES / 2;
            }
        }
    }
}

/// Rounds the corners.
fn round(canvas: &mut Canvas, has_label: bool) {
    let (width, right) = (canvas.width, canvas.width - 1);
    let middle = CORNER as f64 - 0.5;
    for (y, x) in (0..CORNER).flat_map(|y| (0..CORNER).map(move |x| (y, x))) {
        let out = (middle - x as f64).hypot(middle - y as f64) - CORNER as f64;
        for (x, edge) in [(x, EDGES[usize::from(!has_label)]), (right - x, EDGES[1])] {
            let index = match out {
                0.25.. => OUTSIDE,
                -0.25.. => edge,
                _ => continue,
            };
            for y in [y, HEIGHT - 1 - y] {
                canvas.pixels[y * width + x] = index;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(label: &str, message: &str) -> Badge {
        Badge { label: label.into(), message: message.into(), ..Badge::default() }
    }

    fn pixels(label: &str, message: &str) -> Canvas {
        drawn(&face(&badge(label, message)))
    }

    /// The side of a PNG, in pixels.
    fn side(png: &[u8], at: usize) -> u32 {
        u32::from_be_bytes(png[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn no_two_letters_look_the_same() {
        let mut seen: Vec<(char, Vec<u8>)> = Vec::new();
        for c in ('!'..='~').chain("àéîñüåç".chars()) {
            let glyph = glyph(letters::slot(c).unwrap());
            let mut look = Canvas::new(40, HEIGHT);
            glyph.stamp(&mut look, 20.0);
            let is_dark = |shade: &&u8| **shade >= SHADES - 1;
            assert!(look.pixels.iter().filter(is_dark).count() >= 2, "{c} is pale");
            for (other, pixels) in &seen {
                let differ = pixels.iter().zip(&look.pixels);
                let differ: u32 = differ.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
                assert!(differ > 10, "{c} and {other} differ by {differ} shades");
            }
            seen.push((c, look.pixels));
        }
    }

    /// Letters that touch are hard to read.
    #[test]
    fn a_letter_is_not_wider_than_its_place() {
        for c in '!'..='~' {
            let glyph = glyph(letters::slot(c).unwrap());
            let place = SCALE * metrics::measure(Font::Verdana11, &c.to_string()).width;
            let ink = glyph.canvas.width as f64;
            assert!(ink <= place, "{c}: {ink} of {place}");
        }
    }

    #[test]
    fn a_badge_is_twice_as_large_as_the_svg() {
        for (label, message) in [
            ("views", "12,345"),
            ("", "7"),
            ("Profile views", ""),
            ("e\u{301}", "字"),
            (&"W".repeat(64), &"-9".repeat(32)),
        ] {
            let mut badge = badge(label, message);
            for style in [Style::Flat, Style::FlatSquare] {
                badge.style = style;
                let svg = super::super::render(&badge);
                let width = svg.split("width=\"").nth(1).and_then(|w| w.split('"').next()).unwrap();
                let png = render(&badge);
                assert_eq!(
                    f64::from(side(&png, 16)),
                    2.0 * width.parse::<f64>().unwrap(),
                    "{label}"
                );
                assert_eq!(side(&png, 20), 40);
            }
        }
    }

    #[test]
    fn text_stays_off_the_edges_of_its_box() {
        for (label, message) in [("views", "12,345"), (&"%".repeat(256), "0"), ("é字ע", "1 / 2")]
        {
            let canvas = pixels(label, message);
            let split = canvas.pixels[20 * canvas.width..].iter().position(|p| *p >= MESSAGE);
            let split = split.unwrap();
            for row in canvas.pixels.chunks(canvas.width).skip(CORNER).take(HEIGHT - 2 * CORNER) {
                for x in (0..4).chain(split - 4..split) {
                    assert_eq!(row[x], LABEL, "{label}");
                }
                for x in (split..split + 4).chain(canvas.width - 4..canvas.width) {
                    assert_eq!(row[x], MESSAGE, "{message}");
                }
            }
            assert!(canvas.pixels.contains(&(LABEL + SHADES - 1)), "{label} is drawn");
            assert!(canvas.pixels.contains(&(MESSAGE + SHADES - 1)), "{message} is drawn");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let (long, cut) = ("%".repeat(300), format!("{}…", "%".repeat(63)));
        assert!(render(&badge(&long, &long)) == render(&badge(&cut, &cut)));
        let png = render(&badge(&"👀".repeat(256), &long));
        assert!(side(&png, 16) < 3500 && png.len() < 20_000, "{}", png.len());
    }

    #[test]
    fn a_character_outside_the_alphabet_is_a_box() {
        let boxed = pixels("字", "1");
        let row = &boxed.pixels[20 * boxed.width..][..boxed.width];
        let dark = row.iter().filter(|pixel| **pixel == LABEL + SHADES / 2).count();
        assert_eq!(dark, 4, "two sides of two pixels: {row:?}");
    }

    #[test]
    fn corners_are_round_unless_they_are_asked_to_be_square() {
        let corners = |style| {
            let canvas = drawn(&Face::new(&Badge { style, ..badge("a", "b") }));
            let (width, pixels) = (canvas.width, canvas.pixels);
            [0, width - 1, width * (HEIGHT - 1), width * HEIGHT - 1].map(|at| pixels[at])
        };
        assert_eq!(corners(Style::Flat), [OUTSIDE; 4]);
        assert_eq!(corners(Style::FlatSquare), [LABEL, MESSAGE, LABEL, MESSAGE]);
    }

    #[test]
    fn a_badge_is_small_and_its_pixel_smaller() {
        let png = render(&badge("Profile views", "1,234,567"));
        assert!(png.len() < 2048, "{}", png.len());
        let pixel = render(&Badge { style: Style::Pixel, ..badge("views", "1") });
        assert_eq!((side(&pixel, 16), side(&pixel, 20)), (1, 1));
        assert!(pixel.len() < 200, "{}", pixel.len());
    }
}
