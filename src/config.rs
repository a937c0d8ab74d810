//! The settings. The doc comments of these structs are the manual: `--help`, the man pages
//! and the tables in README.md and docs/reference.md are made from them.

mod base_path;
mod client_limits;
mod command;
mod endpoint;
pub mod environment;
mod log;
mod secret;
mod sockets;
mod transfer;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, FromArgMatches};
use ipnet::IpNet;

pub use self::base_path::BasePath;
pub use self::client_limits::ClientLimits;
pub use self::command::{Cli, Command, Healthcheck};
pub use self::endpoint::{Endpoint, FileMode, UNIX};
pub use self::log::{Level, LogFormat};
pub use self::secret::{Secret, without_secrets};
use self::secret::{in_file, secret};
pub use self::sockets::Sockets;
pub use self::transfer::{Export, Import, ImportFormat, StoreOrUrl};
pub use self::value::RateLimit;
use self::value::{address, at_least_one, duration, host, limit, location, range};
use crate::store::{Limits, Location, Mode, Replicas};

/// The settings of `seen serve`.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Where to listen, as address:port or unix:/path; clients of a Unix socket are trusted proxies
    #[arg(
        help_heading = "Listening",
        long,
        env = "SEEN_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8000"
    )]
    pub listen: Endpoint,

    /// The permissions of the Unix socket
    #[arg(
        help_heading = "Listening",
        long,
        env = "SEEN_LISTEN_MODE",
        value_name = "OCTAL",
        default_value = "660"
    )]
    pub listen_mode: FileMode,

    /// Serve /metrics at this address only, and nothing else there
    #[arg(help_heading = "Listening", long, env = "SEEN_METRICS_LISTEN", value_name = "ADDRESS", value_parser = address)]
    pub metrics_listen: Option<SocketAddr>,

    /// Where counts live: a file, or a redis://, rediss://, redis-cluster:// or redis-sentinel://
    /// URL; by default, a file in your state directory
    #[arg(
        help_heading = "Store",
        long,
        env = "SEEN_STORE",
        value_name = "PLACE",
        hide_env_values = true
    )]
    pub store: Option<Location>,

    /// A file that contains the value of --store, such as a Docker or Kubernetes secret
    #[arg(help_heading = "Store", long, env = "SEEN_STORE_FILE", value_name = "FILE", conflicts_with = "store", value_parser = in_file(location))]
    pub store_file: Option<Location>,

    /// Accept a Redis whose maxmemory-policy may delete counters
    #[arg(help_heading = "Store", long, env = "SEEN_ALLOW_EVICTION")]
    pub allow_eviction: bool,

    /// How many Redis replicas must have a hit before it is answered; `auto` is one if there are
    /// any, so that a failover loses no hit
    #[arg(
        help_heading = "Store",
        long,
        env = "SEEN_REPLICAS",
        value_name = "REPLICAS",
        default_value = "auto"
    )]
    pub replicas: Replicas,

    /// How long a request may wait for the store before it is answered 503
    #[arg(help_heading = "Store", long, env = "SEEN_DEADLINE", value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub deadline: Duration,

    /// The most hits that may wait for the store at once; further ones are answered 503
    #[arg(help_heading = "Store", long, env = "SEEN_QUEUE", value_name = "HITS", default_value_t = 65_536, value_parser = at_least_one)]
    pub queue: usize,

    /// Who may create counters
    #[arg(
        help_heading = "Access",
        long,
        env = "SEEN_MODE",
        value_name = "MODE",
        default_value = "open"
    )]
    pub mode: Mode,

    /// The most counters in one namespace
    #[arg(
        help_heading = "Limits",
        long,
        env = "SEEN_NAMESPACE_COUNTERS",
        value_name = "COUNTERS",
        default_value_t = 100_000
    )]
    pub namespace_counters: u64,

    /// The most counters and claimed namespaces in all; replicas on one Redis may exceed it by a
    /// little
    #[arg(
        help_heading = "Limits",
        long,
        env = "SEEN_COUNTERS",
        value_name = "COUNTERS",
        default_value_t = 1_000_000
    )]
    pub counters: u64,

    /// How long a counter remembers each day's hits, in days
    #[arg(help_heading = "Store", long, env = "SEEN_HISTORY_DAYS", value_name = "DAYS", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=4000))]
    pub history_days: u32,

    /// How long a counter remembers each hour's hits, in hours
    #[arg(help_heading = "Store", long, env = "SEEN_HISTORY_HOURS", value_name = "HOURS", default_value_t = 72, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub history_hours: u32,

    /// The most hits of one client (an IPv4 address or an IPv6 /64), as number/time, or `off`;
    /// an image proxy may send 20 times as many, since it serves many people
    #[arg(help_heading = "Limits", long, env = "SEEN_CLIENT_LIMIT", value_name = "RATE", default_value = "600/1m", value_parser = limit)]
    pub client_limit: RateLimit,

    /// The most hits on one counter, as number/time, or `off`
    #[arg(help_heading = "Limits", long, env = "SEEN_COUNTER_LIMIT", value_name = "RATE", default_value = "off", value_parser = limit)]
    pub counter_limit: RateLimit,

    #[command(flatten, next_help_heading = "Limits")]
    #[allow(missing_docs)]
    pub clients: ClientLimits,

    /// Proxies whose X-Forwarded-For or Forwarded header is trusted, as addresses or ranges
    /// separated by commas; set it behind a proxy, or all clients share one limit
    #[arg(help_heading = "Listening", long, env = "SEEN_TRUSTED_PROXIES", value_name = "RANGES", value_delimiter = ',', value_parser = range)]
    pub trusted_proxies: Vec<IpNet>,

    /// The host names that seen answers to, separated by commas; requests for others get 421.
    /// Addresses and `localhost` always work. By default, every name does
    #[arg(help_heading = "Listening", long, env = "SEEN_ALLOWED_HOSTS", value_name = "NAMES", value_delimiter = ',', value_parser = host)]
    pub allowed_hosts: Vec<String>,

    /// The instance's token, of 24 characters or more: it may change every counter and namespace.
    /// Set it by the variable: every user of the machine can read a flag
    #[arg(help_heading = "Access", long, env = "SEEN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret)]
    pub token: Option<Secret>,

    /// A file that contains the token, such as a Docker or Kubernetes secret
    #[arg(help_heading = "Access", long, env = "SEEN_TOKEN_FILE", value_name = "FILE", conflicts_with = "token", value_parser = in_file(secret))]
    pub token_file: Option<Secret>,

    /// The most live streams at once
    #[arg(help_heading = "Limits", long, env = "SEEN_STREAMS", value_name = "STREAMS", default_value_t = 8192, value_parser = at_least_one)]
    pub streams: usize,

    /// The most live streams of one client at once; an IPv4 /24 or IPv6 /48 may have four times as
    /// many
    #[arg(help_heading = "Limits", long, env = "SEEN_CLIENT_STREAMS", value_name = "STREAMS", default_value_t = 64, value_parser = at_least_one)]
    pub client_streams: usize,

    #[command(flatten, next_help_heading = "Limits")]
    #[allow(missing_docs)]
    pub sockets: Sockets,

    /// The path at which a proxy serves seen, such as /stats; a trusted proxy may send it as
    /// X-Forwarded-Prefix instead
    #[arg(help_heading = "Listening", long, env = "SEEN_BASE_PATH", value_name = "PATH")]
    pub base_path: Option<BasePath>,

    /// Threads that answer requests; one handles tens of thousands of hits a second
    #[arg(help_heading = "Listening", long, env = "SEEN_THREADS", value_name = "THREADS", default_value_t = 1, value_parser = at_least_one)]
    pub threads: usize,

    /// How long to finish requests and write the last hits after a signal to stop
    #[arg(help_heading = "Listening", long, env = "SEEN_GRACE", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub grace: Duration,

    /// The lowest level of messages to log
    #[arg(
        help_heading = "Log",
        long,
        env = "SEEN_LOG",
        value_name = "LEVEL",
        default_value = "info"
    )]
    pub log: Level,

    /// The format of the log: `auto` is text on a terminal and JSON elsewhere
    #[arg(
        help_heading = "Log",
        long,
        env = "SEEN_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,
}

impl Settings {
    /// The settings of a `serve` without flags: those of the environment, and the defaults.
    ///
    /// # Errors
    /// A variable has an invalid value.
    pub fn from_environment() -> Result<Self, clap::Error> {
        let read =
            || Cli::from_arg_matches(&environment::command().try_get_matches_from(["seen"])?);
        read().map(|cli| cli.serve).map_err(without_secrets)
    }

    /// The instance's token, given directly or in a file.
    pub fn token(&self) -> Option<&Secret> {
        self.token.as_ref().or(self.token_file.as_ref())
    }

    /// The limits that the store enforces.
    pub fn limits(&self) -> Limits {
        Limits {
            mode: self.mode,
            counters_per_namespace: self.namespace_counters,
            counters: self.counters,
            history_days: self.history_days,
            history_hours: self.history_hours,
        }
    }

    /// Where counts live; without a setting, a file in the user's state directory.
    pub fn store(&self) -> Result<Location, String> {
        if let Some(store) = self.store.as_ref().or(self.store_file.as_ref()) {
            return Ok(store.clone());
        }
        let state = state_directory(|name| std::env::var_os(name).map(PathBuf::from));
        state.map(|folder| Location::File(folder.join("seen.redb"))).ok_or_else(|| {
            "no home directory to keep counts in; give a file or a redis:// URL with --store or \
             SEEN_STORE"
                .into()
        })
    }
}

/// systemd's `STATE_DIRECTORY`, or `seen` in the state home of the XDG base directory
/// specification.
fn state_directory(env: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let set = |name| env(name).filter(|path| path.is_absolute());
    set("STATE_DIRECTORY")
        .or_else(|| set("XDG_STATE_HOME").map(|state| state.join("seen")))
        .or_else(|| set("HOME").map(|home| home.join(".local/state/seen")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_variable_named_after_it() {
        for arg in Settings::augment_args(clap::Command::new("seen")).get_arguments() {
            let Some(flag) = arg.get_long() else { continue };
            let variable = format!("SEEN_{}", flag.to_uppercase().replace('-', "_"));
            let env = arg.get_env().map(|e| e.to_string_lossy().into_owned());
            assert_eq!(env.as_deref(), Some(variable.as_str()), "--{flag}");
        }
    }

    #[test]
    fn counts_are_kept_where_the_system_keeps_state() {
        let with = |set: &'static [(&str, &str)]| {
            state_directory(move |n| set.iter().find(|s| s.0 == n).map(|s| s.1.into()))
        };
        assert_eq!(with(&[("HOME", "/h")]), Some("/h/.local/state/seen".into()));
        assert_eq!(with(&[("HOME", "/h"), ("XDG_STATE_HOME", "/x")]), Some("/x/seen".into()));
        assert_eq!(with(&[("STATE_DIRECTORY", "/var/lib/seen")]), Some("/var/lib/seen".into()));
        assert_eq!(with(&[("HOME", "relative")]), None);
    }
}
