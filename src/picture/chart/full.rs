//! Bars over an axis with a title, a total and dates, for a README or a page.

use std::fmt::Write;

use super::axis::{label_step, scale, tick};
use super::{Canvas, px};
use crate::picture::metrics::{self, Font};
use crate::picture::number;
use crate::picture::{Day, escape};

/// The font size in pixels.
const FONT_SIZE: f64 = 13.0;
/// The font size if the chart is displayed at less than [`NARROW`] of its width, in pixels of
/// the chart, which are smaller on the screen. A chart that is small to begin with has no room
/// for it, and is rarely scaled down further.
const FONT_SIZE_NARROW: f64 = 20.0;
const NARROW: f64 = 0.8;
/// A chart of at most this width, in pixels, keeps its font size.
const SMALL: f64 = 520.0;

/// The margin around everything, in pixels.
const PADDING: f64 = 16.0;
/// The distances from the top to the baselines of title and summary, and to the plot.
const TITLE_Y: f64 = 30.0;
const SUMMARY_Y: f64 = 54.0;
const PLOT_Y: f64 = 82.0;
/// The height below the plot, for the dates.
const DATES: f64 = 40.0;
/// More days than this are drawn as a line: bars would be thinner than their gaps.
const MAX_BARS: usize = 120;
/// The widest bar, however few there are.
const MAX_BAR: f64 = 48.0;

pub(crate) fn render(canvas: &Canvas<'_>) -> String {
    let (width, height) = (canvas.width, canvas.height);
    let mut out = canvas.open(&style(canvas));
    let _ = write!(
        out,
        r#"<rect class="c" x=".5" y=".5" width="{}" height="{}" rx="6"/>"#,
        width - 1.0,
        height - 1.0
    );
    let room = width - 2.0 * PADDING;
    let biggest = biggest_font(canvas);
    let summary = fitting(&canvas.summary(), biggest, room);
    if canvas.title.is_empty() {
        words(&mut out, "t h", "start", PADDING, TITLE_Y, &summary);
    } else {
        words(&mut out, "t h", "start", PADDING, TITLE_Y, &fitting(&canvas.title, biggest, room));
        words(&mut out, "m", "start", PADDING, SUMMARY_Y, &summary);
    }
    let plot = PlotArea::of(canvas);
    if canvas.series.counts.is_empty() {
        plot.push_baseline(&mut out);
        if canvas.chart.known && canvas.chart.total.unwrap_or(0) == 0 {
            let middle = 0.5 * (plot.top + plot.bottom);
            words(&mut out, "m", "middle", 0.5 * width, middle, "Waiting for the first view.");
        }
    } else {
        plot.push_axis(&mut out);
        if canvas.series.counts.len() <= MAX_BARS {
            plot.push_bars(&mut out);
        } else {
            plot.push_line(&mut out);
        }
        plot.push_baseline(&mut out);
        plot.push_dates(&mut out);
    }
    out.push_str("</svg>");
    out
}

/// The fonts, and the media query for a chart that is displayed small.
fn style(canvas: &Canvas<'_>) -> String {
    let id = &canvas.id;
    let narrow = (NARROW * canvas.width).round();
    format!(
        concat!(
            "#{id} text{{font:{size}px system-ui,-apple-system,Segoe UI,Verdana,DejaVu Sans,sans-serif}}#{id} .h{{font-weight:600}}",
            "@media(max-width:{narrow}px){{#{id} text{{font-size:{big}px}}#{id} .n{{display:none}}}}"
        ),
        id = id,
        size = FONT_SIZE,
        narrow = narrow,
        big = biggest_font(canvas)
    )
}

fn words(out: &mut String, class: &str, anchor: &str, x: f64, y: f64, text: &str) {
    let direction = if metrics::is_rtl(text) { r#" style="unicode-bidi:plaintext""# } else { "" };
    let (x, y) = (px(x), px(y));
    let _ =
        write!(out, r#"<text class="{class}" text-anchor="{anchor}" x="{x}" y="{y}"{direction}>"#);
    escape::push(out, text);
    out.push_str("</text>");
}

/// The largest font size, used if the chart is displayed small, in pixels of the chart.
fn biggest_font(canvas: &Canvas<'_>) -> f64 {
    (FONT_SIZE * canvas.width / SMALL).clamp(FONT_SIZE, FONT_SIZE_NARROW)
}

/// The pixels that a text takes at a font size. Verdana is the widest font in the list, so
/// this is enough for any of them.
fn room_for(text: &str, font_size: f64) -> f64 {
    metrics::measure(Font::Verdana11, text).width * font_size / 11.0
}

/// As much of a text as fits in `room` pixels.
fn fitting(text: &str, font_size: f64, room: f64) -> String {
    let mut chars = text.chars().count();
    let mut fitting = text.to_owned();
    while room_for(&fitting, font_size) > room && chars > 1 {
        chars -= 1;
        fitting = escape::clean(text, chars);
    }
    fitting
}

/// The positions of days and counts, in pixels.
struct PlotArea<'a> {
    canvas: &'a Canvas<'a>,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// The counts between two ticks, and at the top.
    step: u128,
    end: u128,
    /// The largest font size.
    font_size: f64,
}

impl<'a> PlotArea<'a> {
    fn of(canvas: &'a Canvas<'a>) -> Self {
        let font_size = biggest_font(canvas);
        let (top, bottom) = (PLOT_Y, canvas.height - DATES);
        // As many ticks as fit above each other, up to four.
        let steps = ((bottom - top) / (1.4 * font_size)) as u128;
        let (step, end) = scale(canvas.series.max(), steps.min(4));
        let widest_tick =
            (0..=end / step).map(|i| room_for(&tick(i * step), font_size)).fold(0.0, f64::max);
        Self {
            canvas,
            left: (PADDING + widest_tick + 8.0).round(),
            right: canvas.width - PADDING,
            top,
            bottom,
            step,
            end,
            font_size,
        }
    }

    fn y(&self, count: u128) -> f64 {
        px(self.bottom - (self.bottom - self.top) * (count as f64 / self.end as f64))
    }

    fn room_for(&self, text: &str) -> f64 {
        room_for(text, self.font_size)
    }

    /// The width of a day.
    fn pitch(&self) -> f64 {
        (self.right - self.left) / self.canvas.series.counts.len() as f64
    }

    /// The middle of a day.
    fn x(&self, day: usize) -> f64 {
        self.left + self.pitch() * (day as f64 + 0.5)
    }

    fn push_axis(&self, out: &mut String) {
        let (left, right) = (self.left, self.right);
        for i in 1..=self.end / self.step {
            let y = self.y(i * self.step);
            let _ = write!(out, r#"<path class="g" d="M{left} {y}H{right}"/>"#);
            words(out, "m", "end", left - 8.0, y + 5.0, &tick(i * self.step));
        }
        words(out, "m", "end", left - 8.0, self.bottom + 5.0, "0");
    }

    fn push_baseline(&self, out: &mut String) {
        let _ = write!(
            out,
            r#"<path class="g" stroke-width="1.5" d="M{} {}H{}"/>"#,
            self.left, self.bottom, self.right
        );
    }

    fn push_bars(&self, out: &mut String) {
        let pitch = self.pitch();
        let bar = px((pitch - (0.22 * pitch).clamp(0.5, 8.0)).min(MAX_BAR));
        let radius = px((0.25 * bar).min(2.0));
        out.push_str(r#"<g class="b">"#);
        for (i, &count) in self.canvas.series.counts.iter().enumerate().filter(|day| *day.1 > 0) {
            // Even one view among thousands shows.
            let y = self.y(count.into()).min(self.bottom - 1.5);
            let x = px(self.x(i) - 0.5 * bar);
            let _ = write!(
                out,
                r#"<rect x="{x}" y="{y}" width="{bar}" height="{}" rx="{radius}"><title>{}: {}</title></rect>"#,
                px(self.bottom - y),
                self.canvas.series.day(i),
                number::Format::Separated.print(count)
            );
        }
        out.push_str("</g>");
    }

    fn push_line(&self, out: &mut String) {
        let counts = &self.canvas.series.counts;
        let mut line = String::with_capacity(16 * counts.len());
        for (i, &count) in counts.iter().enumerate() {
            let lead = if i == 0 { 'M' } else { 'L' };
            let _ = write!(line, "{lead}{} {}", px(self.x(i)), self.y(count.into()));
        }
        let _ = write!(
            out,
            concat!(
                r#"<path class="b" fill-opacity=".15" d="{line}V{bottom}H{start}z"/>"#,
                r#"<path class="l" stroke-width="1.5" stroke-linejoin="round" d="{line}"/>"#
            ),
            line = line,
            bottom = self.bottom,
            start = px(self.x(0))
        );
    }

    /// The first and the last date, and as many between them as fit.
    fn push_dates(&self, out: &mut String) {
        let series = &self.canvas.series;
        let last = series.counts.len() - 1;
        let y = self.bottom + 24.0;
        let (first_text, last_text) = (series.day(0).long(), series.day(last).long());
        if last == 0 {
            return words(out, "m", "middle", self.x(0), y, &last_text);
        }
        // Centred under its own bar, if the picture is wide enough.
        let (half, x) = (0.5 * self.room_for(&last_text), self.x(last));
        if x + half < self.canvas.width {
            words(out, "m", "middle", x, y, &last_text);
        } else {
            words(out, "m", "end", self.right, y, &last_text);
        }
        if self.room_for(&first_text) + self.room_for(&last_text) + PADDING > self.right - self.left
        {
            return;
        }
        let (half, x) = (0.5 * self.room_for(&first_text), self.x(0));
        if x - half > 0.0 && self.pitch() > half {
            words(out, "m", "middle", x, y, &first_text);
        } else {
            words(out, "m", "start", self.left, y, &first_text);
        }

        // A media query hides the dates between if the font is larger.
        let label = room_for("30 Sep", FONT_SIZE) + PADDING;
        let step = label_step(series.counts.len(), ((self.right - self.left) / label) as usize);
        let from = self.left + room_for(&first_text, FONT_SIZE) + 0.5 * label;
        let to = self.right - room_for(&last_text, FONT_SIZE) - 0.5 * label;
        for i in (step..last).step_by(step) {
            let x = self.x(i);
            if (from..=to).contains(&x) {
                words(out, "m n", "middle", x, y, &between(series.day(i), series.counts.len()));
            }
        }
    }
}

/// A date without its year; over several years, the name of the month and the year.
fn between(day: Day, days: usize) -> String {
    if days <= 366 {
        return day.short();
    }
    day.long().split_once(' ').map_or_else(String::new, |(_, month)| month.to_owned())
}
