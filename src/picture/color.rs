//! Colours. Input is parsed into a value and printed from that value, never echoed.

mod names;

use std::fmt;

use super::ParamError;

const ALLOWED: &str =
    "a name (brightgreen, blue, tomato, …), 3, 4, 6 or 8 hex digits, rgb(…), hsl(…) or cmyk(…)";

/// A colour in sRGB, 8 bits a channel; alpha 255 is opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red, 0 to 255.
    pub r: u8,
    /// Green, 0 to 255.
    pub g: u8,
    /// Blue, 0 to 255.
    pub b: u8,
    /// Opacity: 0 is transparent, 255 opaque.
    pub a: u8,
}

impl Color {
    /// shields' `blue`, the colour of counters.
    pub const BLUE: Self = Self::rgb(0x007ec6);
    /// shields' `red`, the colour of errors.
    pub const RED: Self = Self::rgb(0xdd4343);
    /// The default background of a badge's label.
    pub const GREY: Self = Self::rgb(0x555555);
    /// White.
    pub const WHITE: Self = Self::rgb(0xffffff);
    /// The dark grey of text on light colours.
    pub const DARK: Self = Self::rgb(0x333333);

    /// An opaque colour from `0xrrggbb`.
    pub const fn rgb(rgb: u32) -> Self {
        let [_, r, g, b] = rgb.to_be_bytes();
        Self { r, g, b, a: 255 }
    }

    /// Reads a shields or CSS colour name, hex digits with or without `#`, or
    /// CSS `rgb()`, `rgba()`, `hsl()`, `hsla()` in either comma or space form, and
    /// `cmyk()`, which hits.sh takes.
    ///
    /// Where both define a name (`green`, `blue`, `red`, …), shields' colour wins.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        let text = value.trim();
        // No colour is longer, and the parsers below need not handle long input.
        if text.len() > 64 {
            return Err(ParamError::new(param, value, ALLOWED));
        }
        let text = text.to_ascii_lowercase();
        shields_name(&text)
            .or_else(|| css_name(&text))
            .or_else(|| hex(&text))
            .or_else(|| function(&text))
            .ok_or_else(|| ParamError::new(param, value, ALLOWED))
    }

    /// Perceived brightness from 0 to 1 (ITU-R BT.601), rounded to hundredths as
    /// in badge-maker, so that the same backgrounds get the same text colour.
    pub fn brightness(self) -> f64 {
        let weighted = 299 * u32::from(self.r) + 587 * u32::from(self.g) + 114 * u32::from(self.b);
        (f64::from(weighted) / 2550.0).round() / 100.0
    }

    /// Whether dark text reads better on it, by badge-maker's threshold.
    pub fn is_light(self) -> bool {
        self.brightness() > 0.69
    }

    /// The colour between this one (at `part` 0) and `other` (at 1). An opaque colour weighs more
    /// than a transparent one, so that edges on nothing do not darken.
    pub fn mix(self, other: Self, part: f64) -> Self {
        let weights = [f64::from(self.a) * (1.0 - part), f64::from(other.a) * part];
        let alpha = weights[0] + weights[1];
        let channel = |one: u8, two: u8| {
            let sum = f64::from(one) * weights[0] + f64::from(two) * weights[1];
            (sum / alpha.max(f64::MIN_POSITIVE)).round() as u8
        };
        let (r, g) = (channel(self.r, other.r), channel(self.g, other.g));
        Self { r, g, b: channel(self.b, other.b), a: alpha.round() as u8 }
    }

    /// The colours of text on this one, and of the text's shadow.
    pub fn text_and_shadow(self) -> (Self, Self) {
        if self.is_light() {
            (Self::DARK, Self::rgb(0xcccccc))
        } else {
            (Self::WHITE, Self::rgb(0x010101))
        }
    }
}

/// `#rgb` or `#rrggbb`; with alpha `rgba(r,g,b,a)`, since old SVG renderers do not
/// understand eight hex digits.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { r, g, b, a } = *self;
        if a != 255 {
            let alpha = (f64::from(a) / 255.0 * 1000.0).round() / 1000.0;
            write!(f, "rgba({r},{g},{b},{alpha})")
        } else if [r, g, b].iter().all(|channel| channel % 17 == 0) {
            write!(f, "#{:x}{:x}{:x}", r / 17, g / 17, b / 17)
        } else {
            write!(f, "#{r:02x}{g:02x}{b:02x}")
        }
    }
}

/// Names and values of badge-maker 6 (`lib/color.js`).
fn shields_name(name: &str) -> Option<Color> {
    Some(Color::rgb(match name {
        "brightgreen" | "success" => 0x44bb00,
        "green" => 0x67ac09,
        "yellow" => 0xd8b800,
        "yellowgreen" => 0x95991a,
        "orange" | "important" => 0xea7233,
        "red" | "critical" => 0xdd4343,
        "blue" | "informational" => 0x007ec6,
        "grey" | "gray" => 0x555555,
        "lightgrey" | "lightgray" | "inactive" => 0x939393,
        _ => return None,
    }))
}

fn css_name(name: &str) -> Option<Color> {
    if name == "transparent" {
        return Some(Color { r: 0, g: 0, b: 0, a: 0 });
    }
    let at = names::NAMES.binary_search_by_key(&name, |entry| entry.0).ok()?;
    Some(Color::rgb(names::NAMES[at].1))
}

fn hex(text: &str) -> Option<Color> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let double = |shift: u32| (value >> shift & 0xf) as u8 * 17;
    let byte = |shift: u32| (value >> shift) as u8;
    Some(match digits.len() {
        3 => Color { r: double(8), g: double(4), b: double(0), a: 255 },
        4 => Color { r: double(12), g: double(8), b: double(4), a: double(0) },
        6 => Color::rgb(value),
        8 => Color { r: byte(24), g: byte(16), b: byte(8), a: byte(0) },
        _ => return None,
    })
}

/// CSS Color 4, sections 4.1 and 7.1, without `none` and relative colours.
fn function(text: &str) -> Option<Color> {
    let (name, rest) = text.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    let mut parts = inner.split([',', '/', ' ']).filter(|part| !part.is_empty());
    if name.trim_end() == "cmyk" || name.trim_end() == "cmyka" {
        return cmyk(parts);
    }
    let channels = [parts.next()?, parts.next()?, parts.next()?];
    let a = match parts.next() {
        Some(part) => byte(fraction(part, 1.0)?),
        None => 255,
    };
    if parts.next().is_some() {
        return None;
    }
    let [r, g, b] = match name.trim_end() {
        "rgb" | "rgba" => {
            let [r, g, b] = channels.map(|part| fraction(part, 255.0));
            [r?, g?, b?]
        }
        "hsl" | "hsla" => {
            let [h, s, l] = channels;
            from_hsl(degrees(h)?, fraction(s, 100.0)?, fraction(l, 100.0)?)
        }
        _ => return None,
    };
    Some(Color { r: byte(r), g: byte(g), b: byte(b), a })
}

/// Converts without a colour profile (CSS Color 5, section 7).
fn cmyk<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<Color> {
    let mut inks = [0.0; 4];
    for ink in &mut inks {
        let text = parts.next()?;
        // In the standard a number is a fraction of 1, but people leave out the percent sign.
        let is_percentage = number(text.trim_end_matches('%'))? > 1.0;
        *ink = fraction(text, if is_percentage { 100.0 } else { 1.0 })?;
    }
    let a = parts.next().map_or(Some(1.0), |part| fraction(part, 1.0))?;
    if parts.next().is_some() {
        return None;
    }
    let [c, m, y, k] = inks;
    let [r, g, b] = [c, m, y].map(|ink| byte((1.0 - ink) * (1.0 - k)));
    Some(Color { r, g, b, a: byte(a) })
}

/// A fraction from 0 to 1: a percentage, or a number relative to `one`.
fn fraction(text: &str, one: f64) -> Option<f64> {
    let value = match text.strip_suffix('%') {
        Some(percent) => number(percent)? / 100.0,
        None => number(text)? / one,
    };
    Some(value.clamp(0.0, 1.0))
}

/// A hue in degrees, without a unit or in `deg`, `grad`, `rad` or `turn`.
fn degrees(text: &str) -> Option<f64> {
    for (unit, degrees) in
        [("deg", 1.0), ("grad", 0.9), ("rad", 180.0 / std::f64::consts::PI), ("turn", 360.0)]
    {
        if let Some(value) = text.strip_suffix(unit) {
            return Some(number(value)? * degrees);
        }
    }
    number(text)
}

/// A CSS number. Rust's own parser would also accept `inf` and `nan`.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// CSS Color 4, section 7.1: the sample code's formula.
fn from_hsl(hue: f64, saturation: f64, lightness: f64) -> [f64; 3] {
    let amplitude = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|n| {
        let k = (n + hue.rem_euclid(360.0) / 30.0) % 12.0;
        lightness - amplitude * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

fn byte(fraction: f64) -> u8 {
    (fraction * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(value: &str) -> String {
        Color::parse("color", value).unwrap().to_string()
    }

    #[test]
    fn every_form_is_read() {
        for (value, print) in [
            ("brightgreen", "#4b0"),
            ("gray", "#555"),
            ("inactive", "#939393"),
            ("blueviolet", "#8a2be2"),
            ("ReBeccaPurple", "#639"),
            ("fff", "#fff"),
            ("#1A2b3C", "#1a2b3c"),
            ("abcd", "rgba(170,187,204,0.867)"),
            ("#00000080", "rgba(0,0,0,0.502)"),
            ("rgb(255, 0, 10)", "#ff000a"),
            ("rgb(100% 0% 0% / 50%)", "rgba(255,0,0,0.502)"),
            ("rgba(1,2,3,1)", "#010203"),
            ("hsl(120, 100%, 25%)", "#008000"),
            ("hsl(0.5turn 100% 50%)", "#0ff"),
            ("hsla(-120deg,100%,50%,.5)", "rgba(0,0,255,0.502)"),
            ("rgb(300,-5,0)", "#f00"),
            ("cmyk(0, 100, 100, 0)", "#f00"),
            ("cmyka(0%, 0%, 0%, 50%, 0.5)", "rgba(128,128,128,0.502)"),
        ] {
            assert_eq!(printed(value), print, "{value}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "#",
            "#ab",
            "12345",
            "#1234567",
            "nocolor",
            "rgb(1,2)",
            "rgb(1,2,3,4,5)",
            "rgb(inf,0,0)",
            "hsl(nan,0%,0%)",
            "url(#x)",
            "red;}",
            "rgb(1,2,3",
            "+ff",
            "#+12",
        ] {
            let error = Color::parse("color", bad).unwrap_err();
            assert!(error.to_string().starts_with("color is '"), "{bad}");
        }
    }

    #[test]
    fn a_mix_is_between_its_colours() {
        let (black, white) = (Color::rgb(0), Color::WHITE);
        assert_eq!((black.mix(white, 0.0), black.mix(white, 1.0)), (black, white));
        assert_eq!(black.mix(white, 0.5), Color::rgb(0x808080));
        let nothing = Color { a: 0, ..black };
        assert_eq!(nothing.mix(white, 0.5), Color { a: 128, ..white });
        assert_eq!(nothing.mix(nothing, 0.5), nothing);
    }

    #[test]
    fn names_are_sorted() {
        assert!(names::NAMES.is_sorted_by_key(|entry| entry.0));
    }

    #[test]
    fn light_backgrounds_get_dark_text() {
        assert!(Color::WHITE.is_light());
        assert!(Color::rgb(0xd8b800).brightness() == 0.68);
        assert!(!Color::rgb(0xd8b800).is_light());
        assert!(Color::rgb(0xdfb317).is_light() == (Color::rgb(0xdfb317).brightness() > 0.69));
    }
}
