//! The width of a text, computed without a font.
//!
//! shields sets its badges in Verdana and Helvetica. Their advance widths are
//! embedded for the characters that labels are made of (`metrics/widths.rs`,
//! which names the source); the outlines are not. A badge states each width in
//! `textLength`, so a viewer with another font sees the same picture.
//!
//! Rules cover the characters that the table lacks: East Asian wide characters
//! are 1 em; an emoji of any number of code points is 1.25 em (Apple's, Google's
//! and Microsoft's fonts have 1.17 to 1.37); combining marks have no width; other
//! scripts have an average, measured in Chromium over a sentence in Noto Sans.

mod widths;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A font and size in which a picture sets text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    /// Verdana, 11 px.
    Verdana11,
    /// Verdana, 10 px.
    Verdana10,
    /// Verdana, 10 px, bold.
    Verdana10Bold,
    /// Helvetica, 11 px, bold.
    Helvetica11Bold,
}

impl Font {
    fn table(self) -> &'static [u16] {
        match self {
            Self::Verdana11 => &widths::VERDANA_11,
            Self::Verdana10 => &widths::VERDANA_10,
            Self::Verdana10Bold => &widths::VERDANA_10_BOLD,
            Self::Helvetica11Bold => &widths::HELVETICA_11_BOLD,
        }
    }

    /// The size in pixels.
    fn em(self) -> f64 {
        match self {
            Self::Verdana10 | Self::Verdana10Bold => 10.0,
            Self::Verdana11 | Self::Helvetica11Bold => 11.0,
        }
    }
}

/// The measurements of a text that a badge needs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Extent {
    /// Pixels.
    pub width: f64,
    /// The number of characters as a reader counts them (graphemes).
    pub graphemes: usize,
    /// Whether letters join or stack. Space between them would break the word, so the
    /// viewer must stretch the glyphs and not the gaps.
    pub joined: bool,
}

/// Measures in one pass. Widths are added in the order of the text, so that the
/// floating-point sum equals shields'.
pub fn measure(font: Font, text: &str) -> Extent {
    let mut extent = Extent::default();
    if text.is_ascii() {
        extent.width = text.chars().map(|c| single(font, c)).sum();
        extent.graphemes = text.len();
        return extent;
    }
    for grapheme in text.graphemes(true) {
        extent.width += width_of(font, grapheme);
        extent.graphemes += 1;
        extent.joined |= grapheme.chars().any(|c| script(c).is_some_and(|script| script.joined));
    }
    extent
}

fn width_of(font: Font, grapheme: &str) -> f64 {
    let mut chars = grapheme.chars();
    let Some(first) = chars.next() else { return 0.0 };
    // A flag, a keycap, a family, a heart made red by U+FE0F.
    let emoji = chars.next().is_some() && grapheme.width() == 2 && !is_wide_text(first);
    if emoji { 1.25 * font.em() } else { single(font, first) }
}

fn single(font: Font, c: char) -> f64 {
    if let Some(hundredths) = listed(font, c) {
        return f64::from(hundredths) / 100.0;
    }
    let em = match (script(c), c.width()) {
        (_, Some(0)) => 0.0,
        (Some(script), _) => script.em,
        (None, Some(2)) if is_wide_text(c) => 1.0,
        (None, Some(2)) => 1.25,
        _ => 0.65,
    };
    em * font.em()
}

fn listed(font: Font, c: char) -> Option<u16> {
    let code = c as u32;
    let block = widths::BLOCKS.partition_point(|block| block.1 < code);
    let &(first, _, offset) = widths::BLOCKS.get(block)?;
    let at = offset + code.checked_sub(first)? as usize;
    Some(font.table()[at]).filter(|&width| width != u16::MAX)
}

/// Wide characters other than emoji: Han, kana, Hangul, full-width forms.
fn is_wide_text(c: char) -> bool {
    matches!(c as u32, 0x1100..=0x11ff | 0x2e80..=0xd7ff | 0xf900..=0xfaff | 0xfe30..=0xfe6f
        | 0xff00..=0xffe6 | 0x16fe0..=0x1b2ff | 0x20000..=0x3ffff)
}

struct ScriptMetrics {
    em: f64,
    joined: bool,
}

/// Scripts for which an average width is close enough.
fn script(c: char) -> Option<ScriptMetrics> {
    let (em, joined) = match c as u32 {
        0x0530..=0x058f => (0.60, false),                   // Armenian
        0x0590..=0x05ff | 0xfb1d..=0xfb4f => (0.53, false), // Hebrew
        0x0600..=0x08ff | 0xfb50..=0xfdff | 0xfe70..=0xfeff => (0.50, true), // Arabic, Syriac, N'Ko
        0x0900..=0x0b7f => (0.78, true),                    // Devanagari to Oriya
        0x0b80..=0x0bff | 0x0d00..=0x0d7f => (1.08, true),  // Tamil, Malayalam
        0x0c00..=0x0cff | 0x0d80..=0x0dff | 0x1780..=0x17ff => (0.85, true), // Telugu, Kannada, Sinhala, Khmer
        0x0e00..=0x0eff => (0.56, true),                                     // Thai, Lao
        0x0f00..=0x109f => (0.90, true),                                     // Tibetan, Myanmar
        0x10a0..=0x10ff => (0.60, false),                                    // Georgian
        0x1800..=0x18af => (0.60, true),                                     // Mongolian
        0xff61..=0xff9f => (0.50, false),                                    // half-width kana
        _ => return None,
    };
    Some(ScriptMetrics { em, joined })
}

/// Whether a text runs from right to left, decided by its first strong letter
/// (Unicode Bidirectional Algorithm, rules P2 and P3, by blocks).
pub fn is_rtl(text: &str) -> bool {
    text.chars().find(|c| c.is_alphabetic()).is_some_and(|c| {
        matches!(c as u32, 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff
            | 0x10800..=0x10fff | 0x1e800..=0x1eeff)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn px(text: &str) -> f64 {
        (measure(Font::Verdana11, text).width * 100.0).round() / 100.0
    }

    #[test]
    fn blocks_are_sorted_and_fill_the_tables() {
        let mut next = 0;
        for (first, last, offset) in widths::BLOCKS {
            assert_eq!(offset, next);
            next += (last - first + 1) as usize;
        }
        assert!(widths::BLOCKS.is_sorted());
        assert_eq!(next, widths::VERDANA_11.len());
    }

    #[test]
    fn measured_characters_have_their_width() {
        assert_eq!(px("visitors"), 39.71);
        assert_eq!(px("0123456789"), 69.9);
        assert_eq!(px("Ω"), 9.0);
        assert_eq!(px(""), 0.0);
    }

    #[test]
    fn one_emoji_is_one_whatever_it_is_made_of() {
        for emoji in ["👀", "👨‍👩‍👧‍👦", "🇫🇷", "👍🏽", "❤️", "1️⃣"]
        {
            assert_eq!(px(emoji), 13.75, "{emoji}");
            assert_eq!(measure(Font::Verdana11, emoji).graphemes, 1);
        }
    }

    #[test]
    fn marks_take_no_room_and_wide_ones_an_em() {
        assert_eq!(px("e\u{301}"), px("e"));
        assert_eq!(px("中文"), 22.0);
        assert_eq!(px("あ한"), 22.0);
        assert_eq!(px("a\u{200b}"), px("a"));
    }

    #[test]
    fn direction_is_the_first_letters() {
        assert!(is_rtl("12 ביקורים"));
        assert!(is_rtl("عدد"));
        assert!(!is_rtl("views ביקורים"));
        assert!(!is_rtl("12 / 34"));
    }
}
