//! A hit and its source.

use serde::{Deserialize, Serialize};

use crate::model::name::Counter;

/// The kind of client behind a hit. Each counter keeps a total for each source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A person's browser, or a program that acts for one.
    Browser,
    /// A proxy that fetches pictures for people, like GitHub's camo.
    Proxy,
    /// A crawler, a link preview or a monitor.
    Bot,
    /// A browser that prefetches a page, which nobody may ever look at.
    Prefetch,
    /// seen's own pages, or the counter's owner.
    #[serde(rename = "self")]
    Own,
}

impl Source {
    /// Every source, in the order of [`Source::index`].
    pub const ALL: [Self; 5] = [Self::Browser, Self::Proxy, Self::Bot, Self::Prefetch, Self::Own];

    /// The index of this source in tables of totals.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its name in JSON, metrics and stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Proxy => "proxy",
            Self::Bot => "bot",
            Self::Prefetch => "prefetch",
            Self::Own => "self",
        }
    }

    /// Whether it stands for people.
    pub fn is_human(self) -> bool {
        matches!(self, Self::Browser | Self::Proxy)
    }
}

/// The part of a hit's visitor that a store learns: a register of the day's sketch and the rank to
/// which the visitor raises it. Thousands share each, so it identifies nobody.
///
/// The mark tells visitors apart. It is stored only for counters with dedupe, and only for
/// the time that their owner chose.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Visitor {
    /// One of 16,384.
    pub register: u16,
    /// From 1 to 51, each half as likely as the previous one.
    pub rank: u8,
    /// A hash with another key than the register's.
    pub mark: [u8; 8],
}

/// The random keys of a day: 16 bytes for the visitors of sketches and 16 for marks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DayKeys(pub [u8; 32]);

/// The id by which a repeated hit is recognised: a hashed `Idempotency-Key`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HitId(pub [u8; 16]);

/// A hit to count.
#[derive(Clone)]
pub struct Hit {
    /// The counter.
    pub counter: Counter,
    /// The kind of client.
    pub source: Source,
    /// The visitor, if the request tells one.
    pub visitor: Option<Visitor>,
    /// A hit repeated with the same id within an hour counts once.
    pub id: Option<HitId>,
}
