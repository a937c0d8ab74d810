//! The subcommands, one a file, and the parts that they share.

pub mod check;
pub mod exit;
pub mod export;
pub mod healthcheck;
pub mod import;
pub mod log;
pub mod open;
pub mod print;
pub mod progress;
pub mod remote;
pub mod runtime;
pub mod serve;
