//! The command `seen`.

use std::process::ExitCode;

use clap::FromArgMatches;
use seen::cli::exit::Failure;
use seen::cli::{check, export, healthcheck, import, print, runtime, serve};
use seen::config::{self, Cli, Command, environment};

// Chosen by measurement: see benches/README.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let matches = environment::command().try_get_matches();
    let matches = matches.unwrap_or_else(|error| config::without_secrets(error).exit());
    let cli = Cli::from_arg_matches(&matches)
        .unwrap_or_else(|error| config::without_secrets(error).exit());
    let result = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(settings)) => serve::run(&settings),
        Some(Command::Check(settings)) => {
            let given = matches.subcommand().map_or(&matches, |(_, given)| given);
            runtime::once(check::run(&settings, given))
        }
        Some(Command::Healthcheck(settings)) => {
            healthcheck::ask(&settings).map_err(|sentence| Failure::new(1, sentence))
        }
        Some(Command::Export(settings)) => runtime::once(export::run(&settings)),
        Some(Command::Import(settings)) => runtime::once(import::run(&settings)),
        Some(Command::Version) => print::line(concat!("seen ", env!("CARGO_PKG_VERSION"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("seen: {failure}");
            failure.code()
        }
    }
}
