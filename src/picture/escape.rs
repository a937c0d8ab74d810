//! Text from outside, made safe for an SVG.

use unicode_segmentation::UnicodeSegmentation;

/// Makes `text` printable.
///
/// Drops characters that XML 1.0 forbids or that would reorder the text around them,
/// collapses each run of white space into one space, trims, and cuts to at most
/// `max_chars` characters, the last of them "…".
///
/// A cut never splits a grapheme: no half of a flag, no accent without its
/// letter. SVG renders a run of spaces as one, so one is what we measure.
pub fn clean(text: &str, max_chars: usize) -> String {
    cleaned(text, max_chars).0
}

/// The same, and whether it was cut.
pub fn cleaned(text: &str, max_chars: usize) -> (String, bool) {
    let mut out = String::with_capacity(text.len().min(4 * max_chars) + 4);
    let mut chars = 0;
    let mut space = false;
    for c in text.chars() {
        if is_space(c) {
            space = !out.is_empty();
        } else if !is_dropped(c) {
            if std::mem::take(&mut space) {
                out.push(' ');
                chars += 1;
            }
            out.push(c);
            chars += 1;
            // One character more than fits would tell that a cut is needed. A few more complete the
            // grapheme at the cut.
            if chars > max_chars + 16 {
                break;
            }
        }
    }
    let is_cut = chars > max_chars;
    if is_cut {
        cut(&mut out, max_chars);
    }
    (out, is_cut)
}

/// Cuts to the graphemes that fit in `max_chars - 1` characters, and adds "…".
fn cut(text: &mut String, max_chars: usize) {
    let mut chars = 0;
    let mut bytes = 0;
    for grapheme in text.graphemes(true) {
        chars += grapheme.chars().count();
        if chars >= max_chars {
            break;
        }
        bytes += grapheme.len();
    }
    text.truncate(bytes);
    text.truncate(text.trim_end().len());
    text.push('…');
}

/// Spaces, line ends and tabs. The no-break space is kept, since it was typed on purpose.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that XML 1.0 (section 2.2) forbids or discourages, and the controls
/// that change the direction of the text after them: one in the label would
/// reverse the message in the accessible name.
fn is_dropped(c: char) -> bool {
    c.is_control()
        || (c as u32) & 0xfffe == 0xfffe
        || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{feff}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Appends `text`, escaped for element content and for attributes in either kind of
/// quotes. Expects [`clean`]ed text.
pub fn push(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_collapse_and_controls_go() {
        assert_eq!(clean("  a \t\n b\u{0}\u{1b}\u{7f}c\u{fffe} ", 99), "a bc");
        assert_eq!(clean("\u{202e}gpj.exe\u{feff}\u{1ffff}", 99), "gpj.exe");
    }

    #[test]
    fn a_cut_keeps_graphemes_whole() {
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcde…");
        assert_eq!(clean("ab cdefg", 4), "ab…");
        // e + accent, twice: four characters, two graphemes.
        assert_eq!(clean("e\u{301}e\u{301}", 3), "e\u{301}…");
        assert_eq!(clean(&format!("a{}", "\u{301}".repeat(999)), 10), "…");
    }

    #[test]
    fn markup_is_escaped() {
        let mut out = String::new();
        push(&mut out, r#"<a b="c" d='e'>&"#);
        assert_eq!(out, "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    }
}
