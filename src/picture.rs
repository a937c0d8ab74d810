//! Pictures of a count: pure functions from numbers and words to an SVG string, or to
//! the bytes of a PNG ([`card`], [`badge::render_png`]).
//!
//! Nothing here knows HTTP or a store, reads a clock, or loads anything. All input is
//! treated as hostile: text is cleaned, cut and escaped ([`escape`]); colours, logos and
//! links are parsed into values and printed from these ([`color`], [`logo`], [`link`]). So
//! no byte of a parameter gets into a picture unchecked. A picture has no script, and refers
//! to nothing outside itself except the `http(s)` links that its owner asked for.
//!
//! ```
//! use seen::picture::{badge, number, Badge};
//!
//! let mut badge = Badge { label: "views".into(), ..Badge::default() };
//! badge.message = number::Format::Separated.print(1_234_567);
//! let svg = badge::render(&badge);
//! assert!(svg.contains("aria-label=\"views: 1,234,567\""));
//! ```

pub mod badge;
mod canvas;
pub mod card;
pub mod chart;
pub mod color;
pub mod date;
pub mod digits;
pub mod error;
pub mod escape;
pub mod fnv;
mod letters;
pub mod link;
pub mod logo;
pub mod metrics;
pub mod number;
pub mod param;
pub mod params;
mod png;
mod strokes;

pub use badge::{Badge, Style, error_badge};
pub use chart::Chart;
pub use color::Color;
pub use date::Day;
pub use error::ParamError;
pub use link::Link;
pub use logo::Logo;
