//! The settings of what one client may use of what is dear: the store's memory, long
//! answers, guesses.

use clap::Args;

use super::{RateLimit, limit};

/// Limits of a client beside that of its hits. Its network, an IPv4 /24 or an IPv6 /48,
/// has four clients' worth of each.
#[derive(Clone, Debug, Args)]
pub struct ClientLimits {
    /// The most counters and namespaces that one client may create, as number/time, or `off`; image
    /// proxies have 10 times as much. Owners with their token have no such limit
    #[arg(long, env = "SEEN_CREATE_LIMIT", value_name = "RATE", default_value = "100/1h", value_parser = limit)]
    pub create_limit: RateLimit,

    /// The most hits of one client that have an id to remember, as number/time, or `off`
    #[arg(long, env = "SEEN_ID_LIMIT", value_name = "RATE", default_value = "60/1m", value_parser = limit)]
    pub id_limit: RateLimit,

    /// The most visitors of counters that one client may be, as number/time, or `off`; all further
    /// ones are one visitor where the owner asked for dedupe
    #[arg(long, env = "SEEN_VISITOR_LIMIT", value_name = "RATE", default_value = "600/1h", value_parser = limit)]
    pub visitor_limit: RateLimit,

    /// The most histories, charts, sums, lists and documents that one client may ask for, as number/time,
    /// or `off`; image proxies have 20 times as much
    #[arg(long, env = "SEEN_READ_LIMIT", value_name = "RATE", default_value = "300/1m", value_parser = limit)]
    pub read_limit: RateLimit,

    /// The most wrong tokens of one client, as number/time, or `off`
    #[arg(long, env = "SEEN_TOKEN_LIMIT", value_name = "RATE", default_value = "10/1m", value_parser = limit)]
    pub token_limit: RateLimit,

    /// The most requests of one client that are refused at once, as number/time, or `off`; the
    /// answer to each further one waits for a second, and the connection ends with it
    #[arg(long, env = "SEEN_REFUSAL_LIMIT", value_name = "RATE", default_value = "600/1m", value_parser = limit)]
    pub refusal_limit: RateLimit,
}
