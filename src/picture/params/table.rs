//! The table of a badge's parameters, with the names that shields and the other counters
//! use for the same thing, so that old links still work.

use super::{BadgeParams, LabelCase};
use crate::picture::badge::{MAX_CHARS, MAX_PNG_CHARS, Style};
use crate::picture::number::Format;
use crate::picture::param::{Param, Spec, given, set, set_text};
use crate::picture::{Color, Link, Logo, ParamError};

/// All parameters of a badge's look. An empty value counts as absent, except that it
/// empties the label. Of several values the last one counts; of `link`, the first two.
pub const PARAMS: &[Param<BadgeParams>] = &[
    Param {
        spec: Spec {
            names: &["label", "text", "title", "left_text"],
            summary: "The words left of the number",
            values: "up to 256 characters; empty for no label",
            default: "`views`",
        },
        set: |look, name, value| {
            let most = if look.is_png { MAX_PNG_CHARS } else { MAX_CHARS };
            set_text(&mut look.label, name, value, most)
        },
    },
    Param {
        spec: Spec {
            names: &["style"],
            summary: "The shape",
            values: "`flat`, `flat-square`, `plastic`, `for-the-badge`, `social`, `pixel` (one \
                     transparent pixel), `odometer`; `flat-simple`, `flat-square-simple` and \
                     `plastic-simple` are without the label",
            default: "`flat`",
        },
        set: |look, name, value| {
            if given(value) {
                let base = value.trim().to_ascii_lowercase();
                // Abacus has `-simple` variants of three styles.
                let simple = base.strip_suffix("-simple").and_then(|base| match base {
                    "flat" | "flat-square" | "plastic" => Style::parse(name, base).ok(),
                    _ => None,
                });
                look.simple = simple.is_some();
                look.style = Some(simple.map_or_else(|| Style::parse(name, value), Ok)?);
            }
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["edge_flat"],
            summary: "seeyoufarm's switch for the style `flat-square`",
            values: "`true` or `1`",
            default: "off",
        },
        set: |look, _, value| {
            if value.eq_ignore_ascii_case("true") || value == "1" {
                look.style = Some(Style::FlatSquare);
            }
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["border"],
            summary: "The switch of hits.link for the style `flat-square`",
            values: "`square`",
            default: "off",
        },
        set: |look, _, value| {
            if value == "square" {
                look.style = Some(Style::FlatSquare);
            }
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["labelStyle"],
            summary: "visitorbadge.io's way to write the label in capitals or small letters",
            values: "`upper`, `lower`, `none`",
            default: "`none`",
        },
        set: |look, name, value| {
            look.label_case = match value {
                "upper" => LabelCase::Upper,
                "lower" => LabelCase::Lower,
                "" | "none" | "default" => LabelCase::AsGiven,
                _ => return Err(ParamError::new(name, value, "upper, lower or none")),
            };
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &[
                "color",
                "colorB",
                "bgcolor",
                "count_bg",
                "right_color",
                "countColor",
                "bgRight",
            ],
            summary: "The colour behind the number",
            values: COLORS,
            default: "`blue`",
        },
        set: |look, name, value| set(&mut look.color, name, value, Color::parse),
    },
    Param {
        spec: Spec {
            names: &["labelColor", "label_color", "colorA", "title_bg", "left_color", "bgLeft"],
            summary: "The colour behind the label",
            values: COLORS,
            default: "`#555`",
        },
        set: |look, name, value| set(&mut look.label_color, name, value, Color::parse),
    },
    Param {
        spec: Spec {
            names: &["textColor", "textcolor"],
            summary: "The colour of the words",
            values: COLORS,
            default: "what reads best",
        },
        set: |look, name, value| set(&mut look.text_color, name, value, Color::parse),
    },
    Param {
        spec: Spec {
            names: &["logo", "icon"],
            summary: "A picture left of the label",
            values: "the name of an [icon](#icons), or a `data:image/…;base64,` address of up to \
                     16 KiB: PNG, SVG, GIF, JPEG or WebP. Nothing is fetched",
            default: "none",
        },
        set: |look, name, value| set(&mut look.logo, name, value, Logo::parse),
    },
    Param {
        spec: Spec {
            names: &["logoColor", "logo_color", "icon_color"],
            summary: "The colour of an icon",
            values: COLORS,
            default: "what reads best",
        },
        set: |look, name, value| set(&mut look.logo_color, name, value, Color::parse),
    },
    Param {
        spec: Spec {
            names: &["link"],
            summary: "Where a click leads; given twice, for the label and for the number. It works \
                      where the SVG stands in a page itself, and not in an `<img>`",
            values: "an `http` or `https` address of up to 2,048 bytes",
            default: "none",
        },
        set: |look, name, value| {
            if given(value) {
                let link = Link::parse(name, value)?;
                match &mut look.links {
                    [first @ None, _] => *first = Some(link),
                    [_, second @ None] => *second = Some(link),
                    _ => return Err(ParamError::new(name, value, "given at most twice")),
                }
            }
            Ok(())
        },
    },
    Param {
        spec: Spec {
            names: &["format"],
            summary: "How the number is written",
            values: "`separated` (1,234,567), `plain` (1234567), `short` (1.2M), `pad7` (0001234; \
                     any number of digits from 1 to 19)",
            default: "`separated`",
        },
        set: |look, name, value| set(&mut look.format, name, value, Format::parse),
    },
    Param {
        spec: Spec {
            names: &["abbreviated"],
            summary: "komarev's switch for short numbers: 12.3K",
            values: "anything but empty and `0`",
            default: "off",
        },
        set: |look, _, value| {
            // As PHP reads a boolean.
            if given(value) && value != "0" {
                look.format = Some(Format::ShortCapital);
            }
            Ok(())
        },
    },
];

const COLORS: &str = "a name of shields or CSS, 3, 4, 6 or 8 hex digits with or without `#`, \
                      `rgb(…)`, `hsl(…)` or `cmyk(…)`";
