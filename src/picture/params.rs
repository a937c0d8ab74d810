//! The look of a badge, read from query parameters.

mod table;

pub use self::table::PARAMS;
use super::badge::{Badge, Style};
use super::number::Format;
use super::param::{Ignored, Param};
use super::{Color, Link, Logo, ParamError};

/// The parameters that the caller set; the route chooses the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadgeParams {
    /// Whether the badge is drawn as a PNG, which has room for fewer words.
    pub is_png: bool,
    /// `?label=`.
    pub label: Option<String>,
    /// `?style=`.
    pub style: Option<Style>,
    /// `?labelStyle=`.
    pub label_case: LabelCase,
    /// The message alone, as in Abacus' `-simple` styles.
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

/// The case of the label's letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelCase {
    /// Unchanged.
    #[default]
    AsGiven,
    /// Upper case.
    Upper,
    /// Lower case.
    Lower,
}

impl BadgeParams {
    /// Reads all pairs of a query. Other names are skipped: people add `?v=2` to get around
    /// a cache.
    pub fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self::default().filled(pairs)
    }

    /// The same for a PNG.
    pub fn read_for_png<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self { is_png: true, ..Self::default() }.filled(pairs)
    }

    fn filled<'a>(mut self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        self.ignored = Param::set_all(PARAMS, &mut self, pairs);
        self
    }

    /// Reads one `name=value`; `Ok(false)` if the name is not one of [`PARAMS`].
    ///
    /// # Errors
    /// The value is invalid.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, ParamError> {
        Param::set_one(PARAMS, self, name, value)
    }

    /// The badge with this message, and with this label unless the caller set another.
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
    fn a_link_of_seeyoufarm_keeps_its_meaning() {
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
    fn unusable_values_are_ignored_and_reported() {
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
