//! The labels of metrics. Their values are few and fixed.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};

/// Why a hit was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types)]
pub enum Uncounted {
    /// The queue was full.
    busy,
    /// The deadline passed.
    late,
    /// The store is misconfigured, full or damaged.
    store,
    /// A rate limit was used up.
    limited,
    /// A cap or the mode forbids the counter.
    refused,
}

impl Uncounted {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::busy, Self::late, Self::store, Self::limited, Self::refused];
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct UncountedLabel {
    pub(super) reason: Uncounted,
}

/// The limit that a request reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types)]
pub enum Limit {
    /// `--client-limit`.
    client,
    /// Sixteen times `--client-limit`, in one network.
    network,
    /// `--counter-limit`.
    counter,
    /// `--namespace-counters`.
    namespace_counters,
    /// `--counters`.
    counters,
    /// The tenth of the store's space that is reserved for existing counters.
    room,
    /// `--streams`.
    streams,
    /// `--client-streams`.
    client_streams,
    /// Four times `--client-streams`, in one network.
    network_streams,
    /// `--connections`.
    connections,
    /// `--client-connections`.
    client_connections,
    /// Four times `--client-connections`, in one network.
    network_connections,
    /// `--create-limit`.
    create,
    /// `--id-limit`.
    ids,
    /// `--read-limit`.
    reads,
    /// `--token-limit`.
    tokens,
    /// `--refusal-limit`.
    refusals,
    /// The longest URL.
    url,
    /// The number and the length of headers.
    headers,
    /// The longest body.
    body,
}

impl Limit {
    /// Every one.
    pub const ALL: [Self; 20] = [
        Self::client,
        Self::network,
        Self::counter,
        Self::namespace_counters,
        Self::counters,
        Self::room,
        Self::streams,
        Self::client_streams,
        Self::network_streams,
        Self::connections,
        Self::client_connections,
        Self::network_connections,
        Self::create,
        Self::ids,
        Self::reads,
        Self::tokens,
        Self::refusals,
        Self::url,
        Self::headers,
        Self::body,
    ];
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LimitLabel {
    pub(super) limit: Limit,
}

/// The timeout that a client exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types)]
pub enum Timeout {
    /// `--head-timeout`.
    head,
    /// `--body-timeout`.
    body,
    /// `--idle-timeout`.
    idle,
    /// `--write-timeout`.
    write,
}

impl Timeout {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::head, Self::body, Self::idle, Self::write];
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct TimeoutLabel {
    pub(super) what: Timeout,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabel {
    pub(super) status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct VersionLabel {
    pub(super) version: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct SourceLabel {
    pub(super) source: &'static str,
}
