//! The look of a badge as query parameters, with the names that shields and
//! the other counters use for the same thing, so that an old link still works.

use super::badge::{Badge, MAX_CHARS, Style};
use super::number::Format;
use super::{Color, Link, Logo, ParamError, escape};

/// What a caller asked for; whatever was not asked for is left to the route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadgeParams {
    /// `?label=`.
    pub label: Option<String>,
    /// `?style=`.
    pub style: Option<Style>,
    /// `?color=`.
    pub color: Option<Color>,
    /// `?labelColor=`.
    pub label_color: Option<Color>,
    /// `?logo=`.
    pub logo: Option<Logo>,
    /// `?logoColor=`.
    pub logo_color: Option<Color>,
    /// `?link=`, given once or twice.
    pub links: [Option<Link>; 2],
    /// `?format=`.
    pub format: Option<Format>,
}

impl BadgeParams {
    /// Takes one `key=value`; `Ok(false)` if the key isn't about looks.
    ///
    /// An empty value is as good as none, but for the label, which it empties.
    /// The last of a key's values holds; of `link`, the first two.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, ParamError> {
        let given = !value.trim().is_empty();
        match key {
            "label" | "text" | "title" | "left_text" => {
                self.label = Some(escape::clean(value, MAX_CHARS));
            }
            "style" => self.style = given.then(|| Style::parse(key, value)).transpose()?,
            "edge_flat" => {
                if value.eq_ignore_ascii_case("true") || value == "1" {
                    self.style = Some(Style::FlatSquare);
                }
            }
            "color" | "colorB" | "bgcolor" | "count_bg" | "right_color" => {
                self.color = given.then(|| Color::parse(key, value)).transpose()?;
            }
            "labelColor" | "label_color" | "colorA" | "title_bg" | "left_color" => {
                self.label_color = given.then(|| Color::parse(key, value)).transpose()?;
            }
            "logo" => self.logo = given.then(|| Logo::parse(key, value)).transpose()?,
            "logoColor" | "logo_color" | "icon_color" => {
                self.logo_color = given.then(|| Color::parse(key, value)).transpose()?;
            }
            // Another service's icon may not be ours: no reason for an error.
            "icon" => self.logo = Logo::parse(key, value).ok().or(self.logo.take()),
            "link" => {
                if given {
                    let link = Link::parse(key, value)?;
                    match &mut self.links {
                        [first @ None, _] => *first = Some(link),
                        [_, second @ None] => *second = Some(link),
                        _ => return Err(ParamError::new(key, value, "given at most twice")),
                    }
                }
            }
            "format" => self.format = given.then(|| Format::parse(key, value)).transpose()?,
            // komarev's PHP: anything but nothing and 0 is true.
            "abbreviated" => {
                if given && value != "0" {
                    self.format = Some(Format::Short);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The badge that says `message`, labelled `label` unless another was
    /// asked for.
    pub fn badge(self, label: &str, message: String) -> Badge {
        Badge {
            style: self.style.unwrap_or_default(),
            label: self.label.unwrap_or_else(|| label.to_owned()),
            message,
            color: self.color,
            label_color: self.label_color,
            logo: self.logo,
            logo_color: self.logo_color,
            links: self.links,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(badge.logo, None);
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
    fn a_third_link_is_refused() {
        let link = ("link", "https://x.y");
        assert!(read(&[link, link]).is_ok());
        assert!(read(&[link, link, link]).is_err());
    }
}
