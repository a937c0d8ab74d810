//! Letters as lines, for text in pictures that are made of pixels. They are our own drawing.
//!
//! A unit is a pixel of text of 11 px. Capitals and digits stand between y = 0 and 7, small
//! letters without ascender between 2 and 7, and descenders reach 9.2. These are the middles of
//! lines that are one unit thick. Lines along the axes lie on halves of units, so that they are
//! sharp at double size.

use super::strokes::{PenPoint, read};

/// The paths of `!` to `~`, as in SVG.
const ASCII: [&str; 94] = [
    "M0 0V4.8M0 6.7V7",
    "M0-.3V1.7M2-.3V1.7",
    "M2.2 0L1.1 7M5.2 0L4.1 7M.4 2.5H6M0 4.5H5.6",
    "M4 1.5C3.4 1.1 2.8 1 2.2 1 1 1 .3 1.5.3 2.3.3 3.2 1.2 3.4 2.2 3.6 3.3 3.8 4.1 4.1 4.1 5 4.1 5.9 3.3 6.3 2.1 6.3 1.4 6.3.6 6.1 0 5.8M2-.5V8",
    "M0 1.7C0 .6.5 0 1.6 0 2.7 0 3.2.6 3.2 1.7 3.2 2.8 2.7 3.4 1.6 3.4.5 3.4 0 2.8 0 1.7M5.8 5.3C5.8 4.2 6.3 3.6 7.4 3.6 8.5 3.6 9 4.2 9 5.3 9 6.4 8.5 7 7.4 7 6.3 7 5.8 6.4 5.8 5.3M7 0L2 7",
    "M5.7 7L1.5 2.9C.5 1.8.6 0 2.2 0 3.8 0 3.9 2.1 2 3.1.6 3.8 0 4.4 0 5.3 0 6.4.9 7 2.1 7 3.7 7 4.9 5.8 5 3.6",
    "M0-.3V1.7",
    "M1.6-.7C.6.4 0 1.8 0 3.9 0 6 .6 7.4 1.6 8.5",
    "M0-.7C1 .4 1.6 1.8 1.6 3.9 1.6 6 1 7.4 0 8.5",
    "M2 0V3.6M.4.9L3.6 2.7M3.6.9L.4 2.7",
    "M3 1V7M0 4H6",
    "M.8 6.7L0 8.8",
    "M0 4H2.5",
    "M0 6.7V7",
    "M3.2-.7L0 8.3",
    // 0 to 9
    "M0 3.5C0 1.2.8 0 2.25 0 3.7 0 4.5 1.2 4.5 3.5 4.5 5.8 3.7 7 2.25 7 .8 7 0 5.8 0 3.5",
    "M0 1H.5C1.3 1 2 .7 2 0V7M0 7H4",
    "M.1 1C.7.3 1.4 0 2.2 0 3.5 0 4.2.7 4.2 1.8 4.2 3.4 2.8 4.4 0 7H4.5",
    "M.2.7C.8.2 1.4 0 2.1 0 3.4 0 4.1.6 4.1 1.6 4.1 2.8 3.3 3.4 2 3.4H1.4M2 3.4C3.6 3.4 4.4 4 4.4 5.2 4.4 6.4 3.5 7 2.1 7 1.3 7 .6 6.8 0 6.4",
    "M3.5 7V0L0 5H4.7",
    "M4.1 0H.5V2.9C1 2.75 1.5 2.7 2 2.7 3.6 2.7 4.4 3.4 4.4 4.8 4.4 6.2 3.5 7 2 7 1.2 7 .6 6.8 0 6.5",
    "M4.1.2C3.7.1 3.4 0 3 0 1.2 0 0 1.6 0 4.2 0 6 .8 7 2.3 7 3.7 7 4.5 6.1 4.5 4.8 4.5 3.5 3.7 2.7 2.4 2.7 1.4 2.7.5 3.2 0 3.9",
    "M0 0H4.5L1.4 7",
    "M2.25 3.3C1 3.3.3 2.6.3 1.7.3.6 1.1 0 2.25 0 3.4 0 4.2.6 4.2 1.7 4.2 2.6 3.5 3.3 2.25 3.3.8 3.3 0 4.1 0 5.1 0 6.3.9 7 2.25 7 3.6 7 4.5 6.3 4.5 5.1 4.5 4.1 3.7 3.3 2.25 3.3",
    "M.4 6.8C.8 6.9 1.1 7 1.5 7 3.3 7 4.5 5.4 4.5 2.8 4.5 1 3.7 0 2.2 0 .8 0 0 .9 0 2.2 0 3.5.8 4.3 2.1 4.3 3.1 4.3 4 3.8 4.5 3.1",
    // : to @
    "M0 2.5V2.8M0 6.7V7",
    "M.8 2.5V2.8M.8 6.7L0 8.8",
    "M5.5 1L0 4 5.5 7",
    "M0 2.5H6M0 5.5H6",
    "M0 1L5.5 4 0 7",
    "M0 .6C.6.2 1.1 0 1.7 0 2.9 0 3.6.6 3.6 1.6 3.6 3.2 1.6 3.1 1.6 4.8M1.6 6.7V7",
    "M5.9 5.1C5.4 5.6 4.9 5.8 4.3 5.8 3.2 5.8 2.6 5 2.6 3.9 2.6 2.7 3.3 1.9 4.4 1.9 5 1.9 5.5 2.1 5.9 2.5M5.9 1.9V4.8C5.9 5.5 6.3 5.8 6.8 5.8 7.8 5.8 8.4 5 8.4 3.7 8.4 1.3 6.8-.2 4.3-.2 1.7-.2 0 1.6 0 4 0 6.6 1.7 8.3 4.3 8.3 5.2 8.3 6 8.1 6.7 7.8",
    // A to Z
    "M0 7L2.75 0 5.5 7M1 4.5H4.5",
    "M2.4 3.5H0V0H2.2C3.5 0 4.2.6 4.2 1.7 4.2 2.9 3.5 3.5 2.4 3.5 3.9 3.5 4.7 4.1 4.7 5.2 4.7 6.3 3.9 7 2.5 7H0V3.5",
    "M5.2.8C4.5.3 3.9 0 3.1 0 1.3 0 0 1.4 0 3.5 0 5.6 1.3 7 3.1 7 3.9 7 4.5 6.7 5.2 6.2",
    "M0 0V7H2C4.3 7 5.5 5.7 5.5 3.5 5.5 1.3 4.3 0 2 0Z",
    "M4.3 0H0V7H4.3M0 3.5H4",
    "M4.2 0H0V7M0 3.5H3.7",
    "M5.4.8C4.7.3 4 0 3.2 0 1.3 0 0 1.4 0 3.5 0 5.6 1.3 7 3.2 7 4 7 4.8 6.8 5.5 6.4V4H3.5",
    "M0 0V7M5.5 0V7M0 3.5H5.5",
    "M0 0H2M1 0V7M0 7H2",
    "M.8 0H3V5C3 6.5 2 7.2 0 6.9",
    "M0 0V7M5 0L0 4.4M1.9 2.8L5.3 7",
    "M0 0V7H4.2",
    "M0 7V0L3.25 5 6.5 0V7",
    "M0 7V0L5.5 7V0",
    "M0 3.5C0 1.4 1.2 0 3 0 4.8 0 6 1.4 6 3.5 6 5.6 4.8 7 3 7 1.2 7 0 5.6 0 3.5",
    "M0 7V0H2.4C3.8 0 4.5.7 4.5 2 4.5 3.3 3.8 4 2.4 4H0",
    "M0 3.5C0 1.4 1.2 0 3 0 4.8 0 6 1.4 6 3.5 6 5.6 4.8 7 3 7 1.2 7 0 5.6 0 3.5M3 7C3.2 8.3 3.9 8.8 5.2 8.6",
    "M0 7V0H2.4C3.7 0 4.4.7 4.4 2 4.4 3.3 3.7 4 2.4 4H0M2.5 4L5.1 7",
    "M4.7.7C4 .2 3.3 0 2.5 0 1.1 0 .2.7.2 1.8.2 3 1.3 3.3 2.5 3.5 3.8 3.7 4.8 4.1 4.8 5.3 4.8 6.4 3.8 7 2.4 7 1.5 7 .7 6.7 0 6.3",
    "M0 0H5M2.5 0V7",
    "M0 0V4.3C0 6.1.9 7 2.75 7 4.6 7 5.5 6.1 5.5 4.3V0",
    "M0 0L2.75 7 5.5 0",
    "M0 0L2.1 7 4.5.3 6.9 7 9 0",
    "M0 0L5.2 7M5.2 0L0 7",
    "M0 0L2.5 3.6 5 0M2.5 3.6V7",
    "M0 0H5L0 7H5.2",
    // [ to `
    "M1.6-.7H0V8.5H1.6",
    "M0-.7L3.2 8.3",
    "M0-.7H1.6V8.5H0",
    "M0 3.5L2.75 0 5.5 3.5",
    "M0 9H5",
    "M0-.6L1.3.8",
    // a to z
    "M.4 2.6C1 2.2 1.6 2 2.2 2 3.5 2 4 2.7 4 3.6V7M4 4.3H2C.8 4.3 0 4.8 0 5.6 0 6.5.7 7 1.6 7 2.6 7 3.4 6.6 4 5.8",
    "M0-.5V7M0 3.2C.6 2.4 1.4 2 2.3 2 3.6 2 4.5 3 4.5 4.5 4.5 6 3.6 7 2.3 7 1.4 7 .6 6.6 0 5.8",
    "M4 2.6C3.5 2.2 3 2 2.4 2 1 2 0 3 0 4.5 0 6 1 7 2.4 7 3 7 3.5 6.8 4 6.4",
    "M4.5-.5V7M4.5 3.2C3.9 2.4 3.1 2 2.2 2 .9 2 0 3 0 4.5 0 6 .9 7 2.2 7 3.1 7 3.9 6.6 4.5 5.8",
    "M0 4.5H4.5C4.5 2.9 3.7 2 2.3 2 1 2 0 3 0 4.5 0 6.1 1 7 2.5 7 3.2 7 3.8 6.8 4.3 6.4",
    "M2.5-.4C1.4-.6 1 0 1 1V7M0 2H2.4",
    "M4.5 2V7C4.5 8.4 3.8 9.2 2.3 9.2 1.6 9.2 1 9 .5 8.8M4.5 3.2C3.9 2.4 3.1 2 2.2 2 .9 2 0 3 0 4.5 0 6 .9 7 2.2 7 3.1 7 3.9 6.6 4.5 5.8",
    "M0-.5V7M0 3.2C.7 2.4 1.4 2 2.2 2 3.4 2 4 2.7 4 4V7",
    "M0 2V7M0-.2V.1",
    "M1.2 2V7.7C1.2 8.8.8 9.2 0 9.1M1.2-.3V0",
    "M0-.5V7M4 2L0 5M1.4 4L4.2 7",
    "M0-.5V7",
    "M0 2V7M0 3.2C.6 2.4 1.3 2 2.1 2 3.3 2 4 2.7 4 4V7M4 3.4C4.6 2.5 5.3 2 6.1 2 7.3 2 8 2.7 8 4V7",
    "M0 2V7M0 3.2C.7 2.4 1.4 2 2.2 2 3.4 2 4 2.7 4 4V7",
    "M0 4.5C0 3 .9 2 2.25 2 3.6 2 4.5 3 4.5 4.5 4.5 6 3.6 7 2.25 7 .9 7 0 6 0 4.5",
    "M0 2V9.2M0 3.2C.6 2.4 1.4 2 2.3 2 3.6 2 4.5 3 4.5 4.5 4.5 6 3.6 7 2.3 7 1.4 7 .6 6.6 0 5.8",
    "M4.5 2V9.2M4.5 3.2C3.9 2.4 3.1 2 2.2 2 .9 2 0 3 0 4.5 0 6 .9 7 2.2 7 3.1 7 3.9 6.6 4.5 5.8",
    "M0 2V7M0 3.4C.6 2.5 1.4 2 2.5 2H2.8",
    "M3.8 2.5C3.2 2.2 2.6 2 2 2 .9 2 .2 2.5.2 3.3.2 4.2 1 4.4 2 4.5 3.1 4.7 3.8 5 3.8 5.8 3.8 6.6 3 7 2 7 1.3 7 .6 6.8 0 6.5",
    "M1 .5V5.6C1 6.6 1.5 7 2.3 7H2.8M0 2H2.8",
    "M0 2V5C0 6.3.6 7 1.8 7 2.6 7 3.3 6.6 4 5.8M4 2V7",
    "M0 2L2.25 7 4.5 2",
    "M0 2L1.7 7 3.5 2.3 5.3 7 7 2",
    "M0 2L4.4 7M4.4 2L0 7",
    "M0 2L2.3 7M4.6 2L1.5 9.2",
    "M0 2H4L0 7H4.1",
    // { to ~
    "M3-.7C1.9-.7 1.5-.3 1.5.6V2.4C1.5 3.3 1 3.8 0 3.9 1 4 1.5 4.5 1.5 5.4V7.2C1.5 8.1 1.9 8.5 3 8.5",
    "M0-.7V9",
    "M0-.7C1.1-.7 1.5-.3 1.5.6V2.4C1.5 3.3 2 3.8 3 3.9 2 4 1.5 4.5 1.5 5.4V7.2C1.5 8.1 1.1 8.5 0 8.5",
    "M0 4.7C.2 3.5.8 3 1.5 3 2.6 3 3.3 5 4.5 5 5.2 5 5.8 4.5 6 3.3",
];

/// The letters of `À` to `ÿ`, and below them their accents; a space for what has none of its own.
const LATIN: &str = "AAAAAA CEEEEIIII NOOOOO  UUUUY  aaaaaa ceeeeiiii nooooo  uuuuy y";
const ACCENTS: &str = "`'^~:o ,`'^:`'^: ~`'^~:  `'^:'  `'^~:o ,`'^:`'^: ~`'^~:  `'^:' :";

/// Punctuation of prose; `…` ends a text that was cut.
const PROSE: [(char, &str); 5] = [
    ('…', "M0 6.7V7M3 6.7V7M6 6.7V7"),
    ('–', "M0 4H5"),
    ('—', "M0 4H9"),
    ('·', "M0 3.8V4.1"),
    ('×', "M0 1.5L5 6.5M5 1.5L0 6.5"),
];

/// How many characters [`slot`] tells apart.
pub(super) const SLOTS: usize = ASCII.len() + LATIN.len() + PROSE.len();

/// The number of a character that can be drawn, below [`SLOTS`].
pub(super) fn slot(c: char) -> Option<usize> {
    let c = match c {
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        '‐' | '‑' => '-',
        c => c,
    };
    if let Some(at) = PROSE.iter().position(|of| of.0 == c) {
        return Some(ASCII.len() + LATIN.len() + at);
    }
    let code = c as usize;
    match c {
        '!'..='~' => Some(code - 0x21),
        'À'..='ÿ' => (LATIN.as_bytes()[code - 0xc0] != b' ').then_some(ASCII.len() + code - 0xc0),
        _ => None,
    }
}

/// The lines of a character.
pub(super) fn strokes(slot: usize) -> Vec<Vec<PenPoint>> {
    let accented = slot.wrapping_sub(ASCII.len());
    if let Some(path) = ASCII.get(slot) {
        return read(path);
    }
    if let Some(accent) = ACCENTS.as_bytes().get(accented) {
        return with_accent(LATIN.as_bytes()[accented], *accent);
    }
    PROSE.get(accented.wrapping_sub(LATIN.len())).map_or_else(Vec::new, |of| read(of.1))
}

/// A letter with an accent over its middle.
fn with_accent(letter: u8, accent: u8) -> Vec<Vec<PenPoint>> {
    let mut strokes = match letter {
        // The accent stands in the place of the dot.
        b'i' => read("M0 2V7"),
        letter => read(ASCII[usize::from(letter) - 0x21]),
    };
    let mark = read(match accent {
        b'`' => "M-1-.6L.4.6",
        b'\'' => "M1-.6L-.4.6",
        b'^' => "M-1.3.5L0-.6 1.3.5",
        b'~' => "M-1.5.4C-1.2-.5-.6-.5 0 0 .6.5 1.2.5 1.5-.4",
        b'o' => "M-1 0C-1-1.3 1-1.3 1 0 1 1.3-1 1.3-1 0",
        b',' => "M.1 7C.1 7.8.9 7.8.9 8.5.9 9.2.2 9.3-.6 9.1",
        _ => "M-1.2-.1V.1M1.2-.3V0",
    });
    let xs = strokes.iter().flatten().map(|point| point.0);
    let middle = xs.fold(0.0, f64::max) / 2.0;
    let up = if letter.is_ascii_uppercase() && accent != b',' { 2.2 } else { 0.0 };
    let place = |(x, y): PenPoint| (x + middle, y - up);
    strokes.extend(mark.into_iter().map(|stroke| stroke.into_iter().map(place).collect()));
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = char> {
        ('!'..='~').chain('À'..='ÿ').chain("…–—·".chars()).filter(|c| slot(*c).is_some())
    }

    #[test]
    fn every_path_is_read_to_its_end() {
        let paths = ASCII.into_iter().chain(PROSE.map(|of| of.1));
        for path in paths {
            let strokes = read(&format!("{path}M70 71L72 73"));
            assert_eq!(strokes.last().unwrap(), &[(70.0, 71.0), (72.0, 73.0)], "{path}");
            assert_eq!(strokes.len(), path.matches('M').count() + 1, "{path}");
            assert!(strokes.iter().all(|stroke| stroke.len() > 1), "{path}: {strokes:?}");
        }
    }

    #[test]
    fn every_character_stays_in_its_box() {
        for c in all() {
            let points = strokes(slot(c).unwrap()).concat();
            let is_capital = ('À'..='Þ').contains(&c);
            let top = if is_capital { -3.5 } else { -1.0 };
            for (x, y) in &points {
                assert!((0.0..=9.1).contains(x) || c > '~' && *x > -1.6, "{c}: {x}");
                assert!((top..=9.3).contains(y), "{c}: {y}");
            }
            let left = points.iter().map(|p| p.0).fold(f64::MAX, f64::min);
            assert!(left < 0.45, "{c} starts at {left}");
        }
    }

    #[test]
    fn no_two_characters_are_the_same() {
        let mut drawn: Vec<(char, Vec<Vec<PenPoint>>)> = Vec::new();
        for c in all() {
            assert!(slot(c).unwrap() < SLOTS, "{c}");
            let strokes = strokes(slot(c).unwrap());
            let twin = drawn.iter().find(|(_, other)| *other == strokes);
            assert!(!strokes.is_empty() && twin.is_none(), "{c} is drawn as {twin:?}");
            drawn.push((c, strokes));
        }
        assert_eq!(drawn.len(), 94 + 54 + 4);
        assert_eq!((slot(' '), slot('字'), slot('ß'), slot('\u{7f}')), (None, None, None, None));
        assert_eq!(slot('’'), slot('\''));
    }
}
