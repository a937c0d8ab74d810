//! seen: a hit counter that you host yourself.
//!
//! A request's way through the crate: [`web`] reads the route, the name, the
//! source and the visitor; [`counters`] reads or counts; [`joiner`] makes one
//! write of all the hits that arrive while the last write is in flight; a
//! [`store`] keeps the counts. No layer reaches around another.

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
