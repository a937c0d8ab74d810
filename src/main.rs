//! The command `seen`.

use std::process::ExitCode;

use clap::Parser;
use seen::config::{Cli, Command};
use seen::{export, healthcheck, import, serve};

// Chosen by measurement: see benches/README.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(settings)) => serve::run(&settings),
        Some(Command::Healthcheck(settings)) => {
            healthcheck::ask(&settings).map_err(|sentence| serve::Failure::new(1, sentence))
        }
        Some(Command::Export(settings)) => serve::once(export::run(&settings)),
        Some(Command::Import(settings)) => serve::once(import::run(&settings)),
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
