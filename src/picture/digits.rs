//! A count as tiles with the odometer's digits, for the links of Moe-Counter, profile-counter
//! and hitwebcounter. The tiles are our own; no picture of another project is used.

use std::fmt::Write;

use super::badge::DIGITS;
use super::param::{Ignored, MAX_NOTE, Param, Spec};
use super::{ParamError, escape};

/// A tile at scale 1, pixels.
const WIDTH: f64 = 45.0;
const HEIGHT: f64 = 100.0;

/// The parameters that a caller set; the others have their defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct DigitsParams {
    /// `?padding=`: the minimum number of digits.
    pub padding: usize,
    /// `?offset=`: the gap between two tiles, in pixels.
    pub offset: f64,
    /// `?scale=`: the size of a tile.
    pub scale: f64,
    /// `?darkmode=`: whether tiles are dimmed.
    pub dark: Dark,
    /// `?num=`: the number to show without counting.
    pub number: Option<i64>,
    /// `?prefix=`: digits in front of the number.
    pub prefix: Option<u32>,
    /// `?initCount=`: a number to add.
    pub base: i64,
    /// The parameters whose values were unusable.
    pub ignored: Ignored,
}

/// Whether tiles are dimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dark {
    /// In the reader's dark scheme.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl Default for DigitsParams {
    fn default() -> Self {
        Self {
            padding: 7,
            offset: 0.0,
            scale: 1.0,
            dark: Dark::Auto,
            number: None,
            prefix: None,
            base: 0,
            ignored: Ignored::default(),
        }
    }
}

/// Moe-Counter's parameters. `align` and `pixelated` have no effect, since all tiles have one
/// height and are outlines.
pub const PARAMS: &[Param<DigitsParams>] = &[
    Param {
        spec: Spec {
            names: &["theme"],
            summary: "Moe-Counter's pictures of digits, which are not part of seen",
            values: "`tiles`",
            default: "`tiles`",
        },
        set: |_, name, value| match value {
            "" | "tiles" => Ok(()),
            _ => Err(ParamError::new(name, value, "tiles")),
        },
    },
    Param {
        spec: Spec {
            names: &["padding", "nbdigits"],
            summary: "The minimum number of digits",
            values: "0 to 16",
            default: "`7`",
        },
        set: |look, name, value| {
            look.padding = number(name, value, 0.0, 16.0)? as usize;
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["offset"],
            summary: "The gap between two digits, in pixels",
            values: "-500 to 500",
            default: "`0`",
        },
        set: |look, name, value| {
            look.offset = number(name, value, -500.0, 500.0)?;
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["scale"],
            summary: "The size of a digit; 1 is 45 by 100 pixels",
            values: "0.1 to 2",
            default: "`1`",
        },
        set: |look, name, value| {
            look.scale = number(name, value, 0.1, 2.0)?;
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["darkmode"],
            summary: "Whether the digits are dimmed",
            values: "`0`, `1` or `auto` (the reader's scheme)",
            default: "`auto`",
        },
        set: |look, name, value| {
            look.dark = match value {
                "auto" | "" => Dark::Auto,
                "1" => Dark::On,
                "0" => Dark::Off,
                _ => return Err(ParamError::new(name, value, "0, 1 or auto")),
            };
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["align", "pixelated"],
            summary: "No effect: all digits are outlines of one height",
            values: "anything",
            default: "none",
        },
        set: |_, _, _| Ok(()),
    },
    Param {
        spec: Spec {
            names: &["num"],
            summary: "A number to show instead of the counter's; nothing is counted",
            values: "1 to 1000000000000000; `0` for the counter's",
            default: "`0`",
        },
        set: |look, name, value| {
            let number = number(name, value, 0.0, 1e15)?;
            look.number = (number > 0.0).then_some(number as i64);
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["prefix"],
            summary: "Digits in front of the number",
            values: "0 to 999999; `-1` for none",
            default: "`-1`",
        },
        set: |look, name, value| {
            let prefix = number(name, value, -1.0, 999_999.0)?;
            look.prefix = (prefix >= 0.0).then_some(prefix as u32);
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["base", "initCount"],
            summary: "A number to add, from before the move to seen. It is added to the picture \
                      and not to the counter",
            values: "0 to 1000000000000000",
            default: "`0`",
        },
        set: |look, name, value| {
            look.base = number(name, value, 0.0, 1e15)? as i64;
            Ok(())
        },
    },
];

fn number(name: &str, value: &str, least: f64, most: f64) -> Result<f64, ParamError> {
    let number = value.trim().parse::<f64>().ok().filter(|n| (least..=most).contains(n));
    number.ok_or_else(|| ParamError::new(name, value, format!("a number from {least} to {most}")))
}

impl DigitsParams {
    /// Reads all pairs of a query.
    pub fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut look = Self::default();
        look.ignored = Param::set_all(PARAMS, &mut look, pairs);
        look
    }
}

/// Draws a count: an SVG of some 200 bytes for each digit.
pub fn render(look: &DigitsParams, count: i64) -> String {
    let digits = format!("{:0width$}", count.max(0), width = look.padding);
    let digits = look.prefix.map_or_else(String::new, |prefix| prefix.to_string()) + &digits;
    let step = WIDTH * look.scale + look.offset;
    let places = digits.chars().count() as f64;
    // Even if a negative offset stacks all tiles, one is visible.
    let width = (step * (places - 1.0)).max(0.0) + WIDTH * look.scale;
    let height = HEIGHT * look.scale;
    let mut name = digits.clone();
    if !look.ignored.is_empty() {
        let _ = write!(name, ". {}", look.ignored.note());
    }
    let mut out = String::with_capacity(512 + 256 * digits.len());
    let _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.2}" height="{height:.2}" viewBox="0 0 {width:.2} {height:.2}" role="img" aria-label="{digits}"><title>"#
    );
    escape::push(&mut out, &escape::clean(&name, MAX_NOTE));
    out.push_str("</title>");
    match look.dark {
        Dark::Auto => {
            out.push_str("<style>@media(prefers-color-scheme:dark){g{opacity:.6}}</style><g>")
        }
        Dark::On => out.push_str(r#"<g opacity=".6">"#),
        Dark::Off => out.push_str("<g>"),
    }
    for (place, digit) in digits.chars().enumerate() {
        let Some(path) = digit.to_digit(10).and_then(|digit| DIGITS.get(digit as usize)) else {
            continue;
        };
        let x = (step * place as f64).max(0.0);
        let scale = look.scale;
        let _ = write!(
            out,
            concat!(
                r##"<g transform="translate({x:.2} 0) scale({scale})"><rect x="2" y="2" width="41" height="96" rx="9" fill="#f7f1ff" stroke="#7a5cc0" stroke-width="2"/>"##,
                r##"<path transform="translate(10.5 30) scale(4)" d="{path}" fill="none" stroke="#4a2f8f" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/></g>"##
            ),
            x = x,
            scale = scale,
            path = path
        );
    }
    out.push_str("</g></svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_padded_and_have_a_prefix() {
        let pairs = [("padding", "5"), ("prefix", "42"), ("theme", "moebooru"), ("scale", "9")];
        let look = DigitsParams::read(pairs.into_iter());
        assert_eq!(look.ignored.names(), "theme, scale");
        let svg = render(&look, 123);
        assert!(svg.contains("aria-label=\"4200123\""), "{svg}");
        assert!(svg.contains("width=\"315.00\" height=\"100.00\""), "{svg}");
        assert_eq!(svg.matches("<rect").count(), 7);
    }
}
