//! Environment variables: which are settings, and which are misspelt ones.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Command, CommandFactory};

use super::Cli;

/// The prefix of every setting's variable.
const PREFIX: &str = "SEEN_";

/// Prefixes of variables that are not settings: Kubernetes sets them for a Service named
/// `seen` (`SEEN_SERVICE_HOST`, `SEEN_PORT_8000_TCP`).
const OTHERS: [&str; 2] = ["SEEN_SERVICE_", "SEEN_PORT_"];

/// The port on the host in compose.yaml, which people also give to the program itself. Kubernetes
/// sets the same variable to an address: `tcp://10.0.0.1:8000`.
pub const COMPOSE_PORT: &str = "SEEN_PORT";

/// How similar a name must be to a setting's to be taken for a misspelling, from 0 to 1.
const ALIKE: f64 = 0.85;

/// The command line. An empty variable counts as unset: Compose and systemd pass on
/// `SEEN_TOKEN=` when it has no value.
pub fn command() -> Command {
    without_empty_variables(Cli::command())
}

fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            arg.env(None::<&'static str>)
        } else {
            arg
        }
    });
    command.mut_subcommands(without_empty_variables)
}

/// A variable that looks like a setting and is not one.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Its name.
    pub name: String,
    /// The setting that was probably meant.
    pub near: Option<String>,
}

/// The variables of this process that look like settings and are not.
pub fn unknown() -> Vec<Unknown> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    unknown_among(std::env::vars_os().filter_map(text))
}

fn unknown_among(variables: impl Iterator<Item = (String, String)>) -> Vec<Unknown> {
    let mut known = BTreeSet::new();
    collect(&Cli::command(), &mut known);
    let is_unknown = |(name, value): &(String, String)| {
        name.starts_with(PREFIX)
            && !known.contains(name)
            && !OTHERS.iter().any(|other| name.starts_with(other))
            && (name != COMPOSE_PORT || value.parse::<u16>().is_ok())
    };
    let mut unknown: Vec<Unknown> = variables
        .filter(is_unknown)
        .map(|(name, _)| {
            if name == COMPOSE_PORT {
                return Unknown { name, near: Some("SEEN_LISTEN".into()) };
            }
            // Compare without the prefix, which would make all names similar.
            let own = |name: &str| name.trim_start_matches(PREFIX).to_owned();
            let alike = |known: &String| strsim::jaro_winkler(&own(&name), &own(known));
            let scored = known.iter().map(|known| (alike(known), known));
            let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
            let near = best.filter(|best| best.0 >= ALIKE).map(|best| best.1.clone());
            Unknown { name, near }
        })
        .collect();
    unknown.sort_by(|a, b| a.name.cmp(&b.name));
    unknown
}

/// The variables of all settings of a command and its subcommands.
fn collect(command: &Command, into: &mut BTreeSet<String>) {
    let variables = command.get_arguments().filter_map(|arg| arg.get_env());
    into.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    command.get_subcommands().for_each(|command| collect(command, into));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_variable_is_told_with_the_near_one() {
        let names = [
            "SEEN_TOKN",
            "SEEN_ZZZ",
            "SEEN_STORE",
            "SEEN_HEALTHCHECK_READY",
            "SEEN_SERVICE_HOST",
            "SEEN_PORT_8000_TCP_ADDR",
            "PATH",
        ];
        let found = found(&names.map(|name| (name, "x")));
        assert_eq!(found, [("SEEN_TOKN", Some("SEEN_TOKEN")), ("SEEN_ZZZ", None)].map(owned));
    }

    #[test]
    fn a_port_is_no_setting_unless_kubernetes_sets_it() {
        assert_eq!(found(&[("SEEN_PORT", "tcp://10.0.0.1:8000")]), []);
        let listen = [("SEEN_PORT", Some("SEEN_LISTEN"))];
        assert_eq!(found(&[("SEEN_PORT", "9000")]), listen.map(owned));
    }

    fn owned((name, near): (&str, Option<&str>)) -> Unknown {
        Unknown { name: name.into(), near: near.map(Into::into) }
    }

    fn found(variables: &[(&str, &str)]) -> Vec<Unknown> {
        unknown_among(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }
}
