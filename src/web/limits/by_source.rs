//! A limit that depends on the kind of client.

use crate::model::hit::Source;
use crate::model::rate::{Rate, Tiers};
use crate::web::request::caller::Caller;

/// A client's limit, and a higher one for image proxies, whose address many people share. It
/// bounds clients that only claim to be one, too.
pub(crate) struct BySource {
    pub client: Option<Tiers>,
    pub proxy: Option<Tiers>,
}

impl BySource {
    /// Limits with this rate, and with this many times as much for a proxy. Without a rate they
    /// are off.
    pub(crate) fn new(rate: Option<Rate>, proxy_times: u32) -> Self {
        let proxy = rate.map(|rate| rate.times(proxy_times));
        Self { client: rate.map(Tiers::new), proxy: proxy.map(Tiers::new) }
    }

    /// The limit of a caller; `None` if it is off.
    pub(crate) fn of(&self, caller: &Caller) -> Option<&Tiers> {
        if caller.source == Source::Proxy { self.proxy.as_ref() } else { self.client.as_ref() }
    }
}
