//! SVG paths as lines, for pictures that are made of pixels: the odometer's digits, and letters.

use std::f64::consts::TAU;

use super::badge::DIGITS;

/// A point, in units of the path.
pub(super) type PenPoint = (f64, f64);

/// The number of line segments of a full circle.
const PIECES: f64 = 32.0;

/// The strokes of a digit in a box of 6 by 10; none for other characters.
pub(super) fn digit(digit: char) -> Vec<Vec<PenPoint>> {
    let path = digit.to_digit(10).and_then(|digit| DIGITS.get(digit as usize));
    path.map_or_else(Vec::new, |path| read(path))
}

/// The lines of a path. It covers the grammar that digits and letters use, which have no rotated
/// arcs.
pub(super) fn read(path: &str) -> Vec<Vec<PenPoint>> {
    Reader { rest: path, at: (0.0, 0.0), strokes: Vec::new() }.strokes()
}

struct Reader<'a> {
    rest: &'a str,
    at: PenPoint,
    strokes: Vec<Vec<PenPoint>>,
}

impl Reader<'_> {
    fn strokes(mut self) -> Vec<Vec<PenPoint>> {
        let mut command = 'M';
        while let Some(next) = self.next() {
            if next.is_ascii_alphabetic() {
                command = next;
                self.rest = &self.rest[1..];
            }
            if self.run(command).is_none() {
                break;
            }
            command = match command {
                'M' => 'L',
                // Only another command can follow.
                'Z' | 'z' => ' ',
                other => other,
            };
        }
        self.strokes
    }

    fn next(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches([' ', ',']);
        self.rest.chars().next()
    }

    fn number(&mut self) -> Option<f64> {
        self.next()?;
        let mut has_point = false;
        let end = self.rest.char_indices().position(|(at, c)| match c {
            '-' => at > 0,
            '.' => std::mem::replace(&mut has_point, true),
            _ => !c.is_ascii_digit(),
        });
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        number.parse().ok()
    }

    /// A point, relative to the pen if the command is in lower case.
    fn point(&mut self, is_relative: bool) -> Option<PenPoint> {
        let (x, y) = (self.number()?, self.number()?);
        let from = if is_relative { self.at } else { (0.0, 0.0) };
        Some((from.0 + x, from.1 + y))
    }

    fn line_to(&mut self, to: PenPoint) {
        self.at = to;
        if let Some(stroke) = self.strokes.last_mut() {
            stroke.push(to);
        }
    }

    fn run(&mut self, command: char) -> Option<()> {
        let is_relative = command.is_ascii_lowercase();
        let (x, y) = if is_relative { self.at } else { (0.0, 0.0) };
        match command.to_ascii_uppercase() {
            'M' => {
                self.at = self.point(is_relative)?;
                self.strokes.push(vec![self.at]);
            }
            'L' => {
                let to = self.point(is_relative)?;
                self.line_to(to);
            }
            'H' => {
                let to = (x + self.number()?, self.at.1);
                self.line_to(to);
            }
            'V' => {
                let to = (self.at.0, y + self.number()?);
                self.line_to(to);
            }
            'C' => {
                let (one, two) = (self.point(is_relative)?, self.point(is_relative)?);
                let to = self.point(is_relative)?;
                self.curve(one, two, to);
            }
            'A' => {
                let (rx, ry) = (self.number()?, self.number()?);
                let (_, is_large, is_right) = (self.number()?, self.number()?, self.number()?);
                let to = self.point(is_relative)?;
                self.arc((rx, ry), is_large != 0.0, is_right != 0.0, to);
            }
            'Z' => {
                let start = self.strokes.last().and_then(|stroke| stroke.first()).copied();
                self.line_to(start?);
            }
            _ => return None,
        }
        Some(())
    }

    fn curve(&mut self, one: PenPoint, two: PenPoint, to: PenPoint) {
        let from = self.at;
        for piece in 1..=12 {
            let t = f64::from(piece) / 12.0;
            let s = 1.0 - t;
            let mix = |a: f64, b: f64, c: f64, d: f64| {
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            self.line_to((mix(from.0, one.0, two.0, to.0), mix(from.1, one.1, two.1, to.1)));
        }
    }

    /// Converts an arc from endpoints to its centre (SVG 2, appendix B.2.4).
    fn arc(&mut self, (rx, ry): PenPoint, is_large: bool, is_right: bool, to: PenPoint) {
        let from = self.at;
        let half = ((from.0 - to.0) / 2.0, (from.1 - to.1) / 2.0);
        let (u, v) = (half.0 / rx, half.1 / ry);
        // An ellipse that is too small is scaled up to reach both ends.
        let reach = u * u + v * v;
        let grown = reach.sqrt().max(1.0);
        let (rx, ry, u, v) = (rx * grown, ry * grown, u / grown, v / grown);
        let side = if is_large == is_right { -1.0 } else { 1.0 };
        let k = side * (1.0 / reach.min(1.0) - 1.0).max(0.0).sqrt();
        let (middle_u, middle_v) = (k * v, -k * u);
        let middle = ((from.0 + to.0) / 2.0 + middle_u * rx, (from.1 + to.1) / 2.0 + middle_v * ry);
        let start = (v - middle_v).atan2(u - middle_u);
        let end = (-v - middle_v).atan2(-u - middle_u);
        let turn = match (end - start, is_right) {
            (turn, true) if turn < 0.0 => turn + TAU,
            (turn, false) if turn > 0.0 => turn - TAU,
            (turn, _) => turn,
        };
        let pieces = (PIECES * turn.abs() / TAU).ceil().max(1.0);
        for piece in 1..=(pieces as u32) {
            let angle = start + turn * f64::from(piece) / pieces;
            self.line_to((middle.0 + rx * angle.cos(), middle.1 + ry * angle.sin()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_read_to_its_end_and_stays_in_its_box() {
        for (number, path) in DIGITS.iter().enumerate() {
            let strokes = digit(char::from_digit(number as u32, 10).unwrap());
            assert_eq!(strokes.len(), path.matches('M').count(), "{number}");
            let points: Vec<PenPoint> = strokes.concat();
            let end = |of: fn(f64, f64) -> f64, axis: fn(&PenPoint) -> f64| {
                points.iter().map(axis).reduce(of).unwrap()
            };
            assert!(end(f64::min, |p| p.0) >= -0.6 && end(f64::max, |p| p.0) <= 6.1, "{points:?}");
            assert!(end(f64::min, |p| p.1).abs() < 0.3, "{number}: {points:?}");
            assert!((end(f64::max, |p| p.1) - 10.0).abs() < 0.3, "{number}: {points:?}");
        }
        assert!(digit('x').is_empty());
    }

    #[test]
    fn an_arc_goes_round_its_middle() {
        let circle = read("M0 5a5 5 0 0 1 10 0a5 5 0 0 1-10 0").concat();
        assert!(circle.len() > 30);
        for (x, y) in circle {
            assert!(((x - 5.0).hypot(y - 5.0) - 5.0).abs() < 1e-9, "{x} {y}");
        }
    }
}
