//! Every style and every kind of chart against an approved picture in `tests/golden`.
//!
//! After an intended change, `UPDATE_GOLDEN=1 cargo test --test golden` rewrites the files; look
//! at them in a browser before you commit them.

use std::path::Path;

use seen::picture::badge::{self, Badge, Style};
use seen::picture::chart::{self, Chart, ChartKind, Theme};
use seen::picture::{Color, Day, Link, Logo, error_badge, number::Format};

/// Fails if a picture differs from its file, and names the command that accepts it.
fn check(name: &str, svg: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).with_extension("svg");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return std::fs::write(&path, format!("{svg}\n")).expect("tests/golden can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        golden.trim_end(),
        svg,
        "{name} has changed. If it was meant: UPDATE_GOLDEN=1 cargo test --test golden"
    );
}

fn counts(label: &str, message: &str) -> Badge {
    Badge { label: label.into(), message: message.into(), ..Badge::default() }
}

#[test]
fn every_style() {
    for style in Style::ALL {
        let badge = Badge { style, ..counts("views", "1,234,567") };
        check(style.name(), &badge::render(&badge));
    }
}

#[test]
fn every_style_with_logo_colours_and_links() {
    for style in Style::ALL.into_iter().filter(|style| *style != Style::Pixel) {
        let badge = Badge {
            style,
            color: Color::parse("color", "yellow").ok(),
            label_color: Color::parse("labelColor", "#fafafa").ok(),
            logo: Logo::parse("logo", "eye").ok(),
            links: [
                Link::parse("link", "https://example.com/?a=1&b=2").ok(),
                Link::parse("link", "https://example.org/").ok(),
            ],
            ..counts("views", &Format::Short.print(1_234_567))
        };
        check(&format!("{}-dressed", style.name()), &badge::render(&badge));
    }
}

#[test]
fn words_in_many_scripts() {
    for (name, label) in [
        ("emoji", "👀 👨‍👩‍👧‍👦🇫🇷❤️"),
        ("han", "访问量"),
        ("kana", "訪問者カウンター"),
        ("hebrew", "ביקורים"),
        ("arabic", "عدد الزيارات"),
        ("devanagari", "आगंतुक"),
        ("cyrillic", "Просмотры"),
        ("accents", "Zähler e\u{301}"),
    ] {
        check(&format!("flat-{name}"), &badge::render(&counts(label, "12 / 3,456")));
    }
}

#[test]
fn corners() {
    check("flat-no-label", &badge::render(&counts("", "42")));
    check("flat-largest", &badge::render(&counts("total", &Format::Separated.print(i64::MAX))));
    let picture = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";
    let logo = Badge { logo: Logo::parse("logo", picture).ok(), ..counts("", "42") };
    check("flat-only-a-picture", &badge::render(&logo));
    let error = Style::parse("style", "<3d>").unwrap_err();
    check("error", &error_badge(&error.to_string()));
}

/// Days whose counts rise and fall, the same on every machine.
fn days(days: i32, scale: u64) -> Vec<(Day, u64)> {
    (0..days)
        .map(|day| (Day(20_720 - days + day), day.unsigned_abs() as u64 * 7919 % 13 * scale))
        .collect()
}

#[test]
fn charts_of_any_history() {
    for (kind, name) in [(ChartKind::Full, "chart"), (ChartKind::Sparkline, "sparkline")] {
        for (what, days) in [
            ("empty", Vec::new()),
            ("one", days(1, 1).into_iter().map(|(day, _)| (day, 12)).collect()),
            ("quiet", days(7, 0)),
            ("week", days(7, 1)),
            ("month", days(30, 40)),
            ("half-year", days(182, 1_000)),
            ("three-years", days(1096, 1_000_000)),
            ("largest", vec![(Day(i32::MIN), 1), (Day(0), u64::MAX), (Day(9), u64::MAX)]),
        ] {
            check(&format!("{name}-{what}"), &chart::render(&Chart::new(kind, "site/page", days)));
        }
    }
}

#[test]
fn charts_without_a_store_to_ask() {
    for (kind, name) in [(ChartKind::Full, "chart"), (ChartKind::Sparkline, "sparkline")] {
        let chart =
            Chart { known: false, total: Some(12), ..Chart::new(kind, "site/page", vec![]) };
        check(&format!("{name}-unknown"), &chart::render(&chart));
    }
}

#[test]
fn charts_of_one_scheme_and_size() {
    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let chart = Chart {
            theme,
            width: 400,
            height: 160,
            total: Some(1_234_567),
            color: Color::parse("color", "brightgreen").ok(),
            ..Chart::new(
                ChartKind::Full,
                "a title that is too long for a chart as small as this",
                days(14, 3),
            )
        };
        check(&format!("chart-{name}"), &chart::render(&chart));
    }
}
