//! The look of a chart as query parameters.

use super::{Chart, ChartKind, MAX_TITLE, Theme};
use crate::picture::param::{Ignored, Param, Spec, set, set_text};
use crate::picture::{Color, Day, ParamError};

/// The parameters that the caller set. The route adds the days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartParams {
    /// `?kind=`.
    pub kind: Option<ChartKind>,
    /// `?title=`.
    pub title: Option<String>,
    /// `?color=`.
    pub color: Option<Color>,
    /// `?theme=`.
    pub theme: Option<Theme>,
    /// `?width=`, in pixels; checked once the kind is known.
    pub width: Option<u32>,
    /// `?height=`, in CSS pixels.
    pub height: Option<u32>,
    /// The parameters whose values were unusable.
    pub ignored: Ignored,
}

/// All parameters of a chart's look. An empty value counts as absent, except that it empties
/// the title.
pub const PARAMS: &[Param<ChartParams>] = &[
    Param {
        spec: Spec {
            names: &["kind", "style"],
            summary: "What is drawn",
            values: "`full` (bars, axis and title) or `sparkline` (a line without words)",
            default: "`full`",
        },
        set: |look, name, value| set(&mut look.kind, name, value, ChartKind::parse),
    },
    Param {
        spec: Spec {
            names: &["title"],
            summary: "The words above it",
            values: "up to 128 characters; empty for none",
            default: "the counter's name",
        },
        set: |look, name, value| set_text(&mut look.title, name, value, MAX_TITLE),
    },
    Param {
        spec: Spec {
            names: &["color"],
            summary: "The colour of bars and lines",
            values: "as a badge's `color`",
            default: "one for each theme",
        },
        set: |look, name, value| set(&mut look.color, name, value, Color::parse),
    },
    Param {
        spec: Spec {
            names: &["theme"],
            summary: "Which scheme it is drawn for",
            values: "`auto` (the reader's), `light` or `dark`",
            default: "`auto`",
        },
        set: |look, name, value| set(&mut look.theme, name, value, Theme::parse),
    },
    Param {
        spec: Spec {
            names: &["width"],
            summary: "The width, pixels",
            values: "240 to 2000; of a sparkline 32 to 2000",
            default: "`800`; of a sparkline `120`",
        },
        set: |look, name, value| set(&mut look.width, name, value, pixels),
    },
    Param {
        spec: Spec {
            names: &["height"],
            summary: "The height, pixels",
            values: "140 to 1200; of a sparkline 12 to 400",
            default: "`270`; of a sparkline `24`",
        },
        set: |look, name, value| set(&mut look.height, name, value, pixels),
    },
];

impl ChartParams {
    /// Reads all pairs of a query. Other names are skipped.
    pub fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut look = Self::default();
        look.ignored = Param::set_all(PARAMS, &mut look, pairs);
        look
    }

    /// Reads one `name=value`; `Ok(false)` if the name is not one of [`PARAMS`].
    ///
    /// # Errors
    /// The value is invalid.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, ParamError> {
        Param::set_one(PARAMS, self, name, value)
    }

    /// Drops a size outside of the kind's bounds.
    pub fn check_size(&mut self) {
        let kind = self.kind.unwrap_or_default();
        for (name, value, bounds) in [
            ("width", &mut self.width, kind.widths()),
            ("height", &mut self.height, kind.heights()),
        ] {
            let [least, _, most] = bounds;
            if let Some(pixels) = value.take_if(|pixels| !(least..=most).contains(pixels)) {
                let allowed = format!("from {least} to {most} pixels");
                self.ignored.push(ParamError::new(name, &pixels.to_string(), allowed));
            }
        }
    }

    /// The chart of these days, with this title unless the caller set another. A size outside of
    /// the kind's bounds is dropped.
    pub fn chart(mut self, title: &str, days: Vec<(Day, u64)>) -> Chart {
        self.check_size();
        let kind = self.kind.unwrap_or_default();
        Chart {
            kind,
            title: self.title.unwrap_or_else(|| title.to_owned()),
            note: self.ignored.note(),
            days,
            known: true,
            total: None,
            width: self.width.unwrap_or(kind.widths()[1]),
            height: self.height.unwrap_or(kind.heights()[1]),
            color: self.color,
            theme: self.theme.unwrap_or_default(),
        }
    }
}

fn pixels(param: &str, value: &str) -> Result<u32, ParamError> {
    value.trim().parse().map_err(|_| ParamError::new(param, value, "a whole number of pixels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded_by_kind() {
        let mut look = ChartParams::read([("width", "100"), ("days", "30")].into_iter());
        assert_eq!(look.width, Some(100));
        let full = look.clone().chart("t", Vec::new());
        assert_eq!((full.width, full.height), (800, 270));
        assert_eq!(full.note, "Ignored: width is '100', but must be from 240 to 2000 pixels");
        look.set("kind", "sparkline").unwrap();
        let sparkline = look.chart("t", Vec::new());
        assert_eq!((sparkline.width, sparkline.height), (100, 24));
        assert_eq!(sparkline.note, "");
    }
}
