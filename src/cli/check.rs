//! `seen check`: shows the settings that `serve` would use, and whether the store answers.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

use super::exit::Failure;
use super::{open, print};
use crate::config::{Settings, environment};
use crate::store::Location;

/// Prints each setting with the source of its value, then tries the store.
pub async fn run(settings: &Settings, matches: &ArgMatches) -> Result<(), Failure> {
    for unknown in environment::unknown() {
        print::line(sentence(&unknown))?;
    }
    let location = settings.store().map_err(|sentence| Failure::new(2, sentence))?;
    for line in lines(matches, &location) {
        print::line(line)?;
    }
    print::line("")?;
    print::line(try_store(settings, &location).await?)
}

/// A sentence about a variable that belongs to no setting.
pub fn sentence(unknown: &environment::Unknown) -> String {
    let name = &unknown.name;
    match &unknown.near {
        Some(near) if name == environment::COMPOSE_PORT => format!(
            "{name} is not a setting of seen but of compose.yaml; give an address and a port in \
             {near}, such as 127.0.0.1:9000"
        ),
        Some(near) => format!("{name} is not a setting of seen; did you mean {near}?"),
        None => format!("{name} is not a setting of seen; seen --help lists them all"),
    }
}

/// A line for each setting: its flag, its value, and the source of the value.
fn lines(matches: &ArgMatches, location: &Location) -> Vec<String> {
    let command = Settings::augment_args(Command::new("seen"));
    let described = command.get_arguments().filter_map(|arg| {
        let flag = arg.get_long()?;
        let id = arg.get_id().as_str();
        let given = || {
            let values = matches.get_raw(id).into_iter().flatten();
            values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(",")
        };
        let value = match id {
            "token" => matches.get_raw(id).map(|_| "(hidden)".to_owned()).unwrap_or_default(),
            "store" => location.to_string(),
            _ => given(),
        };
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => format!("--{flag}"),
            Some(ValueSource::EnvVariable) => {
                arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            }
            _ => "default".into(),
        };
        let value = if value.is_empty() { "-".to_owned() } else { value };
        Some(format!("{flag:<20} {value:<32} {source}"))
    });
    described.collect()
}

/// A sentence about a usable store, or the error of an unusable one.
async fn try_store(settings: &Settings, location: &Location) -> Result<String, Failure> {
    if let Location::File(path) = location
        && !path.exists()
    {
        // Opening it would create it.
        return Ok(format!("the store {location} does not exist yet; seen serve creates it"));
    }
    let store = match open::store(settings, location).await {
        Ok(store) => store,
        Err(error) if error.is_in_use() => {
            return Ok(format!("the store {location} is in use by a running seen"));
        }
        Err(error) => return Err(Failure::new(1, error)),
    };
    let answer = tokio::time::timeout(settings.deadline, store.ping()).await;
    // A server that does not answer would keep `close` waiting too.
    let _ = tokio::time::timeout(settings.deadline, store.close()).await;
    match answer {
        Ok(Ok(())) => Ok(format!("the store {location} answers")),
        Ok(Err(error)) => Err(Failure::new(1, format!("the store {location}: {error}"))),
        Err(_) => Err(Failure::new(
            1,
            format!("the store {location} did not answer within {:?}", settings.deadline),
        )),
    }
}
