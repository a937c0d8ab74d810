//! The command `seen`.

use std::process::ExitCode;

use clap::Parser;
use seen::cli::exit::Failure;
use seen::cli::{export, healthcheck, import, runtime, serve};
use seen::config::{self, Cli, Command};

// Chosen by measurement: see benches/README.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| config::without_secrets(error).exit());
    let result = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(settings)) => serve::run(&settings),
        Some(Command::Healthcheck(settings)) => {
            healthcheck::ask(&settings).map_err(|sentence| Failure::new(1, sentence))
        }
        Some(Command::Export(settings)) => runtime::once(export::run(&settings)),
        Some(Command::Import(settings)) => runtime::once(import::run(&settings)),
        Some(Command::Version) => {
            println!("seen {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("seen: {failure}");
            failure.code()
        }
    }
}
