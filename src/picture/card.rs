//! A counter as a card of pixels, for chats and mail, which show no SVG.
//!
//! It shows the number in the odometer's digits, and the days as bars below. It has no words,
//! which would need a font: chats show the page's title beside it.

use super::Color;
use super::canvas::Canvas;
use super::png::{self, COLORS};
use super::strokes::{self, PenPoint};

/// The usual size of link previews, which chats show uncropped. ogp.me specifies none.
pub const WIDTH: usize = 1200;
/// See [`WIDTH`].
pub const HEIGHT: usize = 630;

const MARGIN: f64 = 100.0;
/// The centre of the digits, and their maximum height.
const NUMBER_AT: f64 = 210.0;
const NUMBER_HEIGHT: f64 = 220.0;
/// The baseline of the bars, and their maximum height.
const BASE: usize = 550;
const BAR_HEIGHT: u128 = 150;
/// The minimum height of a bar, so that one view among thousands shows.
const BAR_LEAST: u128 = 4;

const PAPER: Color = Color::rgb(0xfbfcfa);
const INK: Color = Color::rgb(0x0a6b48);
const SOFT: Color = Color::rgb(0xccd5ce);
/// The number of shades from paper to ink; the soft colour follows them in the palette.
const FULL: u8 = 14;
const LINE: u8 = 15;

/// Draws a formatted number and the hits by day, the latest last.
pub fn render(number: &str, days: &[u64]) -> Vec<u8> {
    let canvas = drawn(number, days);
    let mut colors = [SOFT; COLORS];
    for (step, color) in (0..=FULL).zip(&mut colors) {
        *color = PAPER.mix(INK, f64::from(step) / f64::from(FULL));
    }
    png::encode(WIDTH, &canvas.pixels, colors)
}

fn drawn(text: &str, days: &[u64]) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    number(&mut canvas, text);
    bars(&mut canvas, days);
    canvas
}

fn number(canvas: &mut Canvas, number: &str) {
    /// In units of a digit's box of 6 by 10.
    const GAP: f64 = 2.4;
    const WEIGHT: f64 = 1.3;
    let widths = number.chars().map(|c| width(c) + GAP);
    let all = (widths.sum::<f64>() - GAP).max(1.0);
    let scale = (NUMBER_HEIGHT / 10.0).min((WIDTH as f64 - 2.0 * MARGIN) / all);
    let top = NUMBER_AT - 5.0 * scale;
    let mut left = (WIDTH as f64 - all * scale) / 2.0;
    for c in number.chars() {
        for stroke in glyph(c) {
            let place = |(x, y): &PenPoint| (left + x * scale, top + y * scale);
            let stroke: Vec<PenPoint> = stroke.iter().map(place).collect();
            canvas.stroke(&stroke, WEIGHT * scale / 2.0, FULL);
        }
        left += (width(c) + GAP) * scale;
    }
}

fn bars(canvas: &mut Canvas, days: &[u64]) {
    let margin = MARGIN as usize;
    canvas.fill(margin..WIDTH - margin, BASE..BASE + 4, LINE);
    let Some(step) = (WIDTH - 2 * margin).checked_div(days.len()).filter(|step| *step > 1) else {
        return;
    };
    let most = u128::from(days.iter().copied().max().unwrap_or(0).max(1));
    let left = (WIDTH - step * days.len()) / 2;
    for (day, hits) in days.iter().enumerate().filter(|(_, hits)| **hits > 0) {
        let height = (BAR_HEIGHT * u128::from(*hits) / most).max(BAR_LEAST) as usize;
        let x = left + day * step;
        canvas.fill(x..x + (step * 3 / 4).max(1), BASE - height..BASE, FULL);
    }
}

/// The width of a character, in units of a digit's box.
fn width(c: char) -> f64 {
    if c == ',' { 1.0 } else { 6.0 }
}

fn glyph(c: char) -> Vec<Vec<PenPoint>> {
    match c {
        ',' => vec![vec![(0.7, 9.8), (0.2, 11.8)]],
        '-' => vec![vec![(1.0, 5.0), (5.0, 5.0)]],
        digit => strokes::digit(digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_number_and_no_number_fit() {
        for number in ["0", "-9,223,372,036,854,775,808", "", "12,345"] {
            let Canvas { pixels, .. } = drawn(number, &[u64::MAX, 0, 1]);
            let is_drawn = |x: usize, y: usize| pixels[y * WIDTH + x] > 0;
            for y in 0..HEIGHT {
                assert!(!(0..60).any(|x| is_drawn(x, y) || is_drawn(WIDTH - 1 - x, y)), "{number}");
            }
            assert_eq!((0..330).any(|y| (0..WIDTH).any(|x| is_drawn(x, y))), !number.is_empty());
        }
    }

    #[test]
    fn each_day_has_its_bar() {
        let Canvas { pixels, .. } = drawn("7", &[4, 0, 1]);
        let tops = [100 + 20, 100 + 333 + 20, 100 + 666 + 20]
            .map(|x| (0..BASE).filter(|y| pixels[y * WIDTH + x] == FULL && *y > 340).count());
        assert_eq!(tops, [150, 0, 37]);
        assert_eq!(pixels[(BASE + 1) * WIDTH + 600], LINE);
    }

    #[test]
    fn a_card_is_small() {
        let days: Vec<u64> = (0..30).map(|day| day * 7919 % 100).collect();
        let png = render("1,234,567,890", &days);
        assert!(png.starts_with(b"\x89PNG") && png.len() < 30_000, "{}", png.len());
        assert!(render("5", &[]).len() < 20_000);
    }
}
