//! The look of a badge as query parameters, with the names that shields and
//! the other counters use for the same thing, so that an old link still works.

use super::badge::{Badge, MAX_CHARS, Style};
use super::number::Format;
use super::param::{Ignored, Param, Spec, given, set};
use super::{Color, Link, Logo, ParamError, escape};

/// The parameters that a caller set; the route chooses the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadgeParams {
    /// `?label=`.
    pub label: Option<String>,
    /// `?style=`.
    pub style: Option<Style>,
    /// `?labelStyle=`.
    pub label_case: LabelCase,
    /// The message alone, as Abacus' `-simple` styles have it.
    pub simple: bool,
    /// `?color=`.
    pub color: Option<Color>,
    /// `?labelColor=`.
    pub label_color: Option<Color>,
    /// `?textColor=`.
    pub text_color: Option<Color>,
    /// `?logo=`.
    pub logo: Option<Logo>,
    /// `?logoColor=`.
    pub logo_color: Option<Color>,
    /// `?link=`, given once or twice.
    pub links: [Option<Link>; 2],
    /// `?format=`.
    pub format: Option<Format>,
    /// The parameters whose values were unusable.
    pub ignored: Ignored,
}

/// How the label's letters are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelCase {
    /// As they are.
    #[default]
    AsGiven,
    /// In capitals.
    Upper,
    /// In small letters.
    Lower,
}

/// All parameters of a badge's look. An empty value is as good as none, but for the
/// label, which it empties. The last of a parameter's values holds; of `link`, the
/// first two.
pub const PARAMS: &[Param<BadgeParams>] = &[
    Param {
        spec: Spec {
            names: &["label", "text", "title", "left_text"],
            summary: "The words left of the number",
            values: "up to 256 characters; empty for no label",
            default: "`views`",
        },
        set: |look, _, value| {
            look.label = Some(escape::clean(value, MAX_CHARS));
            Ok(())
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
                // Abacus has three of them.
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

impl BadgeParams {
    /// Reads all pairs of a query; what is not about looks is left alone, for people
    /// add `?v=2` to get around a cache.
    pub fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut look = Self::default();
        look.ignored = Param::set_all(PARAMS, &mut look, pairs);
        look
    }

    /// Reads one `name=value`; `Ok(false)` if the name is not about looks.
    ///
    /// # Errors
    /// The value cannot be used.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, ParamError> {
        Param::set_one(PARAMS, self, name, value)
    }

    /// The badge that says `message`, labelled `label` unless another was
    /// asked for.
    pub fn badge(self, label: &str, message: String) -> Badge {
        let label = match self.label {
            _ if self.simple => String::new(),
            Some(label) => label,
            None => label.to_owned(),
        };
        Badge {
            style: self.style.unwrap_or_default(),
            label: match self.label_case {
                LabelCase::AsGiven => label,
                LabelCase::Upper => label.to_uppercase(),
                LabelCase::Lower => label.to_lowercase(),
            },
            message,
            note: self.ignored.note(),
            color: self.color,
            label_color: self.label_color.filter(|_| !self.simple),
            text_color: self.text_color,
            logo: self.logo,
            logo_color: self.logo_color,
            links: self.links,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::badge;

    fn read(pairs: &[(&str, &str)]) -> Result<BadgeParams, ParamError> {
        let mut params = BadgeParams::default();
        for (key, value) in pairs {
            params.set(key, value)?;
        }
        Ok(params)
    }

    #[test]
    fn a_link_of_seeyoufarm_still_means_the_same() {
        let params = read(&[
            ("url", "https://x.y"),
            ("count_bg", "#79C83D"),
            ("title_bg", "#555555"),
            ("icon", "github.svg"),
            ("title", "hits"),
            ("edge_flat", "true"),
        ])
        .unwrap();
        let badge = params.badge("views", "1".into());
        assert_eq!((badge.label.as_str(), badge.style), ("hits", Style::FlatSquare));
        assert_eq!(badge.color, Some(Color::rgb(0x79c83d)));
        assert!(badge.logo.is_some(), "it ends in .svg and is GitHub's");
    }

    #[test]
    fn a_bad_value_names_the_parameter_as_it_was_given() {
        let error = read(&[("bgcolor", "nope")]).unwrap_err();
        assert!(error.to_string().starts_with("bgcolor is 'nope', but must be a name"));
    }

    #[test]
    fn empty_values_are_none_but_a_label_may_be_empty() {
        let params = read(&[("color", ""), ("style", " "), ("label", "")]).unwrap();
        assert_eq!(params, BadgeParams { label: Some(String::new()), ..BadgeParams::default() });
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_told() {
        let pairs = [("style", "nope"), ("color", "red"), ("color", "nored"), ("v", "2")];
        let look = BadgeParams::read(pairs.into_iter());
        assert_eq!((look.style, look.color), (None, Some(Color::RED)));
        assert_eq!(look.ignored.names(), "style, color");
        let svg = badge::render(&look.badge("views", "1".into()));
        assert!(svg.contains("<title>views: 1. Ignored: style is &#39;nope&#39;"), "{svg}");
        assert!(svg.contains("aria-label=\"views: 1\""), "{svg}");
    }

    #[test]
    fn abacus_simple_styles_have_no_label() {
        let look = BadgeParams::read([("style", "plastic-simple"), ("text", "x")].into_iter());
        let badge = look.badge("views", "7".into());
        assert_eq!((badge.style, badge.label.as_str()), (Style::Plastic, ""));
    }

    #[test]
    fn no_name_means_two_things() {
        let mut names: Vec<_> = PARAMS.iter().flat_map(|p| p.spec.names).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn a_third_link_is_refused() {
        let link = ("link", "https://x.y");
        assert!(read(&[link, link]).is_ok());
        assert!(read(&[link, link, link]).is_err());
    }
}
