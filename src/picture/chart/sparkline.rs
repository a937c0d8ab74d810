//! A line of the height of a word, for the middle of a sentence.

use std::fmt::Write;

use super::{Canvas, px};

/// Room for half of the line and for the last day's dot, pixels.
const MARGIN: f64 = 3.0;

pub fn render(canvas: &Canvas<'_>) -> String {
    let mut out = canvas.open("");
    let counts = &canvas.series.counts;
    let (right, bottom) = (canvas.width - MARGIN, canvas.height - MARGIN);
    let max = canvas.series.max();
    if max == 0 {
        // Nothing to show, but a line where the line would be.
        let _ = write!(
            out,
            r#"<path class="g" fill="none" stroke-width="1.5" stroke-linecap="round" d="M{MARGIN} {bottom}H{right}"/></svg>"#
        );
        return out;
    }
    let y = |count: u64| px(bottom - (bottom - MARGIN) * (count as f64 / max as f64));
    let step = (right - MARGIN) / (counts.len().max(2) - 1) as f64;
    // One day has no line to it yet: it comes level from the left.
    let single = [counts[0]; 2];
    let points = if counts.len() == 1 { &single[..] } else { counts };

    let mut line = String::with_capacity(16 * points.len());
    for (i, &count) in points.iter().enumerate() {
        let lead = if i == 0 { 'M' } else { 'L' };
        let _ = write!(line, "{lead}{} {}", px(MARGIN + step * i as f64), y(count));
    }
    let last = y(points[points.len() - 1]);
    let _ = write!(
        out,
        concat!(
            r#"<path class="b" fill-opacity=".15" d="{line}V{bottom}H{left}z"/>"#,
            r#"<path class="l" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round" d="{line}"/>"#,
            r#"<circle class="b" cx="{right}" cy="{last}" r="2.5"/></svg>"#
        ),
        line = line,
        bottom = bottom,
        left = MARGIN,
        right = right,
        last = last
    );
    out
}
