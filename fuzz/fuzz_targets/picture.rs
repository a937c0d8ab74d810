//! Any parameters and any history give a picture that only draws. The judge is
//! the property tests' (`tests/oracle`).

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use seen::picture::chart::{self, Chart, ChartParams};
use seen::picture::{Day, badge, error_badge, params::BadgeParams};

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    pairs: Vec<(Key, &'a str)>,
    message: &'a str,
    days: Vec<(i32, u64)>,
    total: Option<i64>,
}

/// Named, so that the fuzzer needn't find out how they are spelled.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Key {
    Label,
    Style,
    Color,
    LabelColor,
    Logo,
    LogoColor,
    Link,
    Format,
    Kind,
    Theme,
    Width,
    Height,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Label => "title",
            Self::Style => "style",
            Self::Color => "color",
            Self::LabelColor => "labelColor",
            Self::Logo => "logo",
            Self::LogoColor => "logoColor",
            Self::Link => "link",
            Self::Format => "format",
            Self::Kind => "kind",
            Self::Theme => "theme",
            Self::Width => "width",
            Self::Height => "height",
        }
    }
}

fuzz_target!(|input: Input<'_>| {
    let mut look = BadgeParams::default();
    let mut frame = ChartParams::default();
    for (key, value) in &input.pairs {
        for result in [look.set(key.name(), value), frame.set(key.name(), value)] {
            if let Err(error) = result {
                oracle::check(&error_badge(&error.to_string()));
            }
        }
    }
    oracle::check(&badge::render(&look.badge("views", input.message.to_owned())));
    let days = input.days.iter().map(|&(day, count)| (Day(day), count)).collect();
    let chart = frame.chart(input.message, days);
    oracle::check(&chart::render(&Chart { total: input.total, ..chart }));
});
