//! The chart of a counter's page: bars of views and a line of unique visitors. HTML draws the
//! words and SVG the shapes, so that words keep their size at every width.

use crate::model::count::History;
use crate::model::time::Timestamp;
use crate::picture::Day;
use crate::picture::chart::{scale, tick};
use crate::picture::number::Format;

/// Units of the drawing: the width of a column, and the height of the plot.
const COLUMN: usize = 100;
const HEIGHT: u128 = 1000;
/// The least height of a bar, so that a single view among thousands shows.
const LEAST_BAR: u128 = 12;
/// The most grid lines, without the base line.
const TICKS: u128 = 4;
/// The most dates below the plot.
const DATES: usize = 6;

/// The range of time that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Span {
    pub(crate) const ALL: [Self; 5] =
        [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Its name in `?range=`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
            Self::Year => "1y",
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
            Self::Quarter => "90 days",
            Self::Year => "1 year",
        }
    }

    /// Whether it is this one.
    pub(crate) fn is(self, other: &Self) -> bool {
        self == *other
    }

    /// The span of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.name() == name)
    }
}

/// A bar: an hour, a day or a week.
pub(crate) struct Column {
    /// `24 Nov 2026`, `24 Nov, 14:00` or `week of 24 Nov 2026`.
    pub when: String,
    pub views: u64,
    /// Unique visitors; `None` for an hour.
    pub uniques: Option<u64>,
}

impl Column {
    /// `24 Nov 2026: 12 views, 7 unique visitors`
    pub(crate) fn words(&self) -> String {
        let views = counted(self.views, "view");
        match self.uniques {
            Some(uniques) => {
                format!("{}: {views}, {}", self.when, counted(uniques, "unique visitor"))
            }
            None => format!("{}: {views}", self.when),
        }
    }

    pub(crate) fn printed_views(&self) -> String {
        Format::Separated.print(self.views)
    }

    pub(crate) fn printed_uniques(&self) -> String {
        self.uniques.map_or_else(String::new, |uniques| Format::Separated.print(uniques))
    }
}

/// A number and its noun: `1 view`, `1,200 views`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", Format::Separated.print(number))
}

/// A date below the plot.
pub(crate) struct Date {
    /// Its position, in percent of the plot's width.
    pub x: usize,
    pub anchor: &'static str,
    pub words: String,
    /// Whether it is hidden on narrow screens.
    pub spare: bool,
}

/// A chart, ready to be drawn.
pub(crate) struct Plot {
    pub span: Span,
    pub columns: Vec<Column>,
    pub dates: Vec<Date>,
    /// The numbers at the grid lines, the largest first.
    pub ticks: Vec<String>,
    /// The number at the top of the plot.
    top: u128,
}

impl Plot {
    /// The chart of the end of a history.
    pub(crate) fn of(history: &History, span: Span, now: Timestamp) -> Self {
        let (columns, short) = columns(history, span, now);
        let max = columns.iter().map(|column| column.views.max(column.uniques.unwrap_or(0))).max();
        let (step, top) = scale(max.unwrap_or(0), TICKS);
        let ticks = (0..=top / step).rev().map(|n| tick(n * step)).collect();
        Self { span, dates: dates(&short), ticks, top, columns }
    }

    /// Removes the unique visitors.
    pub(crate) fn without_uniques(mut self) -> Self {
        self.columns.iter_mut().for_each(|column| column.uniques = None);
        self
    }

    /// Whether nothing was counted in this time.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.iter().all(|column| column.views == 0)
    }

    /// The whole chart in a sentence.
    pub(crate) fn sentence(&self) -> String {
        let sum = self.columns.iter().fold(0u64, |sum, column| sum.saturating_add(column.views));
        let best = self.columns.iter().max_by_key(|column| column.views);
        let best = best.filter(|best| best.views > 0).map(Column::words);
        let best = best.map_or_else(String::new, |best| format!("; most on {best}"));
        format!("{} in the last {}{best}", counted(sum, "view"), self.span.words())
    }

    /// The plot's width.
    pub(crate) fn width(&self) -> usize {
        COLUMN * self.columns.len()
    }

    /// The left edge of a column.
    pub(crate) fn x(index: &usize) -> usize {
        COLUMN * index
    }

    /// The height of a bar.
    pub(crate) fn height(&self, views: &u64) -> u128 {
        if *views == 0 { 0 } else { (HEIGHT * u128::from(*views) / self.top).max(LEAST_BAR) }
    }

    /// The points of the line of unique visitors; empty if there is no line.
    pub(crate) fn line(&self) -> String {
        let point = |(index, column): (usize, &Column)| {
            let y = HEIGHT - HEIGHT * u128::from(column.uniques?) / self.top;
            Some(format!("{},{y}", COLUMN * index + COLUMN / 2))
        };
        let points: Option<Vec<_>> = self.columns.iter().enumerate().map(point).collect();
        points.unwrap_or_default().join(" ")
    }
}

/// The columns of a span, and the date of each to show below the plot.
fn columns(history: &History, span: Span, now: Timestamp) -> (Vec<Column>, Vec<String>) {
    let day = |day: u32| Day(i32::try_from(day).unwrap_or(i32::MAX));
    let days_each = |count: u32, each: u32| {
        let ends = (0..count).rev().map(|back| now.day().saturating_sub(back * each));
        ends.map(|last| {
            let first = day(last.saturating_sub(each - 1));
            let when = if each == 1 { first.long() } else { format!("week of {}", first.long()) };
            let views = history.hits_of_days(each, last);
            let uniques = Some(history.uniques_of_days(each, last));
            (Column { when, views, uniques }, first.short())
        })
        .unzip()
    };
    match span {
        Span::Day => {
            let hours = (0..24).rev().map(|back| now.hour().saturating_sub(back));
            hours
                .map(|hour| {
                    let time = format!("{:02}:00", hour % 24);
                    let when = format!("{}, {time}", day(hour / 24).short());
                    (Column { when, views: history.hours.get(hour), uniques: None }, time)
                })
                .unzip()
        }
        Span::Week => days_each(7, 1),
        Span::Month => days_each(30, 1),
        Span::Quarter => days_each(90, 1),
        Span::Year => days_each(52, 7),
    }
}

/// As many dates as fit, counted from the last column.
fn dates(names: &[String]) -> Vec<Date> {
    let step = names.len().div_ceil(DATES).max(1);
    let chosen = names.iter().enumerate().rev().step_by(step).enumerate();
    let dates = chosen.map(|(place, (index, name))| {
        let x = (100 * index + 50) / names.len();
        let (x, anchor) = match x {
            0..6 => (0, "start"),
            94.. => (100, "end"),
            x => (x, "middle"),
        };
        Date { x, anchor, words: name.clone(), spare: place % 2 == 1 }
    });
    dates.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T12:00Z.
    const NOW: Timestamp = Timestamp(20_781 * 86_400 + 12 * 3600);

    fn history() -> History {
        let mut history = History::default();
        for (day, hits) in [(NOW.day(), 3), (NOW.day() - 6, 8), (NOW.day() - 7, 100)] {
            history.days.add(day, hits);
            history.uniques.set(day, 2);
        }
        history.hours.add(NOW.hour(), 3);
        history
    }

    #[test]
    fn every_span_ends_now_and_has_its_length() {
        for (span, columns, views) in [
            (Span::Day, 24, 3),
            (Span::Week, 7, 11),
            (Span::Month, 30, 111),
            (Span::Quarter, 90, 111),
            (Span::Year, 52, 111),
        ] {
            let plot = Plot::of(&history(), span, NOW);
            let sum: u64 = plot.columns.iter().map(|column| column.views).sum();
            assert_eq!((plot.columns.len(), sum), (columns, views), "{span:?}");
            assert!(plot.dates.len() <= DATES && plot.dates.len() > 3, "{span:?}");
            assert_eq!(Span::named(span.name()), Some(span));
        }
    }

    #[test]
    fn a_column_says_itself_and_the_chart_does() {
        let week = Plot::of(&history(), Span::Week, NOW);
        assert_eq!(week.columns[6].words(), "24 Nov 2026: 3 views, 2 unique visitors");
        assert_eq!(
            week.sentence(),
            "11 views in the last 7 days; most on 18 Nov 2026: 8 views, 2 unique visitors"
        );
        let year = Plot::of(&history(), Span::Year, NOW);
        assert_eq!(year.columns[51].when, "week of 18 Nov 2026");
        let empty = Plot::of(&History::default(), Span::Day, NOW);
        assert_eq!(empty.sentence(), "0 views in the last 24 hours");
        assert!(empty.is_empty() && empty.line().is_empty());
    }

    #[test]
    fn the_largest_number_stands_within_the_plot() {
        let mut history = History::default();
        history.days.add(NOW.day(), u64::MAX);
        history.days.add(NOW.day() - 1, 1);
        let plot = Plot::of(&history, Span::Week, NOW);
        assert!((1..=HEIGHT).contains(&plot.height(&u64::MAX)));
        assert_eq!(plot.height(&1), LEAST_BAR);
        assert_eq!(plot.height(&0), 0);
        assert_eq!(plot.ticks.last().map(String::as_str), Some("0"));
    }
}
