//! The command line: the subcommands, and the settings of those that have few.

use clap::{Args, Parser, Subcommand};

use super::{Endpoint, Export, Import, Settings};

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
    /// The command; without one, seen serves.
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

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until told to stop (the default)
    Serve(Box<Settings>),
    /// Show the settings that `serve` would use, and whether the store answers
    Check(Box<Settings>),
    /// Check whether a running seen on this machine is healthy: exit 0 or 1
    Healthcheck(Healthcheck),
    /// Write all counters as JSON lines, to standard output or a file
    Export(Export),
    /// Import the output of `export`, CSV, GoatCounter's export or Abacus' counters
    Import(Import),
    /// Print the version
    Version,
}

/// The settings of a health check.
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// The address of the running seen, as address:port or unix:/path
    #[arg(long, env = "SEEN_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub listen: Endpoint,

    /// Also check that its store answers
    #[arg(long, env = "SEEN_HEALTHCHECK_READY")]
    pub ready: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
