//! Colours of a chart in light and dark.

use std::fmt::Write;

use crate::picture::{Color, ParamError};

/// The colour scheme of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// The reader's choice.
    #[default]
    Auto,
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

/// The colours of one scheme, as CSS. They are those of GitHub's own pages: text has a
/// contrast of more than 5 to its background, and bars of more than 4.
struct Palette {
    ground: &'static str,
    border: &'static str,
    text: &'static str,
    muted: &'static str,
    accent: &'static str,
}

const LIGHT: Palette = Palette {
    ground: "#fff",
    border: "#d1d9e0",
    text: "#1f2328",
    muted: "#59636e",
    accent: "#0969da",
};

const DARK: Palette = Palette {
    ground: "#0d1117",
    border: "#3d444d",
    text: "#f0f6fc",
    muted: "#9198a1",
    accent: "#4493f8",
};

impl Theme {
    /// Reads the value of `?theme=`.
    ///
    /// # Errors
    /// A value that is not one of those allowed.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        match value.trim().to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(ParamError::new(param, value, "one of auto, light, dark")),
        }
    }

    /// Appends the rules for the classes that charts use, all under `#id`:
    /// `c`ard, `t`ext, `m`uted text, `g`rid, `b`ar, `l`ine.
    pub fn push_rules(self, out: &mut String, id: &str, color: Option<Color>) {
        let first = if self == Self::Dark { &DARK } else { &LIGHT };
        first.push(out, id, color);
        if self == Self::Auto {
            out.push_str("@media(prefers-color-scheme:dark){");
            DARK.push(out, id, color);
            out.push('}');
        }
    }
}

impl Palette {
    fn push(&self, out: &mut String, id: &str, color: Option<Color>) {
        let Self { ground, border, text, muted, accent } = self;
        let accent = color.map_or_else(|| (*accent).to_owned(), |color| color.to_string());
        let _ = write!(
            out,
            concat!(
                "#{id} .c{{fill:{ground};stroke:{border}}}#{id} .t{{fill:{text}}}#{id} .m{{fill:{muted}}}",
                "#{id} .g{{stroke:{border}}}#{id} .b{{fill:{accent}}}#{id} .l{{fill:none;stroke:{accent}}}"
            ),
            id = id,
            ground = ground,
            border = border,
            text = text,
            muted = muted,
            accent = accent
        );
    }
}
