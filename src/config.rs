//! The settings. This struct is the manual: `--help` and the README's table are
//! made from it.

mod client_limits;
mod endpoint;
pub mod environment;
mod sockets;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

pub use self::client_limits::ClientLimits;
pub use self::endpoint::{Endpoint, FileMode, UNIX};
pub use self::sockets::Sockets;
use crate::model::export::OnConflict;
use crate::model::rate::Rate;
use crate::store::{Limits, Location, Mode, Replicas};

/// A hit counter that you host yourself.
#[derive(Debug, Parser)]
#[command(
    name = "seen",
    version,
    about,
    args_conflicts_with_subcommands = true,
    after_help = EXAMPLES
)]
pub struct Cli {
    /// What to do; without a command, seen serves.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings of `serve`, which is the default command.
    #[command(flatten)]
    pub serve: Settings,
}

const EXAMPLES: &str = "\
Examples:
  seen                                         count in a file, on 127.0.0.1:8000
  seen --store redis://127.0.0.1:6379          count in Redis
  SEEN_TOKEN_FILE=/run/secrets/token seen      read a secret from a file
  seen check --store redis://127.0.0.1:6379    show the settings, and try the store
  seen export > backup.jsonl                   back up";

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Count and answer until told to stop (the default)
    Serve(Box<Settings>),
    /// Show the settings that `serve` would use, and whether the store answers
    Check(Box<Settings>),
    /// Ask a running seen on this machine whether it is well: exit 0 or 1
    Healthcheck(Healthcheck),
    /// Write all counters as JSON lines, to standard output or a file
    Export(Export),
    /// Take in what `export` wrote, CSV, or Abacus' counters
    Import(Import),
    /// Print the version
    Version,
}

/// The settings of a serving process.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Where to listen, as address:port or unix:/path; who connects to a Unix socket is a trusted
    /// proxy
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

    /// Listen here for /metrics alone, and do not answer it elsewhere
    #[arg(help_heading = "Listening", long, env = "SEEN_METRICS_LISTEN", value_name = "ADDRESS", value_parser = address)]
    pub metrics_listen: Option<SocketAddr>,

    /// Where counts live: a file, or redis:// rediss:// redis-cluster:// redis-sentinel:// and a
    /// server; unset, a file in your state directory
    #[arg(
        help_heading = "Store",
        long,
        env = "SEEN_STORE",
        value_name = "PLACE",
        hide_env_values = true
    )]
    pub store: Option<Location>,

    /// A file that holds what --store takes, such as a Docker or Kubernetes secret
    #[arg(help_heading = "Store", long, env = "SEEN_STORE_FILE", value_name = "FILE", conflicts_with = "store", value_parser = in_file(location))]
    pub store_file: Option<Location>,

    /// Count in a Redis whose maxmemory-policy may delete counters
    #[arg(help_heading = "Store", long, env = "SEEN_ALLOW_EVICTION")]
    pub allow_eviction: bool,

    /// How many replicas of Redis must have a hit before it is answered; `auto` is one where there
    /// are any, so that a failover loses none
    #[arg(
        help_heading = "Store",
        long,
        env = "SEEN_REPLICAS",
        value_name = "REPLICAS",
        default_value = "auto"
    )]
    pub replicas: Replicas,

    /// The longest that a request may wait for the store before it is answered 503
    #[arg(help_heading = "Store", long, env = "SEEN_DEADLINE", value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub deadline: Duration,

    /// The most hits that may wait for the store at once; more are answered 503
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
    /// image proxies have 20 times as much, since many people stand behind each
    #[arg(help_heading = "Limits", long, env = "SEEN_CLIENT_LIMIT", value_name = "RATE", default_value = "600/1m", value_parser = limit)]
    pub client_limit: RateLimit,

    /// The most hits on one counter, as number/time, or `off`
    #[arg(help_heading = "Limits", long, env = "SEEN_COUNTER_LIMIT", value_name = "RATE", default_value = "off", value_parser = limit)]
    pub counter_limit: RateLimit,

    #[command(flatten, next_help_heading = "Limits")]
    #[allow(missing_docs)]
    pub clients: ClientLimits,

    /// Proxies whose X-Forwarded-For or Forwarded is believed, as addresses or ranges with commas
    /// between; set it when seen stands behind one, or all clients share one limit
    #[arg(help_heading = "Listening", long, env = "SEEN_TRUSTED_PROXIES", value_name = "RANGES", value_delimiter = ',', value_parser = range)]
    pub trusted_proxies: Vec<IpNet>,

    /// The host names under which seen is asked, with commas between; other names are answered 421.
    /// Addresses and `localhost` are always answered. Without it, any name is
    #[arg(
        help_heading = "Listening",
        long,
        env = "SEEN_ALLOWED_HOSTS",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    pub allowed_hosts: Vec<String>,

    /// The instance's token, of 24 characters or more: it may change every counter and namespace.
    /// A variable is better than a flag, which every user of the machine can read
    #[arg(help_heading = "Access", long, env = "SEEN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret)]
    pub token: Option<Secret>,

    /// A file that holds the token, such as a Docker or Kubernetes secret
    #[arg(help_heading = "Access", long, env = "SEEN_TOKEN_FILE", value_name = "FILE", conflicts_with = "token", value_parser = in_file(secret))]
    pub token_file: Option<Secret>,

    /// The most streams of live numbers at once
    #[arg(help_heading = "Limits", long, env = "SEEN_STREAMS", value_name = "STREAMS", default_value_t = 8192, value_parser = at_least_one)]
    pub streams: usize,

    /// The most streams of one client at once, and a quarter of what an IPv4 /24 or an IPv6 /48 may
    /// have
    #[arg(help_heading = "Limits", long, env = "SEEN_CLIENT_STREAMS", value_name = "STREAMS", default_value_t = 64, value_parser = at_least_one)]
    pub client_streams: usize,

    #[command(flatten, next_help_heading = "Limits")]
    #[allow(missing_docs)]
    pub sockets: Sockets,

    /// The path under which a proxy shows seen, such as /stats; a trusted proxy may say it as
    /// X-Forwarded-Prefix instead
    #[arg(help_heading = "Listening", long, env = "SEEN_BASE_PATH", value_name = "PATH")]
    pub base_path: Option<BasePath>,

    /// Threads that answer requests; one does tens of thousands of hits a second
    #[arg(help_heading = "Listening", long, env = "SEEN_THREADS", value_name = "THREADS", default_value_t = 1, value_parser = at_least_one)]
    pub threads: usize,

    /// How long to finish requests and write the last hits after a signal to stop
    #[arg(help_heading = "Listening", long, env = "SEEN_GRACE", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub grace: Duration,

    /// The least important messages to log
    #[arg(
        help_heading = "Log",
        long,
        env = "SEEN_LOG",
        value_name = "LEVEL",
        default_value = "info"
    )]
    pub log: Level,

    /// How to log: `auto` is text on a terminal and JSON elsewhere
    #[arg(
        help_heading = "Log",
        long,
        env = "SEEN_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,
}

/// The path under which a proxy shows seen: `/stats`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// As it stands in front of a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BasePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The unreserved characters of RFC 3986, section 2.3, and nothing that is `..`.
        let is_sound = |segment: &str| {
            !segment.is_empty()
                && !matches!(segment, "." | "..")
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        };
        let path = text.strip_suffix('/').unwrap_or(text);
        match path.strip_prefix('/') {
            Some(path) if text.len() <= 256 && path.split('/').all(is_sound) => {
                Ok(Self(format!("/{path}")))
            }
            _ => Err("give a path such as /stats, of letters, digits and - . _ ~".into()),
        }
    }
}

/// A rate, or none. (clap takes an `Option` for a setting that may be absent.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(pub Option<Rate>);

/// What is not to be shown: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// The settings of a health check.
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// Where the seen to ask listens, as address:port or unix:/path
    #[arg(long, env = "SEEN_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub listen: Endpoint,

    /// Ask whether its store answers too, not only the process
    #[arg(long, env = "SEEN_HEALTHCHECK_READY")]
    pub ready: bool,
}

/// Where an export comes from and an import goes to.
#[derive(Debug, Args)]
pub struct StoreOrUrl {
    /// Where counts live: a file that no running seen holds, or a redis:// URL
    #[arg(long, env = "SEEN_STORE", value_name = "PLACE", hide_env_values = true)]
    pub store: Option<Location>,

    /// A file that holds what --store takes
    #[arg(long, env = "SEEN_STORE_FILE", value_name = "FILE", conflicts_with = "store", value_parser = in_file(location))]
    pub store_file: Option<Location>,

    /// Go through a running seen instead, such as http://127.0.0.1:8000 or unix:/run/seen/seen.sock
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// The token of that running seen
    #[arg(long, env = "SEEN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret)]
    pub token: Option<Secret>,

    /// A file that holds that token
    #[arg(long, env = "SEEN_TOKEN_FILE", value_name = "FILE", conflicts_with = "token", value_parser = in_file(secret))]
    pub token_file: Option<Secret>,
}

/// The settings of an export.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write; standard output without it
    pub file: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: StoreOrUrl,
}

/// The settings of an import.
#[derive(Debug, Args)]
pub struct Import {
    /// The file to read; `-` or nothing is standard input
    pub file: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: StoreOrUrl,

    /// How the file is written
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    pub format: ImportFormat,

    /// What to do with a counter that is there already
    #[arg(long, value_name = "WHAT", default_value = "skip")]
    pub on_conflict: OnConflict,

    /// Read the counters of an Abacus from its Redis instead of a file
    #[arg(long, value_name = "URL", conflicts_with = "file", conflicts_with = "format")]
    pub from_abacus: Option<String>,

    /// Read GoatCounter's JSON export, unpacked into this folder, with its days
    #[arg(long, value_name = "FOLDER", requires = "host", conflicts_with_all = ["file", "format", "from_abacus"])]
    pub from_goatcounter: Option<PathBuf>,

    /// The site that GoatCounter counted: the namespace of its pages
    #[arg(long, value_name = "HOST", requires = "from_goatcounter")]
    pub host: Option<String>,
}

/// How an import is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// The JSON lines of `seen export`
    Jsonl,
    /// namespace,key,value
    Csv,
}

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere
    Auto,
    /// For people
    Text,
    /// One object a line
    Json,
}

impl Settings {
    /// The settings of a `serve` without flags, so from the environment and the defaults.
    ///
    /// # Errors
    /// A variable has a value that its setting does not allow.
    pub fn from_environment() -> Result<Self, clap::Error> {
        let read =
            || Cli::from_arg_matches(&environment::command().try_get_matches_from(["seen"])?);
        read().map(|cli| cli.serve).map_err(without_secrets)
    }

    /// The instance's token, given as it is or in a file.
    pub fn token(&self) -> Option<&Secret> {
        self.token.as_ref().or(self.token_file.as_ref())
    }

    /// What bounds the store.
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

impl StoreOrUrl {
    /// The store to work on, if one is named.
    pub fn store(&self) -> Option<&Location> {
        self.store.as_ref().or(self.store_file.as_ref())
    }

    /// The token of the running seen.
    pub fn token(&self) -> Option<&Secret> {
        self.token.as_ref().or(self.token_file.as_ref())
    }
}

/// The error without the value of a setting that may hold a secret: it is printed,
/// and logs keep it.
pub fn without_secrets(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (setting, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    // A URL has its password before an `@`, or that of a Sentinel after a `?`. The name of
    // a file with a secret is none.
    let is_token = setting.contains("--token") && !setting.contains("--token-file");
    if is_token || value.contains(['@', '?']) {
        error.insert(ContextKind::InvalidValue, ContextValue::String("(not shown)".into()));
    }
    error
}

/// systemd's `STATE_DIRECTORY`, or the XDG base directory specification's
/// state home with a folder of ours.
fn state_directory(env: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let set = |name| env(name).filter(|path| path.is_absolute());
    set("STATE_DIRECTORY")
        .or_else(|| set("XDG_STATE_HOME").map(|state| state.join("seen")))
        .or_else(|| set("HOME").map(|home| home.join(".local/state/seen")))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "give an IP address and a port, such as 127.0.0.1:8000, 0.0.0.0:8000 or [::]:8000".into()
    })
}

fn location(text: &str) -> Result<Location, String> {
    text.parse()
}

/// Parses what a file holds; the newline at its end, which editors add, is not a part.
fn in_file<T>(
    parse: fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync {
    move |path| {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("cannot read it: {error}"))?;
        // The content is a secret: the error says what is allowed and not what was found.
        parse(text.trim_end_matches(['\n', '\r']))
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let allowed = "give a time above zero with its unit, such as 500ms, 2s or 1m";
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| allowed)?;
    match Duration::try_from(parsed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(allowed.into()),
    }
}

fn limit(text: &str) -> Result<RateLimit, String> {
    match text {
        "off" => Ok(RateLimit(None)),
        rate => rate.parse().map(|rate| RateLimit(Some(rate))),
    }
}

fn range(text: &str) -> Result<IpNet, String> {
    let allowed = "give addresses or ranges such as 10.0.0.0/8,192.0.2.1,fd00::/8";
    let address = |text: &str| text.parse::<IpAddr>().map(IpNet::from);
    text.trim().parse().or_else(|_| address(text.trim())).map_err(|_| allowed.into())
}

fn secret(text: &str) -> Result<Secret, String> {
    // What a header can carry after "Bearer " (RFC 6750, section 2.1).
    let is_sendable = text.bytes().all(|b| b.is_ascii_graphic());
    if is_sendable && is_hard_to_guess(text) {
        Ok(Secret(text.to_owned()))
    } else {
        Err("it could be guessed, or not be sent; make one with `openssl rand -hex 32` (24 or more \
             visible ASCII characters, no word or pattern repeated)"
            .into())
    }
}

/// Whether a token is long and without a pattern: no rows as in `12345678` or
/// `aaaaaaaa`, and no piece that is repeated.
fn is_hard_to_guess(text: &str) -> bool {
    let bytes = text.as_bytes();
    let kinds = bytes.iter().collect::<std::collections::BTreeSet<_>>().len();
    let in_a_row = bytes.windows(2).filter(|two| two[1].wrapping_sub(two[0]) <= 1).count();
    let repeats =
        (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period]);
    bytes.len() >= 24 && kinds >= 8 && 3 * in_a_row < bytes.len() && !repeats
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("give a whole number above zero".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

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
    fn durations_need_a_unit_and_a_sense() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        for bad in ["2", "", "0s", "-1s", "soon"] {
            assert!(duration(bad).unwrap_err().contains("500ms"), "{bad}");
        }
    }

    #[test]
    fn a_base_path_is_a_path() {
        let parse = |text: &str| text.parse::<BasePath>().map(|base| base.0);
        assert_eq!(parse("/stats"), Ok("/stats".into()));
        assert_eq!(parse("/a/b.c/"), Ok("/a/b.c".into()));
        for bad in ["", "/", "stats", "//a", "/a//b", "/../a", "/a b", "/a\"b", "/a?b", "//h/x"] {
            assert!(parse(bad).unwrap_err().contains("/stats"), "{bad}");
        }
    }

    #[test]
    fn a_token_that_could_be_guessed_is_refused() {
        for weak in [
            "password12345678",
            "short",
            "0123456789abcdef0123456789abcdef",
            "passwordpasswordpassword",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abcdefghijklmnopqrstuvwxyz",
            "two words, which no header can carry",
        ] {
            assert!(secret(weak).unwrap_err().contains("openssl rand -hex 32"), "{weak}");
        }
        for strong in [
            "8f14e45fceea167a5a36dedd4bea2543",
            "d41d8cd98f00b204e9800998ecf8427ed41e8cd98f00b204e9800998ecf8427f",
            "correct-horse-battery-staple",
        ] {
            assert!(secret(strong).is_ok(), "{strong}");
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
