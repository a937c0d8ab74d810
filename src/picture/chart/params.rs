//! The look of a chart as query parameters.

use super::{Chart, Kind, MAX_TITLE, Theme};
use crate::picture::{Color, Day, ParamError, escape};

/// What a caller asked for; the days are the route's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartParams {
    /// `?kind=`.
    pub kind: Option<Kind>,
    /// `?title=`.
    pub title: Option<String>,
    /// `?color=`.
    pub color: Option<Color>,
    /// `?theme=`.
    pub theme: Option<Theme>,
    /// With the caller's value, to be bounded when the kind is known.
    pub width: Option<u32>,
    /// `?height=`, in CSS pixels.
    pub height: Option<u32>,
}

impl ChartParams {
    /// Takes one `key=value`; `Ok(false)` if the key isn't about looks. An
    /// empty value is as good as none, but for the title, which it empties.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ParamError> {
        let given = !value.trim().is_empty();
        match key {
            "title" => self.title = Some(escape::clean(value, MAX_TITLE)),
            "kind" | "style" => self.kind = given.then(|| Kind::parse(key, value)).transpose()?,
            "color" => self.color = given.then(|| Color::parse(key, value)).transpose()?,
            "theme" => self.theme = given.then(|| Theme::parse(key, value)).transpose()?,
            "width" => self.width = given.then(|| pixels(key, value)).transpose()?,
            "height" => self.height = given.then(|| pixels(key, value)).transpose()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The chart of these days, titled `title` unless another was asked for.
    /// Fails on a size that the kind can't have.
    pub fn chart(self, title: &str, days: Vec<(Day, u64)>) -> Result<Chart, ParamError> {
        let kind = self.kind.unwrap_or_default();
        Ok(Chart {
            kind,
            title: self.title.unwrap_or_else(|| title.to_owned()),
            days,
            known: true,
            total: None,
            width: bounded("width", self.width, kind.widths())?,
            height: bounded("height", self.height, kind.heights())?,
            color: self.color,
            theme: self.theme.unwrap_or_default(),
        })
    }
}

fn pixels(param: &str, value: &str) -> Result<u32, ParamError> {
    value.trim().parse().map_err(|_| ParamError::new(param, value, "a whole number of pixels"))
}

fn bounded(
    param: &str,
    value: Option<u32>,
    [least, usual, most]: [u32; 3],
) -> Result<u32, ParamError> {
    let value = value.unwrap_or(usual);
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(ParamError::new(param, &value.to_string(), format!("from {least} to {most} pixels")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded_by_kind() {
        let mut params = ChartParams::default();
        assert_eq!(params.set("width", "100"), Ok(true));
        assert_eq!(params.set("days", "30"), Ok(false));
        let error = params.clone().chart("t", Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "width is '100', but must be from 240 to 2000 pixels");
        params.set("kind", "sparkline").unwrap();
        assert_eq!(params.chart("t", Vec::new()).unwrap().height, 24);
    }
}
