//! Badges: a label and a message in a small box.
//!
//! The geometry (paddings, heights, corner radii, baselines, gradient colours) is that of
//! shields' badge-maker 6.0.0, compared in a browser, so that our badges line up with theirs
//! in a row. Three things are better: every id depends on the content, so badges in one page
//! do not collide; a badge with links keeps its accessible name; non-Latin text is measured.

mod flat;
mod for_the_badge;
mod odometer;
mod parts;
mod pixels;
mod social;

use super::{Color, Link, Logo, ParamError, escape};
pub(in crate::picture) use odometer::DIGITS;
use parts::Face;

/// The most characters of a label or a message; a longer one ends in "…".
pub const MAX_CHARS: usize = 256;

/// The same for a PNG. It bounds the picture's size, and the time that other requests wait for it.
pub const MAX_PNG_CHARS: usize = 64;

/// The content of a badge. Any text is safe here: drawing cleans it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// Its style.
    pub style: Style,
    /// The text on the left; may be empty.
    pub label: String,
    /// The text on the right: the count.
    pub message: String,
    /// A note added to the title, which tooltips show; may be empty.
    pub note: String,
    /// The message's background. By default blue; black on an odometer.
    pub color: Option<Color>,
    /// The label's background. By default grey, and no box without a label.
    pub label_color: Option<Color>,
    /// The text of flat, flat-square and plastic. By default whichever reads best.
    pub text_color: Option<Color>,
    /// Drawn to the left of the label.
    pub logo: Option<Logo>,
    /// The colour of a built-in icon. By default whichever reads best.
    pub logo_color: Option<Color>,
    /// One link covers the whole badge; of two, the first is the label's and
    /// the second the message's.
    pub links: [Option<Link>; 2],
}

impl Default for Badge {
    fn default() -> Self {
        Self {
            style: Style::Flat,
            label: String::new(),
            message: String::new(),
            note: String::new(),
            color: None,
            label_color: None,
            text_color: None,
            logo: None,
            logo_color: None,
            links: [None, None],
        }
    }
}

/// The style of a badge: five that shields.io draws, and two of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Style {
    /// shields.io's `flat`.
    #[default]
    Flat,
    /// shields.io's `flat-square`.
    FlatSquare,
    /// shields.io's `plastic`.
    Plastic,
    /// shields.io's `for-the-badge`.
    ForTheBadge,
    /// shields.io's `social`.
    Social,
    /// One transparent pixel.
    Pixel,
    /// The rolling digits of a mechanical counter.
    Odometer,
}

impl Style {
    /// Every style, in the order in which the documentation lists them.
    pub const ALL: [Self; 7] = [
        Self::Flat,
        Self::FlatSquare,
        Self::Plastic,
        Self::ForTheBadge,
        Self::Social,
        Self::Pixel,
        Self::Odometer,
    ];

    /// The value of `?style=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::FlatSquare => "flat-square",
            Self::Plastic => "plastic",
            Self::ForTheBadge => "for-the-badge",
            Self::Social => "social",
            Self::Pixel => "pixel",
            Self::Odometer => "odometer",
        }
    }

    /// Reads a style's name, in any case, with `-` or `_`.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        let name = value.trim().to_ascii_lowercase().replace('_', "-");
        Self::ALL.into_iter().find(|style| style.name() == name).ok_or_else(|| {
            ParamError::new(
                param,
                value,
                format!("one of {}", Self::ALL.map(Self::name).join(", ")),
            )
        })
    }
}

/// Draws a badge: an SVG document of 1 to 6 KB, plus its logo.
pub fn render(badge: &Badge) -> String {
    let face = Face::new(badge);
    match badge.style {
        Style::Flat => flat::render(&face, &flat::FLAT),
        Style::FlatSquare => flat::render(&face, &flat::FLAT_SQUARE),
        Style::Plastic => flat::render(&face, &flat::PLASTIC),
        Style::ForTheBadge => for_the_badge::render(&face),
        Style::Social => social::render(&face),
        Style::Odometer => odometer::render(&face),
        Style::Pixel => pixel(),
    }
}

/// Draws a badge as a PNG, at double size. It has no logo and no links, and of the styles only
/// the shape of the corners.
pub fn render_png(badge: &Badge) -> Vec<u8> {
    pixels::render(badge)
}

/// The most characters of an error that are drawn: with the label, some 195 pixels. A whole
/// sentence would put up to 800 pixels of red into a README.
const MAX_ERROR: usize = 22;

/// An SVG that reports an error where a picture is expected.
pub fn error_badge(message: &str) -> String {
    render(&of_error(message))
}

/// A badge that reports an error. It is at most 200 pixels wide and has the whole `message` in
/// its title.
pub fn of_error(message: &str) -> Badge {
    let short = escape::clean(message, MAX_ERROR);
    let is_whole = short == message;
    Badge {
        label: "seen".into(),
        message: short,
        note: if is_whole { String::new() } else { message.to_owned() },
        color: Some(Color::RED),
        ..Badge::default()
    }
}

/// Invisible, and so hidden from screen readers too.
fn pixel() -> String {
    r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1" aria-hidden="true"></svg>"#
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_read_by_name() {
        assert_eq!(Style::parse("style", "For_The_Badge"), Ok(Style::ForTheBadge));
        let error = Style::parse("style", "3d").unwrap_err().to_string();
        assert!(error.starts_with("style is '3d', but must be one of flat, "), "{error}");
    }

    #[test]
    fn ids_follow_the_content() {
        let one = Badge { message: "1".into(), ..Badge::default() };
        let two = Badge { message: "2".into(), ..Badge::default() };
        let id = |badge: &Badge| {
            let svg = render(badge);
            svg.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
        };
        assert_eq!(id(&one), id(&one.clone()));
        assert_ne!(id(&one), id(&two));
    }

    #[test]
    fn an_error_is_a_picture_that_says_it() {
        let error = Color::parse("color", "<blurple>").unwrap_err();
        let svg = error_badge(&error.to_string());
        assert!(svg.contains("color is &#39;&lt;blurple&gt;&#39;, but must be a name"), "{svg}");
    }

    #[test]
    fn a_badge_with_links_keeps_its_name() {
        let link = |url| Link::parse("link", url).ok();
        let mut badge = Badge { label: "a".into(), message: "b".into(), ..Badge::default() };
        badge.links = [link("https://x.y/?a&b"), link("http://z/")];
        let svg = render(&badge);
        assert!(svg.contains("role=\"group\" aria-label=\"a: b\""), "{svg}");
        assert!(
            svg.contains("href=\"https://x.y/?a&amp;b\"") && svg.contains("href=\"http://z/\"")
        );
    }
}
