//! Limits on connections: how many there may be and how slow they may be.

use std::time::Duration;

use clap::Args;

use super::value::{at_least_one, duration};

/// Limits on connections.
#[derive(Clone, Debug, Args)]
pub struct Sockets {
    /// The most connections at once; fewer if the system allows fewer open files
    #[arg(long, env = "SEEN_CONNECTIONS", value_name = "CONNECTIONS", default_value_t = 16_384, value_parser = at_least_one)]
    pub connections: usize,

    /// The most connections of one client at once; an IPv4 /24 or IPv6 /48 may have four times as
    /// many, and a trusted proxy any number
    #[arg(long, env = "SEEN_CLIENT_CONNECTIONS", value_name = "CONNECTIONS", default_value_t = 192, value_parser = at_least_one)]
    pub client_connections: usize,

    /// How long the head of a request may take, from its first byte
    #[arg(long, env = "SEEN_HEAD_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub head_timeout: Duration,

    /// How long each 32 KiB of a request's body may take
    #[arg(long, env = "SEEN_BODY_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub body_timeout: Duration,

    /// How long a connection may stay idle between two requests; set it longer than your proxy
    /// keeps its connections
    #[arg(long, env = "SEEN_IDLE_TIMEOUT", value_name = "TIME", default_value = "75s", value_parser = duration)]
    pub idle_timeout: Duration,

    /// How long a client may leave an answer unread before its connection is closed
    #[arg(long, env = "SEEN_WRITE_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub write_timeout: Duration,
}
