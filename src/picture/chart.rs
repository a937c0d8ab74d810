//! Charts: a counter's days as a sparkline or as bars with an axis.
//!
//! A chart follows the reader's light or dark scheme by a media query, which works in an
//! `<img>` too. Media queries in a picture see the size at which it is displayed: on a phone,
//! the chart enlarges its labels and hides every other one, to keep them readable.

mod axis;
mod full;
mod params;
mod series;
mod sparkline;
mod theme;

use std::fmt::Write;

pub(crate) use axis::{scale, tick};
pub use params::{ChartParams, PARAMS};
use series::DailyCounts;
pub use series::MAX_DAYS;
pub use theme::Theme;

use super::number::Format;
use super::param::MAX_NOTE;
use super::{Color, Day, ParamError, escape, fnv};

/// The most characters of a title; a longer one ends in "…".
pub const MAX_TITLE: usize = 128;

/// The content of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chart {
    /// Bars with axes, or a line alone.
    pub kind: ChartKind,
    /// The counter's name, or a title that the owner chose. Drawing cleans it.
    pub title: String,
    /// A note added to the document's title; may be empty.
    pub note: String,
    /// Counts by day, in any order. Missing days count 0, repeated ones are
    /// added up, and only the last [`MAX_DAYS`] are drawn.
    pub days: Vec<(Day, u64)>,
    /// Whether the days are known; if not, the chart says so instead.
    pub known: bool,
    /// The counter's total, if the text should mention it.
    pub total: Option<i64>,
    /// In CSS pixels, within [`ChartKind::widths`].
    pub width: u32,
    /// In CSS pixels, within [`ChartKind::heights`].
    pub height: u32,
    /// The colour of bars and lines. By default a blue that suits each scheme.
    pub color: Option<Color>,
    /// Light, dark, or the reader's choice.
    pub theme: Theme,
}

/// The kind of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChartKind {
    /// A line without text.
    Sparkline,
    /// Bars (a line, if there are many days), axis, labels, title and total.
    #[default]
    Full,
}

impl ChartKind {
    /// Reads the value of `?kind=`.
    ///
    /// # Errors
    /// A value that is not one of those allowed.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        match value.trim().to_ascii_lowercase().as_str() {
            "spark" | "sparkline" => Ok(Self::Sparkline),
            "full" | "bars" => Ok(Self::Full),
            _ => Err(ParamError::new(param, value, "one of full, sparkline")),
        }
    }

    /// The smallest, the usual and the largest width, in pixels.
    pub fn widths(self) -> [u32; 3] {
        match self {
            Self::Sparkline => [32, 120, 2000],
            Self::Full => [240, 800, 2000],
        }
    }

    /// The smallest, the usual and the largest height, in pixels.
    pub fn heights(self) -> [u32; 3] {
        match self {
            Self::Sparkline => [12, 24, 400],
            Self::Full => [140, 270, 1200],
        }
    }
}

impl Chart {
    /// A chart of the usual size for its kind.
    pub fn new(kind: ChartKind, title: impl Into<String>, days: Vec<(Day, u64)>) -> Self {
        Self {
            kind,
            title: title.into(),
            note: String::new(),
            days,
            known: true,
            total: None,
            width: kind.widths()[1],
            height: kind.heights()[1],
            color: None,
            theme: Theme::default(),
        }
    }
}

/// Draws a chart: an SVG document of some 2 KB and 60 bytes a day.
pub fn render(chart: &Chart) -> String {
    let [least, _, most] = chart.kind.widths();
    let width = chart.width.clamp(least, most);
    let [least, _, most] = chart.kind.heights();
    let height = chart.height.clamp(least, most);

    let canvas = Canvas {
        chart,
        title: escape::clean(&chart.title, MAX_TITLE),
        series: DailyCounts::of(&chart.days),
        id: id_of(chart),
        width: f64::from(width),
        height: f64::from(height),
    };
    match chart.kind {
        ChartKind::Sparkline => sparkline::render(&canvas),
        ChartKind::Full => full::render(&canvas),
    }
}

/// A chart whose text and numbers are prepared for drawing.
struct Canvas<'a> {
    chart: &'a Chart,
    title: String,
    series: DailyCounts,
    /// The root element's id. Every style rule is scoped to it, or an SVG inlined
    /// in a page would restyle that page.
    id: String,
    /// Pixels, within bounds.
    width: f64,
    height: f64,
}

impl Canvas<'_> {
    /// Starts the document, with a sentence that describes the whole chart.
    fn open(&self, style: &str) -> String {
        let name = match (self.title.as_str(), self.sentence()) {
            ("", sentence) => sentence,
            (title, sentence) => format!("{title}: {sentence}"),
        };
        let (width, height, id) = (self.width, self.height, &self.id);
        let mut out = String::with_capacity(3072 + 96 * self.series.counts.len());
        let _ = write!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" id="{id}" role="img" aria-label=""#
        );
        escape::push(&mut out, &name);
        out.push_str("\"><title>");
        escape::push(&mut out, &name);
        if !self.chart.note.is_empty() {
            out.push_str(". ");
            escape::push(&mut out, &escape::clean(&self.chart.note, MAX_NOTE));
        }
        out.push_str("</title><style>");
        self.chart.theme.push_rules(&mut out, id, self.chart.color);
        out.push_str(style);
        out.push_str("</style>");
        out
    }

    /// "1,234 views in 30 days, 99 at most in one", and the total if known.
    fn sentence(&self) -> String {
        let mut out = self.summary();
        if self.series.sum() > 0 && self.series.counts.len() > 1 {
            let _ = write!(out, ", at most {} a day", Format::Separated.print(self.series.max()));
        }
        out
    }

    /// "1,234 views in 30 days", and the total if known.
    fn summary(&self) -> String {
        let sum = self.series.sum();
        let days = self.series.counts.len();
        let mut out = match (sum, self.chart.total) {
            _ if !self.chart.known => "the days are unavailable just now".to_owned(),
            (0, None | Some(0)) => return "no views yet".into(),
            (0, _) => "no views in this time".to_owned(),
            (sum, _) => format!(
                "{} view{} in {days} day{}",
                Format::Separated.print(sum),
                if sum == 1 { "" } else { "s" },
                if days == 1 { "" } else { "s" },
            ),
        };
        if let Some(total) = self.chart.total {
            let _ = write!(out, ", {} in all", Format::Separated.print(total));
        }
        out
    }
}

/// A coordinate with at most two decimals.
fn px(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// FNV-1a over what is drawn, as for badges.
fn id_of(chart: &Chart) -> String {
    let mut hash = fnv::OFFSET;
    let mut add = |bytes: &[u8]| hash = fnv::add(hash, bytes);
    add(chart.title.as_bytes());
    add(&[0xff, chart.kind as u8, chart.theme as u8]);
    if !chart.known {
        add(b"unknown");
    }
    add(&chart.total.map_or([0; 8], i64::to_le_bytes));
    add(&chart.width.to_le_bytes());
    add(&chart.height.to_le_bytes());
    add(&chart.color.map_or([0; 5], |Color { r, g, b, a }| [1, r, g, b, a]));
    for (day, count) in &chart.days {
        add(&day.0.to_le_bytes());
        add(&count.to_le_bytes());
    }
    format!("c{:08x}", (hash >> 32) as u32 ^ hash as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(days: &[(i32, u64)]) -> Chart {
        Chart::new(
            ChartKind::Full,
            "site/page",
            days.iter().map(|&(day, count)| (Day(day), count)).collect(),
        )
    }

    fn name(chart: &Chart) -> String {
        let svg = render(chart);
        let title = svg.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
        title.unwrap().to_owned()
    }

    #[test]
    fn a_chart_says_itself_in_a_sentence() {
        assert_eq!(name(&chart(&[])), "site/page: no views yet");
        assert_eq!(name(&chart(&[(1, 1)])), "site/page: 1 view in 1 day");
        let mut two = chart(&[(1, 1000), (3, 5)]);
        assert_eq!(name(&two), "site/page: 1,005 views in 3 days, at most 1,000 a day");
        two.total = Some(5000);
        assert_eq!(
            name(&two),
            "site/page: 1,005 views in 3 days, 5,000 in all, at most 1,000 a day"
        );
        let mut quiet = chart(&[(1, 0)]);
        quiet.total = Some(7);
        assert_eq!(name(&quiet), "site/page: no views in this time, 7 in all");
    }

    #[test]
    fn the_largest_numbers_fit() {
        let svg = render(&chart(&[(i32::MIN, u64::MAX), (i32::MAX, u64::MAX)]));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
