//! The limits of one client besides the one on its hits.

use clap::Args;

use super::value::{RateLimit, limit};

/// Limits of a client on everything that costs memory or time, or could be guessed. Its
/// network, an IPv4 /24 or an IPv6 /48, has four times as much of each.
#[derive(Clone, Debug, Args)]
pub struct ClientLimits {
    /// The most counters and namespaces that one client may create, as number/time, or `off`; image
    /// proxies may create 10 times as many, and owners with their token any number
    #[arg(long, env = "SEEN_CREATE_LIMIT", value_name = "RATE", default_value = "100/1h", value_parser = limit)]
    pub create_limit: RateLimit,

    /// The most hits with an `id` from one client, as number/time, or `off`
    #[arg(long, env = "SEEN_ID_LIMIT", value_name = "RATE", default_value = "60/1m", value_parser = limit)]
    pub id_limit: RateLimit,

    /// The most visitors that one client may count as, as number/time, or `off`; beyond it, a
    /// counter with dedupe sees one visitor
    #[arg(long, env = "SEEN_VISITOR_LIMIT", value_name = "RATE", default_value = "600/1h", value_parser = limit)]
    pub visitor_limit: RateLimit,

    /// The most histories, charts, sums, lists and documents that one client may read, as
    /// number/time, or `off`; image proxies may read 20 times as many
    #[arg(long, env = "SEEN_READ_LIMIT", value_name = "RATE", default_value = "300/1m", value_parser = limit)]
    pub read_limit: RateLimit,

    /// The most wrong tokens from one client, as number/time, or `off`
    #[arg(long, env = "SEEN_TOKEN_LIMIT", value_name = "RATE", default_value = "10/1m", value_parser = limit)]
    pub token_limit: RateLimit,

    /// The most refusals that one client gets at once, as number/time, or `off`; each further one
    /// is sent after a second and ends the connection
    #[arg(long, env = "SEEN_REFUSAL_LIMIT", value_name = "RATE", default_value = "600/1m", value_parser = limit)]
    pub refusal_limit: RateLimit,
}
