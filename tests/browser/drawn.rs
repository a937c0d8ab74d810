//! The pictures of `tests/golden` as a browser draws them: their size, that each text fits its
//! picture, and that something is visible in both colour schemes.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::driver::Browser;
use crate::site::Site;

/// Measures a picture: its size, the colours that fill a thousandth of its area or more, and the
/// boxes of its visible texts.
const DRAWN: &str = r"
    const image = new Image();
    image.src = 'data:image/svg+xml;base64,' + btoa(String.fromCharCode(...new TextEncoder().encode(svg)));
    return image.decode().then(() => {
        const [width, height] = [image.naturalWidth, image.naturalHeight];
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const pixels = context.getImageData(0, 0, width, height).data;
        const count = new Map();
        for (let at = 0; at < pixels.length; at += 4) {
            const colour = pixels.slice(at, at + 4).map((part) => part >> 4).join();
            count.set(colour, (count.get(colour) ?? 0) + 1);
        }
        const colours = [...count].filter(([, n]) => n * 1000 >= width * height)
            .map(([colour]) => colour).sort();
        document.body.innerHTML = svg;
        const of = document.querySelector('svg').getBoundingClientRect();
        const texts = [...document.querySelectorAll('svg text')]
            .map((text) => [text.textContent, text.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0)
            .map(([text, box]) => [text, box.left - of.left, of.right - box.right,
                                   box.top - of.top, of.bottom - box.bottom]);
        return { width, height, colours, texts };
    });";

fn attribute(svg: &str, name: &str) -> f64 {
    let (_, rest) = svg.split_once(&format!(" {name}=\"")).expect("a size");
    rest.split('"').next().and_then(|n| n.parse().ok()).expect("a number")
}

#[test]
fn each_picture_is_drawn_whole_in_both_schemes() {
    let Some(browser) = Browser::start() else { return };
    let site = Site::page("<!doctype html><meta charset=utf-8><body>");
    browser.open(&site.url("/"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    assert!(names.len() > 30, "{names:?}");
    for path in names {
        let (name, svg) = (path.file_stem().unwrap().to_string_lossy(), fs::read_to_string(&path));
        let svg = svg.unwrap();
        let mut schemes = Vec::new();
        for scheme in ["light", "dark"] {
            browser.look(1280, 800, scheme);
            let drawn = browser.run(&format!("const svg = {}; {DRAWN}", json!(svg)));
            let what = format!("{name} in {scheme}: {drawn:#}");
            for side in ["width", "height"] {
                let difference = drawn[side].as_f64().unwrap() - attribute(&svg, side);
                assert!(difference.abs() < 1.0, "{side}: {what}");
            }
            let colours: &Vec<Value> = drawn["colours"].as_array().unwrap();
            // The pixel counts, and shows nothing.
            assert_eq!(colours.len() > 1, name != "pixel", "{what}");
            for text in drawn["texts"].as_array().unwrap() {
                for side in 1..=4 {
                    // A font's box is a little taller than its letters.
                    let room = if side > 2 { -3.0 } else { -0.5 };
                    assert!(text[side].as_f64().unwrap() >= room, "{text} sticks out: {what}");
                }
            }
            schemes.push(colours.clone());
        }
        // A badge looks the same in both schemes. A chart follows the reader's, unless told not
        // to.
        let follows = svg.contains("prefers-color-scheme");
        assert_eq!(schemes[0] != schemes[1], follows, "{name}: {schemes:?}");
    }
}
