//! A line as high as a word, to be placed within a sentence.

use std::fmt::Write;

use super::{Canvas, px};

/// The margin for half of the stroke and for the last day's dot, in pixels.
const MARGIN: f64 = 3.0;
/// The least distance between points, in pixels: closer ones would blur.
const MIN_STEP: f64 = 2.0;

pub(crate) fn render(canvas: &Canvas<'_>) -> String {
    let mut out = canvas.open("");
    let (right, bottom) = (canvas.width - MARGIN, canvas.height - MARGIN);
    if canvas.series.max() == 0 {
        // Without data, draw the baseline alone.
        let _ = write!(
            out,
            r#"<path class="g" fill="none" stroke-width="1.5" stroke-linecap="round" d="M{MARGIN} {bottom}H{right}"/></svg>"#
        );
        return out;
    }
    let points = points(&canvas.series.counts, ((right - MARGIN) / MIN_STEP) as usize);
    let max = points.iter().copied().fold(0.0, f64::max);
    // Equal counts are neither high nor low: draw them half-way up.
    let level = points.iter().all(|point| *point == max);
    let step = (right - MARGIN) / (points.len() - 1) as f64;
    let mut line = String::with_capacity(16 * points.len());
    let mut y = bottom;
    for (i, point) in points.iter().enumerate() {
        let share = if level { 0.5 } else { point / max };
        y = px(bottom - (bottom - MARGIN) * share);
        let lead = if i == 0 { 'M' } else { 'L' };
        let _ = write!(line, "{lead}{} {y}", px(MARGIN + step * i as f64));
    }
    let _ = write!(
        out,
        concat!(
            r#"<path class="b" fill-opacity=".15" d="{line}V{bottom}H{left}z"/>"#,
            r#"<path class="l" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round" d="{line}"/>"#,
            r#"<circle class="b" cx="{right}" cy="{y}" r="2.5"/></svg>"#
        ),
        line = line,
        bottom = bottom,
        left = MARGIN,
        right = right,
        y = y
    );
    out
}

/// The counts; if there are more than `most`, the means of equal runs of days. At least two
/// points, so that a single day is drawn as a level line.
fn points(counts: &[u64], most: usize) -> Vec<f64> {
    let days = counts.len().div_ceil(most.max(2)).max(1);
    // Grouped from the end, so that the last point is a full run.
    let mut points: Vec<f64> = counts
        .rchunks(days)
        .map(|chunk| chunk.iter().map(|count| *count as f64).sum::<f64>() / chunk.len() as f64)
        .collect();
    points.reverse();
    if let [single] = points[..] {
        points.push(single);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_days_are_joined() {
        assert_eq!(points(&[1, 2, 3], 3), [1.0, 2.0, 3.0]);
        assert_eq!(points(&[1, 2, 3, 5, 7], 2), [1.5, 5.0]);
        assert_eq!(points(&[4], 9), [4.0, 4.0]);
    }
}
