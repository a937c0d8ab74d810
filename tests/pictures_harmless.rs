//! Attacks pictures through every parameter: markup, control characters, addresses, broken
//! colours, endless words, in any mixture.
//!
//! The oracle is an independent XML parser. Whatever was asked for, the answer is well-formed,
//! has only elements and attributes that draw, runs nothing, refers to nothing outside itself
//! except by a web link on an `<a>`, and keeps its words inside its box. Other hit counters have
//! failed at exactly this.
//!
//! `PROPTEST_CASES=100000 cargo test --release --test pictures_harmless` looks harder.

mod oracle;

use oracle::check;
use proptest::prelude::*;
use seen::picture::chart::{self, ChartParams};
use seen::picture::{Day, badge, error_badge, number::Format, params::BadgeParams};

/// Words that break careless pictures, whole and in pieces.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\"/><image href='https://evil.example/x'/>".to_owned()),
        Just("]]>&amp;&#0;<!--<![CDATA[<?x?>".to_owned()),
        Just("' onload='alert(1)".to_owned()),
        Just("javascript:alert(1)".to_owned()),
        Just("url(https://evil.example/)#r}*{fill:red}@import".to_owned()),
        Just(
            "\u{0}\u{8}\u{b}\u{1b}\u{7f}\u{85}\u{9f}\u{fffe}\u{ffff}\u{1fffe}\u{fdd0}\u{feff}"
                .to_owned()
        ),
        Just("\u{202e}\u{2066}\u{200d}\u{200f}\u{fe0f}\u{20e3}".to_owned()),
        Just("👨‍👩‍👧‍👦🇫🇷👍🏽❤️ביקורים עدد आगंतुक e\u{301}\u{301}".to_owned()),
        Just("ŉßﬃİ﷽𒈙⸻".to_owned()),
        Just("W".repeat(400)),
        any::<String>(),
        any::<char>().prop_map(String::from),
        "[0-9a-fA-F#]{0,9}",
        "-?[0-9]{1,20}",
    ];
    prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
}

/// Valid values of some parameter, so that an attack gets past the other parameters.
fn sensible() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "flat",
        "flat-square",
        "plastic",
        "for-the-badge",
        "social",
        "pixel",
        "odometer",
        "red",
        "#fff",
        "0000",
        "rgba(1,2,3,.5)",
        "hsl(20deg 30% 90%)",
        "transparent",
        "eye",
        "heart",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "https://a.b/?c&d='e'",
        "http://[::1]/",
        "short",
        "pad12",
        "1",
        "sparkline",
        "full",
        "dark",
        "240",
        "1999",
    ])
    .prop_map(str::to_owned)
}

/// Half of the values are valid for some parameter.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![hostile(), sensible()]
}

const BADGE_KEYS: [&str; 15] = [
    "label",
    "title",
    "style",
    "edge_flat",
    "color",
    "count_bg",
    "labelColor",
    "textColor",
    "logo",
    "logoColor",
    "icon",
    "link",
    "link",
    "format",
    "abbreviated",
];
const CHART_KEYS: [&str; 6] = ["title", "kind", "color", "theme", "width", "height"];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_badge_only_draws(
        pairs in prop::collection::vec((prop::sample::select(&BADGE_KEYS[..]), value()), 0..8),
        style in prop::sample::select(&badge::Style::ALL[..]),
        message in hostile(),
    ) {
        let mut params = BadgeParams::read(pairs.iter().map(|(key, value)| (*key, value.as_str())));
        check(&error_badge(&params.ignored.note()));
        params.style.get_or_insert(style);
        check(&badge::render(&params.badge(&message.clone(), message)));
    }

    #[test]
    fn an_error_only_draws(key in hostile(), value in hostile()) {
        let error = seen::picture::Style::parse(&key, &value).err().map(|error| error.to_string());
        check(&error_badge(&error.unwrap_or_default()));
    }

    #[test]
    fn any_count_fits(count in any::<i64>(), today in any::<i64>(), digits in any::<u8>(),
        style in prop::sample::select(&badge::Style::ALL[..])) {
        for format in [Format::Plain, Format::Separated, Format::Short, Format::Padded(digits)] {
            prop_assert!(format.print(count).len() <= 26);
            let message = format.print_today(today, count);
            let params = BadgeParams { style: Some(style), ..BadgeParams::default() };
            check(&badge::render(&params.badge("views", message)));
        }
    }

    #[test]
    fn a_chart_only_draws(
        pairs in prop::collection::vec((prop::sample::select(&CHART_KEYS[..]), value()), 0..6),
        days in prop::collection::vec((prop_oneof![any::<i32>(), 20_000..20_400i32], any::<u64>()), 0..40),
        title in hostile(),
        total in any::<Option<i64>>(),
    ) {
        let params = ChartParams::read(pairs.iter().map(|(key, value)| (*key, value.as_str())));
        let days = days.into_iter().map(|(day, count)| (Day(day), count)).collect();
        let chart = params.chart(&title, days);
        check(&chart::render(&chart::Chart { total, ..chart }));
    }
}
