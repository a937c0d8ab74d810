//! A grid of pixels, on which lines have smooth edges.

use std::ops::Range;

use super::strokes::PenPoint;

/// Pixels, row by row, as indexes into a palette.
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height] }
    }

    /// Lines with round ends from point to point. A pixel that they cover gets the index `full`,
    /// and one at their edge the covered fraction of it.
    pub(super) fn stroke(&mut self, points: &[PenPoint], radius: f64, full: u8) {
        for ends in points.windows(2) {
            self.line(ends[0], ends[1], radius, full);
        }
    }

    /// The coverage of a pixel follows from its distance to the line.
    fn line(&mut self, (x0, y0): PenPoint, (x1, y1): PenPoint, radius: f64, full: u8) {
        let pixels = |one: f64, other: f64, most: usize| {
            let from = (one.min(other) - radius - 1.0).max(0.0) as usize;
            from..((one.max(other) + radius + 2.0).max(0.0) as usize).min(most)
        };
        let (dx, dy) = (x1 - x0, y1 - y0);
        let square = (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
        for y in pixels(y0, y1, self.height) {
            for x in pixels(x0, x1, self.width) {
                let (px, py) = (x as f64 + 0.5 - x0, y as f64 + 0.5 - y0);
                let along = ((px * dx + py * dy) / square).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                let covered = (radius - distance + 0.5).clamp(0.0, 1.0);
                let pixel = &mut self.pixels[y * self.width + x];
                *pixel = (*pixel).max((covered * f64::from(full)).round() as u8);
            }
        }
    }

    pub(super) fn fill(&mut self, xs: Range<usize>, ys: Range<usize>, index: u8) {
        for y in ys {
            self.pixels[y * self.width..][xs.clone()].fill(index);
        }
    }
}
