//! seen: a hit counter that you host yourself.
//!
//! A room imports only rooms below it in this list, which `tests/rooms.rs` holds:
//!
//! - [`cli`]: the subcommands of the program.
//! - [`server`]: sockets and the process. Knows no routes.
//! - [`web`]: HTTP, from the request to the answer. Knows no store.
//! - [`transfer`]: exports and imports, as JSON lines.
//! - [`counters`]: counting and reading, with hits batched on their way to the store.
//! - [`config`]: the settings, their help and their defaults.
//! - [`store`]: where counts live: a file, or Redis.
//! - [`metrics`]: what `/metrics` shows.
//! - [`model`]: the plain types that all of these speak.
//! - [`picture`] and [`sketch`]: badges and charts; unique visitors. They import nothing
//!   of ours.

#![warn(clippy::unwrap_used, unreachable_pub)]

pub mod cli;
pub mod config;
pub mod counters;
pub mod metrics;
pub mod model;
pub mod picture;
pub mod server;
pub mod sketch;
pub mod store;
pub mod transfer;
pub mod web;
