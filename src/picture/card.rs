//! A counter as a card of pixels, for chats and mail, which show no SVG.
//!
//! It shows the number in the odometer's digits, and the days as bars below. It has no words,
//! which would need a font: chats show the page's title beside it.

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

const PAPER: [u8; 3] = [0xfb, 0xfc, 0xfa];
const INK: [u8; 3] = [0x0a, 0x6b, 0x48];
const SOFT: [u8; 3] = [0xcc, 0xd5, 0xce];
/// The number of shades from paper to ink; the soft colour follows them in the palette.
const FULL: u8 = 14;
const LINE: u8 = 15;

/// Draws a formatted number and the hits by day, the latest last.
pub fn render(number: &str, days: &[u64]) -> Vec<u8> {
    let mut canvas = Pixels(vec![0; WIDTH * HEIGHT]);
    canvas.number(number);
    canvas.bars(days);
    let mut colors = [SOFT; COLORS];
    for (step, color) in colors.iter_mut().take(usize::from(FULL) + 1).enumerate() {
        let mix = |from: u8, to: u8| {
            let (from, to) = (i32::from(from), i32::from(to));
            (from + (to - from) * step as i32 / i32::from(FULL)).clamp(0, 255) as u8
        };
        *color = [0, 1, 2].map(|of| mix(PAPER[of], INK[of]));
    }
    png::encode(WIDTH, &canvas.0, colors)
}

struct Pixels(Vec<u8>);

impl Pixels {
    fn number(&mut self, number: &str) {
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
                for ends in stroke.windows(2) {
                    self.stroke(ends[0], ends[1], WEIGHT * scale / 2.0);
                }
            }
            left += (width(c) + GAP) * scale;
        }
    }

    /// A line with round ends. The coverage of a pixel follows from its distance to the line.
    fn stroke(&mut self, (x0, y0): PenPoint, (x1, y1): PenPoint, radius: f64) {
        let pixels = |one: f64, other: f64, most: usize| {
            let from = (one.min(other) - radius - 1.0).max(0.0) as usize;
            from..((one.max(other) + radius + 2.0).max(0.0) as usize).min(most)
        };
        let (dx, dy) = (x1 - x0, y1 - y0);
        let square = (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
        for y in pixels(y0, y1, HEIGHT) {
            for x in pixels(x0, x1, WIDTH) {
                let (px, py) = (x as f64 + 0.5 - x0, y as f64 + 0.5 - y0);
                let along = ((px * dx + py * dy) / square).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                let covered = (radius - distance + 0.5).clamp(0.0, 1.0);
                let pixel = &mut self.0[y * WIDTH + x];
                *pixel = (*pixel).max((covered * f64::from(FULL)).round() as u8);
            }
        }
    }

    fn bars(&mut self, days: &[u64]) {
        let margin = MARGIN as usize;
        self.fill(margin..WIDTH - margin, BASE..BASE + 4, LINE);
        let Some(step) = (WIDTH - 2 * margin).checked_div(days.len()).filter(|step| *step > 1)
        else {
            return;
        };
        let most = u128::from(days.iter().copied().max().unwrap_or(0).max(1));
        let left = (WIDTH - step * days.len()) / 2;
        for (day, hits) in days.iter().enumerate().filter(|(_, hits)| **hits > 0) {
            let height = (BAR_HEIGHT * u128::from(*hits) / most).max(BAR_LEAST) as usize;
            let x = left + day * step;
            self.fill(x..x + (step * 3 / 4).max(1), BASE - height..BASE, FULL);
        }
    }

    fn fill(&mut self, xs: std::ops::Range<usize>, ys: std::ops::Range<usize>, color: u8) {
        for y in ys {
            self.0[y * WIDTH..][xs.clone()].fill(color);
        }
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

    fn canvas(number: &str, days: &[u64]) -> Pixels {
        let mut canvas = Pixels(vec![0; WIDTH * HEIGHT]);
        canvas.number(number);
        canvas.bars(days);
        canvas
    }

    #[test]
    fn the_longest_number_and_no_number_fit() {
        for number in ["0", "-9,223,372,036,854,775,808", "", "12,345"] {
            let Pixels(pixels) = canvas(number, &[u64::MAX, 0, 1]);
            let is_drawn = |x: usize, y: usize| pixels[y * WIDTH + x] > 0;
            for y in 0..HEIGHT {
                assert!(!(0..60).any(|x| is_drawn(x, y) || is_drawn(WIDTH - 1 - x, y)), "{number}");
            }
            assert_eq!((0..330).any(|y| (0..WIDTH).any(|x| is_drawn(x, y))), !number.is_empty());
        }
    }

    #[test]
    fn each_day_has_its_bar() {
        let Pixels(pixels) = canvas("7", &[4, 0, 1]);
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
