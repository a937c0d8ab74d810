//! seen: a hit counter that you host yourself.
//!
//! A request's way through the crate: [`web`] reads the route, the name, the
//! source and the visitor; [`counters`] reads or counts; [`joiner`] makes one
//! write of all the hits that arrive while the last write is in flight; a
//! [`store`] keeps the counts. No layer reaches around another.

pub mod buckets;
pub mod config;
pub mod connections;
pub mod count;
pub mod counters;
pub mod descriptors;
pub mod edit;
pub mod export;
pub mod healthcheck;
pub mod hex;
pub mod history;
pub mod hit;
pub mod import;
pub mod joiner;
mod last_known;
pub mod live;
pub mod log;
mod memory;
pub mod metrics;
pub mod name;
pub mod picture;
pub mod rate;
pub mod serve;
pub mod sketch;
pub mod store;
pub mod tally;
pub mod time;
pub mod token;
pub mod transfer;
pub mod visitor;
pub mod web;
