//! The small picture at the left of a badge: built in, or sent by the caller as a
//! `data:` URL. Nothing is ever fetched.

mod brands;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};

use super::ParamError;

/// The longest `data:` URL in bytes, which holds 12 KiB of picture. Logos are drawn 14
/// pixels high, and an icon of 32 pixels takes some 2 KiB.
pub const MAX_BYTES: usize = 16 * 1024;

/// A picture left of a badge's label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Logo {
    /// A brand's mark.
    Brand(Brand),
    /// A built-in icon.
    Icon(Icon),
    /// A picture that the caller sent.
    Data(DataLogo),
}

impl Logo {
    /// Reads an icon's name or a `data:` URL.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        let value = value.trim();
        if value.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
            return DataLogo::parse(param, value).map(Self::Data);
        }
        let name = value.to_ascii_lowercase();
        // seeyoufarm names its icons by their files.
        let name = name.strip_suffix(".svg").unwrap_or(&name);
        let icon = || Icon::ALL.into_iter().find(|icon| icon.name() == name).map(Self::Icon);
        let brand = || Brand::named(name).map(Self::Brand);
        icon().or_else(brand).ok_or_else(|| {
            let names = Icon::ALL.map(Icon::name).join(", ");
            let allowed = format!(
                "one of {names}, a well-known brand such as github, or a data:image/…;base64 \
                 address"
            );
            ParamError::new(param, value, allowed)
        })
    }
}

/// A brand's mark, drawn on a grid of 24 by 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Brand(usize);

impl Brand {
    /// The brand of this slug of simple-icons.
    pub fn named(slug: &str) -> Option<Self> {
        brands::BRANDS.binary_search_by_key(&slug, |brand| brand.0).ok().map(Self)
    }

    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..brands::BRANDS.len()).map(Self)
    }

    /// Its slug.
    pub fn name(self) -> &'static str {
        brands::BRANDS[self.0].0
    }

    /// The outline, to be filled by the nonzero rule.
    pub fn path(self) -> &'static str {
        brands::BRANDS[self.0].1
    }
}

/// An icon of our own, drawn on a grid of 14 by 14 pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Icon {
    /// `bolt`.
    Bolt,
    /// `chart`.
    Chart,
    /// `clock`.
    Clock,
    /// `eye`.
    Eye,
    /// `flame`.
    Flame,
    /// `heart`.
    Heart,
    /// `home`.
    Home,
    /// `star`.
    Star,
    /// `user`.
    User,
}

impl Icon {
    /// Every icon, in the order in which the documentation lists them.
    pub const ALL: [Self; 9] = [
        Self::Bolt,
        Self::Chart,
        Self::Clock,
        Self::Eye,
        Self::Flame,
        Self::Heart,
        Self::Home,
        Self::Star,
        Self::User,
    ];

    /// The value of `?logo=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bolt => "bolt",
            Self::Chart => "chart",
            Self::Clock => "clock",
            Self::Eye => "eye",
            Self::Flame => "flame",
            Self::Heart => "heart",
            Self::Home => "home",
            Self::Star => "star",
            Self::User => "user",
        }
    }

    /// The outline, to be filled by the even-odd rule.
    pub fn path(self) -> &'static str {
        match self {
            Self::Bolt => "M8.5 0 2 8h4.2L5.2 14 12 5.6H7.6z",
            Self::Chart => "M1 8h3v5H1zM5.5 4.5h3V13h-3zM10 1h3v12h-3z",
            Self::Clock => {
                "M7 .5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM7 2a5 5 0 1 1 0 10A5 5 0 0 1 7 2zM6.3 3.5h1.4v3.1l2.3 1.5-.8 1.2-2.9-2z"
            }
            Self::Eye => {
                "M7 2.5C3.6 2.5 1.2 4.7 0 7c1.2 2.3 3.6 4.5 7 4.5s5.8-2.2 7-4.5c-1.2-2.3-3.6-4.5-7-4.5zm0 1.4a3.1 3.1 0 1 1 0 6.2 3.1 3.1 0 0 1 0-6.2zm0 1.5a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z"
            }
            Self::Flame => {
                "M7.2.3C7.7 3 11.5 4.6 11.5 8.8A4.5 4.7 0 0 1 7 13.7a4.5 4.7 0 0 1-4.5-4.8c0-2 1-3.2 1.9-4.1.1 1.3.6 2 1.3 2.2C5.9 4.3 5.8 2.2 7.2.3zM7 12.3c1.3 0 2.1-1 2.1-2.2C9.1 8.7 7.8 8.2 7.4 7 6.3 7.9 4.9 8.8 4.9 10.2c0 1.2.8 2.1 2.1 2.1z"
            }
            Self::Heart => "M7 12.8 1.6 7.4a3.5 3.5 0 0 1 5-5L7 2.9l.4-.5a3.5 3.5 0 0 1 5 5z",
            Self::Home => "M7 .8 0 6.9h2V13h3.6V9h2.8v4H12V6.9h2z",
            Self::Star => {
                "m7 .5 1.94 4.33 4.72.5-3.52 3.19.98 4.64L7 10.79l-4.12 2.37.98-4.64L.34 5.33l4.72-.5z"
            }
            Self::User => {
                "M7 7a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 7 7zM1 13.4C1 10.2 3.7 8 7 8s6 2.2 6 5.4z"
            }
        }
    }
}

/// A `data:image/…;base64,…` URL whose type, alphabet, length and first bytes are
/// checked. It is printed in an `<image>`, where browsers run no script and load nothing,
/// so an SVG in it can only draw.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataLogo(String);

impl DataLogo {
    /// Accepts PNG, SVG, GIF, JPEG and WebP of at most [`MAX_BYTES`].
    ///
    /// A space counts as `+`, since decoding a query string turns `+` into a space.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        Self::read(value).map_err(|allowed| ParamError::new(param, value, allowed))
    }

    fn read(value: &str) -> Result<Self, String> {
        if value.len() > MAX_BYTES {
            return Err(format!("at most {MAX_BYTES} bytes long"));
        }
        let (kind, payload) = value
            .get(5..)
            .and_then(|rest| rest.split_once(','))
            .ok_or("data:image/…;base64, and a picture")?;
        let (mime, is_kind): (_, fn(&[u8]) -> bool) = match kind.to_ascii_lowercase().as_str() {
            "image/png;base64" => ("image/png", |b| b.starts_with(b"\x89PNG\r\n\x1a\n")),
            "image/gif;base64" => ("image/gif", |b| b.starts_with(b"GIF8")),
            "image/jpeg;base64" | "image/jpg;base64" => {
                ("image/jpeg", |b| b.starts_with(b"\xff\xd8\xff"))
            }
            "image/webp;base64" => {
                ("image/webp", |b| b.starts_with(b"RIFF") && b.get(8..12) == Some(b"WEBP"))
            }
            "image/svg+xml;base64" => ("image/svg+xml", is_plain_svg),
            _ => return Err("data:image/png, svg+xml, gif, jpeg or webp, in base64".into()),
        };
        let payload = payload.replace(' ', "+");
        let bytes = BASE64.decode(&payload).map_err(|_| "valid base64")?;
        if !is_kind(&bytes) {
            return Err(format!(
                "a picture of the type that it says ({mime}), without scripts or entities"
            ));
        }
        let pad = ["", "", "==", "="][payload.trim_end_matches('=').len() % 4];
        Ok(Self(format!("data:{mime};base64,{}{pad}", payload.trim_end_matches('='))))
    }

    /// The whole address; only `[a-zA-Z0-9:/;,+=]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// UTF-8 with an `<svg`, without a document type, whose entities can expand without limit, and
/// without a script, which would not run but has no honest use here.
fn is_plain_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.to_ascii_lowercase();
    text.contains("<svg")
        && !["<!doctype", "<!entity", "<script"].iter().any(|bad| text.contains(bad))
}

/// Base64 (RFC 4648, section 4). The padding is optional, since query strings lose it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_needs_no_padding() {
        for text in ["Zg==", "Zg"] {
            assert_eq!(BASE64.decode(text).unwrap(), b"f", "{text}");
        }
        for bad in ["Z", "Zm9v!", "Zm=v", "Z==="] {
            assert!(BASE64.decode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_logo_is_what_it_says() {
        let good = "data:image/gif;base64,R0lGODlhAQABAAAAACw";
        assert_eq!(DataLogo::parse("logo", good).unwrap().as_str(), format!("{good}="));
        for bad in [
            "data:image/png;base64,R0lGODlhAQABAAAAACw=",
            "data:image/gif,GIF89a",
            "data:text/html;base64,PGI+",
            "data:image/svg+xml;base64,PHN2Zz48c2NyaXB0Lz48L3N2Zz4=",
            "data:image/gif;base64,R0lGODlh\"onload=",
            "data:",
        ] {
            assert!(Logo::parse("logo", bad).is_err(), "{bad}");
        }
        let long = format!("data:image/gif;base64,R0lG{}", "A".repeat(MAX_BYTES));
        assert!(
            Logo::parse("logo", &long)
                .unwrap_err()
                .to_string()
                .ends_with("at most 16384 bytes long")
        );
    }

    #[test]
    fn brands_are_found_by_their_slugs() {
        assert!(brands::BRANDS.is_sorted_by_key(|brand| brand.0));
        assert!(Brand::all().count() >= 100);
        for slug in ["github", "GitHub", "github.svg", "docker", "python"] {
            assert!(matches!(Logo::parse("logo", slug), Ok(Logo::Brand(_))), "{slug}");
        }
    }

    #[test]
    fn icons_have_names() {
        assert_eq!(Logo::parse("logo", "Eye"), Ok(Logo::Icon(Icon::Eye)));
        assert!(
            Logo::parse("logo", "https://x/y.png").unwrap_err().to_string().contains("bolt, chart")
        );
    }
}
